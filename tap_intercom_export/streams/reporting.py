"""Reporting datasets: a stream for each, several jobs at once across datasets and windows."""

from __future__ import annotations

import contextlib
import logging
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.config.settings import DAY
from tap_intercom_export.exports.exporter import Export, Exporter
from tap_intercom_export.exports.job_runner import JobRunner
from tap_intercom_export.exports.job_state import JobState
from tap_intercom_export.exports.prefetch import Prefetcher
from tap_intercom_export.exports.window import ExportRange
from tap_intercom_export.intercom.reporting import Dataset, ReportingRequest
from tap_intercom_export.rows.parsers import PARSERS, time_in
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.kinds import Kind
from tap_intercom_export.streams.rejected_row import Rejects
from tap_intercom_export.streams.windowed import FileStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from singer_sdk import Tap

    from tap_intercom_export.streams.context import SyncContext
    from tap_intercom_export.streams.rejected_row import RejectedRowStream


logger = logging.getLogger(__name__)

RETENTION_MARGIN_SECONDS = DAY
"""Seconds; the limit of what Intercom keeps moves on while a job waits to be asked for."""


class ReportingStream(FileStream):
    """The rows of one reporting dataset.

    Args:
        tap: The tap.
        sync: What the streams of a run share.
        dataset: What is exported.
        rejected: Takes the damaged rows.
        run: The exports of all reporting streams.
    """

    def __init__(
        self,
        tap: Tap,
        sync: SyncContext,
        dataset: Dataset,
        rejected: RejectedRowStream,
        run: ReportingRun,
    ) -> None:
        super().__init__(
            tap,
            sync,
            name=dataset.file.name,
            columns=dataset.file.properties,
            key=dataset.file.key,
            replication_key=dataset.time_property,
        )
        self._dataset = dataset
        self._request = ReportingRequest(dataset)
        self._rejected = rejected
        self._run = run
        run.streams.append(self)

    def exporter(self) -> Exporter:
        """Return what exports the dataset from its bookmark on."""
        settings, clock = self._sync.settings, self._run.clock
        jobs = JobRunner(self._sync.new_client(clock), self._request.kind, settings, clock)
        job_state = JobState(self.stream_state, self.tap_state, self._sync.state_writer)
        return Exporter(jobs, self._run.export_range, settings, job_state, clock)

    def tasks(self) -> Iterator[Callable[[], Iterator[Export]]]:
        """Yield what exports each range of time, when it is called."""
        export_range = self._run.export_range
        bookmark = self.bookmark(otherwise=export_range.beginning)
        return self.exporter().tasks(max(bookmark, export_range.beginning))

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """Write RECORD messages always: a bookmark moves here, and a batch may still be open."""
        return

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Yield the dataset's records; on a dry run only check the token."""
        if self.ABORT_AT_RECORD_COUNT is not None:
            self._run.check(self._dataset)
            return
        yield from super().get_records(context)

    @override
    def readers(self) -> Iterator[RowReader]:
        """Yield what reads the file of each export, and note when it is written."""
        job_state = JobState(self.stream_state, self.tap_state, self._sync.state_writer)
        parsers = {**PARSERS, Kind.REPORTED_TIME: time_in(self._sync.settings.reporting_timezone)}
        for export in self._run.exports_of(self):
            with contextlib.closing(export):
                match = partial(self._dataset.match, export.job.excluded_attributes)
                for path, source in export.files():
                    rejects = Rejects(self._rejected, export, path or self.name, always=True)
                    reader = RowReader(source, self._dataset.file, {}, rejects.add, match, parsers)
                    self.add_columns(reader.format.extra)
                    yield reader
                    rejects.warn()
                    rejects.warn_replaced(reader.replaced)
                with self._sync.state_writer.lock:
                    self.move_bookmark(export.job.window.before)
                    job_state.remove(export.job)
                self.logger.info(
                    "%s: everything up to %s is written",
                    self.name,
                    to_text(export.job.window.before),
                )


class ReportingRun:
    """The exports of all selected reporting streams of a run, made ahead by several workers.

    The SDK syncs one stream after the other; the jobs of the next ones run meanwhile.

    Args:
        sync: What the streams of a run share.

    Attributes:
        streams: The reporting streams, in the order in which the SDK syncs them.
        clock: What all of them wait with.
    """

    def __init__(self, sync: SyncContext) -> None:
        self.streams: list[ReportingStream] = []
        self.clock = sync.new_clock()
        self._sync = sync
        self._next: tuple[ReportingStream, Export] | None = None
        self._products: Iterator[tuple[ReportingStream, Export]] | None = None
        self._checked = False

    @cached_property
    def export_range(self) -> ExportRange:
        """The time to export: what Intercom has kept of what is wanted."""
        settings, now = self._sync.settings, self.clock.now()
        kept = int(now) - settings.reporting_retention + RETENTION_MARGIN_SECONDS
        if kept > settings.start:
            logger.warning(
                "Intercom keeps reporting data for %d days (reporting_retention_days): exporting "
                "from %s on, not from start_date",
                settings.reporting_retention // DAY,
                to_text(kept),
            )
        return ExportRange.until_now(max(settings.start, kept), settings.end, now)

    def exports_of(self, stream: ReportingStream) -> Iterator[Export]:
        """Yield the exports of one stream; those of the streams after it wait.

        Args:
            stream: The stream whose turn it is.
        """
        if self._products is None:
            for each in self.streams:
                if each.selected:
                    each.bookmark(otherwise=0)  # makes its entry before threads copy the state
            workers = self._sync.settings.reporting_concurrency
            self._products = iter(
                Prefetcher(self._tasks(), workers, self.clock.raise_if_reader_gone)
            )
        try:
            while True:
                product, self._next = self._next or next(self._products, None), None
                if product is None:
                    return
                owner, export = product
                if owner is not stream:
                    self._next = product
                    return
                yield export
        except BaseException:
            self.clock.stop()
            raise

    def _tasks(self) -> Iterator[Callable[[], Iterator[tuple[ReportingStream, Export]]]]:
        for stream in sorted(self.streams, key=lambda stream: stream.name):
            if stream.selected:
                for task in stream.tasks():
                    yield partial(_owned, stream, task)

    def check(self, dataset: Dataset) -> None:
        """Find out once whether the token is good for reporting exports."""
        if self._checked:
            return
        self._checked = True
        kind = ReportingRequest(dataset).kind
        JobRunner(self._sync.new_client(self.clock), kind, self._sync.settings, self.clock).check()
        logger.info("Intercom accepts the token for reporting exports")


def _owned(
    stream: ReportingStream, task: Callable[[], Iterable[Export]]
) -> Iterator[tuple[ReportingStream, Export]]:
    """Yield a stream's exports together with it."""
    for export in task():
        yield stream, export
