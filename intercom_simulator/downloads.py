"""Downloads of job results: links, redirects, the storage host, range requests."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any, Generic

from intercom_simulator.http_messages import Body, Request, Response, error_response
from intercom_simulator.jobs import Jobs, JobType
from intercom_simulator.range_requests import apply_range

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from intercom_simulator.jobs import Job

OCTET_STREAM = "application/octet-stream"
"""Content type of every download, which the `Accept` header must contain."""


@dataclass
class Downloads(Generic[JobType]):
    """Downloads of one kind of export, from the API and from the storage host.

    Args:
        jobs: The jobs.
        path: Path prefix of downloads; the job identifier follows.
        file: Returns the file of a job, which is built on first use.
        encoding: Returns the `Content-Encoding` header of a download, or None.
        api_url: Returns the URL of the API.
        storage_url: Returns the URL of the storage host.
    """

    jobs: Jobs[JobType]
    path: str
    file: Callable[[JobType], Path]
    encoding: Callable[[JobType], str | None]
    api_url: Callable[[], str]
    storage_url: Callable[[], str]

    def __post_init__(self) -> None:
        """Choose the secret that signs links."""
        self._secret = secrets.token_hex(16)

    def respond(self, job: JobType, request: Request) -> Response:
        """Respond to a download request that passed the checks of the API.

        Args:
            job: A job that can be downloaded.
            request: The request.
        """
        if job.variant.redirect_status is not None:
            return Response(job.variant.redirect_status, {"Location": self._storage_link(job)})
        return self._content(job, request)

    def respond_from_storage(self, request: Request) -> Response:
        """Respond as the storage host: requires a signed URL and refuses a bearer token.

        Args:
            request: The request.
        """
        if not request.path.startswith("/storage/"):  # a link to the host of another region
            return error_response(404, "not_found", "The requested resource does not exist.")
        if request.header("Authorization") is not None:
            return _storage_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if request.query != f"signature={self._secret}":
            return _storage_error(403, "SignatureDoesNotMatch", "The signature does not match")
        job = self.jobs.find(job_identifier_of(request))
        if job is None or not job.downloadable:
            return _storage_error(404, "NoSuchKey", "The specified key does not exist.")
        return self._content(job, request)

    def job_json(self, job: JobType, status: str, status_word: str) -> dict[str, Any]:
        """Return the JSON representation of a job.

        Args:
            job: The job.
            status: Status of the job, as in the API reference.
            status_word: Status of the job, in its variant.
        """
        done = status == "completed"
        return {
            job.variant.identifier_key: job.identifier,
            "status": status_word,
            "download_url": self._link(job) if done else "",
            "download_expires_at": _expiry(job) if done else "",
        }

    def _content(self, job: JobType, request: Request) -> Response:
        job.downloads += 1
        path = self.file(job)
        headers = {"Content-Type": OCTET_STREAM}
        encoding = self.encoding(job)
        if encoding is not None:
            headers["Content-Encoding"] = encoding
        response = Response(200, headers, Body.from_source(path), job.variant.chunked)
        etag = hashlib.sha256(job.identifier.encode()).hexdigest()[:32]
        return apply_range(response, request, etag) if job.variant.range_requests else response

    def _link(self, job: JobType) -> str:
        path = f"{self.path}{job.identifier}"
        return {
            "absolute": self.api_url() + path,
            "relative": path,
            "empty": "",
            "storage": self._storage_link(job),
            "other_region": self.storage_url() + path,
        }[job.variant.download_url]

    def _storage_link(self, job: JobType) -> str:
        return f"{self.storage_url()}/storage/{job.identifier}?signature={self._secret}"


def job_identifier_of(request: Request) -> str:
    """Return the job identifier in the path of a request to the storage host.

    Args:
        request: The request.
    """
    return request.path.rpartition("/")[2]


def _expiry(job: Job) -> str | int:
    seconds = int(job.expires_at.timestamp())
    formats: dict[str, str | int] = {
        "text": str(seconds),
        "number": seconds,
        "iso": job.expires_at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "empty": "",
    }
    return formats[job.variant.expires_at_format]


def _storage_error(status: int, code: str, message: str) -> Response:
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response(status, {"Content-Type": "application/xml"}, Body.from_source(text.encode()))
