"""Blocks of CSV to JSON texts in one step, where nothing in a block needs care."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tap_intercom_export.rows.compiled.escape import escape_block
from tap_intercom_export.rows.compiled.row_function import row_function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_intercom_export.rows.compiled.row_function import RowFunction
    from tap_intercom_export.rows.record import RowFormat


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the rows of one CSV file become JSON texts.

    Attributes:
        form: What the rows become.
        before: What stands before each record.
        after: What stands after it.
        deselected: Names of properties to leave out.
        sample: The cells of a row, as they stand in most rows.
        omit_nulls: Whether properties of empty cells are left out.
    """

    form: RowFormat
    before: str
    after: str
    deselected: frozenset[str]
    sample: list[str]
    omit_nulls: bool

    def row_function(self) -> RowFunction:
        """Return the function that is written for the file."""
        return row_function(
            self.form,
            self.before,
            self.after,
            self.deselected,
            self.sample,
            omit_nulls=self.omit_nulls,
        )


class EncodedBlock(NamedTuple):
    """The JSON texts of a block.

    Attributes:
        data: The texts.
        text_count: How many they are.
        line_count: Lines that the rows take in the file.
    """

    data: bytes
    text_count: int
    line_count: int


def encode_block(function: RowFunction, data: bytes) -> EncodedBlock | None:
    """Return the JSON texts of a block of rows, which depend on nothing but these rows.

    Args:
        function: Of the file.
        data: Whole rows, with their line ends.

    Returns:
        None if any row needs the slow path: it is damaged or blank, introduces new columns, has
        invalid characters, or does not follow RFC 4180.
    """
    escaped = escape_block(data.removesuffix(b"\n"))
    if escaped is None or escaped.has_invalid:
        return None
    texts: list[str] = []
    rows: Iterator[str] = iter(escaped.rows)
    if function(rows, texts.append) is not None:
        return None
    return EncodedBlock("".join(texts).encode(), len(texts), escaped.line_count)
