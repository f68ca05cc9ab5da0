"""A block of CSV rows that were read at once, with what the file has for each of them."""

from __future__ import annotations

from functools import cached_property

from tap_intercom_export.rows import text_encoding
from tap_intercom_export.rows.compiled import escape


class EscapedBlock:
    """Rows that were read at once, with their cells escaped (`escape.escape_block`).

    Args:
        escaped: The rows.
        data: The same as they stand in the file.
        first_line: Number of the line on which the first one begins.

    Attributes:
        rows: The rows; an empty text stands for a blank line.
        plain_rows: The same with an empty text in place of each with such a character.
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
            index: Its place; not before that of the last call.
        """
        passed = self.rows[self._place : index]
        self._line += len(passed) + sum(row.count(escape.LINE_END) for row in passed)
        self._place = index
        end = self._line + self.rows[index].count(escape.LINE_END) + 1
        return self._first_line + self._line, self._lines[self._line : end]
