"""CSV bytes to rows, each with its line number; what cannot be read does not hide the rest."""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from operator import length_hint
from typing import TYPE_CHECKING, BinaryIO

from tap_intercom_export.rows.compiled.escape import are_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK_BYTES = 64 * 1024
"""Bytes read at once."""

MAX_CELL_BYTES = 32 * 1024 * 1024
"""Characters. A longer cell is an unclosed quote that swallows the rows after it, not a text."""

MAX_LINE_BYTES = MAX_CELL_BYTES + CHUNK_BYTES
"""Bytes. A file may be one line of any length, which must not be held in memory."""

MAX_RAW_CHARACTERS = 1_000_000
"""Characters of a damaged row that are kept; a Singer message must stay below 50 MiB."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """A row that could not be read: the line it begins on, its text, and what is wrong with it."""

    line: int
    raw: str
    reason: str


class CellReader:
    """Iterates over the rows of a CSV file; RFC 4180, UTF-8, LF or CRLF.

    Who is in a hurry takes `chunks` of lines, and `rows_from` a line that is not so simple.

    A row that is no CSV is set aside line by line, so that an unclosed quote costs the
    line that opens it and not the rest of the file. Blank lines are passed over.

    Args:
        source: The file in bytes.
        on_damaged: Called with each row that is left out.
    """

    def __init__(self, source: BinaryIO, on_damaged: Callable[[DamagedRow], None]) -> None:
        csv.field_size_limit(MAX_CELL_BYTES)
        self._source = source
        self._on_damaged = on_damaged
        self._rest = b""
        self._lines: Iterator[str] = iter(())
        self._lines_loaded = 0
        self._are_plain = False
        self._line_end = ""
        self._bad: dict[str, str] = {}
        self._given_back: deque[str] = deque()
        self._row: list[str] = []
        self._has_header = False
        self._rejected = 0

    @property
    def line(self) -> int:
        """Number of the line on which the current row begins; the first line is 1."""
        lines_read = self._lines_loaded - length_hint(self._lines) - len(self._given_back)
        return lines_read - len(self._row) + 1

    def reject(self, reason: str) -> None:
        """Set the current row aside.

        Args:
            reason: What is wrong with it.
        """
        self._rejected += 1
        raw = "\n".join(self._row).rstrip("\r")
        raw = raw.replace("\0", "\\x00")  # PostgreSQL takes no NUL in a text
        raw = raw.encode(errors="surrogateescape").decode(errors="backslashreplace")
        if len(raw) > MAX_RAW_CHARACTERS:
            kept = f"the first {MAX_RAW_CHARACTERS:,} of its {len(raw):,} characters are kept"
            reason = f"{reason} ({kept})"
        self._on_damaged(DamagedRow(self.line, raw[:MAX_RAW_CHARACTERS], reason))

    def header(self) -> list[str]:
        """Return the cells of the first row, to be called before anything else.

        Bad characters do not matter in it. Where it is no CSV there is no header: an empty list.
        """
        row = next(iter(self), None)
        self._has_header = True
        if row is None:
            return []
        if self._rejected:
            self.reject("follows a header that is not CSV")
            return []
        text = "\0".join(cell.replace("\0", "") for cell in row)
        text = text.encode(errors="surrogateescape").decode(errors="replace")
        return text.split("\0")

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the cells of each row that is not read yet."""
        for lines, _ in self.chunks():
            for line in lines:
                yield from self.rows_from(line)

    def chunks(self) -> Iterator[tuple[Iterator[str], bool]]:
        """Yield the lines that are not read yet, many at a time.

        Yields:
            The lines, to be taken one by one, and whether they are plain (`escape.are_plain`):
            then none is blank, and they come without a carriage return.
        """
        while self._given_back:  # by a header that is no CSV
            yield iter([self._given_back.popleft().removesuffix(self._line_end)]), False
        while True:
            lines = self._lines
            end = self._line_end
            yield (line.removesuffix(end) for line in lines) if end else lines, self._are_plain
            if self._lines is lines and not self._load():
                return

    def rows_from(self, line: str) -> Iterator[list[str]]:
        """Yield the row that begins with a line, and those that come out of it if it is no CSV.

        Args:
            line: The line that was just taken from a chunk. A row may take more of them.

        Yields:
            Cells; nothing for a line that is blank or set aside.
        """
        if '"' not in line and "\r" not in line:
            self._row = [line]
            if line and not self._is_bad():
                yield line.split(",")
            return
        reader = csv.reader(self._pull(), strict=True)
        self._given_back.appendleft(line + self._line_end)  # it may stand in a cell
        while self._given_back:
            self._row = []
            try:
                cells = next(reader)
            except csv.Error as error:
                self._given_back.extendleft(reversed(self._row[1:]))
                del self._row[1:]
                self.reject(f"is not CSV: {error}")
                reader = csv.reader(self._pull(), strict=True)
            else:
                if cells and not self._is_bad():
                    yield cells

    def _is_bad(self) -> bool:
        """Set the current row aside if a character of it is bad; not a header."""
        if not self._bad or not self._has_header:
            return False
        flaw = next(filter(None, map(self._bad.get, self._row)), "")
        if flaw:
            self.reject(flaw)
        return bool(flaw)

    def _pull(self) -> Iterator[str]:
        """Yield lines for the csv module, with their ends, and remember those of the row.

        Raises:
            csv.Error: The row is longer than a cell may be.
        """
        size = 0
        while True:
            if self._given_back:
                line = self._given_back.popleft()
            else:
                found = next(self._lines, None)
                if found is None:
                    if not self._load():
                        return
                    continue
                line = found
            size = size + len(line) if self._row else 0
            if size > MAX_CELL_BYTES:
                self._given_back.appendleft(line)
                raise csv.Error("row larger than limit")
            self._row.append(line)
            yield line.replace("\0", "") + "\n"  # Python 3.10's csv refuses a NUL

    def _load(self) -> bool:
        """Read the next lines; False at the end of the file."""
        pieces, size, end = [self._rest], len(self._rest), 0
        while not end and size <= MAX_LINE_BYTES and (chunk := self._source.read(CHUNK_BYTES)):
            pieces.append(chunk)
            size += len(chunk)
            end = size - len(chunk) + chunk.rfind(b"\n") + 1 if b"\n" in chunk else 0
        data = b"".join(pieces)
        if not data:
            return False
        if not end and size > MAX_LINE_BYTES:
            self._give([self._cut(data)])
            return True
        end = end or size
        data, self._rest = data[:end], data[end:]
        if not self._lines_loaded:
            data = data.removeprefix(_BOM)
        lines = self._decoded(data.removesuffix(b"\n"))
        self._give(lines)
        with_returns = b"\r" in data and data.count(b"\r\n") == data.count(b"\n")
        line_end = "\r" if with_returns else ""
        if not self._bad and line_end not in lines:  # a blank line is no row
            self._are_plain = are_plain(data.replace(b"\r\n", b"\n") if with_returns else data)
            self._line_end = line_end if self._are_plain else ""
        return True

    def _give(self, lines: list[str]) -> None:
        """Let these lines be the next ones."""
        self._lines = iter(lines)
        self._lines_loaded += len(lines)
        self._are_plain, self._line_end = False, ""

    def _cut(self, data: bytes) -> str:
        """Return the beginning of a line that is too long, as a row that is bad; skip the rest."""
        chunk = data
        while chunk and b"\n" not in chunk:
            chunk = self._source.read(CHUNK_BYTES)
        self._rest = chunk.partition(b"\n")[2]
        # Without quotes, so that it does not take the lines after it for its own
        line = (
            data[:MAX_RAW_CHARACTERS].decode(errors="replace").replace('"', "'").replace("\r", " ")
        )
        self._bad[line] = f"is longer than {MAX_LINE_BYTES:,} bytes, of which the first are kept"
        return line

    def _decoded(self, data: bytes) -> list[str]:
        """Return the lines of some data, and note those with characters that no text may have."""
        if self._bad:
            kept = {*self._row, *self._given_back}
            self._bad = {line: flaw for line, flaw in self._bad.items() if line in kept}
        lines = data.decode("latin-1").split("\n")  # most are ASCII, others are decoded one by one
        if not data.isascii():
            lines = [
                line if line.isascii() else self._utf_8(line.encode("latin-1")) for line in lines
            ]
        if b"\0" in data:
            self._bad |= {line: "holds a NUL character" for line in lines if "\0" in line}
        return lines

    def _utf_8(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            text = line.decode(errors="surrogateescape")
            self._bad[text] = "is not UTF-8"
            return text
