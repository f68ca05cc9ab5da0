"""Reads CSV bytes as rows with line numbers; unreadable parts do not affect the other rows."""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from operator import length_hint
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from tap_intercom_export.rows import quoted_cells, text_encoding
from tap_intercom_export.rows.csv_dialect import DELIMITERS, as_utf_8, delimiter_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK_BYTES = 64 * 1024
"""Bytes read at once."""

CONVERTED_CHUNK_BYTES = 1024 * 1024
"""Bytes read at once for `CsvReader.blocks` with a converter, which has a cost for each block."""

MAX_CELL_CHARACTERS = 32 * 1024 * 1024
"""Maximum characters of a cell. A longer one is not a text, but an unclosed quote."""

MAX_LINE_BYTES = MAX_CELL_CHARACTERS + CHUNK_BYTES
"""Maximum bytes of a line that are held in memory. A file may be one line of any length."""

MAX_RAW_CHARACTERS = 1_000_000
"""Maximum characters of a damaged row that are kept; a Singer message must stay below 50 MiB."""

_CARRIAGE_RETURN = "a carriage return (CR) outside of quotes; lines must end with LF or CRLF"

_MARK, _BOM = "\ufeff", b"\xef\xbb\xbf"  # the byte order mark

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """A row that could not be read.

    Attributes:
        line: The line on which it begins.
        raw: Its text.
        reason: Why it could not be read, with the cell concerned.
        reason_without_cell: The same without content of the file.
    """

    line: int
    raw: str
    reason: str
    reason_without_cell: str


class CsvReader:
    """Iterates over the rows of a CSV file; RFC 4180, UTF-8, LF or CRLF.

    The delimiter may also be a semicolon or a tab, and the encoding UTF-16 with a byte order mark.

    `blocks` reads the rows fast, in blocks; iterating over the object reads them one by one.

    A row that is not CSV is rejected line by line, so that an unclosed quote costs only the line
    that opens it and not the rest of the file. Blank lines are skipped.

    The file may be several files in a row: a byte order mark before a row is not part of its first
    cell, and a row that repeats the header is rejected.

    Args:
        source: The file.
        on_damaged: Called with each row that is rejected.

    Attributes:
        delimiter: Separates cells.
        header_cells: The cells of the header as they are in the file, without its quotes.
        has_invalid: Whether the current row may have invalid characters: NUL, or bytes that are not
            UTF-8. `text_encoding.replace_invalid` finds them.
    """

    def __init__(self, source: BinaryIO, on_damaged: Callable[[DamagedRow], None]) -> None:
        csv.field_size_limit(MAX_CELL_CHARACTERS)
        self._read = as_utf_8(source)
        self.delimiter = DELIMITERS[0]
        self._has_begun = False
        self._on_damaged = on_damaged
        self._rest = b""
        self._lines: Iterator[str] = iter(())
        self._lines_loaded = 0
        self._given_back: deque[str] = deque()
        self._row: list[str] = []
        self._data = b""
        self._cut_lines: frozenset[str] = frozenset()
        """The beginnings of lines that were too long."""
        self._rejected = 0
        self.header_cells: list[str] = []
        self._chunk_bytes = 0
        """Bytes read at once, if more than `CHUNK_BYTES`."""
        self.has_invalid = False

    @property
    def line(self) -> int:
        """Number of the line on which the current row begins; the first line is 1."""
        lines_read = self._lines_loaded - length_hint(self._lines) - len(self._given_back)
        return lines_read - len(self._row) + 1

    def reject(self, reason: str, reason_without_cell: str = "") -> None:
        """Reject the current row.

        Args:
            reason: Why it is rejected.
            reason_without_cell: The same without content of the file; needed if it differs.
        """
        reason_without_cell = reason_without_cell or reason
        self._rejected += 1
        raw = "\n".join(self._row).rstrip("\r")
        # PostgreSQL takes no NUL in a text
        raw = text_encoding.encode(raw).decode(errors="backslashreplace").replace("\0", "\\x00")
        if len(raw) > MAX_RAW_CHARACTERS:
            kept = f"the first {MAX_RAW_CHARACTERS:,} of its {len(raw):,} characters are kept"
            reason = f"{reason} ({kept})"
        raw = raw[:MAX_RAW_CHARACTERS]
        self._on_damaged(DamagedRow(self.line, raw, reason, reason_without_cell))

    def header(self) -> list[str]:
        """Return the cells of the first row. Call this before any other method.

        Invalid characters in it are replaced. The list is empty if the first row is not CSV.
        """
        row = next(iter(self), None)
        if row is None:
            return []
        if self._rejected:
            self.reject("follows a header that is not CSV")
            return []
        self._return_lines()
        self.header_cells = row
        return [
            text_encoding.replace_invalid(cell.replace(text_encoding.NUL, ""))[0] for cell in row
        ]

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the cells of each remaining row."""
        yield from self._loaded_rows()
        while data := self._read_lines():
            self._set_lines(data)
            yield from self._loaded_rows()

    def blocks(
        self, convert: Callable[[bytes], T | None] | None = None
    ) -> Iterator[T | bytes | Iterator[list[str]]]:
        """Yield the remaining rows in blocks.

        Args:
            convert: Converts a block of whole rows separated by commas, with their line ends, or
                returns None.

        Yields:
            A converted block if possible, else the bytes of whole rows, for which the caller calls
            `skip` or `read`, or an iterator over the cells of rows that only the csv module can
            read; use it up before the next block.
        """
        yield self._loaded_rows()
        self._chunk_bytes = CONVERTED_CHUNK_BYTES if convert else 0
        while data := self._read_rows():
            if convert and self._is_simple(data) and (converted := convert(data)) is not None:
                self.skip(data, 0, len(data))
                yield converted
            elif self._cut_lines:
                yield self.read(data)
            else:
                yield data

    def skip(self, data: bytes, start: int, stop: int) -> None:
        """Pass over rows that the caller has read.

        Args:
            data: The last block that was yielded.
            start: Index of the first byte.
            stop: Index after the last byte.
        """
        self._lines_loaded += data.count(b"\n", start, stop)
        self._lines_loaded += start < stop == len(data) and not data.endswith(b"\n")

    def read(self, data: bytes) -> Iterator[list[str]]:
        """Yield the cells of rows, one by one.

        Args:
            data: A row of the last block that was yielded, or all of its remaining rows.
        """
        self.has_invalid = False
        self._set_lines(data)
        yield from self._loaded_rows()

    def _read_rows(self) -> bytes:
        """Return the next rows, with their line ends; nothing at the end of the file.

        The last one is complete if quotes stand where RFC 4180 allows them.
        """
        data = self._read_lines()
        end = quoted_cells.last_row_start(data)
        if 0 < end < len(data):
            data, self._rest = data[:end], data[end:] + self._rest
        return data

    def _is_simple(self, data: bytes) -> bool:
        """Return whether cells are separated by commas, and no row has to be changed or refused."""
        has_mark = not data.isascii() and (data.startswith(_BOM) or b"\n" + _BOM in data)
        is_usual = self.delimiter == DELIMITERS[0] and not self._cut_lines and not has_mark
        return is_usual and not self._may_repeat_header(data)

    def _may_repeat_header(self, data: bytes) -> bool:
        """Return whether a block has the longest cell of the header; usually it has not."""
        longest = max(self.header_cells, key=len, default="").replace('"', '""')
        return text_encoding.encode(longest) in data

    def _loaded_rows(self) -> Iterator[list[str]]:
        """Yield the cells of the rows that begin in the loaded lines."""
        while self._given_back:  # if the header was not CSV
            yield from self._rows_from(self._given_back.popleft())
        while (line := next(self._lines, None)) is not None:  # a row may load more of them
            yield from self._rows_from(line)

    def _rows_from(self, line: str) -> Iterator[list[str]]:
        """Yield the row that begins with a line, or several rows if that is not CSV.

        Args:
            line: The current line. A row may need more lines.

        Yields:
            Cells; nothing for a blank or rejected line.
        """
        if '"' not in line and "\r" not in line:
            self._row = [line := line.lstrip(_MARK)]
            cells = line.split(self.delimiter)
            if line and not self._is_refused(cells):
                yield cells
            return
        reader = csv.reader(self._lines_of_row(), delimiter=self.delimiter, strict=True)
        self._given_back.appendleft(line)
        while self._given_back:
            self._row = []
            try:
                cells = next(reader)
            except csv.Error as error:
                self._given_back.extendleft(reversed(self._row[1:]))
                del self._row[1:]
                is_cr = "new-line character" in str(error)  # the csv module's advice is for Python
                self.reject(f"is not CSV: {_CARRIAGE_RETURN if is_cr else error}")
                reader = csv.reader(self._lines_of_row(), delimiter=self.delimiter, strict=True)
            else:
                if cells and not self._is_refused(cells):
                    yield cells

    def _is_refused(self, cells: list[str]) -> bool:
        """Reject the current row if it was too long or repeats the header; return whether it did.

        Args:
            cells: Its cells.
        """
        if not self._cut_lines.isdisjoint(self._row):
            self.reject(f"is longer than {MAX_LINE_BYTES:,} bytes, of which the first are kept")
        elif cells == self.header_cells:
            self.reject("repeats the header: the file may be several files in a row")
        else:
            return False
        return True

    def _lines_of_row(self) -> Iterator[str]:
        """Yield lines with their line ends to the csv module, and keep those of the current row.

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
                    if not (data := self._read_lines()):
                        return
                    self._set_lines(data)
                    continue
                line = found
            size = size + len(line) if self._row else 0
            if size > MAX_CELL_CHARACTERS:
                self._given_back.appendleft(line)
                raise csv.Error("row larger than limit")
            if not self._row:
                line = line.lstrip(_MARK)
            self._row.append(line)
            yield line + "\n"

    def _set_lines(self, data: bytes) -> None:
        """Set the lines that are read next."""
        text, has_invalid = text_encoding.decode(data.removesuffix(b"\n"))
        lines = text.split("\n")
        self.has_invalid = self.has_invalid or has_invalid
        self._data = data
        self._lines = iter(lines)
        self._lines_loaded += len(lines)

    def _return_lines(self) -> None:
        """Return the remaining lines to the unread bytes, so that they can become a block."""
        left = length_hint(self._lines)
        lines = self._data.split(b"\n")
        if left and not self._given_back:
            read = self._data.count(b"\n") + (self._data[-1:] != b"\n") - left
            self._rest = b"\n".join(lines[read:]) + self._rest
            self._lines = iter(())
            self._lines_loaded -= left

    def _read_lines(self) -> bytes:
        """Return the next lines with their line ends; empty at the end of the file."""
        pieces, size, end = [self._rest], len(self._rest), 0
        wanted = max(CHUNK_BYTES, self._chunk_bytes)
        while not end and size <= MAX_LINE_BYTES and (chunk := self._read(wanted)):
            pieces.append(chunk)
            size += len(chunk)
            end = size - len(chunk) + chunk.rfind(b"\n") + 1 if b"\n" in chunk else 0
        data = b"".join(pieces)
        if not end and size > MAX_LINE_BYTES:
            end = data.rfind(b"\n") + 1  # of lines that were read before and returned
            if not end:
                return self._cut(data)
        end = end or size
        data, self._rest = data[:end], data[end:]
        if not self._has_begun:
            self._has_begun = True
            data = data.removeprefix(_BOM)
            self.delimiter = delimiter_of(data.decode(errors="replace"))
        return data

    def _cut(self, data: bytes) -> bytes:
        """Return the beginning of a line that is too long as a line of its own; skip the rest."""
        chunk = data
        while chunk and b"\n" not in chunk:
            chunk = self._read(CHUNK_BYTES)
        self._rest = chunk.partition(b"\n")[2]
        text = data[:MAX_RAW_CHARACTERS].decode(errors="replace").replace("\0", "\ufffd")
        # Without quotes, which could make the following lines part of it
        line = text.replace('"', "'").replace("\r", " ").lstrip(_MARK)
        self._cut_lines = self._cut_lines.intersection((*self._row, *self._given_back)) | {line}
        return line.encode() + b"\n"
