"""The children of `content_export`: one stream for each CSV file of an archive."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.schemas import OTHER, statistic_name
from tap_intercom_export.streams.message_export import ContentExportStream
from tap_intercom_export.streams.rejected_row import RejectedRowStream, Rejects
from tap_intercom_export.streams.windowed import FileStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Tap

    from tap_intercom_export.archive import Member
    from tap_intercom_export.exports import Export
    from tap_intercom_export.rows import RowReader
    from tap_intercom_export.schemas import StatisticFile
    from tap_intercom_export.streams.context import SyncContext


class StatisticStream(FileStream):
    """The rows of one CSV file.

    Args:
        tap: The tap.
        sync: What the streams of a run share.
        file: What the file holds.
        parent: Whose export is read.
        rejected: Takes the damaged rows.
    """

    parent_stream_type = ContentExportStream

    def __init__(
        self,
        tap: Tap,
        sync: SyncContext,
        file: StatisticFile,
        parent: ContentExportStream,
        rejected: RejectedRowStream,
    ) -> None:
        file = file.of_workspace(sync.workspace)
        super().__init__(
            tap,
            sync,
            name=file.name,
            columns=file.properties,
            key=file.key,
            replication_key="created_at",
        )
        self._file = file
        self._parent = parent
        self._rejected = rejected

    def is_excluded(self, header: str) -> bool:
        """Tell whether a column is left out of the object that holds all unknown columns."""
        return self.column_selection.excluded.matches(header, (self._file.fold_into,))

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
        from tap_intercom_export.rows import RowReader  # noqa: PLC0415 - not for --discover

        export = self._parent.export
        for member in self._members():
            if export is None or export.archive is None:
                continue
            name = member.path or f"{self._file.name}.csv"
            is_behind = self._is_behind(export)
            rejects = Rejects(
                self._rejected,
                export,
                name,
                self.name,
                always=is_behind,
                is_known=is_behind and self._file.name != OTHER.name,
                lines=member.lines,
                hides_cells=self.column_selection.hides_cells,
            )
            with export.archive.open(member) as source:
                constants = self._sync.with_workspace(_constants(export, rejects.file))
                reader = RowReader(
                    source, self._file, constants, rejects.add, is_excluded=self.is_excluded
                )
                if is_behind:
                    expected = self._file.time is None  # no sample of the file is public
                    self.add_columns(
                        reader.format.properties, logging.DEBUG if expected else logging.INFO
                    )
                    yield reader
                    rejects.warn_replaced(reader.replaced)
                else:
                    deque(reader, maxlen=0)  # written before; only for its damaged rows
            rejects.finish(reader.records)
            self._parent.record["rejected_rows"] += rejects.count


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
