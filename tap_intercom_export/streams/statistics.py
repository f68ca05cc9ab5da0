"""The children of `content_export`: one stream for each CSV file, and one for damaged rows."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.columns import Column, StatisticFile
from tap_intercom_export.file_names import statistic_name
from tap_intercom_export.rows import RowReader
from tap_intercom_export.streams.base import WindowStream
from tap_intercom_export.streams.content import ContentExportStream
from tap_intercom_export.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_intercom_export.archive import Archive, Member
    from tap_intercom_export.cells import DamagedRow
    from tap_intercom_export.exports import Export
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
        if self.is_behind(export):
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


class StatisticStream(WindowStream):
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
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Yield the records of this stream's files in the archive."""
        export = self._parent.export
        for member in self._members():
            if export and export.archive:
                records = self._read(export, export.archive, member)
                if self._is_behind(export):
                    yield from records
                else:
                    deque(records, maxlen=0)  # only for the damaged rows among them

    def _read(self, export: Export, archive: Archive, member: Member) -> Iterator[dict[str, Any]]:
        """Yield the records of one file; damaged rows go to `rejected_row`, with one warning."""
        name = member.path or f"{self._file.name}.csv"
        damaged = 0

        def on_damaged(row: DamagedRow) -> None:
            nonlocal damaged
            damaged += 1
            self._rejected.add(export, name, row)

        window = export.job.window
        constants = {
            "created_at": to_text(window.before),
            "created_at_after": to_text(window.after),
            "created_at_before": to_text(window.before),
            "file": name,
            "statistic": statistic_name(name),
        }
        with archive.open(member) as source:
            reader = RowReader(source, self._file, constants, on_damaged)
            self.add_columns(reader.extra)
            yield from reader
        if damaged:
            self._parent.logger.warning(
                "%d damaged rows in %s of job %s: see the stream rejected_row",
                damaged,
                name,
                export.job.identifier,
            )
