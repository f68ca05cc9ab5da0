"""The stream of damaged rows, and what hands the damaged rows of one file on to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.schemas.columns import Column
from tap_intercom_export.schemas.kinds import Kind
from tap_intercom_export.streams.message_export import ContentExportStream
from tap_intercom_export.streams.windowed import WindowStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk import Tap

    from tap_intercom_export.exports.exporter import Export
    from tap_intercom_export.rows.csv_reader import DamagedRow
    from tap_intercom_export.streams.context import SyncContext


class RejectedRowStream(WindowStream):
    """Damaged rows of all files, as they stand, with the reason."""

    parent_stream_type = ContentExportStream

    COLUMNS = (
        Column("job_identifier", Kind.ID, "The export job."),
        Column("file", Kind.TEXT, "Name of the CSV file in the archive."),
        Column("line", Kind.INTEGER, "Line of the file on which the row begins, from 1."),
        Column("created_at", Kind.TIME, "Last second of the job's range."),
        Column("reason", Kind.TEXT, "What is wrong with the row."),
        Column("raw", Kind.TEXT, "The row as it stands in the file."),
    )

    def __init__(self, tap: Tap, sync: SyncContext) -> None:
        super().__init__(
            tap,
            sync,
            name="rejected_row",
            columns=self.COLUMNS,
            key=("job_identifier", "file", "line"),
            replication_key="created_at",
        )

    @property
    @override
    def drives_jobs(self) -> bool:
        return False  # it also takes the damaged rows of reporting datasets

    def is_behind(self, export: Export) -> bool:
        """Tell whether the damaged rows of an export are still to be written."""
        before = export.job.window.before
        return self.selected and self.bookmark(otherwise=before - 1) < before

    def add(self, export: Export, file: str, row: DamagedRow) -> None:
        """Write a row.

        Args:
            export: The export it came with.
            file: Name of the file in the archive.
            row: The row.
        """
        if self.selected:
            self.write_record(
                {
                    "job_identifier": export.job.identifier,
                    "file": file,
                    "line": row.line,
                    "created_at": to_text(export.job.window.before),
                    "reason": row.reason,
                    "raw": row.raw,
                }
            )

    @override
    def has_rows(self) -> bool:
        return False  # they are written as they are found

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        """Return nothing: the rows are written as they are found."""
        return ()


class Rejects:
    """Counts the damaged rows of one file and hands them on.

    Args:
        stream: Takes them.
        export: The export they come with.
        file: Name of the file.
        of: Name of the stream that its rows belong to.
        always: Hand them on even if damaged rows of that time are written: this file's are not,
            because its stream was selected later, or has windows of its own.
    """

    def __init__(
        self, stream: RejectedRowStream, export: Export, file: str, of: str, *, always: bool
    ) -> None:
        self._of = of
        self._always = always
        self.file = file
        self.count = 0
        self._stream = stream
        self._export = export

    def add(self, row: DamagedRow) -> None:
        """Hand on a row, unless it was written before."""
        self.count += 1
        if self._always or self._stream.is_behind(self._export):
            self._stream.add(self._export, self.file, row)

    def warn(self) -> None:
        """Put a line into the log if there were any."""
        if self.count:
            self._stream.run_log.add_rejected(self._of, self.count)
            self._stream.logger.warning(
                "%d damaged rows in %s of job %s: see the stream rejected_row",
                self.count,
                self.file,
                self._export.job.identifier,
            )
