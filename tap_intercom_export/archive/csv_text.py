"""Recognizes CSV files by their content, and whether one ends in the middle of a row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import BinaryIO

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_NOT_CSV = (b"<", b"{", b"[")
"""First characters of an error page or a JSON response."""

_NOT_IN_CSV = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Matches control characters, which no CSV file contains."""

_IN_CSV = re.compile(rb"[,;\n]")
"""Matches the characters of which the beginning of a CSV file has at least one."""

_DELIMITERS = (",", ";", "\t")

END_BYTES = 64 * 1024
"""Bytes read of the beginning and of the end of a file, to compare its last row with its header."""

MAX_LINES_OF_LAST_ROW = 200
"""Maximum lines of the last row; usually it has one."""


def looks_like_csv(start: bytes) -> bool:
    """Return whether a file is a text with delimiters in its first line, by its first bytes.

    Args:
        start: The first bytes of the file.
    """
    start = to_utf_8(start).lstrip()
    first_line = start.partition(b"\n")[0]
    is_text = not start.startswith(_NOT_CSV) and not _NOT_IN_CSV.search(start)
    return is_text and any(delimiter in first_line for delimiter in (b",", b";", b"\t"))


def may_be_csv(start: bytes) -> bool:
    """Return whether nothing in a text speaks against a CSV file, maybe with one column.

    Args:
        start: The first bytes of the file, in UTF-8.
    """
    return not _NOT_IN_CSV.search(start) and _IN_CSV.search(start) is not None


def looks_like_json_or_html(start: bytes) -> bool:
    """Return whether a file is a JSON or HTML text.

    Args:
        start: The first bytes of the file.
    """
    return to_utf_8(start).lstrip().startswith(_NOT_CSV)


def to_utf_8(start: bytes) -> bytes:
    """Return the beginning of a text in UTF-8, without its byte order mark.

    Args:
        start: The first bytes of the file.
    """
    if start.startswith(_UTF_16_MARKS):
        return start.decode("utf-16", errors="replace").encode()
    return start.removeprefix(codecs.BOM_UTF8)


def ends_within_row(file: BinaryIO) -> bool:
    """Return whether a file was certainly cut: it ends without a line end, and in another column.

    A plain CSV has no checksum, and a proxy may hide that a response was cut. Nothing tells that it
    was cut at the end of a row, or in the last column.

    Args:
        file: The file. UTF-16 is not examined.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(END_BYTES)
    file.seek(max(0, size - END_BYTES))
    tail = file.read()
    if tail.endswith((b"\n", b"\r")) or head.startswith(_UTF_16_MARKS):
        return False
    text = to_utf_8(head).decode(errors="replace").lstrip("\r\n")
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    lines = tail.decode(errors="replace").split("\n")[-MAX_LINES_OF_LAST_ROW:]
    last_rows = ("\n".join(lines[start:]) for start in reversed(range(len(lines))))
    return not any(_cells_of_row(row, delimiter) == len(header) for row in last_rows)


def _cells_of_row(text: str, delimiter: str) -> int:
    """Return the number of cells of a row; 0 if the text is not exactly one row."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return 0
    return len(rows[0]) if len(rows) == 1 else 0
