"""The stream `rejected_row`: rows of files and entries of lists that cannot be read.

`rejections` decides which these are, and writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.schemas import Column, Kind
from tap_intercom_export.streams.message_export import ContentExportStream
from tap_intercom_export.streams.window_stream import WindowStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk import Tap

    from tap_intercom_export.streams.context import SyncContext

COLUMNS = (
    Column("job_identifier", Kind.ID, "The export job; list:<list>:<time> for a list."),
    Column("file", Kind.TEXT, "Name of the CSV file in the archive, or of the list."),
    Column("line", Kind.INTEGER, "First line of the row in the file, or position in the list."),
    Column("created_at", Kind.TIME, "Last second of the job's range, or when the list was read."),
    Column("reason", Kind.TEXT, "What is wrong with the row."),
    Column(
        "raw",
        Kind.TEXT,
        "The row as it is in the file, or the list's entry as JSON; null if some of it is "
        "deselected or excluded.",
    ),
)
"""Properties of `rejected_row`."""


class RejectedRowStream(WindowStream):
    """Damaged rows of all files and entries of lists, unchanged, with the reason.

    Its records are written by `RejectedRowWriter` when the rows are found. Its own sync writes the
    SCHEMA only.

    Args:
        tap: The tap.
        sync: Objects that all streams of a run share.
    """

    parent_stream_type = ContentExportStream

    def __init__(self, tap: Tap, sync: SyncContext) -> None:
        super().__init__(
            tap,
            sync,
            name="rejected_row",
            columns=sync.columns_with_workspace(COLUMNS),
            key=sync.key_with_workspace(("job_identifier", "file", "line")),
            replication_key="created_at",
        )

    @property
    @override
    def drives_jobs(self) -> bool:
        return False  # it may be selected for the damaged rows of reporting datasets only

    @override
    def has_rows(self) -> bool:
        return False

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        """Return nothing; see the class."""
        return ()
