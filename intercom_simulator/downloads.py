"""Handing out what a job has written: links, redirects, the storage host, parts of a file."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any, Generic

from intercom_simulator.jobs import Jobs, JobType
from intercom_simulator.messages import Answer, Body, Request, error_answer
from intercom_simulator.partial import partial

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from intercom_simulator.jobs import Job

OCTETS = "application/octet-stream"
"""The type of every download, and what a client has to accept."""


@dataclass
class Downloads(Generic[JobType]):
    """The files of one kind of export, by way of the API and of the storage host.

    Args:
        jobs: The jobs.
        path: What the path of a download begins with; the job's identifier follows.
        file: Gives the file of a job, which is made when first asked for.
        encoding: Gives the header `Content-Encoding` of a job's download.
        api_url: Gives the address of the API.
        storage_url: Gives the address of the storage host.
    """

    jobs: Jobs[JobType]
    path: str
    file: Callable[[JobType], Path]
    encoding: Callable[[JobType], str | None]
    api_url: Callable[[], str]
    storage_url: Callable[[], str]

    def __post_init__(self) -> None:
        """Choose a secret to sign links with."""
        self._secret = secrets.token_hex(16)

    def answer(self, job: JobType, request: Request) -> Answer:
        """Answer a download that the API allows.

        Args:
            job: A job that can be downloaded.
            request: The request.
        """
        if job.dialect.redirect is not None:
            return Answer(job.dialect.redirect, {"Location": self._storage_link(job)})
        return self._content(job, request)

    def stored(self, request: Request) -> Answer:
        """Answer as the storage host does: with a signed address, and without a bearer token.

        Args:
            request: The request.
        """
        if not request.path.startswith("/storage/"):  # a link to the host of another region
            return error_answer(404, "not_found", "The requested resource does not exist.")
        if request.header("Authorization") is not None:
            return _storage_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if request.query != f"signature={self._secret}":
            return _storage_error(403, "SignatureDoesNotMatch", "The signature does not match")
        job = self.jobs.find(identifier_of(request))
        if job is None or not job.downloadable:
            return _storage_error(404, "NoSuchKey", "The specified key does not exist.")
        return self._content(job, request)

    def view(self, job: JobType, status: str, word: str) -> dict[str, Any]:
        """Show a job as the API does.

        Args:
            job: The job.
            status: Its status, in the words of the reference.
            word: Its status as the dialect says it.
        """
        done = status == "completed"
        return {
            job.dialect.identifier_key: job.identifier,
            "status": word,
            "download_url": self._link(job) if done else "",
            "download_expires_at": _expiry(job) if done else "",
        }

    def _content(self, job: JobType, request: Request) -> Answer:
        job.downloads += 1
        path = self.file(job)
        headers = {"Content-Type": OCTETS}
        encoding = self.encoding(job)
        if encoding is not None:
            headers["Content-Encoding"] = encoding
        answer = Answer(200, headers, Body.of(path), job.dialect.chunked)
        etag = hashlib.sha256(job.identifier.encode()).hexdigest()[:32]
        return partial(answer, request, etag) if job.dialect.ranges else answer

    def _link(self, job: JobType) -> str:
        path = f"{self.path}{job.identifier}"
        return {
            "absolute": self.api_url() + path,
            "relative": path,
            "empty": "",
            "storage": self._storage_link(job),
            "other_region": self.storage_url() + path,
        }[job.dialect.download_url]

    def _storage_link(self, job: JobType) -> str:
        return f"{self.storage_url()}/storage/{job.identifier}?signature={self._secret}"


def identifier_of(request: Request) -> str:
    """Give the job that a request to the storage host is about.

    Args:
        request: The request.
    """
    return request.path.rpartition("/")[2]


def _expiry(job: Job) -> str | int:
    seconds = int(job.expires_at.timestamp())
    forms: dict[str, str | int] = {
        "text": str(seconds),
        "number": seconds,
        "iso": job.expires_at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "empty": "",
    }
    return forms[job.dialect.expires_as]


def _storage_error(status: int, code: str, message: str) -> Answer:
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, {"Content-Type": "application/xml"}, Body.of(text.encode()))
