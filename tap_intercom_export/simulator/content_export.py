"""The endpoints of Intercom's content data export, and the storage host behind them."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any

from tap_intercom_export.simulator.api import Route
from tap_intercom_export.simulator.archive import build
from tap_intercom_export.simulator.faults import Faults, JobFault
from tap_intercom_export.simulator.jobs import Job, Jobs, SlotTaken
from tap_intercom_export.simulator.messages import (
    Answer,
    Body,
    Request,
    error_answer,
    json_answer,
)
from tap_intercom_export.simulator.partial import partial
from tap_intercom_export.simulator.tables import Selection, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tap_intercom_export.simulator.clock import Clock
    from tap_intercom_export.simulator.dialect import Dialect
    from tap_intercom_export.simulator.workspace import Workspace

SCOPE = "export_content_data"
"""The scope the endpoints need."""

_SINCE = "2.5"
_PARAMETERS = ("created_at_after", "created_at_before")
_OCTETS = "application/octet-stream"
_DAY = 86_400


class _RefusedError(Exception):
    """A range that Intercom does not accept."""


@dataclass
class ContentExport:
    """Content export jobs: creating, polling, cancelling and downloading them.

    Args:
        workspace: What there is to export.
        clock: The simulator's clock.
        dialect: Gives the dialect spoken now.
        job_seconds: How long a job takes, in real seconds.
        folder: Where archives are kept.
        job_faults: What goes wrong with jobs.
        api_url: Gives the address of the API.
        storage_url: Gives the address of the storage host.
    """

    workspace: Workspace
    clock: Clock
    dialect: Callable[[], Dialect]
    job_seconds: float
    folder: Path
    job_faults: Faults[JobFault]
    api_url: Callable[[], str]
    storage_url: Callable[[], str]

    def __post_init__(self) -> None:
        """Start without jobs."""
        self.jobs = Jobs(self.clock)
        self._secret = secrets.token_hex(16)

    def routes(self) -> list[Route]:
        """Give the endpoints."""
        job = "([a-z0-9]+)"
        return [
            Route("create", "POST", "/export/content/data", SCOPE, _SINCE, self._create),
            Route("status", "GET", f"/export/content/data/{job}", SCOPE, _SINCE, self._status),
            Route("cancel", "POST", f"/export/cancel/{job}", SCOPE, _SINCE, self._cancel),
            Route(
                "download", "GET", f"/download/content/data/{job}", SCOPE, _SINCE, self._download
            ),
        ]

    def hold_slot(self, seconds: float | None) -> Job:
        """Let somebody else have a job pending.

        Args:
            seconds: For how many real seconds; None for until it is cancelled.
        """
        job = self._new(0, 0, 0, JobFault(seconds=seconds or 0.0, never_ends=seconds is None))
        self.jobs.occupy(job)
        return job

    def stored(self, request: Request) -> Answer:
        """Answer as the storage host does: with a signed address, and without a bearer token.

        Args:
            request: The request.
        """
        if request.header("Authorization") is not None:
            return _storage_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if request.query != f"signature={self._secret}":
            return _storage_error(403, "SignatureDoesNotMatch", "The signature does not match")
        job = self.jobs.find(request.path.rpartition("/")[2])
        if job is None or not job.downloadable:
            return _storage_error(404, "NoSuchKey", "The specified key does not exist.")
        return self._archive(job, request)

    def _create(self, request: Request, _: tuple[str, ...]) -> Answer:
        try:
            after, before = _range(request, self.dialect().longest_range)
        except _RefusedError as error:
            return error_answer(400, "bad_request", str(error))

        def make(number: int) -> Job:
            fault = self.job_faults.next(lambda each: each.concerns(number, before - after))
            return self._new(number, after, before, fault or JobFault())

        try:
            job = self.jobs.create(make)
        except SlotTaken:
            message = "Exceeded rate limit of 1 pending message data export jobs"
            return error_answer(429, "rate_limit_exceeded", message)
        return json_answer(200, self._view(job, "pending"))

    def _new(self, number: int, after: int, before: int, fault: JobFault) -> Job:
        requested_at = self.clock.now()
        dialect = self.dialect()
        selection = Selection(after, before, int(requested_at.timestamp()), dialect.events_by)
        found = next(tables(self.workspace.history, selection), None)
        return Job(
            number=number,
            after=after,
            before=before,
            requested_at=requested_at,
            dialect=dialect,
            seconds=self.job_seconds if fault.seconds is None else fault.seconds,
            outcome=fault.ends_as or ("completed" if found else "no_data"),
            fault=fault,
        )

    def _status(self, _: Request, parts: tuple[str, ...]) -> Answer:
        job = self.jobs.find(parts[0])
        if job is None:
            return _not_found()
        status = self.jobs.poll(job)
        code = job.dialect.failed_status if status == "failed" else 200
        return json_answer(code, self._view(job, status))

    def _cancel(self, _: Request, parts: tuple[str, ...]) -> Answer:
        job = self.jobs.find(parts[0])
        if job is None:
            return _not_found()
        job.cancel()
        return json_answer(200, self._view(job, job.status))

    def _download(self, request: Request, parts: tuple[str, ...]) -> Answer:
        if _OCTETS not in (request.header("Accept") or ""):
            message = f"The Accept header should be {_OCTETS}"
            return error_answer(406, "media_type_not_acceptable", message)
        job = self.jobs.find(parts[0])
        if job is None or not job.downloadable:
            return _not_found()
        if job.dialect.redirect is not None:
            return Answer(job.dialect.redirect, {"Location": self._storage_link(job)})
        return self._archive(job, request)

    def _archive(self, job: Job, request: Request) -> Answer:
        job.downloads += 1
        path = self.archive(job)
        dialect = job.dialect
        headers = {"Content-Type": _OCTETS}
        if dialect.content_encoding is not None:
            headers["Content-Encoding"] = dialect.content_encoding
        answer = Answer(200, headers, Body.of(path), dialect.chunked)
        etag = hashlib.sha256(job.identifier.encode()).hexdigest()[:32]
        return partial(answer, request, etag) if dialect.ranges else answer

    def archive(self, job: Job) -> Path:
        """Give the file of a job's archive, which is made when first asked for.

        Args:
            job: A completed job.
        """
        path = self.folder / job.identifier
        with job.building:
            if not path.exists():
                until = int(job.requested_at.timestamp())
                selection = Selection(job.after, job.before, until, job.dialect.events_by)
                draft = path.with_suffix(".draft")
                build(draft, self.workspace.history, selection, job.dialect, job.fault.rows)
                draft.replace(path)
        return path

    def _view(self, job: Job, status: str) -> dict[str, Any]:
        dialect = job.dialect
        done = status == "completed"
        words = {"completed": dialect.done_word}
        if job.fault.status_word is not None:
            words["in_progress"] = job.fault.status_word
        return {
            dialect.identifier_key: job.identifier,
            "status": words.get(status, status),
            "download_url": self._link(job) if done else "",
            "download_expires_at": _expiry(job) if done else "",
        }

    def _link(self, job: Job) -> str:
        path = f"/download/content/data/{job.identifier}"
        return {
            "absolute": self.api_url() + path,
            "relative": path,
            "empty": "",
            "storage": self._storage_link(job),
        }[job.dialect.download_url]

    def _storage_link(self, job: Job) -> str:
        return f"{self.storage_url()}/storage/{job.identifier}?signature={self._secret}"


def _range(request: Request, longest: int) -> tuple[int, int]:
    """Give the range asked for.

    Raises:
        _RefusedError: With the sentence Intercom has for what is wrong with it.
    """
    try:
        asked = json.loads(request.body or b"{}")
    except ValueError as error:
        raise _RefusedError("The request body is not valid JSON") from error
    if not isinstance(asked, dict):
        raise _RefusedError("The request body is not a JSON object")
    for name in asked:
        if name not in _PARAMETERS:
            raise _RefusedError(f"bad '{name}' parameter")
    for name in _PARAMETERS:
        if name not in asked:
            raise _RefusedError(f"'{name}' is a required parameter")
        if type(asked[name]) is not int:
            raise _RefusedError(f"'{name}' must be an integer")
    after, before = (asked[name] for name in _PARAMETERS)
    if after > before:
        raise _RefusedError("created_at_after is greater than created_at_before")
    if before - after > longest:
        raise _RefusedError(f"export period is longer than {longest // _DAY} days")
    return after, before


def _expiry(job: Job) -> str | int:
    seconds = int(job.expires_at.timestamp())
    forms: dict[str, str | int] = {
        "text": str(seconds),
        "number": seconds,
        "iso": job.expires_at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "empty": "",
    }
    return forms[job.dialect.expires_as]


def _not_found() -> Answer:
    return error_answer(404, "not_found", "The requested resource does not exist.")


def _storage_error(status: int, code: str, message: str) -> Answer:
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, {"Content-Type": "application/xml"}, Body.of(text.encode()))
