"""Encodes rows as JSON lines, Singer RECORD messages or records alone, or as tables."""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as quote
from operator import length_hint
from typing import TYPE_CHECKING, Any, ClassVar

from tap_intercom_export.rows.compiled.row_function import row_function
from tap_intercom_export.rows.encoded_block import EncodedBlock
from tap_intercom_export.rows.escape import as_json_module, escape_cells, unescape_row
from tap_intercom_export.rows.escaped_block import EscapedBlock
from tap_intercom_export.schemas import record_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from tap_intercom_export.rows.compiled.row_function import RowFunction
    from tap_intercom_export.rows.row_reader import RowReader
    from tap_intercom_export.schemas import Column


MAX_LINES_PER_BLOCK = 4096
"""Maximum rows of a block that the csv module reads, e.g. after a quote that is not closed."""


def record_envelope(stream: str, time_extracted: str) -> tuple[str, str]:
    """Return the text before and after the record in a RECORD message.

    Args:
        stream: Name of the stream.
        time_extracted: Time as ISO 8601.
    """
    before = f'{{"type":"RECORD","stream":{quote(stream)},"record":'
    return before, f',"time_extracted":{quote(time_extracted)}}}\n'


class Encoder:
    """Encodes each row of a CSV file as a line of JSON.

    With a `record_envelope` the lines are RECORD messages, without it the same records alone, as in
    a file of JSON Lines.

    Args:
        reader: Reads the file.
        before: Text before each record.
        after: Text after each record.
        deselected: Names of properties to leave out.
        with_keys: Whether to return the key of each record.
        table_types: The Arrow types of the properties in a file with columns. If given, a block
            becomes a table with keys where that is possible, and lines may leave out properties
            that are null.
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
        with_keys: bool = False,
        table_types: Mapping[str, Any] | None = None,
    ) -> None:
        self._reader = reader
        self._before = before
        self._after = after
        self._deselected = frozenset(deselected)
        self._with_keys = with_keys
        self._table_types = table_types
        self._announced: set[str] = set()
        self._function: RowFunction | None = None
        self._texts: list[str] = []
        self._keys: list[str] = []
        self._columns: tuple[Column, ...] = ()

    def lines(self) -> Iterator[EncodedBlock]:
        """Yield the lines in blocks; damaged rows go to the reader's callback."""
        if not self.is_compiled:
            yield from self._plain_lines()
            return
        for block in self._reader.rows.blocks(self._read_table()):
            if isinstance(block, EscapedBlock):
                yield from self._encode_block(block)
            elif isinstance(block, EncodedBlock):
                self._reader.records += block.count
                yield block
            else:
                for cells in block:
                    yield from self._encode_cells(cells)
            yield from self._collected()

    def _read_table(self) -> Callable[[bytes], EncodedBlock | None] | None:
        """Return what reads a block as a table; None if the file cannot become tables."""
        if self._table_types is None:
            return None
        from tap_intercom_export.rows.table_reader import TableReader  # noqa: PLC0415 - pyarrow

        form = self._reader.format
        if not TableReader.can_read(form, self._deselected, self._table_types):
            return None
        return TableReader(form, self._deselected).read

    def _plain_lines(self) -> Iterator[EncodedBlock]:
        """Yield the same lines without the compiled encoder, several times slower."""
        for cells in self._reader.rows:
            if len(self._texts) >= MAX_LINES_PER_BLOCK:
                yield from self._collected()
            yield from self._encode_record(cells)
        yield from self._collected()

    def _encode_block(self, block: EscapedBlock) -> Iterator[EncodedBlock]:
        """Encode the rows of a block; yield the lines before a row with new columns."""
        encode = self._encode(block.rows[0])
        rows = iter(block.plain_rows)
        while encode(rows, self._texts.append, self._keys.append) is not None:
            index = len(block.rows) - length_hint(rows) - 1
            if cells := self._reader.rows.cells(block, index):
                yield from self._encode_record(cells)

    def _encode_cells(self, cells: list[str]) -> Iterator[EncodedBlock]:
        """Encode a row; yield the lines before it if it has new columns."""
        if len(self._texts) >= MAX_LINES_PER_BLOCK:
            yield from self._collected()
        if self._reader.rows.has_invalid:
            yield from self._encode_record(cells)
            return
        row = escape_cells(cells)
        encode = self._encode(row)
        if encode(iter((row,)), self._texts.append, self._keys.append) is not None:
            yield from self._encode_record(cells)

    def _encode_record(self, cells: list[str]) -> Iterator[EncodedBlock]:
        """Encode a row by its record; yield the lines before it if it has new columns."""
        record = self._reader.record_or_none(cells)
        if record is None:
            return
        columns = self._reader.format.text_columns(record)
        new = tuple(column for column in columns if column.name not in self._announced)
        if new:
            yield from self._collected()
            self._columns = new
            self._announced |= {column.name for column in new}
        if self._with_keys:
            self._keys.append(record_key(record, self._reader.format.file.key))
        for name in self._deselected:
            record.pop(name, None)
        self._texts.append(self._before + _dump(record) + self._after)

    def _encode(self, sample: str) -> RowFunction:
        """Return the function that is generated for the file."""
        if self._function is None:
            self._function = row_function(
                self._reader.format,
                self._before,
                self._after,
                self._deselected,
                unescape_row(sample),
                omit_nulls=self._table_types is not None,
                with_keys=self._with_keys,
            )
        return self._function

    def _collected(self) -> Iterator[EncodedBlock]:
        """Yield the collected lines, if there are any, and begin anew."""
        if self._texts:
            self._reader.records += len(self._texts)
            data, keys = "".join(self._texts).encode(), tuple(map(as_json_module, self._keys))
            yield EncodedBlock(data, len(self._texts), self._columns, keys)
        self._texts.clear()
        self._keys.clear()
        self._columns = ()


_dump: Any = json.JSONEncoder(separators=(",", ":")).encode
