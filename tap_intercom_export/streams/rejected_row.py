"""The stream of rejected rows, and what hands those of one file or one list on to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.errors import UnreadableFileError
from tap_intercom_export.schemas import Column, Kind
from tap_intercom_export.streams.message_export import ContentExportStream
from tap_intercom_export.streams.windowed import WindowStream
from tap_intercom_export.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk import Tap

    from tap_intercom_export.exports import Export
    from tap_intercom_export.rows import DamagedRow
    from tap_intercom_export.streams.context import SyncContext
    from tap_intercom_export.streams.sdk import TapStream


class RejectedRowStream(WindowStream):
    """Damaged rows of all files and entries of lists, as they stand, with the reason."""

    parent_stream_type = ContentExportStream

    COLUMNS = (
        Column("job_identifier", Kind.ID, "The export job; list:<list>:<time> for a list."),
        Column("file", Kind.TEXT, "Name of the CSV file in the archive, or of the list."),
        Column("line", Kind.INTEGER, "First line of the row in the file, or place in the list."),
        Column("created_at", Kind.TIME, "Last second of the job's range; time of the list."),
        Column("reason", Kind.TEXT, "What is wrong with the row."),
        Column(
            "raw",
            Kind.TEXT,
            "The row as it stands in the file, of a list as JSON; null where some of it is "
            "deselected or excluded.",
        ),
    )

    def __init__(self, tap: Tap, sync: SyncContext) -> None:
        super().__init__(
            tap,
            sync,
            name="rejected_row",
            columns=sync.columns_of(self.COLUMNS),
            key=sync.key_of(("job_identifier", "file", "line")),
            replication_key="created_at",
        )

    @property
    @override
    def drives_jobs(self) -> bool:
        return False  # it also takes the damaged rows of reporting datasets

    @property
    def max_percent(self) -> float:
        """Share of a file's rows that may be set aside."""
        return self._sync.settings.max_rejected_percent

    def is_behind(self, export: Export) -> bool:
        """Tell whether the damaged rows of an export are still to be written."""
        before = export.job.window.before
        return self.selected and self.bookmark(otherwise=before - 1) < before

    def add(self, export: Export, file: str, row: DamagedRow, *, hides_cells: bool) -> None:
        """Write a row.

        Args:
            export: The export it came with.
            file: Name of the file in the archive.
            row: The row.
            hides_cells: Whether nothing that stands in it may go out.
        """
        self.reject(
            job_identifier=export.job.identifier,
            file=file,
            line=row.line,
            created_at=to_text(export.job.window.before),
            reason=row.reason_without_cell if hides_cells else row.reason,
            raw=None if hides_cells else row.raw,
        )

    def reject(
        self,
        *,
        job_identifier: str,
        file: str,
        line: int,
        created_at: str,
        reason: str,
        raw: str | None,
    ) -> None:
        """Write a row, or an entry of a list, if the stream is selected.

        Args:
            job_identifier: The export job; for a list, which has none, a text that names the
                reading: `list:<list>:<time>`.
            file: Name of the file in the archive, or of the list.
            line: Line of the file on which the row begins, or place in the list, from 1.
            created_at: Last second of the job's range, or when the list was read.
            reason: What is wrong with it.
            raw: It as it stands; a list's entry as JSON.
        """
        if self.selected:
            record = {
                "job_identifier": job_identifier,
                "file": file,
                "line": line,
                "created_at": created_at,
                "reason": reason,
                "raw": raw,
            }
            self.write_record(self._sync.with_workspace(record))

    @override
    def has_rows(self) -> bool:
        return False  # they are written as they are found

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        """Return nothing: the rows are written as they are found."""
        return ()


MIN_ROWS_TO_JUDGE = 20
"""Rows of a file from which on the share of those that cannot be read says something."""


class Rejects:
    """Counts the damaged rows of one file and hands them on.

    Args:
        stream: Takes them.
        export: The export they come with.
        file: Name of the file.
        of: Name of the stream that its rows belong to.
        always: Hand them on even if damaged rows of that time are written: this file's are not,
            because its stream was selected later, or has windows of its own.
        is_known: Whether the tap knows how such a file is written; else any share of its rows may
            be damaged.
        lines: The lines of the file: never fewer than its rows. 0 where that is not known.
        hides_cells: Whether nothing that stands in the file may go out, because some of it is
            deselected or excluded.
    """

    def __init__(  # noqa: PLR0913 - each is a fact about the file
        self,
        stream: RejectedRowStream,
        export: Export,
        file: str,
        of: str,
        *,
        always: bool,
        is_known: bool = True,
        lines: int = 0,
        hides_cells: bool = False,
    ) -> None:
        self._of = of
        self._always = always
        self.file = file
        self.count = 0
        self._stream = stream
        self._export = export
        self._is_known = is_known
        self._lines = lines
        self._hides_cells = hides_cells
        self._first = ""

    def add(self, row: DamagedRow) -> None:
        """Hand on a row, unless it was written before.

        Raises:
            UnreadableFileError: Even if all rows to come can be read, too many cannot.
        """
        self.count += 1
        self._first = self._first or f"line {row.line} {row.reason_without_cell}"
        if self._always or self._stream.is_behind(self._export):
            self._stream.add(self._export, self.file, row, hides_cells=self._hides_cells)
        if self._lines:
            self._judge(self._lines)

    def finish(self, records: int) -> None:
        """Say how many there were, if any, when the file is read.

        Args:
            records: How many rows could be read.

        Raises:
            UnreadableFileError: Too many could not.
        """
        self._judge(records + self.count)
        if not self.count:
            return
        self._stream.run_log.add_rejected(self._of, self.count)
        kept = "see the stream rejected_row"
        if not self._stream.selected:
            kept = "they are not written, as rejected_row is not selected"
        self._stream.logger.warning(
            "%s in %s of job %s: %s. The first: %s",
            counted(self.count, "damaged row"),
            self.file,
            self._export.job.identifier,
            kept,
            self._first,
        )

    def _judge(self, rows: int) -> None:
        """Raise an error if too many of the file's rows are damaged: then it has another form."""
        limit = self._stream.max_percent
        if not self._is_known or rows < MIN_ROWS_TO_JUDGE or self.count * 100 <= limit * rows:
            return
        job = self._export.job
        raise UnreadableFileError(
            f"At least {self.count:,} of {rows:,} rows in {self.file} of job {job.identifier} "
            f"({job.window}) cannot be read, more than max_rejected_percent ({limit:g}). The "
            f"first: {self._first}. "
            "Intercom may write the file in a new form. The bookmarks stay where "
            "they are, and the next run reads the same job again. To go on without these rows, set "
            "max_rejected_percent to 100."
        )

    def warn_replaced(self, characters: int) -> None:
        """Put a line into the log if characters of the file were replaced.

        Args:
            characters: How many.
        """
        if characters:
            self._stream.logger.warning(
                "Replaced %s in %s of job %s with U+FFFD: NUL, or bytes that are not "
                "UTF-8, which databases refuse",
                counted(characters, "character"),
                self.file,
                self._export.job.identifier,
            )


class RejectedEntries:
    """Counts the entries of a list that cannot be read and hands them on.

    Args:
        stream: The stream of the list.
        rejected: Takes them.
        name: Name of the list.
        read_at: When it was begun to be read, as a date-time text.

    Attributes:
        count: How many there were.
    """

    def __init__(
        self, stream: TapStream, rejected: RejectedRowStream, name: str, read_at: str
    ) -> None:
        self.count = 0
        self._first_reason = ""
        self._name = name
        self._rejected = rejected
        self._logger = stream.logger
        self._read_at = read_at
        self._hides_cells = stream.column_selection.hides_cells

    def add(self, position: int, entry: Any, error: ValueError) -> None:
        """Hand on an entry.

        Args:
            position: Its place in the list, counting from 1.
            entry: It as it stands.
            error: What is wrong with it.
        """
        self.count += 1
        without_cell = getattr(error, "without_cell", str(error))
        self._first_reason = self._first_reason or f"entry {position} {without_cell}"
        self._rejected.reject(
            job_identifier=f"list:{self._name}:{self._read_at}",
            file=self._name,
            line=position,
            created_at=self._read_at,
            reason=without_cell if self._hides_cells else str(error),
            raw=None if self._hides_cells else _as_json(entry),
        )

    def warn(self) -> None:
        """Put a line into the log if there were any."""
        if self.count:
            self._rejected.run_log.add_rejected(self._name, self.count)
            kept = "see the stream rejected_row"
            if not self._rejected.selected:
                kept = "they are not written, as rejected_row is not selected"
            self._logger.warning(
                "%s of '%s' cannot be read: %s. The first: %s. Until all can be read, what "
                "is gone from the list stays at the target",
                counted(self.count, "entry"),
                self._name,
                kept,
                self._first_reason,
            )


def _as_json(entry: Any) -> str | None:
    """Return an entry as JSON in ASCII, or None where it is nested too deeply for that."""
    try:
        return json.dumps(entry)
    except RecursionError:
        return None
