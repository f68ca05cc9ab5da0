"""Functions that read a cell of some kind as JSON text, for the generated code to call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_intercom_export.rows.compiled.times import time_reader
from tap_intercom_export.schemas import TIME_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_intercom_export.rows.row_format import RowFormat
    from tap_intercom_export.schemas import Kind

MAX_PLAIN_DIGITS = 15
"""Maximum digits of a number that is written unchanged."""


def lenient_time(read: Callable[[str], str]) -> Callable[[str], str]:
    """Return a function that reads a cell that may or may not contain a time.

    Args:
        read: Reads a time as JSON text.
    """

    def read_leniently(cell: str) -> str:
        try:
            text = read(cell) if cell else ""
        except ValueError:
            return ""
        return "" if text == "null" else text

    return read_leniently


def json_reader(parse: Callable[[str], Any], kind: Kind, sample: str) -> Callable[[str], str]:
    """Return a function that reads a cell as JSON text.

    Args:
        parse: Parses a cell.
        kind: The kind of the column.
        sample: A cell of the column.
    """
    if kind in TIME_KINDS:
        return time_reader(parse, sample)

    def read(cell: str) -> str:
        if cell.isdecimal() and cell[0] != "0" and len(cell) <= MAX_PLAIN_DIGITS:
            return cell
        return json.dumps(parse(cell), separators=(",", ":"))

    return read


def sample_cell(form: RowFormat, kind: Kind, row: list[str]) -> str:
    """Return the first cell of a kind in a row that is not empty, or an empty text."""
    pairs = zip(form.columns, row, strict=False)
    return next((cell for column, cell in pairs if column.kind is kind and cell), "")
