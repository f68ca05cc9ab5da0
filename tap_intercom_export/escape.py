"""Lines of CSV that need no more care: escaped as JSON wants it, to be split at their commas."""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as quote

Row = str | list[str]
"""A row: its cells, or a line of them as they stand between the quotes of JSON strings. A comma in
a cell is `COMMA` there, so that every other comma stands between two cells."""

COMMA = "\\u002c"

_ESCAPED = bytes(code for code in range(0x20) if code != ord("\n")) + b"\\\x7f"
"""What JSON escapes, but for quotes and what is beyond ASCII."""

_MOST_QUOTED = 8
"""Quoted cells in a line from which on the csv module is faster."""


def is_plain(data: bytes) -> bool:
    """Tell whether JSON escapes nothing of some lines but quotes and what is beyond ASCII."""
    return not any(code in data for code in _ESCAPED)


def escaped(line: str) -> str | None:
    """Return a line of CSV as an escaped one, or None where the csv module is to read it.

    Args:
        line: Of plain data, as `is_plain` has it.

    Returns:
        None where a quote does not stand where RFC 4180 has it, the row goes on in the next line,
        or many of its cells are quoted.
    """
    mark = '"'
    if not line.isascii():
        line, mark = quote(line)[1:-1], '\\"'
    first, *others = line.split(mark)
    if not others:
        return line
    if len(others) % 2 or len(others) > 2 * _MOST_QUOTED or (first and first[-1] != ","):
        return None
    parts, last = [first], len(others) - 1
    for place in range(0, last, 2):
        inside, after = others[place], others[place + 1]
        parts.append(inside.replace(",", COMMA))
        if not after and place + 1 < last:  # two quotes side by side are one in the cell
            parts.append('\\"')
        elif not after or (after[0] == "," and (after[-1] == "," or place + 1 == last)):
            parts.append(after)
        else:
            return None
    return "".join(parts) or None


def cells_of(row: Row) -> list[str]:
    """Return the cells of a row."""
    if isinstance(row, list):
        return row
    cells = row.split(",")
    if "\\" in row:
        return [json.loads(f'"{cell}"') if "\\" in cell else cell for cell in cells]
    return cells
