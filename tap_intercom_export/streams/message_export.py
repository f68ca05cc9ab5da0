"""The message export: one job a window feeds `content_export` and every stream below it."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.errors import ForbiddenError
from tap_intercom_export.exports import (
    Export,
    Exporter,
    ExportRange,
    JobRunner,
    JobState,
    JobTracker,
    Prefetcher,
    Sizes,
    plan_export,
)
from tap_intercom_export.intercom import MESSAGE_EXPORT
from tap_intercom_export.schemas import (
    OTHER,
    Column,
    Kind,
    StatisticFile,
    by_file_name,
    by_header,
    statistic_name,
)
from tap_intercom_export.streams.windowed import WindowStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk import Tap

    from tap_intercom_export.archive import Archive, Member
    from tap_intercom_export.clock import Clock
    from tap_intercom_export.exports import ExportJob, ExportPlan
    from tap_intercom_export.progress import ExportLog
    from tap_intercom_export.streams.context import SyncContext

logger = logging.getLogger(__name__)

PENDING_JOBS = 1
"""Jobs that Intercom lets a workspace have pending; so many are prepared while one is written."""

COLUMNS = (
    Column("job_identifier", Kind.ID, "Intercom's id of the export job."),
    Column("created_at", Kind.TIME, "When the job was asked for."),
    Column("created_at_after", Kind.TIME, "First second of its range."),
    Column("created_at_before", Kind.TIME, "Last second of its range."),
    Column("status", Kind.TEXT, "How it ended: completed, or no_data."),
    Column("completed_at", Kind.TIME, "When the tap first saw it done."),
    Column("download_bytes", Kind.INTEGER, "Size of its archive as it was sent."),
    Column("row_count", Kind.INTEGER, "Rows in all files of the archive."),
    Column("rows", Kind.OBJECT, "Rows in each file of the archive, by its statistic."),
    Column("rejected_rows", Kind.INTEGER, "Rows of it that could not be read: see rejected_row."),
    Column("lookback_seconds", Kind.INTEGER, "Seconds of its range that were exported before."),
    Column("tries", Kind.INTEGER, "Jobs asked for until this one; 0 if an earlier run did."),
    Column("seconds_waited", Kind.NUMBER, "Seconds from asking for it to its verified archive."),
)


class ContentExportStream(WindowStream):
    """One record for each export job. Its children read their files of the job's archive.

    The SDK syncs the children of a record before it writes the record and moves on, so that
    everything of a window is written when this stream asks for the next one.
    """

    def __init__(self, tap: Tap, sync: SyncContext) -> None:
        super().__init__(
            tap,
            sync,
            name="content_export",
            columns=sync.columns_of(COLUMNS),
            key=sync.key_of(("job_identifier",)),
            replication_key="created_at_before",
        )
        self.export: Export | None = None
        """The export that is being written."""
        self.record: dict[str, Any] = {}
        """Its record, which is written after the rows of its files."""
        self.files: list[tuple[Member, StatisticFile]] = []
        """The files of its archive, and what each of them is."""

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Run a job for each window and yield its record; on a dry run only check the token."""
        if self.ABORT_AT_RECORD_COUNT is not None:
            self._check(self._runner(self._sync.new_clock()))
            return
        if not any(stream.drives_jobs for stream in self._selected_streams()):
            return
        settings, clock = self._sync.settings, self._sync.new_worker_clock()
        job_state = self._job_state()
        export_range, bookmark = self._range(self._runner(self._sync.new_clock()).present())
        if (
            export_range.beginning < export_range.end <= bookmark
        ):  # else start_date is in the future
            self.logger.info("Nothing to export: all is written up to %s", to_text(bookmark))
        jobs = JobTracker(job_state, self._sync.events)
        is_deep = settings.deep_lookback > settings.lookback and job_state.is_deep_lookback_due(
            export_range.end, settings.deep_lookback_every
        )
        log = self.run_log.export(self.name)
        exporter = Exporter(
            self._runner(clock, log), export_range, settings, jobs, clock, is_deep=is_deep
        )
        streams = [stream.name for stream in self._selected_streams()]
        lookback = settings.deep_lookback if is_deep else settings.lookback
        log.begin(bookmark, export_range.end, settings.window, lookback, streams)
        exports = Prefetcher(exporter.tasks(bookmark), PENDING_JOBS, self._sync.events)
        try:
            for export in self.run_log.waiting(exports):
                with contextlib.closing(export), log.writing(export):
                    self.export, self.files = export, _files_of(export.archive)
                    self._warn_of_unknown_files(export.job)
                    if self.files:
                        job_state.begin_writing(export.job)
                    self.record = self._sync.with_workspace(_record(export, self.files))
                    yield self.record
                    if is_deep and _is_deep(export.job, export_range, settings.lookback):
                        job_state.note_deep_lookback(export.job)
                    self._finish(export, jobs)
        finally:
            clock.stop()

    def plan(self, now: float) -> ExportPlan | None:
        """Return the windows that a run would make; None where it would make none.

        Args:
            now: The time in unix seconds.
        """
        streams = self._selected_streams()
        if not any(stream.drives_jobs for stream in streams):
            return None
        settings = self._sync.settings
        export_range, bookmark = self._range(now)
        return plan_export(
            self.name,
            [stream.name for stream in streams],
            export_range,
            bookmark,
            Sizes(settings.window, settings.lookback),
            self._job_state().stored(),
        )

    def _job_state(self) -> JobState:
        """Return the jobs of earlier runs, as they stand in the state."""
        return JobState(self.stream_state, self.tap_state, self._sync.state_writer)

    def _range(self, now: float) -> tuple[ExportRange, int]:
        """Return the time to export, and the unix second up to which all of it is written."""
        settings = self._sync.settings
        export_range = replace(
            ExportRange.until_now(settings.start, settings.end, now),
            viewed=self._job_state().viewed(),
        )
        bookmarks = [s.bookmark(otherwise=export_range.beginning) for s in self._selected_streams()]
        # start_date may have been moved on
        return export_range, max(min(bookmarks), export_range.beginning)

    def _runner(self, clock: Clock, log: ExportLog | None = None) -> JobRunner:
        """Return what runs jobs, for the thread whose clock this is."""
        client = self._sync.new_client(clock)
        return JobRunner(client, MESSAGE_EXPORT, self._sync.settings, clock, log)

    def _check(self, runner: JobRunner) -> None:
        """Find out whether the token is good, for `--test`, of which the SDK selects all streams.

        Raises:
            ForbiddenError: It is not allowed to, and reporting datasets are not asked for instead.
        """
        try:
            runner.check()
        except ForbiddenError as error:
            if not self.config.get("reporting_datasets"):
                raise
            self.logger.warning("No message exports with this token: %s", error)
        else:
            self.logger.info("Intercom accepts the token for message exports; no job was started")

    def _selected_streams(self) -> list[WindowStream]:
        """Return the streams that the run writes: itself, if it is selected, and its children."""
        family = [self, *self.child_streams]
        return [s for s in family if isinstance(s, WindowStream) and s.selected]

    def _finish(self, export: Export, jobs: JobTracker) -> None:
        """Move the bookmarks of all streams past a window of which everything is written."""
        before = export.job.window.before
        for stream in self._selected_streams():
            stream.finish_batches()
        for stream in self._selected_streams():
            stream.move_bookmark(before)
        jobs.written(export)

    def _warn_of_unknown_files(self, job: ExportJob) -> None:
        """Say which files of an archive nobody knows, and what becomes of their rows."""
        others = [child for child in self.child_streams if child.name == OTHER.name]
        kept = f"they go to {OTHER.name}"
        if not any(stream.selected for stream in others):
            kept = f"they are not written, as {OTHER.name} is not selected"
        for member, file in self.files:
            if file is OTHER and member.rows:
                self.logger.warning(
                    "Unknown file '%.200s' with %d rows in job %s: %s",
                    member.path,
                    member.rows,
                    job.identifier,
                    kept,
                )

    @override
    def get_child_context(
        self, record: Mapping[str, Any], context: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        return {"job_identifier": record["job_identifier"]}


def _files_of(archive: Archive | None) -> list[tuple[Member, StatisticFile]]:
    """Tell which known file each member of an archive is: by its name, else by its columns."""
    from tap_intercom_export.rows import CellReader  # noqa: PLC0415 - not for --discover

    files = []
    for member in archive.members if archive else ():
        file = by_file_name(member.path)
        if archive and (file is None or file is OTHER):
            with archive.open(member) as source:
                header = CellReader(source, lambda _: None).header()
            file = by_header(header, is_named=file is OTHER and len(archive.members) > 1)
            if file is not OTHER:
                logger.info("Reading '%.200s' as %s, by its columns", member.path, file.name)
        files.append((member, file or OTHER))
    return files


def _is_deep(job: ExportJob, export_range: ExportRange, lookback: int) -> bool:
    """Tell whether a job was the last one and reached further back than the usual lookback."""
    reached = job.window.after <= max(export_range.start, job.bookmark - lookback - 1)
    return reached and job.window.before == export_range.end


def _record(export: Export, files: list[tuple[Member, StatisticFile]]) -> dict[str, Any]:
    """Return the record of an export."""
    job = export.job
    rows: dict[str, int] = {}
    for member, file in files:
        name = statistic_name(member.path) if file is OTHER else file.name
        rows[name] = rows.get(name, 0) + member.rows
    return {
        "job_identifier": job.identifier,
        "created_at": job.requested_at,
        "created_at_after": to_text(job.window.after),
        "created_at_before": to_text(job.window.before),
        "status": job.status,
        "completed_at": export.completed_at,
        "download_bytes": export.download_bytes,
        "row_count": sum(rows.values()),
        "rows": rows,
        "rejected_rows": 0,
        "lookback_seconds": max(0, job.window.sizes(job.bookmark).lookback),
        "tries": export.tries,
        "seconds_waited": round(export.seconds_waited, 3),
    }
