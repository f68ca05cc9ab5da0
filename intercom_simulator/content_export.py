"""The endpoints of Intercom's content data export."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intercom_simulator.api import Route
from intercom_simulator.archive import build
from intercom_simulator.downloads import OCTETS, Downloads
from intercom_simulator.faults import Faults, JobFault
from intercom_simulator.jobs import Job, Jobs, SlotTaken
from intercom_simulator.messages import (
    Answer,
    Request,
    error_answer,
    json_answer,
)
from intercom_simulator.tables import Selection, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from intercom_simulator.clock import Clock
    from intercom_simulator.dialect import Dialect
    from intercom_simulator.workspace import Workspace

SCOPE = "export_content_data"
"""The scope the endpoints need."""

_SINCE = "2.5"
_PARAMETERS = ("created_at_after", "created_at_before")
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
        job_seconds: How long a job takes; None for as long as the clock says.
        folder: Where archives are kept.
        job_faults: What goes wrong with jobs.
        api_url: Gives the address of the API.
        storage_url: Gives the address of the storage host.
    """

    workspace: Workspace
    clock: Clock
    dialect: Callable[[], Dialect]
    job_seconds: float | None
    folder: Path
    job_faults: Faults[JobFault]
    api_url: Callable[[], str]
    storage_url: Callable[[], str]

    def __post_init__(self) -> None:
        """Start without jobs."""
        self.jobs: Jobs[Job] = Jobs(self.clock)
        self.downloads = Downloads(
            jobs=self.jobs,
            path="/download/content/data/",
            file=self.archive,
            encoding=lambda job: job.dialect.content_encoding,
            api_url=self.api_url,
            storage_url=self.storage_url,
        )

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

    def _create(self, request: Request, _: tuple[str, ...]) -> Answer:
        try:
            after, before = _range(request, self.dialect().longest_range)
        except _RefusedError as error:
            return error_answer(400, "bad_request", str(error))

        def make(number: int) -> Job:
            seconds = before - after
            fault = self.job_faults.next(lambda each: each.concerns("content", number, seconds))
            return self._new(number, after, before, fault or JobFault())

        try:
            job = self.jobs.create(make)
        except SlotTaken:
            message = "Exceeded rate limit of 1 pending message data export jobs"
            return error_answer(429, "rate_limit_exceeded", message)
        return self._answer(job, "pending")

    def _new(self, number: int, after: int, before: int, fault: JobFault) -> Job:
        requested_at = self.clock.now()
        dialect = self.dialect()
        selection = Selection(
            after,
            before,
            int(requested_at.timestamp()),
            dialect.events_by,
            dialect.overview_of_all_time,
        )
        found = next(tables(self.workspace.history, selection), None)
        return Job(
            number=number,
            after=after,
            before=before,
            requested_at=requested_at,
            dialect=dialect,
            seconds=self.clock.duration(before - after, fault.seconds, self.job_seconds),
            elapsed=self.clock.elapsed,
            outcome=fault.ends_as or ("completed" if found else "no_data"),
            fault=fault,
        )

    def _status(self, _: Request, parts: tuple[str, ...]) -> Answer:
        job = self.jobs.find(parts[0])
        if job is None:
            return _not_found()
        return self._answer(job, self.jobs.poll(job))

    def _cancel(self, _: Request, parts: tuple[str, ...]) -> Answer:
        job = self.jobs.find(parts[0])
        if job is None:
            return _not_found()
        job.cancel()
        return json_answer(200, self._view(job, job.status))

    def _download(self, request: Request, parts: tuple[str, ...]) -> Answer:
        if OCTETS not in (request.header("Accept") or ""):
            message = f"The Accept header should be {OCTETS}"
            return error_answer(406, "media_type_not_acceptable", message)
        job = self.jobs.find(parts[0])
        if job is None or not job.downloadable:
            return _not_found()
        return self.downloads.answer(job, request)

    def archive(self, job: Job) -> Path:
        """Give the file of a job's archive, which is made when first asked for.

        Args:
            job: A completed job.
        """
        path = self.folder / job.identifier
        with job.building:
            if not path.exists():
                until = int(job.requested_at.timestamp())
                selection = Selection(
                    job.after,
                    job.before,
                    until,
                    job.dialect.events_by,
                    job.dialect.overview_of_all_time,
                )
                draft = path.with_suffix(".draft")
                build(draft, self.workspace.history, selection, job.dialect, job.fault.rows)
                draft.replace(path)
        return path

    def rebuild(self, job: Job, dialect: Dialect) -> None:
        """Let a job's archive be made anew.

        Args:
            job: A job.
            dialect: How to write it.
        """
        with job.building:
            job.dialect = dialect
            (self.folder / job.identifier).unlink(missing_ok=True)

    def _answer(self, job: Job, status: str) -> Answer:
        code = job.dialect.failed_status if status == "failed" else 200
        return json_answer(code, self._view(job, status))

    def _view(self, job: Job, status: str) -> dict[str, Any]:
        words = {"completed": job.dialect.done_word}
        if job.fault.status_word is not None:
            words["in_progress"] = job.fault.status_word
        return self.downloads.view(job, status, words.get(status, status))


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


def _not_found() -> Answer:
    return error_answer(404, "not_found", "The requested resource does not exist.")
