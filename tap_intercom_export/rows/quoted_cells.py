"""Where quotes stand in a block of CSV, found without reading its cells."""

from __future__ import annotations

_BEFORE_QUOTED_CELL = {"", ",", "\n"}
_AFTER_QUOTED_CELL = {*_BEFORE_QUOTED_CELL, "\r"}
"""Characters beside a quoted cell. None: the border of the block, or a doubled quote."""


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
