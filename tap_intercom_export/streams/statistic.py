"""The children of `content_export`: one stream for each CSV file, and one for damaged rows."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.columns import Column, StatisticFile
from tap_intercom_export.schemas.file_match import statistic_name
from tap_intercom_export.schemas.kinds import Kind
from tap_intercom_export.streams.message_export import ContentExportStream
from tap_intercom_export.streams.sdk import FileStream, WindowStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_intercom_export.archive.archive import Member
    from tap_intercom_export.exports.exporter import Export
    from tap_intercom_export.rows.csv_reader import DamagedRow
    from tap_intercom_export.tap import TapIntercomExport


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

    def __init__(self, tap: TapIntercomExport) -> None:
        super().__init__(
            tap,
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


class StatisticStream(FileStream):
    """The rows of one CSV file.

    Args:
        tap: The tap.
        file: What the file holds.
        parent: Whose export is read.
        rejected: Takes the damaged rows.
    """

    parent_stream_type = ContentExportStream

    def __init__(
        self,
        tap: TapIntercomExport,
        file: StatisticFile,
        parent: ContentExportStream,
        rejected: RejectedRowStream,
    ) -> None:
        super().__init__(
            tap,
            name=file.name,
            columns=file.properties,
            key=file.key,
            replication_key="created_at",
        )
        self._file = file
        self._parent = parent
        self._rejected = rejected

    @override
    def has_rows(self) -> bool:
        return bool(self._members())

    def _is_behind(self, export: Export) -> bool:
        """Tell whether the rows of an export are still to be written."""
        before = export.job.window.before
        return self.bookmark(otherwise=before - 1) < before

    def _members(self) -> list[Member]:
        """Return the files of the archive to read: none when their window is already written."""
        export = self._parent.export
        if export is None or not (self._is_behind(export) or self._rejected.is_behind(export)):
            return []
        return [member for member, file in self._parent.files if file.name == self._file.name]

    @override
    def readers(self) -> Iterator[RowReader]:
        """Yield what reads each file of the archive; its new columns are announced."""
        export = self._parent.export
        for member in self._members():
            if export is None or export.archive is None:
                continue
            name = member.path or f"{self._file.name}.csv"
            rejects = Rejects(self._rejected, export, name, always=self._is_behind(export))
            with export.archive.open(member) as source:
                constants = _constants(export, rejects.file)
                reader = RowReader(source, self._file, constants, rejects.add)
                if self._is_behind(export):
                    expected = self._file.identity is None  # no sample of the file is public
                    self.add_columns(
                        reader.format.extra, logging.DEBUG if expected else logging.INFO
                    )
                    yield reader
                else:
                    deque(reader, maxlen=0)  # written before; only for its damaged rows
            rejects.warn()


class Rejects:
    """Counts the damaged rows of one file and hands them on.

    Args:
        stream: Takes them.
        export: The export they come with.
        file: Name of the file.
        always: Hand them on even if damaged rows of that time are written: this file's are not,
            because its stream was selected later, or has windows of its own.
    """

    def __init__(
        self, stream: RejectedRowStream, export: Export, file: str, *, always: bool
    ) -> None:
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
            self._stream.tap.logger.warning(
                "%d damaged rows in %s of job %s: see the stream rejected_row",
                self.count,
                self.file,
                self._export.job.identifier,
            )


def _constants(export: Export, file: str) -> dict[str, str]:
    """Return the properties that are the same in every record of a file."""
    window = export.job.window
    return {
        "created_at": to_text(window.before),
        "created_at_after": to_text(window.after),
        "created_at_before": to_text(window.before),
        "file": file,
        "statistic": statistic_name(file),
    }
