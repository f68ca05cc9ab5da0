"""Downloads: resumed after interruptions, through redirects; only our host gets the token."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

import requests

from tap_intercom_export.config import LOOPBACK_HOSTS
from tap_intercom_export.errors import ApiError, UnavailableError
from tap_intercom_export.formatting import counted, duration
from tap_intercom_export.intercom.client import CONNECTION_ERRORS, error_name
from tap_intercom_export.intercom.error_responses import is_gone, is_transient, raise_refusal
from tap_intercom_export.intercom.responses import read_error
from tap_intercom_export.intercom.retry import RetryBudget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.intercom.client import IntercomClient

MAX_REDIRECTS = 5
"""Maximum redirects of one download. A client of Intercom follows one, to a signed URL."""

CHUNK_BYTES = 256 * 1024
"""Bytes of a download that are read at once."""

MAX_ATTEMPTS_WITH_PROGRESS = 10_000
"""An attempt counts as failed unless it adds this fraction of the file. Otherwise a proxy that cuts
each response after a few bytes would keep a download going for weeks."""

MAX_DOWNLOAD_SECONDS = 86_400.0
"""Longest duration of one download, for a server that sends too slowly without ever pausing for
`request_timeout_seconds`. Intercom keeps an archive for two days at least."""

_FILE_STATUSES = {
    http.client.OK,
    http.client.NON_AUTHORITATIVE_INFORMATION,  # through a proxy that may have changed headers
    http.client.PARTIAL_CONTENT,
}
"""Statuses of responses whose body is the file. Others below 300, such as 202, mean "not yet"."""

_BEYOND_END = http.client.REQUESTED_RANGE_NOT_SATISFIABLE

_RANGE_NOT_SERVED = {http.client.PARTIAL_CONTENT, _BEYOND_END}


class Destination(Protocol):
    """The file that a download is written to."""

    @property
    def size(self) -> int:
        """Bytes written so far."""

    def restart(self) -> None:
        """Discard everything written so far."""

    def append(self, data: bytes) -> None:
        """Write to the end.

        Args:
            data: Bytes to write.

        Raises:
            TapError: The data does not fit.
        """


class Downloader:
    """Downloads the archives of jobs.

    Args:
        client: Sends the requests.
    """

    def __init__(self, client: IntercomClient) -> None:
        self._client = client
        self._settings = client.settings

    def download(self, url: str, destination: Destination) -> None:
        """Download a file into `destination`; resume an interrupted attempt where possible.

        Args:
            url: A path on the configured host, or a URL on another host, which does not get the
                token.
            destination: Empty; afterwards it holds the bytes as they were sent.

        Raises:
            NotFoundError: The file does not exist, or no longer.
            UnavailableError: All attempts failed, or it takes longer than a day.
            ApiError: Any other refusal.
            TapError: The file is too large, or the disk is full.
        """
        url = urljoin(self._settings.api_url, url)
        retry_budget = RetryBudget(self._client.clock, f"Download from {_host(url)}")
        deadline = self._client.clock.monotonic() + MAX_DOWNLOAD_SECONDS
        progress = _Progress()
        validator, total = "", None
        while True:
            start = destination.size
            try:
                with self._follow(url, start, validator) as response:
                    status = response.status_code
                    if status == _BEYOND_END and start and _total(response) == start:
                        return  # all of it is here; only the end of the response was lost
                    if status in _FILE_STATUSES and _continues(response, start, validator, total):
                        validator = _validator(response.headers)
                        total = _total(response) or total
                        self._receive(response, destination, deadline)
                        size = destination.size
                        if status != http.client.PARTIAL_CONTENT or total in {None, size}:
                            return
                        if validator and progress.has_advanced(size, total):
                            continue  # the server sends less at once than was requested
                        message = f"{size:,} of {total:,} bytes arrived"
                    else:
                        message = read_error(response)
                    if status in _RANGE_NOT_SERVED:
                        validator = ""  # the next attempt starts over
                    elif is_gone(status) or (
                        status >= 300  # noqa: PLR2004
                        and not is_transient(status)
                        and self._client.is_own_host(response.url)
                    ):
                        raise_refusal(response, message, "the download", self._settings)
                    else:  # the next attempt begins at the API, which signs a new URL
                        message = f"{message} from {_host(response.url)}"
                retry_budget.failed(message, response.headers)
            except CONNECTION_ERRORS as error:
                if validator and progress.has_advanced(destination.size, total):
                    retry_budget.progressed()
                retry_budget.failed(
                    f"cut off after {counted(destination.size, 'byte')} ({error_name(error)})"
                )

    def _receive(
        self, response: requests.Response, destination: Destination, deadline: float
    ) -> None:
        """Write a response body to the destination: appended if it is partial, else from the start.

        Raises:
            urllib3.exceptions.HTTPError: The connection was lost; what arrived has been written.
            UnavailableError: The download takes too long.
            TapError: The file is too large, or the disk is full.
        """
        if response.status_code != http.client.PARTIAL_CONTENT:
            destination.restart()
        # read1 returns what has arrived, so that nothing is lost if the connection breaks
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
            destination.append(chunk)
            if self._client.clock.monotonic() > deadline:
                raise UnavailableError(
                    f"The download from {_host(response.url)} is not complete after "
                    f"{duration(MAX_DOWNLOAD_SECONDS)}: {counted(destination.size, 'byte')} "
                    "arrived. Check the network and a proxy."
                )

    def _follow(self, url: str, start: int, validator: str) -> requests.Response:
        """Request a file and follow redirects; only the configured host gets the token."""
        headers = {}
        if start and validator:
            headers = {"Range": f"bytes={start}-", "If-Range": validator}
        for _ in range(MAX_REDIRECTS):
            parts = urlsplit(url)
            if parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS:
                raise ApiError(f"The download is at {parts.hostname}, which is not https.")
            response = self._client.send(
                "GET", url, accept="application/octet-stream", stream=True, headers=headers
            )
            if not response.is_redirect:
                return response
            response.close()
            location = absolute_url(url, response.headers["Location"])
            if location is None:
                raise ApiError("The download was redirected to an invalid URL.")
            url = location
        raise ApiError(f"The download was redirected more than {MAX_REDIRECTS} times.")


class _Progress:
    """Tells attempts that advance a download from those that bring almost nothing."""

    def __init__(self) -> None:
        self._size = 0

    def has_advanced(self, size: int, total: int | None) -> bool:
        """Return whether enough has arrived since this was last true.

        A download that starts over advances when it is past the point that it reached before.

        Args:
            size: Bytes that have arrived.
            total: Size of the whole file, if known.
        """
        if size - self._size < max(1, (total or 0) // MAX_ATTEMPTS_WITH_PROGRESS):
            return False
        self._size = size
        return True


def absolute_url(base: str, url: str) -> str | None:
    """Return the absolute form of a URL that Intercom names; None if it cannot be requested.

    Args:
        base: The URL that a relative one is relative to.
        url: An absolute or relative URL.
    """
    if not url.strip():
        return None
    try:
        absolute = urljoin(base, url)
        requests.Request("GET", absolute).prepare()
        is_url = urlsplit(absolute).scheme in {"http", "https"} and urlsplit(absolute).port != 0
    except (requests.RequestException, ValueError):  # which one depends on what is wrong
        return None
    return absolute if is_url else None


def _host(url: str) -> str:
    """Return host and port of a URL, for the log: without a user and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _continues(response: requests.Response, start: int, validator: str, total: int | None) -> bool:
    """Return whether a body is the whole file, or the requested rest of the same file.

    Args:
        response: The response.
        start: First byte that was requested.
        validator: ETag of the part received before.
        total: Size of the whole file, if known.
    """
    if response.status_code != http.client.PARTIAL_CONTENT:
        return True
    if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        return False
    if not start:
        return True
    same_tag = response.headers.get("ETag", validator) == validator
    return same_tag and (total is None or _total(response) in {None, total})


def _total(response: requests.Response) -> int | None:
    """Return the size of the whole file; None if unknown."""
    whole = response.headers.get("Content-Length", "")
    if response.status_code in _RANGE_NOT_SERVED:
        whole = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(whole) if whole.isdecimal() else None


def _validator(headers: Mapping[str, str]) -> str:
    """Return the ETag to use in If-Range; "" for none or a weak one, which is not exact."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else ""
