"""The endpoints of the reporting data export."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from intercom_simulator.api import Route, supports
from intercom_simulator.containers import Entry, write_container
from intercom_simulator.csv_rendering import render_csv_files
from intercom_simulator.downloads import OCTET_STREAM, Downloads
from intercom_simulator.faults import FaultQueue, JobFault
from intercom_simulator.http_messages import (
    Request,
    Response,
    error_response,
    json_response,
)
from intercom_simulator.jobs import Job, Jobs, NoFreeSlotError
from intercom_simulator.reporting.datasets import DATASETS
from intercom_simulator.reporting.report_request import (
    InvalidReportRequestError,
    ReportRequest,
    parse_report_request,
)
from intercom_simulator.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from intercom_simulator.api_variant import ApiVariant
    from intercom_simulator.clock import Clock
    from intercom_simulator.reporting.attributes import Attribute, Dataset
    from intercom_simulator.reporting.reporting import Reporting

SCOPE = "export_reporting_data"
"""OAuth scope that the endpoints require."""

SLOTS = 5
"""Maximum number of pending report jobs."""

_SINCE = "2.14"
_QUALIFIED_SINCE = "2.16"
_SLOTS_MESSAGE = f"Exceeded rate limit of {SLOTS} pending reporting dataset export jobs"


@dataclass(kw_only=True)
class ReportJob(Job):
    """A job of the reporting export.

    Args:
        report_request: The requested report; None for a job of another client.
        version: API version of the request.
    """

    report_request: ReportRequest | None
    version: str


@dataclass
class ReportingExport:
    """Report jobs: list datasets, create, poll and download.

    Args:
        reporting: The data to report.
        clock: The simulator's clock.
        variant: Returns the current variant.
        job_seconds: Returns the run time of a job, in seconds; None for the default of the
            clock.
        folder: Folder for the files.
        job_faults: Faults of jobs.
        version: Returns the API version of a request.
        api_url: Returns the URL of the API.
        storage_url: Returns the URL of the storage host.
    """

    reporting: Reporting
    clock: Clock
    variant: Callable[[], ApiVariant]
    job_seconds: Callable[[], float | None]
    folder: Path
    job_faults: FaultQueue[JobFault]
    version: Callable[[Request], str]
    api_url: Callable[[], str]
    storage_url: Callable[[], str]

    def __post_init__(self) -> None:
        """Create the empty job list."""
        self.jobs: Jobs[ReportJob] = Jobs(self.clock, SLOTS)
        self.downloads = Downloads(
            jobs=self.jobs,
            path="/download/reporting_data/",
            file=self.file,
            encoding=lambda job: "gzip" if job.variant.reporting_container == "encoded" else None,
            api_url=self.api_url,
            storage_url=self.storage_url,
        )

    def routes(self) -> list[Route]:
        """Return the routes of the endpoints."""
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
        """Occupy a slot with a job of another client.

        Args:
            seconds: Real seconds until the job ends; None to run until it is canceled.

        Returns:
            The job.
        """
        fault = JobFault(duration_seconds=seconds or 0.0, never_ends=seconds is None)
        job = self._new_job(0, None, fault, _SINCE)
        self.jobs.add_foreign(job)
        return job

    def file(self, job: ReportJob) -> Path:
        """Return the path of a report, which is built on first use.

        Args:
            job: A completed job.
        """
        path = self.folder / job.identifier
        with job.archive_lock:
            if not path.exists() and job.report_request is not None:
                partial = path.with_suffix(".partial")
                self._write(partial, job, job.report_request)
                partial.replace(path)
        return path

    def _datasets(self, request: Request, _: tuple[str, ...]) -> Response:
        qualified = supports(self.version(request), _QUALIFIED_SINCE)
        data = [_dataset_json(dataset, qualified=qualified) for dataset in DATASETS.values()]
        return json_response(200, {"type": "list", "data": data})

    def _create(self, request: Request, _: tuple[str, ...]) -> Response:
        try:
            report_request = parse_report_request(
                request.body, self.variant(), self.clock.timestamp()
            )
        except InvalidReportRequestError as error:
            return error_response(400, "bad_request", str(error))

        def make(number: int) -> ReportJob:
            seconds = report_request.end - report_request.start
            fault = self.job_faults.next(
                lambda fault: fault.applies_to(
                    "reporting", number, seconds, report_request.dataset.id
                )
            )
            return self._new_job(number, report_request, fault or JobFault(), self.version(request))

        try:
            job = self.jobs.create(make)
        except NoFreeSlotError:
            return error_response(429, "rate_limit_exceeded", _SLOTS_MESSAGE)
        return json_response(200, self._job_json(job, "pending"))

    def _new_job(
        self, number: int, report_request: ReportRequest | None, fault: JobFault, version: str
    ) -> ReportJob:
        return ReportJob(
            number=number,
            after=report_request.start if report_request else 0,
            before=report_request.end if report_request else 0,
            requested_at=self.clock.now(),
            variant=self.variant(),
            seconds=self.clock.duration(
                report_request.end - report_request.start if report_request else 0,
                fault.duration_seconds,
                self.job_seconds(),
            ),
            outcome=fault.ends_as or "completed",
            fault=fault,
            elapsed=self.clock.elapsed,
            report_request=report_request,
            version=version,
        )

    def _status(self, _: Request, parts: tuple[str, ...]) -> Response:
        job = self.jobs.find(parts[0])
        if job is None:
            return _not_found(parts[0])
        return json_response(200, self._job_json(job, self.jobs.poll(job)))

    def _download(self, request: Request, parts: tuple[str, ...]) -> Response:
        if OCTET_STREAM not in (request.header("Accept") or ""):
            return error_response(400, "bad_request", f"The Accept header should be {OCTET_STREAM}")
        job = self.jobs.find(parts[0])
        if job is None or not job.downloadable:
            return _not_found(parts[0])
        return self.downloads.respond(job, request)

    def _job_json(self, job: ReportJob, status: str) -> dict[str, Any]:
        status_words = {
            "completed": job.variant.reporting_completed_status,
            "in_progress": job.fault.status_word or "pending",
        }
        return self.downloads.job_json(job, status, status_words.get(status, status))

    def _write(self, path: Path, job: ReportJob, report_request: ReportRequest) -> None:
        until = int(job.requested_at.timestamp())
        variant = job.variant
        rows = self.reporting.cells(
            report_request.dataset.id,
            report_request.attributes,
            (report_request.start, report_request.end),
            until,
            job.version,
            last_parts_only=variant.reporting_last_parts_only,
        )
        table = Table(
            report_request.dataset.id,
            tuple(_column_header(attribute, variant) for attribute in report_request.attributes),
            tuple("text" for _ in report_request.attributes),
            rows if job.fault.max_rows is None else islice(rows, job.fault.max_rows),
        )
        write_container(path, _entries(table, job), variant.reporting_container, variant)


def _entries(table: Table, job: ReportJob) -> Iterator[Entry]:
    stamp = job.requested_at.astimezone(timezone.utc).strftime(job.variant.timestamp_format)
    variant = replace(job.variant, parts_per_file=1, shuffled_columns=False)
    for csv_file in render_csv_files(table, variant):
        yield Entry(f"{csv_file.statistic}{stamp}.csv", csv_file.chunks)


def _column_header(attribute: Attribute, variant: ApiVariant) -> str:
    return attribute.qualified_id if variant.reporting_qualified_headers else attribute.id


def _dataset_json(dataset: Dataset, *, qualified: bool) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "description": dataset.description,
        "default_time_attribute_id": dataset.time,
        "attributes": [
            {"id": attribute.id, "name": attribute.name}
            | ({"qualified_id": attribute.qualified_id} if qualified else {})
            for attribute in dataset.attributes
        ],
    }


def _not_found(identifier: str) -> Response:
    message = f"Export job not found for identifier: {identifier}"
    return error_response(404, "not_found", message)
