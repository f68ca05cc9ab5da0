"""The endpoints of the content data export (the message export)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intercom_simulator.api import Route
from intercom_simulator.clock import DAY_SECONDS
from intercom_simulator.content_export.archive import build_archive
from intercom_simulator.content_export.selection import Selection
from intercom_simulator.content_export.tables import select_tables
from intercom_simulator.downloads import OCTET_STREAM, Downloads
from intercom_simulator.faults import FaultQueue, JobFault
from intercom_simulator.http_messages import (
    Request,
    Response,
    error_response,
    json_response,
)
from intercom_simulator.jobs import Job, Jobs, NoFreeSlotError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from intercom_simulator.api_variant import ApiVariant
    from intercom_simulator.clock import Clock
    from intercom_simulator.workspace import Workspace

SCOPE = "export_content_data"
"""OAuth scope that the endpoints require."""

_SINCE = "2.5"
_PARAMETERS = ("created_at_after", "created_at_before")


class _InvalidRangeError(Exception):
    """The request body has no range that Intercom accepts."""


@dataclass
class ContentExport:
    """Content export jobs: create, poll, cancel and download.

    Args:
        workspace: The data to export.
        clock: The simulator's clock.
        variant: Returns the current variant.
        job_seconds: Run time of a job, in seconds; None for the default of the clock.
        folder: Folder for archives.
        job_faults: Faults of jobs.
        api_url: Returns the URL of the API.
        storage_url: Returns the URL of the storage host.
    """

    workspace: Workspace
    clock: Clock
    variant: Callable[[], ApiVariant]
    job_seconds: float | None
    folder: Path
    job_faults: FaultQueue[JobFault]
    api_url: Callable[[], str]
    storage_url: Callable[[], str]

    def __post_init__(self) -> None:
        """Create the empty job list."""
        self.jobs: Jobs[Job] = Jobs(self.clock)
        self.downloads = Downloads(
            jobs=self.jobs,
            path="/download/content/data/",
            file=self.archive,
            encoding=lambda job: job.variant.content_encoding,
            api_url=self.api_url,
            storage_url=self.storage_url,
        )

    def routes(self) -> list[Route]:
        """Return the routes of the endpoints."""
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
        """Occupy the slot with a job of another client.

        Args:
            seconds: Real seconds until the job ends; None to run until it is canceled.

        Returns:
            The job.
        """
        job = self._new_job(
            0, 0, 0, JobFault(duration_seconds=seconds or 0.0, never_ends=seconds is None)
        )
        self.jobs.add_foreign(job)
        return job

    def _create(self, request: Request, _: tuple[str, ...]) -> Response:
        try:
            after, before = _parse_range(request, self.variant().max_range_seconds)
        except _InvalidRangeError as error:
            return error_response(400, "bad_request", str(error))

        def make(number: int) -> Job:
            seconds = before - after
            fault = self.job_faults.next(lambda fault: fault.applies_to("content", number, seconds))
            return self._new_job(number, after, before, fault or JobFault())

        try:
            job = self.jobs.create(make)
        except NoFreeSlotError:
            message = "Exceeded rate limit of 1 pending message data export jobs"
            return error_response(429, "rate_limit_exceeded", message)
        return self._job_response(job, "pending")

    def _new_job(self, number: int, after: int, before: int, fault: JobFault) -> Job:
        requested_at = self.clock.now()
        variant = self.variant()
        selection = Selection(
            after,
            before,
            int(requested_at.timestamp()),
            variant.events_by,
            variant.overview_of_all_time,
        )
        first_table = next(select_tables(self.workspace.history, selection), None)
        return Job(
            number=number,
            after=after,
            before=before,
            requested_at=requested_at,
            variant=variant,
            seconds=self.clock.duration(before - after, fault.duration_seconds, self.job_seconds),
            outcome=fault.ends_as or ("completed" if first_table else "no_data"),
            fault=fault,
            elapsed=self.clock.elapsed,
        )

    def _status(self, _: Request, parts: tuple[str, ...]) -> Response:
        job = self.jobs.find(parts[0])
        if job is None:
            return _not_found()
        return self._job_response(job, self.jobs.poll(job))

    def _cancel(self, _: Request, parts: tuple[str, ...]) -> Response:
        job = self.jobs.find(parts[0])
        if job is None:
            return _not_found()
        job.cancel()
        return json_response(200, self._job_json(job, job.status))

    def _download(self, request: Request, parts: tuple[str, ...]) -> Response:
        if OCTET_STREAM not in (request.header("Accept") or ""):
            message = f"The Accept header should be {OCTET_STREAM}"
            return error_response(406, "media_type_not_acceptable", message)
        job = self.jobs.find(parts[0])
        if job is None or not job.downloadable:
            return _not_found()
        return self.downloads.respond(job, request)

    def archive(self, job: Job) -> Path:
        """Return the path of a job's archive, which is built on first use.

        Args:
            job: A completed job.
        """
        path = self.folder / job.identifier
        with job.archive_lock:
            if not path.exists():
                until = int(job.requested_at.timestamp())
                selection = Selection(
                    job.after,
                    job.before,
                    until,
                    job.variant.events_by,
                    job.variant.overview_of_all_time,
                )
                partial = path.with_suffix(".partial")
                build_archive(
                    partial, self.workspace.history, selection, job.variant, job.fault.max_rows
                )
                partial.replace(path)
        return path

    def rebuild(self, job: Job, variant: ApiVariant) -> None:
        """Discard a job's archive so that the next download builds it again.

        Args:
            job: The job.
            variant: The variant for the new archive.
        """
        with job.archive_lock:
            job.variant = variant
            (self.folder / job.identifier).unlink(missing_ok=True)

    def _job_response(self, job: Job, status: str) -> Response:
        code = job.variant.failed_http_status if status == "failed" else 200
        return json_response(code, self._job_json(job, status))

    def _job_json(self, job: Job, status: str) -> dict[str, Any]:
        status_words = {"completed": job.variant.completed_status}
        if job.fault.status_word is not None:
            status_words["in_progress"] = job.fault.status_word
        return self.downloads.job_json(job, status, status_words.get(status, status))


def _parse_range(request: Request, max_seconds: int) -> tuple[int, int]:
    """Return the requested range, in unix seconds.

    Raises:
        _InvalidRangeError: The body is invalid. The text is that of Intercom's error message.
    """
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as error:
        raise _InvalidRangeError("The request body is not valid JSON") from error
    if not isinstance(body, dict):
        raise _InvalidRangeError("The request body is not a JSON object")
    for name in body:
        if name not in _PARAMETERS:
            raise _InvalidRangeError(f"bad '{name}' parameter")
    for name in _PARAMETERS:
        if name not in body:
            raise _InvalidRangeError(f"'{name}' is a required parameter")
        if type(body[name]) is not int:
            raise _InvalidRangeError(f"'{name}' must be an integer")
    after, before = (body[name] for name in _PARAMETERS)
    if after > before:
        raise _InvalidRangeError("created_at_after is greater than created_at_before")
    if before - after > max_seconds:
        raise _InvalidRangeError(f"export period is longer than {max_seconds // DAY_SECONDS} days")
    return after, before


def _not_found() -> Response:
    return error_response(404, "not_found", "The requested resource does not exist.")
