"""Escapes whole blocks of CSV for JSON, before they are split into rows and cells.

Afterwards `row.split(",")` returns the cells of a row, and each cell can be inserted into a JSON
string unchanged. Each step is one call of a C function for a block of some hundred rows.
"""

from __future__ import annotations

import codecs
import json
import re
from json.encoder import encode_basestring_ascii as quote
from typing import NamedTuple

from tap_intercom_export.rows.text_encoding import NUL

COMMA = "\\u002c"
"""A comma in a cell of an escaped row: every other comma separates two cells."""

BACKSLASH = "\\u005c"
"""A backslash in a cell. (Two of them before an `n` would look like `LINE_END`.)"""

LINE_END = "\\n"
"""A line end in a cell."""

_ESCAPED_INVALID = re.compile(r"\\udc[0-9a-f]{2}")
"""A byte that is not UTF-8, in an escaped row, or the second half of a character above U+FFFF."""

_ESCAPES: tuple[tuple[bytes, bytes], ...] = (
    (b"\\", BACKSLASH.encode()),  # before the others, which bring backslashes
    *(
        (bytes([code]), quote(chr(code))[1:-1].encode())
        for code in (*range(1, 0x20), 0x7F)
        if chr(code) not in "\n\r"
    ),
    (b"\0", f"\\u{ord(NUL):x}".encode()),
)
"""The ASCII characters that JSON escapes, except quotes and line ends."""

_BEFORE_QUOTED_CELL = {"", ",", "\n"}
_AFTER_QUOTED_CELL = {*_BEFORE_QUOTED_CELL, "\r"}
"""Characters beside a quoted cell. None: the border of the block, or a doubled quote."""

_JSON_ESCAPES = "tap_intercom_export.json_escapes"
"""Error handler of an encoding: replaces characters that it does not have with JSON's escapes."""

_CELL_BORDER = "\x1f"
"""Separates cells while they are escaped together."""


def last_row_start(data: bytes) -> int:
    """Return where the last row of a block begins if the row continues after the block.

    Args:
        data: Whole lines; the first one begins a row.

    Returns:
        The index of its first byte; the length of the block if no quoted cell is open at its end.
    """
    if data.count(b'"') % 2 == 0:
        return len(data)
    opening = data.rfind(b'"')
    while opening >= 0:
        closing = data.rfind(b'"', 0, opening)
        line_end = data.rfind(b"\n", closing + 1, opening)
        if line_end >= 0:
            return line_end + 1
        opening = data.rfind(b'"', 0, max(closing, 0))
    return 0


class EscapedRows(NamedTuple):
    """The rows of a block.

    Attributes:
        rows: The rows; a blank line is an empty text.
        line_count: Number of lines of the file that they occupy.
        has_invalid: Whether they contain invalid characters.
    """

    rows: list[str]
    line_count: int
    has_invalid: bool


def escape_block(data: bytes) -> EscapedRows | None:
    """Return the rows of a block of CSV, with their cells escaped.

    Args:
        data: Whole rows, without the last line end.

    Returns:
        The rows; None if only the csv module can read the block, because a quote is not where
        RFC 4180 allows it, or because it has two kinds of line ends.
    """
    has_invalid, is_ascii = b"\0" in data, data.isascii()
    for character, escape in _ESCAPES:
        if character in data:
            data = data.replace(character, escape)
    text = data.decode("latin-1")  # in UTF-8 no part of another character looks like ASCII
    line_ends_in_cells = 0
    if '"' in text:
        unquoted = _without_quotes(text)
        if unquoted is None:
            return None
        text, line_ends_in_cells = unquoted
    rows = text.split("\n")
    if "\r" in text:
        text = text.removesuffix("\r")
        rows = text.split("\r\n")
        if not text.count("\r") == text.count("\n") == len(rows) - 1:
            return None
    if not is_ascii and _escape_beyond_ascii(rows):
        has_invalid = True
    return EscapedRows(rows, len(rows) + line_ends_in_cells, has_invalid)


def _escape_beyond_ascii(rows: list[str]) -> bool:
    """Replace non-ASCII characters with JSON escapes in place; return whether any is not UTF-8.

    Args:
        rows: Rows decoded as Latin-1, so that each character is one byte.
    """
    has_invalid = False
    for index, row in enumerate(rows):
        if not row.isascii():
            line = row.encode("latin-1")
            try:
                text = line.decode()
            except UnicodeDecodeError:
                text = line.decode(errors="surrogateescape")
                has_invalid = True
            rows[index] = text.encode("ascii", _JSON_ESCAPES).decode("ascii")
    return has_invalid


def _without_quotes(text: str) -> tuple[str, int] | None:
    """Return a block with its quoted cells escaped and without their quotes.

    Returns:
        The block and the number of line ends in cells; None if a quote is not where RFC 4180
        allows it.
    """
    parts = text.split('"')
    outer = parts[::2]
    if not _are_quoted_cells(parts):
        return None
    inner = '"'.join(parts[1::2])
    line_ends = inner.count("\n")
    inner = inner.replace(",", COMMA).replace("\n", LINE_END).replace("\r", "\\r")
    if "" in outer[1:-1]:
        outer[1:-1] = [part or '\\"' for part in outer[1:-1]]
    parts[::2], parts[1::2] = outer, inner.split('"')
    return "".join(parts), line_ends


def outside_quoted_cells(text: str) -> str | None:
    """Return a block without its quoted cells.

    Args:
        text: Whole rows, decoded as Latin-1.

    Returns:
        The block; None if a quote is not where RFC 4180 allows it.
    """
    parts = text.split('"')
    return "".join(parts[::2]) if _are_quoted_cells(parts) else None


def _are_quoted_cells(parts: list[str]) -> bool:
    """Return whether quotes are only where RFC 4180 allows them.

    Args:
        parts: A block, split at its quotes: every other part is inside of quotes.
    """
    outer = parts[::2]
    before, after = {part[-1:] for part in outer[:-1]}, {part[:1] for part in outer[1:]}
    is_closed = len(parts) % 2 == 1
    return is_closed and before <= _BEFORE_QUOTED_CELL and after <= _AFTER_QUOTED_CELL


def escape_cells(cells: list[str]) -> str:
    """Return cells as an escaped row; none of them may contain invalid characters."""
    text = quote(_CELL_BORDER.join(cells))[1:-1]
    text = text.replace("\\\\", BACKSLASH).replace(",", COMMA)
    return text.replace("\\u001f", ",")  # a cell with this character gives too many cells


def unescape_row(row: str) -> list[str]:
    """Return the cells of an escaped row, with invalid characters as `text_encoding.decode` has."""
    cells: list[str] = json.loads('["' + row.replace(",", '","') + '"]')
    return cells


def as_json_module(text: str) -> str:
    """Return JSON text from escaped cells as Python's json module would have written it."""
    return text.replace(COMMA, ",").replace(BACKSLASH, r"\\") if "\\" in text else text


def may_be_invalid(row: str) -> bool:
    """Return whether an escaped row may contain invalid characters."""
    return _ESCAPED_INVALID.search(row) is not None


def _json_escapes(error: UnicodeError) -> tuple[str, int]:
    """Return JSON escapes for the characters of an encoding error, and where encoding continues."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return quote(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(_JSON_ESCAPES, _json_escapes)
