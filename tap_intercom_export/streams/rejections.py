"""Writes damaged rows to the stream `rejected_row` while the streams they belong to are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_text
from tap_intercom_export.errors import UnreadableFileError
from tap_intercom_export.formatting import counted

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection

    from tap_intercom_export.exports import Export
    from tap_intercom_export.rows import DamagedRow
    from tap_intercom_export.schemas import Column
    from tap_intercom_export.streams.context import SyncContext
    from tap_intercom_export.streams.rejected_row import RejectedRowStream

MIN_ROWS_TO_JUDGE = 20
"""Minimum rows of a file for the share of rejected rows to be meaningful."""


class RejectedRowWriter:
    """Writes the records of `rejected_row`, in the middle of the streams that they belong to.

    It is the only writer of that stream, whose own sync has nothing to do: damaged rows are known
    only while the file or list of another stream is read.

    Args:
        stream: The stream `rejected_row`.
        sync: Objects that all streams of a run share.
    """

    def __init__(self, stream: RejectedRowStream, sync: SyncContext) -> None:
        self._stream = stream
        self._sync = sync
        self.logger = stream.logger

    @property
    def max_percent(self) -> float:
        """Share of a file's rows that may be rejected."""
        return self._sync.settings.max_rejected_percent

    @property
    def destination(self) -> str:
        """Where rejected rows go, for log lines."""
        if self._stream.selected:
            return "see the stream rejected_row"
        return "they are not written, as rejected_row is not selected"

    @property
    def is_selected(self) -> bool:
        """Whether rejected rows are written."""
        return self._stream.selected

    def needs_rows_of(self, export: Export) -> bool:
        """Return whether the damaged rows of an export are still to be written.

        Args:
            export: The export.
        """
        before = export.job.window.before
        return self._stream.selected and self._stream.bookmark(otherwise=before - 1) < before

    def write(
        self,
        *,
        job_identifier: str,
        file: str,
        line: int,
        created_at: str,
        reason: str,
        raw: str | None,
    ) -> None:
        """Write a row of a file or an entry of a list, if `rejected_row` is selected.

        Args:
            job_identifier: The export job; for a list, which has none, `list:<list>:<time>`.
            file: Name of the file in the archive, or of the list.
            line: First line of the row in the file, or position in the list, counting from 1.
            created_at: Last second of the job's range, or when the list was read.
            reason: What is wrong with it.
            raw: The row as it is in the file, or the entry as JSON; None if it must not be written.
        """
        if self._stream.selected:
            record = {
                "job_identifier": job_identifier,
                "file": file,
                "line": line,
                "created_at": created_at,
                "reason": reason,
                "raw": raw,
            }
            self._stream.write_record(self._sync.with_workspace(record))

    def count(self, name: str, number: int) -> None:
        """Add to the rejected rows in the summary of the run.

        Args:
            name: Name of the stream or list.
            number: Number of rejected rows.
        """
        self._sync.run_log.add_rejected(name, number)

    def finish_batches(self) -> None:
        """Write the BATCH messages of the rows so far; the sync of `rejected_row` may be over."""
        self._stream.finish_batches()


class FileRejections:
    """Rejects the damaged rows of one file, and fails if they are too many.

    Args:
        writer: Writes the rows.
        export: The export of the file.
        file: Name of the file.
        stream: Name of the stream that the file belongs to.
        always: Whether to write rows even if the bookmark of `rejected_row` is past this window,
            because that of the file's stream is not: it was selected later, or has windows of its
            own.
        is_known: Whether the file's format is known. Otherwise any share of rows may be damaged.
        lines: Lines of the file, never less than its rows; 0 if unknown.
        hides_cells: Whether the content of rows must not be written, because some columns are
            deselected or excluded.

    Attributes:
        file: Name of the file.
        count: Number of damaged rows so far.
    """

    def __init__(  # noqa: PLR0913 - each is a fact about the file
        self,
        writer: RejectedRowWriter,
        export: Export,
        file: str,
        stream: str,
        *,
        always: bool,
        is_known: bool = True,
        lines: int = 0,
        hides_cells: bool = False,
    ) -> None:
        self.file = file
        self.count = 0
        self._writer = writer
        self._export = export
        self._stream = stream
        self._always = always
        self._is_known = is_known
        self._lines = lines
        self._hides_cells = hides_cells
        self._first = ""

    def add(self, row: DamagedRow) -> None:
        """Reject a row; write it unless that was done in an earlier run.

        Args:
            row: The row.

        Raises:
            UnreadableFileError: Too many rows are damaged, even if all others can be read.
        """
        self.count += 1
        self._first = self._first or f"line {row.line} {row.reason_without_cell}"
        if self._always or self._writer.needs_rows_of(self._export):
            self._writer.write(
                job_identifier=self._export.job.identifier,
                file=self.file,
                line=row.line,
                created_at=to_text(self._export.job.window.before),
                reason=row.reason_without_cell if self._hides_cells else row.reason,
                raw=None if self._hides_cells else row.raw,
            )
        if self._lines:
            self._check_share(self._lines)

    def check_header(self, columns: Collection[Column]) -> None:
        """Check the header of the file, without which no row can be read, however few they seem.

        Args:
            columns: The columns of the header.

        Raises:
            UnreadableFileError: The header is not CSV. A file with other line ends is one row.
        """
        if columns or not self.count or not self._is_known or self._writer.max_percent >= 100:  # noqa: PLR2004
            return
        raise UnreadableFileError(self._explain(f"The header of {self.file}"))

    def finish(self, records: int) -> None:
        """Log the number of damaged rows, when the whole file is read.

        Args:
            records: Number of rows that could be read.

        Raises:
            UnreadableFileError: Too many rows are damaged.
        """
        self._check_share(records + self.count)
        self._check_whole_file(records)
        if not self.count:
            return
        self._writer.count(self._stream, self.count)
        self._writer.logger.warning(
            "%s in %s of job %s: %s. The first: %s",
            counted(self.count, "damaged row"),
            self.file,
            self._export.job.identifier,
            self._writer.destination,
            self._first,
        )

    def warn_replaced(self, characters: int) -> None:
        """Log a warning if characters of the file were replaced.

        Args:
            characters: Number of replaced characters.
        """
        if characters:
            self._writer.logger.warning(
                "Replaced %s in %s of job %s with U+FFFD: NUL, or bytes that are not "
                "UTF-8, which databases refuse",
                counted(characters, "character"),
                self.file,
                self._export.job.identifier,
            )

    def _check_whole_file(self, records: int) -> None:
        """Raise an error if nothing of a small file can be read, and `rejected_row` has none of it.

        One damaged row may be the only one of a file; several are a format that has changed.
        """
        is_kept = self._writer.is_selected and not self._hides_cells
        if records or self.count < 2 or is_kept or not self._is_known:  # noqa: PLR2004
            return
        if self._writer.max_percent < 100:  # noqa: PLR2004
            raise UnreadableFileError(
                self._explain(f"None of the {self.count} rows in {self.file}")
            )

    def _check_share(self, rows: int) -> None:
        """Raise an error if too many of the file's rows are damaged: its format has changed."""
        limit = self._writer.max_percent
        if not self._is_known or rows < MIN_ROWS_TO_JUDGE or self.count * 100 <= limit * rows:
            return
        raise UnreadableFileError(
            self._explain(
                f"At least {self.count:,} of {rows:,} rows in {self.file}",
                f", more than max_rejected_percent ({limit:g})",
            )
        )

    def _explain(self, what: str, limit: str = "") -> str:
        """Return the error for what cannot be read.

        Args:
            what: Rows of the file, or its header.
            limit: Which limit they exceed.
        """
        job = self._export.job
        return (
            f"{what} of job {job.identifier} ({job.window}) cannot be read{limit}. The "
            f"first: {self._first}. Intercom may have changed the file's format. The bookmarks do "
            "not move, and the next run reads the same job again. To continue without these rows, "
            "set max_rejected_percent to 100."
        )


class ListRejections:
    """Rejects the entries of one list that cannot be read.

    Args:
        writer: Writes the entries.
        name: Name of the list.
        read_at: When reading began, as a date-time text.
        logger: Gets the warning.
        hides_cells: Whether the content of entries must not be written, because some properties
            are deselected or excluded.

    Attributes:
        count: Number of rejected entries.
    """

    def __init__(
        self,
        writer: RejectedRowWriter,
        name: str,
        read_at: str,
        logger: logging.Logger | logging.LoggerAdapter[logging.Logger],
        *,
        hides_cells: bool,
    ) -> None:
        self.count = 0
        self._writer = writer
        self._name = name
        self._read_at = read_at
        self._logger = logger
        self._hides_cells = hides_cells
        self._first = ""

    def add(self, position: int, entry: Any, error: ValueError) -> None:
        """Reject an entry.

        Args:
            position: Position in the list, counting from 1.
            entry: The entry as received.
            error: What is wrong with it.
        """
        self.count += 1
        without_cell = getattr(error, "without_cell", str(error))
        self._first = self._first or f"entry {position} {without_cell}"
        self._writer.write(
            job_identifier=f"list:{self._name}:{self._read_at}",
            file=self._name,
            line=position,
            created_at=self._read_at,
            reason=without_cell if self._hides_cells else str(error),
            raw=None if self._hides_cells else entry_as_json(entry),
        )

    def finish(self) -> None:
        """Log the number of rejected entries, and write their BATCH messages."""
        if self.count:
            self._writer.count(self._name, self.count)
            self._logger.warning(
                "%s of '%s' cannot be read: %s. The first: %s. Until all can be read, entries that "
                "were deleted from the list are kept in the target",
                counted(self.count, "entry"),
                self._name,
                self._writer.destination,
                self._first,
            )
        self._writer.finish_batches()


def entry_as_json(entry: Any) -> str | None:
    """Return an entry as JSON in ASCII, or None if it is nested too deeply.

    Args:
        entry: A JSON value.
    """
    try:
        return json.dumps(entry)
    except RecursionError:
        return None
