"""Lines of CSV that need no more care: escaped as JSON wants it, to be split at their commas."""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as quote

COMMA = "\\u002c"
"""A comma in a cell of an escaped line, so that every other comma stands between two cells."""

_ESCAPED = bytes(code for code in range(0x20) if code != ord("\n")) + b"\\\x7f"
"""What JSON escapes, but for quotes and what is beyond ASCII."""

_BORDERS = ("", ",")
"""What may stand beside a quoted cell: nothing, at the ends of the line, or a comma."""

_MAX_QUOTED_CELLS = 8
"""Quoted cells in a line from which on the csv module is faster."""


def are_plain(lines: bytes) -> bool:
    """Tell whether JSON escapes nothing of some lines but quotes and what is beyond ASCII."""
    return not any(code in lines for code in _ESCAPED)


def escaped(line: str) -> str:
    """Return a line of CSV with its cells as they stand between the quotes of JSON texts.

    Args:
        line: One of plain lines, as `are_plain` has it; not a blank one.

    Raises:
        ValueError: The csv module is to read it: a quote does not stand where RFC 4180 has it, the
            row goes on in the next line, or many of its cells are quoted.
    """
    mark = '"'
    if not line.isascii():
        line, mark = quote(line)[1:-1], '\\"'
    first, *others = line.split(mark)
    if not others:
        return line
    if len(others) == 2:  # noqa: PLR2004 - one quoted cell, as in most of these lines
        inside, after = others
        if first[-1:] in _BORDERS and after[:1] in _BORDERS:
            return f"{first}{inside.replace(',', COMMA)}{after}"
    if len(others) % 2 or len(others) > 2 * _MAX_QUOTED_CELLS or (first and first[-1] != ","):
        raise ValueError("is not simple CSV")
    parts, last = [first], len(others) - 1
    for place in range(0, last, 2):
        inside, after = others[place], others[place + 1]
        parts.append(inside.replace(",", COMMA))
        if not after and place + 1 < last:  # two quotes side by side are one in the cell
            parts.append('\\"')
        elif not after or (after[0] == "," and (after[-1] == "," or place + 1 == last)):
            parts.append(after)
        else:
            raise ValueError("is not simple CSV")
    return "".join(parts)
