"""Requests to the API: host, token, headers, retries, the two kinds of 429."""

from __future__ import annotations

import email.utils
import http.client
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import requests.auth
import urllib3
from typing_extensions import override

from tap_intercom_export.errors import (
    ConfigurationError,
    SlotTakenError,
    TapError,
    TransientError,
)
from tap_intercom_export.intercom.environment_errors import (
    permanent_problem,
    proxy_problem,
    root_cause,
)
from tap_intercom_export.intercom.responses import (
    SLOT_TAKEN_MESSAGE,
    TRANSIENT_STATUSES,
    Reply,
    describe,
    is_failed_job,
    refuse,
    reply_of,
)
from tap_intercom_export.intercom.retry import MAX_ATTEMPTS, RetryBudget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings

logger = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it logs the paths of signed URLs

CONNECTION_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError)
"""Errors of a connection, in either library's words."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of asking for a path once.

    Attributes:
        error: What the answer means where it is a refusal; or why there is none.
        reply: The answer, if there is one with a JSON body.
        headers: Of the answer; empty where there is none.
        seconds: How long it took.
    """

    error: TapError | None
    reply: Reply | None
    headers: Mapping[str, str]
    seconds: float


class IntercomClient:
    """Talks to one Intercom host with one token. Threads may share it.

    Args:
        settings: Host, token, version and time limits.
        user_agent: `User-Agent` where the settings have none.
        clock: Waits between tries.
    """

    def __init__(self, settings: Settings, user_agent: str, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._threads = threading.local()
        self._headers = {
            "User-Agent": settings.user_agent or user_agent,
            # requests and the SDK would undo a gzip on top without noticing that it was cut
            "Accept-Encoding": "identity",
        }
        self._auth = _BearerToken(settings.access_token)
        self._ahead = 0.0

    @property
    def seconds_ahead(self) -> float:
        """How far this machine's clock was ahead of Intercom's at the last answer; 0 before it."""
        return self._ahead

    @property
    def _session(self) -> requests.Session:
        """The session of this thread: requests does not say that threads may share one."""
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
            session.headers.update(self._headers)
        return session

    def get(self, path: str) -> Reply:
        """Ask for a path; see `post`."""
        return self._call("GET", path, MAX_ATTEMPTS)[1]

    def get_page(self, path: str) -> requests.Response:
        """Ask for a page of a list; as `get`, but returns the whole response for the SDK.

        Args:
            path: Begins with a slash, with its query.
        """
        return self._call("GET", path, MAX_ATTEMPTS)[0]

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        attempts: int = MAX_ATTEMPTS,
        timeout: float | None = None,
    ) -> Reply:
        """Send a JSON body to a path of the API.

        Transient answers (429, 5xx, none) are waited out and tried again. A 504 that carries a
        job is an answer: Intercom's way to say that the job failed.

        Args:
            path: Begins with a slash.
            body: What to send.
            attempts: Failed tries before it is given up.
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

    def post_once(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Send a JSON body to a path of the API, as `post`, but never again.

        Raises:
            TransientError: In vain this time.
            ApiError: As `post`.
        """
        return self._try("POST", path, json=body)[1]

    def retry_budget(self, method: str, path: str, attempts: int = MAX_ATTEMPTS) -> RetryBudget:
        """Return what counts the tries of a request, and waits between them.

        Args:
            method: For the log.
            path: Likewise.
            attempts: Failed tries before it is given up.
        """
        return RetryBudget(self.clock, f"{method} {self.settings.api_url}{path}", attempts)

    def _call(
        self,
        method: str,
        path: str,
        attempts: int,
        **options: Any,
    ) -> tuple[requests.Response, Reply]:
        retry_budget = self.retry_budget(method, path, attempts)
        while True:
            try:
                return self._try(method, path, **options)
            except TransientError as error:  # noqa: PERF203 - a few rounds
                retry_budget.failed(str(error), error.headers)

    def _try(self, method: str, path: str, **options: Any) -> tuple[requests.Response, Reply]:
        """Send one request and tell what its answer means; see `post`.

        Raises:
            TransientError: In vain this time.
        """
        url = self.settings.api_url + path
        try:
            response = self.send(method, url, accept="application/json", stream=True, **options)
            reply = reply_of(response)
        except CONNECTION_ERRORS as error:
            raise TransientError(f"no answer ({name_of(error)})") from error
        return response, self._understood(response, reply, f"{method} {path}")

    def _understood(self, response: requests.Response, reply: Reply | None, what: str) -> Reply:
        """Return what an answer says, or raise what it means; see `post`."""
        if reply is not None and (response.status_code < 300 or is_failed_job(reply)):  # noqa: PLR2004
            return reply
        trouble = describe(response, reply)
        if response.status_code == http.client.TOO_MANY_REQUESTS and SLOT_TAKEN_MESSAGE.search(
            trouble
        ):
            raise SlotTakenError(trouble)
        if response.status_code >= 300 and response.status_code not in TRANSIENT_STATUSES:  # noqa: PLR2004
            refuse(response, trouble, what, self.settings)
        raise TransientError(trouble, response.headers)

    def probe(self, path: str, timeout: float) -> Probe:
        """Ask for a path once, and take every answer for one; for `--test`.

        Args:
            path: Begins with a slash.
            timeout: Seconds of silence that end the try.
        """
        begun = self.clock.monotonic()
        headers: Mapping[str, str] = {}
        reply = None
        error: TapError | None = None
        try:
            url = self.settings.api_url + path
            response = self.send(
                "GET", url, accept="application/json", timeout=timeout, stream=True
            )
            headers, reply = response.headers, reply_of(response)
            reply = self._understood(response, reply, f"GET {path}")
        except CONNECTION_ERRORS as failed:
            error = TransientError(f"no answer ({name_of(failed)})")
        except TapError as refused:
            error = refused
        return Probe(error, reply, headers, self.clock.monotonic() - begun)

    def send(
        self,
        method: str,
        url: str,
        *,
        accept: str,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **options: Any,
    ) -> requests.Response:
        """Send one request: as it is, without redirects, and with the token only to our host.

        Raises:
            ConfigurationError: A proxy or certificates fail, whatever the number of tries.
        """
        own = self.is_own_host(url)
        extra = {"Intercom-Version": self.settings.api_version} if own else {}
        begun = self.clock.monotonic()
        status = "no answer"
        try:
            response = self._session.request(
                method,
                url,
                headers={"Accept": accept, **extra, **(headers or {})},
                auth=self._auth if own else _NoToken(),
                timeout=timeout or self.settings.request_timeout,
                allow_redirects=False,
                **options,
            )
            status = str(response.status_code)
            if own:
                self._compare_clocks(response.headers.get("Date", ""))
        except OSError as error:  # also the base of what requests raises
            if problem := permanent_problem(error, url):
                raise ConfigurationError(problem) from None  # it names the URL, or a password
            raise
        else:
            if response.status_code == http.client.PROXY_AUTHENTICATION_REQUIRED and (
                problem := proxy_problem(url)
            ):
                response.close()
                raise ConfigurationError(problem)
        finally:
            parts = urlsplit(url)
            shown = parts.path if own else parts.netloc  # elsewhere the path may be signed too
            taken = (self.clock.monotonic() - begun) * 1000
            logger.debug("%s %s: %s in %.0f ms", method, shown, status, taken)
        return response

    def _compare_clocks(self, date: str) -> None:
        """Note by the date of an answer how far this machine's clock is ahead of Intercom's."""
        if moment := email.utils.parsedate_tz(date):
            self._ahead = self.clock.now() - email.utils.mktime_tz(moment)

    def is_own_host(self, url: str) -> bool:
        """Tell whether an address is on the configured host, the only one to get the token."""
        return _origin(url) == _origin(self.settings.api_url)


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


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: capitals, a dot at the end, a usual port make no difference."""
    parts = urlsplit(url)
    try:
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:  # no number
        port = None
    return parts.scheme, (parts.hostname or "").rstrip("."), port


def name_of(error: BaseException) -> str:
    """Name an error without its text, which may hold a signed URL."""
    return type(root_cause(error)).__name__
