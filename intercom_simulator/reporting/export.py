"""The endpoints of Intercom's reporting data export."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from intercom_simulator.api import Route, supports
from intercom_simulator.archive import Entry, pack
from intercom_simulator.downloads import OCTETS, Downloads
from intercom_simulator.faults import Faults, JobFault
from intercom_simulator.jobs import Job, Jobs, SlotTaken
from intercom_simulator.messages import (
    Answer,
    Request,
    error_answer,
    json_answer,
)
from intercom_simulator.render import sheets
from intercom_simulator.reporting.datasets import DATASETS
from intercom_simulator.reporting.order import Order, RefusedError, read_order
from intercom_simulator.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from intercom_simulator.clock import Clock
    from intercom_simulator.dialect import Dialect
    from intercom_simulator.reporting.attributes import Attribute, Dataset
    from intercom_simulator.reporting.reporting import Reporting

SCOPE = "export_reporting_data"
"""The scope the endpoints need."""

SLOTS = 5
"""How many reports may be pending."""

_SINCE = "2.14"
_QUALIFIED_SINCE = "2.16"
_BUSY = f"Exceeded rate limit of {SLOTS} pending reporting dataset export jobs"


@dataclass(kw_only=True)
class ReportJob(Job):
    """A job that makes a report.

    Args:
        order: What was asked for; None for a job of somebody else.
        version: The API version it was asked for in.
    """

    order: Order | None
    version: str


@dataclass
class ReportingExport:
    """Reports: what there is to ask for, asking, polling and downloading.

    Args:
        reporting: What there is to report.
        clock: The simulator's clock.
        dialect: Gives the dialect spoken now.
        job_seconds: Gives how long a job takes; None for as long as the clock says.
        folder: Where files are kept.
        job_faults: What goes wrong with jobs.
        version: Tells the API version of a request.
        api_url: Gives the address of the API.
        storage_url: Gives the address of the storage host.
    """

    reporting: Reporting
    clock: Clock
    dialect: Callable[[], Dialect]
    job_seconds: Callable[[], float | None]
    folder: Path
    job_faults: Faults[JobFault]
    version: Callable[[Request], str]
    api_url: Callable[[], str]
    storage_url: Callable[[], str]

    def __post_init__(self) -> None:
        """Start without jobs."""
        self.jobs: Jobs[ReportJob] = Jobs(self.clock, SLOTS)
        self.downloads = Downloads(
            jobs=self.jobs,
            path="/download/reporting_data/",
            file=self.file,
            encoding=lambda job: "gzip" if job.dialect.reporting_container == "encoded" else None,
            api_url=self.api_url,
            storage_url=self.storage_url,
        )

    def routes(self) -> list[Route]:
        """Give the endpoints."""
        base = "/export/reporting_data"
        return [
            Route(f"reporting_{name}", method, path, SCOPE, _SINCE, handle)
            for name, method, path, handle in (
                ("datasets", "GET", f"{base}/get_datasets", self._datasets),
                ("create", "POST", f"{base}/enqueue", self._create),
                ("status", "GET", f"{base}/([^/]+)", self._status),
                ("download", "GET", "/download/reporting_data/([^/]+)", self._download),
            )
        ]

    def hold_slot(self, seconds: float | None) -> ReportJob:
        """Let somebody else have a job pending.

        Args:
            seconds: For how many real seconds; None for until it is cancelled.
        """
        fault = JobFault(seconds=seconds or 0.0, never_ends=seconds is None)
        job = self._new(0, None, fault, _SINCE)
        self.jobs.occupy(job)
        return job

    def file(self, job: ReportJob) -> Path:
        """Give the file of a report, which is made when first asked for.

        Args:
            job: A completed job.
        """
        path = self.folder / job.identifier
        with job.building:
            if not path.exists() and job.order is not None:
                draft = path.with_suffix(".draft")
                self._write(draft, job, job.order)
                draft.replace(path)
        return path

    def _datasets(self, request: Request, _: tuple[str, ...]) -> Answer:
        qualified = supports(self.version(request), _QUALIFIED_SINCE)
        data = [_listed(dataset, qualified=qualified) for dataset in DATASETS.values()]
        return json_answer(200, {"type": "list", "data": data})

    def _create(self, request: Request, _: tuple[str, ...]) -> Answer:
        try:
            order = read_order(request.body, self.dialect(), self.clock.timestamp())
        except RefusedError as error:
            return error_answer(400, "bad_request", str(error))

        def make(number: int) -> ReportJob:
            seconds = order.end - order.start
            fault = self.job_faults.next(
                lambda each: each.concerns("reporting", number, seconds, order.dataset.id)
            )
            return self._new(number, order, fault or JobFault(), self.version(request))

        try:
            job = self.jobs.create(make)
        except SlotTaken:
            return error_answer(429, "rate_limit_exceeded", _BUSY)
        return json_answer(200, self._view(job, "pending"))

    def _new(self, number: int, order: Order | None, fault: JobFault, version: str) -> ReportJob:
        return ReportJob(
            number=number,
            after=order.start if order else 0,
            before=order.end if order else 0,
            requested_at=self.clock.now(),
            dialect=self.dialect(),
            seconds=self.clock.duration(
                order.end - order.start if order else 0, fault.seconds, self.job_seconds()
            ),
            elapsed=self.clock.elapsed,
            outcome=fault.ends_as or "completed",
            fault=fault,
            order=order,
            version=version,
        )

    def _status(self, _: Request, parts: tuple[str, ...]) -> Answer:
        job = self.jobs.find(parts[0])
        if job is None:
            return _not_found(parts[0])
        return json_answer(200, self._view(job, self.jobs.poll(job)))

    def _download(self, request: Request, parts: tuple[str, ...]) -> Answer:
        if OCTETS not in (request.header("Accept") or ""):
            return error_answer(400, "bad_request", f"The Accept header should be {OCTETS}")
        job = self.jobs.find(parts[0])
        if job is None or not job.downloadable:
            return _not_found(parts[0])
        return self.downloads.answer(job, request)

    def _view(self, job: ReportJob, status: str) -> dict[str, Any]:
        words = {
            "completed": job.dialect.reporting_done_word,
            "in_progress": job.fault.status_word or "pending",
        }
        return self.downloads.view(job, status, words.get(status, status))

    def _write(self, path: Path, job: ReportJob, order: Order) -> None:
        until = int(job.requested_at.timestamp())
        dialect = job.dialect
        rows = self.reporting.cells(
            order.dataset.id,
            order.attributes,
            (order.start, order.end),
            until,
            job.version,
            last_parts_only=dialect.reporting_last_parts_only,
        )
        table = Table(
            order.dataset.id,
            tuple(_head(one, dialect) for one in order.attributes),
            tuple("text" for _ in order.attributes),
            rows if job.fault.rows is None else islice(rows, job.fault.rows),
        )
        pack(path, _entries(table, job), dialect.reporting_container, dialect)


def _entries(table: Table, job: ReportJob) -> Iterator[Entry]:
    stamp = job.requested_at.astimezone(timezone.utc).strftime(job.dialect.stamp)
    plain = replace(job.dialect, parts=1, shuffled_columns=False)
    for sheet in sheets(table, plain):
        yield Entry(f"{sheet.statistic}{stamp}.csv", sheet.pieces)


def _head(attribute: Attribute, dialect: Dialect) -> str:
    return attribute.qualified_id if dialect.reporting_qualified_headers else attribute.id


def _listed(dataset: Dataset, *, qualified: bool) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "description": dataset.description,
        "default_time_attribute_id": dataset.time,
        "attributes": [
            {"id": one.id, "name": one.name}
            | ({"qualified_id": one.qualified_id} if qualified else {})
            for one in dataset.attributes
        ],
    }


def _not_found(identifier: str) -> Answer:
    message = f"Export job not found for identifier: {identifier}"
    return error_answer(404, "not_found", message)
