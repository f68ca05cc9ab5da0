"""The only place that speaks HTTP: hosts, headers, retries, the two kinds of 429, redirects."""

from __future__ import annotations

import email.utils
import http.client
import logging
import re
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
import requests.auth
import urllib3
from typing_extensions import override

from tap_intercom_export.errors import (
    ApiError,
    NotFoundError,
    RangeRefusedError,
    SlotTakenError,
    TapError,
)
from tap_intercom_export.settings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.settings import Settings

logger = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it logs the paths of signed URLs

ATTEMPTS = 9
"""Tries of one request, about five minutes in all; Intercom's limits clear in ten seconds."""

FIRST_PAUSE = 1.0
"""Seconds before the second try; doubles with each further one."""

LONGEST_PAUSE = 60.0
"""Seconds. The longest pause between two tries, also where a header asks for more."""

MOST_REDIRECTS = 5

CHUNK = 1024 * 1024
"""Bytes of a download read at once."""

_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_SLOT = re.compile(r"pending .*export job", re.IGNORECASE)
_RANGE = re.compile(r"\b(range|period|days?)\b", re.IGNORECASE)

_LOST = (requests.RequestException, urllib3.exceptions.HTTPError)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API: its status and its JSON body."""

    status: int
    body: dict[str, Any]


class IntercomClient:
    """Talks to one Intercom host with one token.

    Args:
        settings: Host, token, version and time limits.
        user_agent: `User-Agent` where the settings have none.
        clock: Waits between tries.
    """

    def __init__(self, settings: Settings, user_agent: str, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._session = requests.Session()
        self._session.headers.update(
            {
                "User-Agent": settings.user_agent or user_agent,
                # requests and the SDK would undo a gzip on top without noticing that it was cut
                "Accept-Encoding": "identity",
            }
        )
        self._auth = _BearerToken(settings.access_token)

    def get(self, path: str) -> Reply:
        """Ask for a path; see `post`."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """Send a JSON body to a path of the API.

        Transient answers (429, 5xx, none) are waited out and tried again. A 504 that carries a
        job is an answer: Intercom's way to say that the job failed.

        Args:
            path: Begins with a slash.
            body: What to send.

        Returns:
            An answer with a status below 400, or a job's 504.

        Raises:
            SlotTakenError: As many jobs are pending as the workspace may have.
            RangeRefusedError: The range of time is not accepted.
            NotFoundError: There is no such job.
            ApiError: Any other refusal; or every try was in vain.
        """
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Reply:
        url = self._settings.api_url + path
        trouble = ""
        for attempt in range(ATTEMPTS):
            pause = self._pause(attempt)
            try:
                response = self._send(method, url, json=body, accept="application/json")
                reply = _reply_of(response)
            except _LOST as error:
                trouble = f"no answer ({_name(error)})"
            else:
                if reply is not None and (response.ok or _is_failed_job(reply)):
                    return reply
                trouble = _describe(response, reply)
                if not response.ok and response.status_code not in _TRANSIENT:
                    self._refuse(response.status_code, trouble, path)
                if response.status_code == http.client.TOO_MANY_REQUESTS:
                    if _SLOT.search(trouble):
                        raise SlotTakenError(trouble)
                    pause = self._asked_pause(response.headers, otherwise=pause)
            if attempt + 1 < ATTEMPTS:
                logger.warning("%s %s: %s; again in %.1f s", method, path, trouble, pause)
                self._clock.sleep(pause)
        raise ApiError(
            f"{method} {path} failed {ATTEMPTS} times, the last time with: {trouble}. "
            f"Is {self._settings.api_url} up and reachable from here?"
        )

    def download(self, url: str, spool: BinaryIO) -> None:
        """Write a file of the API into `spool`, from where a cut-off try stopped if possible.

        Args:
            url: A path on the configured host, or an address elsewhere, which is asked without
                the token.
            spool: An empty file; afterwards it holds the bytes as they were sent.

        Raises:
            NotFoundError: It is not there, or not any more.
            ApiError: Any other refusal; or every try was in vain.
        """
        validator = ""
        trouble = ""
        for attempt in range(ATTEMPTS):
            pause = self._pause(attempt)
            try:
                with self._follow(
                    urljoin(self._settings.api_url, url), spool, validator
                ) as response:
                    if response.ok:
                        validator = _validator(response.headers)
                        _receive(response, spool)
                        return
                    trouble = _describe(response, _reply_of(response))
                    if response.status_code not in _TRANSIENT:
                        if response.status_code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                            validator = ""
                        else:
                            self._refuse(response.status_code, trouble, "the download")
                    pause = self._asked_pause(response.headers, otherwise=pause)
            except _LOST as error:
                trouble = f"the connection was lost ({_name(error)})"
            if attempt + 1 < ATTEMPTS:
                logger.warning(
                    "Download stopped after %d bytes: %s; again in %.1f s",
                    spool.tell(),
                    trouble,
                    pause,
                )
                self._clock.sleep(pause)
        raise ApiError(f"The download failed {ATTEMPTS} times, the last time with: {trouble}.")

    def _follow(self, url: str, spool: BinaryIO, validator: str) -> requests.Response:
        """Ask for a file, through redirects; the token stays with the configured host."""
        headers = {}
        if validator and spool.tell():
            headers = {"Range": f"bytes={spool.tell()}-", "If-Range": validator}
        for _ in range(MOST_REDIRECTS):
            parts = urlsplit(url)
            if parts.scheme != "https" and parts.hostname not in LOOPBACK:
                raise ApiError(f"The download is at {parts.hostname}, which is not https.")
            response = self._send(
                "GET", url, accept="application/octet-stream", stream=True, headers=headers
            )
            if not response.is_redirect:
                return response
            url = urljoin(url, response.headers["Location"])
            response.close()
        raise ApiError(f"The download was redirected more than {MOST_REDIRECTS} times.")

    def _send(
        self,
        method: str,
        url: str,
        *,
        accept: str,
        json: Mapping[str, Any] | None = None,
        stream: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        own = self.is_own_host(url)
        extra = {"Intercom-Version": self._settings.api_version} if own else {}
        return self._session.request(
            method,
            url,
            json=json,
            headers={"Accept": accept, **extra, **(headers or {})},
            auth=self._auth if own else _NoToken(),
            timeout=self._settings.request_timeout,
            allow_redirects=False,
            stream=stream,
        )

    def is_own_host(self, url: str) -> bool:
        """Tell whether an address is on the configured host, the only one to get the token."""
        own, other = urlsplit(self._settings.api_url), urlsplit(url)
        return (own.scheme, own.netloc) == (other.scheme, other.netloc)

    def _pause(self, attempt: int) -> float:
        return self._clock.jitter(min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))

    def _asked_pause(self, headers: Mapping[str, str], *, otherwise: float) -> float:
        """Return how long the headers ask to wait, in seconds, within bounds."""
        after, reset = headers.get("Retry-After", ""), headers.get("X-RateLimit-Reset", "")
        if after.isdigit():
            asked = float(after)
        elif after and (moment := email.utils.parsedate_tz(after)):
            asked = email.utils.mktime_tz(moment) - self._clock.now()
        elif reset.isdigit():
            asked = float(reset) - self._clock.now()
        else:
            return otherwise
        return min(LONGEST_PAUSE, max(otherwise, asked))

    def _refuse(self, status: int, trouble: str, what: str) -> NoReturn:
        """Raise the error that a final refusal means."""
        if status == http.client.UNAUTHORIZED:
            raise ApiError(
                f"Intercom refused the token: {trouble}. Check access_token, and that region "
                f"(now {self._settings.api_url}) is the workspace's."
            )
        if status in {http.client.FORBIDDEN, http.client.PAYMENT_REQUIRED}:
            raise ApiError(
                f"Intercom does not allow {what}: {trouble}. The app behind access_token needs the "
                "scope export_content_data, and the workspace an active subscription."
            )
        if status == http.client.NOT_FOUND:
            raise NotFoundError(f"{what}: {trouble}")
        if status == http.client.BAD_REQUEST and _RANGE.search(trouble):
            raise RangeRefusedError(trouble)
        raise ApiError(f"Intercom refused {what}: {trouble}.")


class _BearerToken(requests.auth.AuthBase):
    """Sends the token; as an `auth`, so that requests does not take one from a netrc file."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = self._header
        return r


class _NoToken(requests.auth.AuthBase):
    """Sends no credentials, not even those of a netrc file."""

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        return r


def _receive(response: requests.Response, spool: BinaryIO) -> None:
    """Write a body to the spool as it is sent: behind what is there, or from the start.

    Raises:
        OSError, urllib3.exceptions.HTTPError: The connection was lost; what came is in the spool.
    """
    if response.status_code != http.client.PARTIAL_CONTENT:
        spool.seek(0)
        spool.truncate()
    while chunk := response.raw.read(CHUNK, decode_content=False):
        try:
            spool.write(chunk)
        except OSError as error:  # noqa: PERF203 - a megabyte at a time
            raise TapError(
                f"The archive does not fit into {tempfile.gettempdir()} ({error.strerror}) after "
                f"{spool.tell():,} bytes. Make room there, or set TMPDIR to a larger place."
            ) from error


def _validator(headers: Mapping[str, str]) -> str:
    """Return what names this very version of a file, for If-Range; weak ones do not."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else ""


def _reply_of(response: requests.Response) -> Reply | None:
    """Return the JSON object of an answer, or None where it has none."""
    try:
        body = response.json()
    except ValueError:
        return None
    return Reply(response.status_code, body) if isinstance(body, dict) else None


def _is_failed_job(reply: Reply) -> bool:
    """Tell Intercom's 504 for a job that failed, which carries the job, from a gateway's."""
    return reply.status == http.client.GATEWAY_TIMEOUT and "status" in reply.body


def _describe(response: requests.Response, reply: Reply | None) -> str:
    """Put an error body into words: `401 unauthorized: Access Token Invalid (request …)`."""
    if reply is None:
        return f"HTTP {response.status_code} without a JSON body"
    errors = reply.body.get("errors")
    texts = [
        ": ".join(str(error[key]) for key in ("code", "message") if error.get(key))
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    request = f" (request {reply.body['request_id']})" if reply.body.get("request_id") else ""
    return f"HTTP {response.status_code} {'; '.join(texts)}{request}".strip()


def _name(error: BaseException) -> str:
    """Name an error without its text, which may hold a signed URL."""
    inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    reason = getattr(inner, "reason", None)
    return type(reason if isinstance(reason, BaseException) else inner).__name__
