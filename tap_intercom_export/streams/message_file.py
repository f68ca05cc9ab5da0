"""The child streams of `content_export`: one for each CSV file in `schemas/csv_files.py`."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.schemas import UNKNOWN_FILE, statistic_name
from tap_intercom_export.streams.export_files import ExportFileStream
from tap_intercom_export.streams.message_export import ContentExportStream
from tap_intercom_export.streams.rejections import FileRejections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Tap

    from tap_intercom_export.archive import Member
    from tap_intercom_export.exports import Export
    from tap_intercom_export.rows import RowReader
    from tap_intercom_export.schemas import FileSchema
    from tap_intercom_export.streams.context import SyncContext
    from tap_intercom_export.streams.rejections import RejectedRowWriter


class MessageFileStream(ExportFileStream):
    """The rows of one CSV file.

    Args:
        tap: The tap.
        sync: Objects that all streams of a run share.
        file: Schema of the file.
        rejected: Writes the damaged rows.
    """

    parent_stream_type = ContentExportStream

    def __init__(
        self,
        tap: Tap,
        sync: SyncContext,
        file: FileSchema,
        rejected: RejectedRowWriter,
    ) -> None:
        file = file.with_workspace(sync.workspace)
        super().__init__(
            tap,
            sync,
            name=file.name,
            columns=file.properties,
            key=file.key,
            replication_key="created_at",
        )
        self._file = file
        self._rejected = rejected

    def is_excluded(self, header: str) -> bool:
        """Return whether the column with a header is left out of the object of unknown columns.

        Args:
            header: The header as it is in the file.
        """
        return self.column_selection.excluded.matches(header, (self._file.fold_into,))

    @override
    def has_rows(self) -> bool:
        return bool(self._members())

    def _needs_rows_of(self, export: Export) -> bool:
        """Return whether the rows of an export are still to be written."""
        before = export.job.window.before
        return self.bookmark(otherwise=before - 1) < before

    def _members(self) -> tuple[Member, ...]:
        """Return the files to read; none if they were written in an earlier run."""
        files = self._files
        if files is None:
            return ()
        is_needed = self._needs_rows_of(files.export) or self._rejected.needs_rows_of(files.export)
        return files.members if is_needed else ()

    @override
    def readers(self) -> Iterator[RowReader]:
        """Yield a reader for each file; its new columns are announced."""
        from tap_intercom_export.rows import RowReader  # noqa: PLC0415 - not for --discover

        if self._files is None or (archive := self._files.export.archive) is None:
            return
        export = self._files.export
        for member in self._members():
            path = member.path or f"{self._file.name}.csv"
            is_needed = self._needs_rows_of(export)
            rejects = FileRejections(
                self._rejected,
                export,
                archive.unique_name(member) or path,  # with the line it identifies a rejected row
                self.name,
                always=is_needed,
                is_known=is_needed and self._file.name != UNKNOWN_FILE.name,
                lines=member.lines,
                hides_cells=self.column_selection.hides_cells,
            )
            with archive.open(member) as source:
                constants = self._sync.with_workspace(_constants(export, path))
                reader = RowReader(
                    source, self._file, constants, rejects.add, is_excluded=self.is_excluded
                )
                rejects.check_header(reader.format.columns)
                if is_needed:
                    is_sampled = self._file.time is not None  # else new columns are expected
                    self.add_columns(
                        reader.format.properties, logging.INFO if is_sampled else logging.DEBUG
                    )
                    yield reader
                    rejects.warn_replaced(reader.replaced)
                else:
                    deque(reader, maxlen=0)  # already written; read for its damaged rows only
            rejects.finish(reader.records)
            self._files.count_rejected(rejects.count)


def _constants(export: Export, file: str) -> dict[str, str]:
    """Return the properties with the same value in every record of a file."""
    window = export.job.window
    return {
        "created_at": to_text(window.before),
        "created_at_after": to_text(window.after),
        "created_at_before": to_text(window.before),
        "file": file,
        "statistic": statistic_name(file),
    }
