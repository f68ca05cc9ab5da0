"""A block of escaped CSV rows, with the original lines of each row."""

from __future__ import annotations

from functools import cached_property

from tap_intercom_export.rows import escape, text_encoding


class EscapedBlock:
    """Rows of one block, with their cells escaped (`escape.escape_block`).

    Args:
        escaped: The rows.
        data: The bytes of the block in the file.
        first_line: Number of the line on which the first row begins.

    Attributes:
        rows: The rows; "" for a blank line.
        plain_rows: The same, with "" in place of each row with an invalid character.
    """

    def __init__(self, escaped: escape.EscapedRows, data: bytes, first_line: int) -> None:
        self.rows = self.plain_rows = escaped.rows
        if escaped.has_invalid:
            self.plain_rows = ["" if escape.may_be_invalid(row) else row for row in self.rows]
        self._data = data
        self._first_line = first_line
        self._place = 0
        self._line = 0

    @cached_property
    def _lines(self) -> list[str]:
        return text_encoding.decode(self._data)[0].split("\n")

    def lines_of(self, index: int) -> tuple[int, list[str]]:
        """Return the number of the line on which a row begins, and its lines.

        Args:
            index: Index of the row; not less than in the last call.
        """
        passed = self.rows[self._place : index]
        self._line += len(passed) + sum(row.count(escape.LINE_END) for row in passed)
        self._place = index
        end = self._line + self.rows[index].count(escape.LINE_END) + 1
        return self._first_line + self._line, self._lines[self._line : end]
