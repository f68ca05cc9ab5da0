"""Rows to JSON lines, fast: Singer RECORD messages, or records alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quote
from operator import length_hint
from typing import TYPE_CHECKING, Any, ClassVar

from tap_intercom_export.rows.compiled.escape import as_json_module, escape_cells, unescape_row
from tap_intercom_export.rows.compiled.row_function import row_function
from tap_intercom_export.rows.escaped_block import EscapedBlock
from tap_intercom_export.schemas import record_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tap_intercom_export.rows.compiled.row_function import RowFunction
    from tap_intercom_export.rows.row_reader import RowReader
    from tap_intercom_export.schemas import Column


@dataclass(frozen=True, slots=True)
class Lines:
    """JSON texts, each with what the encoder puts before and after a record.

    Attributes:
        data: Their text.
        count: How many they are.
        columns: Columns that come up with the first of them, to be announced before it.
        keys: The key of each record (`record_key`), if the encoder was asked for keys.
    """

    data: bytes
    count: int
    columns: tuple[Column, ...] = ()
    keys: tuple[str, ...] = ()


MAX_LINES_PER_BLOCK = 4096
"""Where a quote is not closed, all lines behind it are read with care at once."""


def record_envelope(stream: str, time_extracted: str) -> tuple[str, str]:
    """Return what stands before and after the record in a RECORD message.

    Args:
        stream: Name of the stream.
        time_extracted: As a date-time text.
    """
    before = f'{{"type":"RECORD","stream":{quote(stream)},"record":'
    return before, f',"time_extracted":{quote(time_extracted)}}}\n'


class Encoder:
    """Makes a JSON text of each row of one CSV file.

    For RECORD messages give it a `record_envelope`. For records alone, one a line, as a file of
    JSON Lines has them, give it nothing: the texts are the same, only what stands around them is
    left out.

    Args:
        reader: Reads the file.
        before: What stands before each record.
        after: What stands after it.
        deselected: Names of properties to leave out.
        omit_nulls: Whether properties that are null may be left out, which is faster for what
            reads them as null.
        with_keys: Whether the key of each record is wanted.
    """

    is_compiled: ClassVar[bool] = True
    """Whether to use the compiled encoder; see `rows.compiled`. Tests set it to False."""

    def __init__(
        self,
        reader: RowReader,
        before: str = "",
        after: str = "\n",
        deselected: Collection[str] = (),
        *,
        omit_nulls: bool = False,
        with_keys: bool = False,
    ) -> None:
        self._reader = reader
        self._before = before
        self._after = after
        self._deselected = frozenset(deselected)
        self._omit_nulls = omit_nulls
        self._with_keys = with_keys
        self._announced: set[str] = set()
        self._function: RowFunction | None = None
        self._texts: list[str] = []
        self._keys: list[str] = []
        self._columns: tuple[Column, ...] = ()

    def lines(self) -> Iterator[Lines]:
        """Yield the texts, many at a time; damaged rows are set aside."""
        if not self.is_compiled:
            yield from self._plain_lines()
            return
        for block in self._reader.rows.blocks():
            if isinstance(block, EscapedBlock):
                yield from self._encode_block(block)
            else:
                for cells in block:
                    yield from self._encode_cells(cells)
            yield from self._taken()

    def _plain_lines(self) -> Iterator[Lines]:
        """Yield the same texts without the compiled encoder, several times slower."""
        for cells in self._reader.rows:
            if len(self._texts) >= MAX_LINES_PER_BLOCK:
                yield from self._taken()
            yield from self._encode_record(cells)
        yield from self._taken()

    def _encode_block(self, block: EscapedBlock) -> Iterator[Lines]:
        """Add the texts of a block's rows; yield what is before new columns."""
        encode = self._encode(block.rows[0])
        rows = iter(block.plain_rows)
        while encode(rows, self._texts.append, self._keys.append) is not None:
            index = len(block.rows) - length_hint(rows) - 1
            if cells := self._reader.rows.cells(block, index):
                yield from self._encode_record(cells)

    def _encode_cells(self, cells: list[str]) -> Iterator[Lines]:
        """Add the text of a row; yield what is before new columns."""
        if len(self._texts) >= MAX_LINES_PER_BLOCK:
            yield from self._taken()
        if self._reader.rows.has_invalid:
            yield from self._encode_record(cells)
            return
        row = escape_cells(cells)
        encode = self._encode(row)
        if encode(iter((row,)), self._texts.append, self._keys.append) is not None:
            yield from self._encode_record(cells)

    def _encode_record(self, cells: list[str]) -> Iterator[Lines]:
        """Add the text of a row that needs care; yield what is before new columns."""
        record = self._reader.record_or_none(cells)
        if record is None:
            return
        columns = self._reader.format.text_columns(record)
        new = tuple(column for column in columns if column.name not in self._announced)
        if new:
            yield from self._taken()
            self._columns = new
            self._announced |= {column.name for column in new}
        if self._with_keys:
            self._keys.append(record_key(record, self._reader.format.file.key))
        for name in self._deselected:
            record.pop(name, None)
        self._texts.append(self._before + _dump(record) + self._after)

    def _encode(self, sample: str) -> RowFunction:
        """Return the function that is written for the file."""
        if self._function is None:
            self._function = row_function(
                self._reader.format,
                self._before,
                self._after,
                self._deselected,
                unescape_row(sample),
                omit_nulls=self._omit_nulls,
                with_keys=self._with_keys,
            )
        return self._function

    def _taken(self) -> Iterator[Lines]:
        """Yield the texts that are there, if any are, and take them out."""
        if self._texts:
            self._reader.records += len(self._texts)
            data, keys = "".join(self._texts).encode(), tuple(map(as_json_module, self._keys))
            yield Lines(data, len(self._texts), self._columns, keys)
        self._texts.clear()
        self._keys.clear()
        self._columns = ()


_dump: Any = json.JSONEncoder(separators=(",", ":")).encode
