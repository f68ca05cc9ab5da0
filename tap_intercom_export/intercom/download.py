"""Downloads: continued where they were cut off, through redirects, the token kept at home."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

from tap_intercom_export.config import LOOPBACK_HOSTS
from tap_intercom_export.errors import ApiError
from tap_intercom_export.intercom.client import CONNECTION_ERRORS, name_of
from tap_intercom_export.intercom.responses import (
    TRANSIENT_STATUSES,
    message_of,
    refuse,
)
from tap_intercom_export.intercom.retry import RetryBudget
from tap_intercom_export.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from tap_intercom_export.intercom.client import IntercomClient

MAX_REDIRECTS = 5

CHUNK_BYTES = 256 * 1024
"""Bytes of a download read at once."""

_RANGE_NOT_SERVED = {http.client.PARTIAL_CONTENT, http.client.REQUESTED_RANGE_NOT_SATISFIABLE}


class Destination(Protocol):
    """What a download is written into."""

    @property
    def size(self) -> int:
        """Bytes in it."""

    def restart(self) -> None:
        """Throw away what is in it."""

    def append(self, data: bytes) -> None:
        """Write to its end.

        Raises:
            TapError: It takes no more.
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
        """Write a file of the API into `destination`, from where a cut-off try stopped if possible.

        Args:
            url: A path on the configured host, or an address elsewhere, which is asked without
                the token.
            destination: Empty; afterwards it holds the bytes as they were sent.

        Raises:
            NotFoundError: It is not there, or not any more.
            ApiError: Any other refusal; or every try was in vain.
            TapError: It is too large, or the disk is full.
        """
        url = urljoin(self._settings.api_url, url)
        retry_budget = RetryBudget(self._client.clock, f"Download from {urlsplit(url).netloc}")
        validator, total = "", None
        while True:
            begun = destination.size
            try:
                with self._follow(url, begun, validator) as response:
                    if response.status_code < 300 and _continues(  # noqa: PLR2004
                        response, begun, validator, total
                    ):
                        validator = _validator(response.headers)
                        total = _total(response)
                        self._receive(response, destination)
                        return
                    trouble = message_of(response)
                    if response.status_code in _RANGE_NOT_SERVED:
                        validator = ""  # the next try begins at the start
                    elif response.status_code == http.client.NOT_FOUND or (
                        response.status_code not in TRANSIENT_STATUSES
                        and self._client.is_own_host(response.url)
                    ):
                        refuse(response, trouble, "the download", self._settings)
                    else:  # the next try begins at our host, which signs a new address
                        trouble = f"{trouble} from {urlsplit(response.url).netloc}"
                retry_budget.failed(trouble, response.headers)
            except CONNECTION_ERRORS as error:
                if validator and destination.size > begun:
                    retry_budget.progressed()
                retry_budget.failed(
                    f"cut off after {counted(destination.size, 'byte')} ({name_of(error)})"
                )

    def _receive(self, response: requests.Response, destination: Destination) -> None:
        """Write a body to the destination as it is sent: behind what is there, or from the start.

        Raises:
            urllib3.exceptions.HTTPError: The connection was lost; what came is in it.
            TapError: It is too large, or the disk is full.
        """
        if response.status_code != http.client.PARTIAL_CONTENT:
            destination.restart()
        # read1: what has come is written, also when the connection breaks before a whole chunk
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
            destination.append(chunk)

    def _follow(self, url: str, start: int, validator: str) -> requests.Response:
        """Ask for a file, through redirects; the token stays with the configured host."""
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
            url = urljoin(url, response.headers["Location"])
            response.close()
        raise ApiError(f"The download was redirected more than {MAX_REDIRECTS} times.")


def _continues(response: requests.Response, start: int, validator: str, total: int | None) -> bool:
    """Tell whether a body is the whole file, or the rest that was asked for of the same file.

    Args:
        response: The answer.
        start: The first byte that was asked for.
        validator: The ETag of what came before.
        total: The size of the file that it was part of, if it is known.
    """
    if response.status_code != http.client.PARTIAL_CONTENT:
        return True
    if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        return False
    same_tag = response.headers.get("ETag", validator) == validator
    return same_tag and (total is None or _total(response) in {None, total})


def _total(response: requests.Response) -> int | None:
    """Return the size of the whole file that a body is, or is a part of; None if unknown."""
    whole = response.headers.get("Content-Length", "")
    if response.status_code == http.client.PARTIAL_CONTENT:
        whole = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(whole) if whole.isdecimal() else None


def _validator(headers: Mapping[str, str]) -> str:
    """Return what names this very version of a file, for If-Range; weak ones do not."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else ""
