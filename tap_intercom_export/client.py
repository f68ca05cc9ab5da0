"""The only place that speaks HTTP: hosts, headers, retries, the two kinds of 429, redirects."""

from __future__ import annotations

import http.client
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
import requests.auth
import urllib3
from typing_extensions import override

from tap_intercom_export.errors import (
    ApiError,
    AttributesRefusedError,
    NotFoundError,
    RangeRefusedError,
    SlotTakenError,
)
from tap_intercom_export.retry import ATTEMPTS, Tries
from tap_intercom_export.settings import LOOPBACK
from tap_intercom_export.spool import append

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.settings import Settings

logger = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it logs the paths of signed URLs

MOST_REDIRECTS = 5

CHUNK = 1024 * 1024
"""Bytes of a download read at once."""

_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_NO_SUCH_RANGE = {http.client.PARTIAL_CONTENT, http.client.REQUESTED_RANGE_NOT_SATISFIABLE}
_SLOT = re.compile(r"pending .*export job", re.IGNORECASE)
_RANGE = re.compile(r"\b(range|period|days?)\b", re.IGNORECASE)

_ATTRIBUTES = re.compile(r"attribute_ids invalid for .+? dataset: (.+?)(?: \(request [^)]*\))?$")

SCOPES = {
    "/content/": "the scope export_content_data",
    "/reporting_data/": "the scope export_reporting_data",
}
"""The permission that a path needs, as far as Intercom names it."""

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
        return self._call("GET", path, ATTEMPTS)[1]

    def get_page(self, path: str) -> requests.Response:
        """Ask for a page of a list; as `get`, but returns the whole response for the SDK.

        Args:
            path: Begins with a slash, with its query.
        """
        return self._call("GET", path, ATTEMPTS)[0]

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        attempts: int = ATTEMPTS,
        timeout: float | None = None,
    ) -> Reply:
        """Send a JSON body to a path of the API.

        Transient answers (429, 5xx, none) are waited out and tried again. A 504 that carries a
        job is an answer: Intercom's way to say that the job failed.

        Args:
            path: Begins with a slash.
            body: What to send.
            attempts: Tries in vain before it is given up.
            timeout: Seconds of silence that end a try; `request_timeout_seconds` if None.

        Returns:
            An answer with a status below 300, or a job's 504.

        Raises:
            SlotTakenError: As many jobs are pending as the workspace may have.
            RangeRefusedError: The range of time is not accepted.
            NotFoundError: There is no such job.
            ApiError: Any other refusal; or every try was in vain.
        """
        return self._call("POST", path, attempts, json=body, timeout=timeout)[1]

    def _call(
        self,
        method: str,
        path: str,
        attempts: int,
        json: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> tuple[requests.Response, Reply]:
        url = self._settings.api_url + path
        tries = Tries(self._clock, f"{method} {url}", attempts)
        while True:
            try:
                response = self._send(
                    method, url, accept="application/json", json=json, timeout=timeout
                )
                reply = _reply_of(response)
            except _LOST as error:
                tries.failed(f"no answer ({_name(error)})")
                continue
            if reply is not None and (response.status_code < 300 or _is_failed_job(reply)):  # noqa: PLR2004
                return response, reply
            trouble = _describe(response, reply)
            if response.status_code == http.client.TOO_MANY_REQUESTS and _SLOT.search(trouble):
                raise SlotTakenError(trouble)
            if response.status_code >= 300 and response.status_code not in _TRANSIENT:  # noqa: PLR2004
                self._refuse(response, trouble, f"{method} {path}")
            tries.failed(trouble, response.headers)

    def download(self, url: str, spool: BinaryIO) -> None:
        """Write a file of the API into `spool`, from where a cut-off try stopped if possible.

        Args:
            url: A path on the configured host, or an address elsewhere, which is asked without
                the token.
            spool: An empty file; afterwards it holds the bytes as they were sent.

        Raises:
            NotFoundError: It is not there, or not any more.
            ApiError: Any other refusal; or every try was in vain.
            TapError: It is too large, or the disk is full.
        """
        url = urljoin(self._settings.api_url, url)
        tries = Tries(self._clock, f"Download from {urlsplit(url).netloc}")
        validator = ""
        while True:
            begun = spool.tell()
            try:
                with self._follow(url, begun, validator) as response:
                    if response.status_code < 300 and _continues(response, begun):  # noqa: PLR2004
                        validator = _validator(response.headers)
                        self._receive(response, spool)
                        return
                    trouble = _describe(response, _reply_of(response))
                    if begun and response.status_code in _NO_SUCH_RANGE:
                        validator = ""  # the next try begins at the start
                    elif response.status_code == http.client.NOT_FOUND or (
                        response.status_code not in _TRANSIENT and self.is_own_host(response.url)
                    ):
                        self._refuse(response, trouble, "the download")
                    else:  # the next try begins at our host, which signs a new address
                        trouble = f"{trouble} from {urlsplit(response.url).netloc}"
                tries.failed(trouble, response.headers)
            except _LOST as error:
                if validator and spool.tell() > begun:
                    tries.progressed()
                tries.failed(f"cut off after {spool.tell():,} bytes ({_name(error)})")

    def _receive(self, response: requests.Response, spool: BinaryIO) -> None:
        """Write a body to the spool as it is sent: behind what is there, or from the start.

        Raises:
            urllib3.exceptions.HTTPError: The connection was lost; what came is in the spool.
            TapError: It is too large, or the disk is full.
        """
        if response.status_code != http.client.PARTIAL_CONTENT:
            spool.seek(0)
            spool.truncate()
        # read1: what has come is written, also when the connection breaks before a whole chunk
        while chunk := response.raw.read1(CHUNK, decode_content=False):
            append(spool, chunk, self._settings.max_archive_bytes)

    def _follow(self, url: str, start: int, validator: str) -> requests.Response:
        """Ask for a file, through redirects; the token stays with the configured host."""
        headers = {}
        if start and validator:
            headers = {"Range": f"bytes={start}-", "If-Range": validator}
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
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **options: Any,
    ) -> requests.Response:
        """Send one request: as it is, without redirects, and with the token only to our host."""
        own = self.is_own_host(url)
        extra = {"Intercom-Version": self._settings.api_version} if own else {}
        return self._session.request(
            method,
            url,
            headers={"Accept": accept, **extra, **(headers or {})},
            auth=self._auth if own else _NoToken(),
            timeout=timeout or self._settings.request_timeout,
            allow_redirects=False,
            **options,
        )

    def is_own_host(self, url: str) -> bool:
        """Tell whether an address is on the configured host, the only one to get the token."""
        own, other = urlsplit(self._settings.api_url), urlsplit(url)
        return (own.scheme, own.netloc) == (other.scheme, other.netloc)

    def _refuse(self, response: requests.Response, trouble: str, what: str) -> NoReturn:
        """Raise the error that a final refusal means."""
        status = response.status_code
        if response.is_redirect:
            host = urlsplit(response.headers["Location"]).netloc
            raise ApiError(f"{what} was redirected to {host}. Check region and api_url.")
        if status == http.client.UNAUTHORIZED:
            raise ApiError(
                f"Intercom refused the token: {trouble}. Check access_token, and that region "
                f"(now {self._settings.api_url}) is the workspace's."
            )
        if status in {http.client.FORBIDDEN, http.client.PAYMENT_REQUIRED}:
            raise ApiError(
                f"Intercom does not allow this ({what}): {trouble}. The app behind access_token "
                f"needs {_scope_of(response.url)}, and the workspace an active subscription."
            )
        if status == http.client.NOT_FOUND:
            raise NotFoundError(f"{what}: {trouble}")
        if "intercom_version_invalid" in trouble:
            raise ApiError(
                f"{what} does not exist in version {self._settings.api_version} of Intercom's API "
                f"({trouble}). Set api_version to a newer one."
            )
        if names := _ATTRIBUTES.search(trouble):
            raise AttributesRefusedError(trouble, names[1].split(", "))
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


def _continues(response: requests.Response, start: int) -> bool:
    """Tell whether a body is the whole file, or just the rest that was asked for."""
    if response.status_code != http.client.PARTIAL_CONTENT:
        return True
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


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


def _scope_of(url: str) -> str:
    """Return what an app must be allowed for an address."""
    return next((scope for part, scope in SCOPES.items() if part in url), "the permission for it")


def _is_failed_job(reply: Reply) -> bool:
    """Tell Intercom's 504 for a job that failed, which carries the job, from a gateway's."""
    return reply.status == http.client.GATEWAY_TIMEOUT and isinstance(reply.body.get("status"), str)


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
