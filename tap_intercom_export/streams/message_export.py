"""The message export: one job a window feeds `content_export` and all its child streams."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.errors import ForbiddenError
from tap_intercom_export.formatting import counted
from tap_intercom_export.schemas import (
    UNKNOWN_FILE,
    Column,
    Kind,
    statistic_name,
)
from tap_intercom_export.streams.export_files import ExportFiles, ExportFileStream
from tap_intercom_export.streams.file_recognition import recognize_files
from tap_intercom_export.streams.window_stream import WindowStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk import Tap

    from tap_intercom_export.exports import Export, ExportJob, ExportPlan
    from tap_intercom_export.streams.context import SyncContext
    from tap_intercom_export.streams.file_recognition import RecognizedFiles
    from tap_intercom_export.streams.message_run import MessageRun

logger = logging.getLogger(__name__)

COLUMNS = (
    Column("job_identifier", Kind.ID, "Intercom's id of the export job."),
    Column("created_at", Kind.TIME, "When the job was requested."),
    Column("created_at_after", Kind.TIME, "First second of its range."),
    Column("created_at_before", Kind.TIME, "Last second of its range."),
    Column("status", Kind.TEXT, "How it ended: completed, or no_data."),
    Column("completed_at", Kind.TIME, "When the tap first saw it done."),
    Column("download_bytes", Kind.INTEGER, "Size of its archive as it was sent."),
    Column("row_count", Kind.INTEGER, "Rows in all files of the archive."),
    Column("rows", Kind.OBJECT, "Rows in each file of the archive, by its statistic."),
    Column("rejected_rows", Kind.INTEGER, "Rows of it that could not be read: see rejected_row."),
    Column("lookback_seconds", Kind.INTEGER, "Seconds of its range that were exported before."),
    Column("tries", Kind.INTEGER, "Jobs requested until this one; 0 if an earlier run did."),
    Column("seconds_waited", Kind.NUMBER, "Seconds from its request to its verified archive."),
)
"""Properties of `content_export`."""


class ContentExportStream(WindowStream):
    """One record for each export job. Its child streams read their files of the job's archive.

    The SDK syncs the children of a record before it writes the record and continues. So everything
    of a window is written when this stream requests the next one.

    Args:
        tap: The tap.
        sync: Objects that all streams of a run share.
    """

    def __init__(self, tap: Tap, sync: SyncContext) -> None:
        super().__init__(
            tap,
            sync,
            name="content_export",
            columns=sync.columns_with_workspace(COLUMNS),
            key=sync.key_with_workspace(("job_identifier",)),
            replication_key="created_at_before",
        )

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Run a job for each window and yield its record; a dry run only checks the token."""
        if self.ABORT_AT_RECORD_COUNT is not None:
            self._check()
            return
        if not self._creates_jobs():
            return
        run = self._message_run()
        clock, log = self._sync.new_worker_clock(), self.run_log.export(self.name)
        exports, schedule = run.begin(clock, log)
        try:
            for export in self.run_log.waiting(exports):
                with contextlib.closing(export), log.writing(export) as writing:
                    files = recognize_files(export.archive)
                    self._warn_of_unknown_files(export.job, files)
                    if files:
                        run.job_state.begin_writing(export.job)
                    record = self._sync.with_workspace(_record(export, files))
                    self._assign_files(export, files, record)
                    yield record
                    if schedule.has_deep_lookback(export.job):
                        run.job_state.note_deep_lookback(export.job)
                    self._move_bookmarks(export.before)
                    run.jobs.written(export, writing.seconds)
        finally:
            clock.stop()

    @override
    def plan(self, now: float) -> ExportPlan | None:
        return self._message_run().plan(now) if self._creates_jobs() else None

    def _creates_jobs(self) -> bool:
        """Return whether any selected stream needs the jobs of the message export."""
        return any(stream.drives_jobs for stream in self._selected_streams())

    def _message_run(self) -> MessageRun:
        """Return the jobs of a run."""
        from tap_intercom_export.streams.message_run import MessageRun  # noqa: PLC0415 - not for --discover

        return MessageRun(self, self._selected_streams(), self._sync)

    def _check(self) -> None:
        """Check the token for the SDK's dry run, which selects all streams.

        Raises:
            ForbiddenError: The token may not export messages, and no reporting datasets are
                configured.
        """
        try:
            self._message_run().check()
        except ForbiddenError as error:
            if not self.config.get("reporting_datasets"):
                raise
            self.logger.warning("No message exports with this token: %s", error)
        else:
            self.logger.info("Intercom accepts the token for message exports; no job was started")

    def _selected_streams(self) -> list[WindowStream]:
        """Return the streams that the run writes: this one and its children, if selected."""
        family = [self, *self.child_streams]
        return [s for s in family if isinstance(s, WindowStream) and s.selected]

    def _move_bookmarks(self, before: int) -> None:
        """Move the bookmarks of all streams past a window that is completely written."""
        for stream in self._selected_streams():
            stream.finish_batches()
        for stream in self._selected_streams():
            stream.move_bookmark(before)

    def _assign_files(self, export: Export, files: RecognizedFiles, record: dict[str, Any]) -> None:
        """Assign its files of an export to each child stream.

        Args:
            export: The export.
            files: All files of its archive.
            record: The record of the export, which is written after the rows of its files.
        """

        def count_rejected(number: int) -> None:
            record["rejected_rows"] += number

        for child in self.child_streams:
            if isinstance(child, ExportFileStream):
                members = tuple(member for member, file in files if file.name == child.name)
                child.assign_files(ExportFiles(export, members, count_rejected))

    def _warn_of_unknown_files(self, job: ExportJob, files: RecognizedFiles) -> None:
        """Log which files of an archive are unknown, and where their rows go."""
        others = [child for child in self.child_streams if child.name == UNKNOWN_FILE.name]
        kept = f"they go to {UNKNOWN_FILE.name}"
        if not any(stream.selected for stream in others):
            kept = f"they are not written, as {UNKNOWN_FILE.name} is not selected"
        for member, file in files:
            if file is UNKNOWN_FILE and member.rows:
                self.logger.warning(
                    "Unknown file '%.200s' with %s in job %s: %s",
                    member.path,
                    counted(member.rows, "row"),
                    job.identifier,
                    kept,
                )

    @override
    def get_child_context(
        self, record: Mapping[str, Any], context: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        return {"job_identifier": record["job_identifier"]}


def _record(export: Export, files: RecognizedFiles) -> dict[str, Any]:
    """Return the record of an export."""
    job = export.job
    rows: dict[str, int] = {}
    for member, file in files:
        name = statistic_name(member.path) if file is UNKNOWN_FILE else file.name
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
        "lookback_seconds": max(0, job.window.size(job.bookmark).lookback_seconds),
        "tries": export.tries,
        "seconds_waited": round(export.seconds_waited, 3),
    }
