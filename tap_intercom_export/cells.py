"""CSV bytes to rows of cells, each with its line; what cannot be read does not hide the rest."""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST_CELL = 32 * 1024 * 1024
"""Characters. A longer cell is an unclosed quote that swallows the rows after it, not a text."""

LONGEST_RAW = 1_000_000
"""Characters of a damaged row that are kept; a Singer message must stay below 50 MiB."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """A row that could not be read: the line it begins on, its text, and what is wrong with it."""

    line: int
    raw: str
    reason: str


class CellReader:
    """Iterates over the rows of a CSV file as lists of cells; RFC 4180, UTF-8, LF or CRLF.

    A row that is no CSV is set aside line by line, so that an unclosed quote costs the line that
    opens it and not the rest of the file. Blank lines are passed over.

    Args:
        source: The file in bytes.
        on_damaged: Called with each row that is left out.
    """

    def __init__(self, source: BinaryIO, on_damaged: Callable[[DamagedRow], None]) -> None:
        csv.field_size_limit(LONGEST_CELL)
        self._source = source
        self._on_damaged = on_damaged
        self._given_back: deque[bytes] = deque()
        self._row: list[bytes] = []
        self._lines_before = 0
        self._flaw = ""
        self._rejected = 0
        self._rows = self._split()

    @property
    def line(self) -> int:
        """Number of the line on which the current row begins; the first line is 1."""
        return self._lines_before + 1

    def reject(self, reason: str) -> None:
        """Set the current row aside.

        Args:
            reason: What is wrong with it.
        """
        self._rejected += 1
        raw = b"".join(self._row).decode(errors="backslashreplace").rstrip("\r\n")
        raw = raw.replace("\0", "\\x00")  # PostgreSQL takes no NUL in a text
        if len(raw) > LONGEST_RAW:
            reason = f"{reason} (the first {LONGEST_RAW:,} of its {len(raw):,} characters are kept)"
        self._on_damaged(DamagedRow(self.line, raw[:LONGEST_RAW], reason))

    def header(self) -> list[str]:
        """Return the cells of the first row, to be called before anything else.

        Bad characters do not matter in it. Where it is no CSV there is no header: an empty list.
        """
        for cells in self._rows:
            if self._rejected:
                self.reject("follows a header that is not CSV")
                return []
            if cells:
                return cells
        return []

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the cells of each row."""
        for cells in self._rows:
            if self._flaw:
                self.reject(self._flaw)
            elif cells:
                yield cells

    def _split(self) -> Iterator[list[str]]:
        """Yield the cells of each row that is CSV, whatever its characters."""
        reader = csv.reader(self._lines(), strict=True)
        while True:
            self._lines_before += len(self._row)
            self._row.clear()
            self._flaw = ""
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._given_back.extendleft(reversed(self._row[1:]))
                del self._row[1:]
                self.reject(f"is not CSV: {error}")
                reader = csv.reader(self._lines(), strict=True)
            else:
                yield cells

    def _lines(self) -> Iterator[str]:
        """Yield the file's lines as text, and remember those of the current row."""
        while line := self._given_back.popleft() if self._given_back else self._source.readline():
            if not self._row and not self._lines_before:
                line = line.removeprefix(_BOM)
            self._row.append(line)
            if b"\0" in line:
                self._flaw = "holds a NUL character"
                line = line.replace(b"\0", b"")
            try:
                yield line.decode()
            except UnicodeDecodeError:
                self._flaw = "is not UTF-8"
                yield line.decode(errors="replace")
