"""The files of an export that a child stream reads, handed to it by the parent stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_intercom_export.streams.file_stream import FileStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_intercom_export.archive import Member
    from tap_intercom_export.exports import Export


@dataclass(frozen=True, slots=True)
class ExportFiles:
    """The files of one export that belong to one stream.

    Attributes:
        export: The export. The parent stream closes it.
        members: The stream's files in its archive.
        count_rejected: Adds a number of rejected rows to the export's record.
    """

    export: Export
    members: tuple[Member, ...]
    count_rejected: Callable[[int], None]


class ExportFileStream(FileStream):
    """A child of `content_export` whose records are the rows of its files in each archive."""

    _files: ExportFiles | None = None

    def assign_files(self, files: ExportFiles) -> None:
        """Set the files to read when the SDK next syncs the stream.

        Args:
            files: The stream's files of one export.
        """
        self._files = files
