"""HTTP client of the API: host, token, headers, and retries."""

from __future__ import annotations

import http.client
import logging
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import requests.auth
import urllib3
from typing_extensions import override

from tap_intercom_export.errors import (
    ApiError,
    ConfigurationError,
    TransientError,
)
from tap_intercom_export.intercom.environment_errors import (
    permanent_problem,
    proxy_problem,
    root_cause,
)
from tap_intercom_export.intercom.error_responses import check_response
from tap_intercom_export.intercom.responses import parse_response
from tap_intercom_export.intercom.retry import MAX_ATTEMPTS, RetryBudget, parse_http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings
    from tap_intercom_export.intercom.responses import ApiResponse

logger = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it logs the paths of signed URLs

CONNECT_TIMEOUT_SECONDS = 30.0
"""Longest time until a connection is established. A firewall that drops packets would otherwise
delay the first log line of a run by minutes."""

CONNECTION_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError)
"""Connection errors of requests and of urllib3."""


class IntercomClient:
    """Client for one host and one token. Threads may share it; each has its own `requests.Session`.

    Args:
        settings: Host, token, API version and timeouts.
        user_agent: `User-Agent` to send if the settings have none.
        clock: Sleeps between attempts.
    """

    def __init__(self, settings: Settings, user_agent: str, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._threads = threading.local()
        self._headers = {
            "User-Agent": settings.user_agent or user_agent,
            # requests and the SDK do not notice a gzip response that was cut short
            "Accept-Encoding": "identity",
        }
        self._auth = _BearerToken(settings.access_token)
        self._seconds_ahead = 0.0

    @property
    def seconds_ahead(self) -> float:
        """Seconds by which this machine's clock is ahead of Intercom's, by the last response."""
        return self._seconds_ahead

    @property
    def _session(self) -> requests.Session:
        """The session of the current thread; requests does not document sessions as thread-safe."""
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
            session.headers.update(self._headers)
        return session

    def get(self, path: str) -> ApiResponse:
        """Send a GET request; see `post`.

        Args:
            path: Path of the API; begins with a slash.
        """
        return self._call("GET", path, MAX_ATTEMPTS)[1]

    def get_page(self, path: str) -> requests.Response:
        """Request a page of a list: like `get`, but returns the whole response for the SDK.

        Args:
            path: Path with its query; begins with a slash.
        """
        return self._call("GET", path, MAX_ATTEMPTS)[0]

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        attempts: int = MAX_ATTEMPTS,
        timeout: float | None = None,
    ) -> ApiResponse:
        """Send a JSON body to a path of the API.

        Transient errors (429, 5xx, no response) are retried after a pause. A 504 with a job in its
        body is returned: that is how Intercom reports a failed job.

        Args:
            path: Path of the API; begins with a slash.
            body: JSON body.
            attempts: Maximum number of attempts.
            timeout: Seconds without data after which an attempt fails; None for
                `request_timeout_seconds`.

        Returns:
            A response with a status below 300, or the 504 of a job.

        Raises:
            SlotTakenError: The workspace has as many pending jobs as it may have.
            RangeRefusedError: The time range is not accepted.
            NotFoundError: There is no such job.
            ApiError: Any other refusal, or all attempts failed.
        """
        return self._call("POST", path, attempts, json=body, timeout=timeout)[1]

    def post_once(self, path: str, body: Mapping[str, Any]) -> ApiResponse:
        """Send a JSON body to a path of the API, without retries.

        Args:
            path: Path of the API; begins with a slash.
            body: JSON body.

        Returns:
            A response with a status below 300, or the 504 of a job.

        Raises:
            TransientError: The attempt failed and can be repeated.
            ApiError: As for `post`.
        """
        return self._try("POST", path, json=body)[1]

    def retry_budget(self, method: str, path: str, attempts: int = MAX_ATTEMPTS) -> RetryBudget:
        """Return a retry budget for a request.

        Args:
            method: HTTP method, for the log.
            path: Path, for the log.
            attempts: Maximum number of attempts.
        """
        return RetryBudget(self.clock, f"{method} {self.settings.api_url}{path}", attempts)

    def _call(
        self,
        method: str,
        path: str,
        attempts: int,
        **options: Any,
    ) -> tuple[requests.Response, ApiResponse]:
        retry_budget = self.retry_budget(method, path, attempts)
        while True:
            try:
                return self._try(method, path, **options)
            except TransientError as error:  # noqa: PERF203 - a few rounds
                retry_budget.failed(str(error), error.headers)

    def _try(self, method: str, path: str, **options: Any) -> tuple[requests.Response, ApiResponse]:
        """Send one request and check the response; see `post`.

        Raises:
            TransientError: The attempt failed and can be repeated.
        """
        url = self.settings.api_url + path
        try:
            response = self.send(method, url, accept="application/json", stream=True, **options)
            parsed = parse_response(response)
        except CONNECTION_ERRORS as error:
            raise TransientError(f"no response ({error_name(error)})") from error
        return response, check_response(response, parsed, f"{method} {path}", self.settings)

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
        """Send one request without following redirects; the token goes to the configured host only.

        Args:
            method: HTTP method.
            url: URL on any host.
            accept: Value of the header `Accept`.
            headers: Further headers.
            timeout: Seconds without data after which the request fails; None for
                `request_timeout_seconds`.
            **options: Further arguments of `requests.Session.request`.

        Raises:
            ConfigurationError: A proxy or a certificate is wrong, so that retries cannot help.
            ApiError: The response is a redirect to an invalid URL.
        """
        own = self.is_own_host(url)
        extra = {"Intercom-Version": self.settings.api_version} if own else {}
        silence = timeout or self.settings.request_timeout_seconds
        started = self.clock.monotonic()
        status = "no response"
        parts = urlsplit(url)
        shown = parts.path if own else parts.hostname  # on other hosts the path may be signed
        try:
            response = self._session.request(
                method,
                url,
                headers={"Accept": accept, **extra, **(headers or {})},
                auth=self._auth if own else _NoToken(),
                timeout=(min(silence, CONNECT_TIMEOUT_SECONDS), silence),
                allow_redirects=False,
                **options,
            )
            status = str(response.status_code)
            if own:
                self._compare_clocks(response.headers.get("Date", ""))
        except OSError as error:  # also the base of what requests raises
            if problem := permanent_problem(error, url):
                raise ConfigurationError(problem) from None  # the cause may contain a password
            raise
        except ValueError:  # requests parses a redirect even if it does not follow it
            raise ApiError(
                f"{method} {shown} was redirected to an invalid URL. Check region, api_url, and "
                "the proxy."
            ) from None
        else:
            if response.status_code == http.client.PROXY_AUTHENTICATION_REQUIRED and (
                problem := proxy_problem(url)
            ):
                response.close()
                raise ConfigurationError(problem)
        finally:
            milliseconds = (self.clock.monotonic() - started) * 1000
            logger.debug("%s %s: %s in %.0f ms", method, shown, status, milliseconds)
        return response

    def _compare_clocks(self, date: str) -> None:
        """Compare this machine's clock with the `Date` header of a response."""
        moment = parse_http_date(date)
        if moment is not None:
            self._seconds_ahead = self.clock.now() - moment

    def is_own_host(self, url: str) -> bool:
        """Return whether a URL is on the configured host, the only one that may get the token.

        Args:
            url: A URL with scheme and host.
        """
        return _origin(url) == _origin(self.settings.api_url)


class _BearerToken(requests.auth.AuthBase):
    """Sends the token. As an `auth` object it also keeps requests from reading a netrc file."""

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
    """Return scheme, host and port; case, a trailing dot and a default port do not matter."""
    parts = urlsplit(url)
    try:
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:  # not a number
        port = None
    return parts.scheme, (parts.hostname or "").rstrip("."), port


def error_name(error: BaseException) -> str:
    """Return the class name of an error. Its message may contain a signed URL.

    Args:
        error: The error that requests or urllib3 raised.
    """
    return type(root_cause(error)).__name__
