"""Streams of reporting datasets; `reporting_run` runs their jobs, several at the same time."""

from __future__ import annotations

import contextlib
import logging
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.exports import (
    Export,
    Exporter,
    ExportRange,
    JobRunner,
    JobState,
    JobTracker,
    WindowSchedule,
    plan_export,
)
from tap_intercom_export.intercom import ReportingRequest
from tap_intercom_export.schemas import Kind, match_header, missing_attributes
from tap_intercom_export.streams.file_stream import FileStream
from tap_intercom_export.streams.rejections import FileRejections

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from singer_sdk import Tap

    from tap_intercom_export.exports import ExportJob, ExportPlan, RunHistory
    from tap_intercom_export.progress import ExportLog
    from tap_intercom_export.rows import RowReader
    from tap_intercom_export.schemas import Column, Dataset
    from tap_intercom_export.streams.context import SyncContext
    from tap_intercom_export.streams.rejections import RejectedRowWriter
    from tap_intercom_export.streams.reporting_run import ReportingRun


logger = logging.getLogger(__name__)


class ReportingStream(FileStream):
    """The rows of one reporting dataset.

    Args:
        tap: The tap.
        sync: Objects that all streams of a run share.
        dataset: The dataset.
        rejected: Writes the damaged rows.
        run: The exports of all reporting streams.
    """

    has_constant_replication_key = False  # Intercom may name another time attribute

    def __init__(
        self,
        tap: Tap,
        sync: SyncContext,
        dataset: Dataset,
        rejected: RejectedRowWriter,
        run: ReportingRun,
    ) -> None:
        self._file = dataset.file.with_workspace(sync.workspace)
        super().__init__(
            tap,
            sync,
            name=self._file.name,
            columns=self._file.properties,
            key=self._file.key,
            replication_key=dataset.time_property,
        )
        self._dataset = dataset
        self._request = ReportingRequest(dataset)
        self._rejected = rejected
        self._run = run
        self._reported_missing: list[str] = []
        run.add(self)

    @property
    def _job_state(self) -> JobState:
        """The jobs of earlier runs in the state."""
        return JobState(self.stream_state, self.tap_state, self._sync.state_writer)

    @cached_property
    def _jobs(self) -> JobTracker:
        """The stream's jobs; read from the state when its exports begin."""
        return JobTracker(self._job_state, self._sync.events)

    @cached_property
    def _log(self) -> ExportLog:
        """Log lines and counts of this export."""
        workers = self._sync.settings.reporting_concurrency
        return self.run_log.export(self.name, self.name, workers)

    @override
    def plan(self, now: float) -> ExportPlan | None:
        if not self.selected:
            return None
        history = self._job_state.history()
        schedule, bookmark = self._schedule(history)
        note = self._run.retention_note(self)
        return self._plan(schedule, bookmark, history, [note] if note else [])

    def _plan(
        self,
        schedule: WindowSchedule,
        bookmark: int,
        history: RunHistory,
        notes: Sequence[str] = (),
    ) -> ExportPlan:
        """Return what a run would export, without failures."""
        workers = self._sync.settings.reporting_concurrency
        return plan_export(
            self.name, [self.name], schedule, bookmark, history, workers=workers, notes=notes
        )

    def _schedule(self, history: RunHistory) -> tuple[WindowSchedule, int]:
        """Return the schedule of windows, and the unix second up to which all is written."""
        export_range, bookmark = self._range()
        api = self._request.api
        schedule = WindowSchedule(
            export_range,
            self._sync.settings,
            history,
            has_same_request=lambda job: job.has_same_request(api),
        )
        return schedule, bookmark

    def _range(self) -> tuple[ExportRange, int]:
        """Return the range to export, and the unix second up to which all of it is written."""
        export_range = self._run.export_range
        bookmark = self.bookmark(otherwise=export_range.initial_bookmark)
        return export_range, max(bookmark, export_range.initial_bookmark)

    def tasks(self) -> Iterator[Callable[[], Iterator[Export]]]:
        """Return an iterator over tasks, one for each range after the bookmark.

        The state is read here, in the main thread. Worker threads take the tasks and run them.
        """
        settings, clock = self._sync.settings, self._run.clock
        client = self._sync.new_client(clock)
        runner = JobRunner(client, self._request.api, settings, clock, self._log)
        history = self._job_state.history()
        schedule, bookmark = self._schedule(history)
        exporter = Exporter(runner, schedule, settings, self._jobs, clock)
        plan = self._plan(schedule, bookmark, history)
        self._log.begin(bookmark, plan.end, plan.first_log_line(), schedule.remaining)
        return exporter.tasks(bookmark)

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Yield the dataset's records; a dry run only checks the token."""
        if self.ABORT_AT_RECORD_COUNT is not None:
            self._run.check(self._dataset)
            return
        yield from super().get_records(context)

    @override
    def readers(self) -> Iterator[RowReader]:
        """Yield a reader for the file of each export, and finish the window afterwards."""
        from tap_intercom_export.rows import PARSERS, RowReader, time_in  # noqa: PLC0415 - not for --discover

        if self._dataset.key_may_change:
            self.logger.warning(
                "%s: below api_version 2.16 Intercom may return only the last action of each "
                "conversation. Its key, action_id, changes with the next action, so rows of "
                "earlier runs remain as duplicates. Set api_version to 2.16, or take the latest "
                "row of each conversation_id",
                self.name,
            )
        parsers = {**PARSERS, Kind.REPORTED_TIME: time_in(self._sync.settings.reporting_timezone)}
        for export in self._run.exports_of(self):
            with contextlib.closing(export), self._log.writing(export) as writing:
                match = partial(match_header, self._dataset, export.job.excluded_attributes)
                constants = self._sync.with_workspace(
                    {
                        "created_at_after": to_text(export.job.window.after),
                        "created_at_before": to_text(export.job.window.before),
                    }
                )
                writing.rows = 0  # the run's totals get them only when the stream ends
                for path, source in export.files():
                    rejects = FileRejections(
                        self._rejected,
                        export,
                        path or self.name,
                        self.name,
                        always=True,
                        hides_cells=self.column_selection.hides_cells,
                    )
                    reader = RowReader(source, self._file, constants, rejects.add, match, parsers)
                    self._warn_of_missing(export.job, reader.format.columns)
                    # an older catalog does not have what Intercom has added to the dataset since
                    self.add_columns(reader.format.properties)
                    yield reader
                    writing.rows += reader.records
                    rejects.finish(reader.records)
                    rejects.warn_replaced(reader.replaced)
                self.finish_batches()
                self._rejected.finish_batches()
                self.move_bookmark(export.job.window.before)
                self._jobs.written(export, writing.seconds)

    def _warn_of_missing(self, job: ExportJob, columns: Collection[Column]) -> None:
        """Log which requested attributes a file does not have."""
        missing = (
            missing_attributes(self._dataset, job.excluded_attributes, columns) if columns else []
        )
        if missing and missing != self._reported_missing:
            self._reported_missing = missing
            self.logger.warning(
                "The file of %s of job %s has no columns for requested attributes; they "
                "are null: %s",
                self.name,
                job.identifier,
                ", ".join(missing),
            )
