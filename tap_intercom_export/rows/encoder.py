"""Rows to JSON lines, fast: Singer RECORD messages, or records alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quote
from operator import length_hint
from typing import TYPE_CHECKING, Any, ClassVar

from tap_intercom_export.rows.block_encoder import Encoding, encode_block
from tap_intercom_export.rows.compiled.escape import escape_cells, unescape_row
from tap_intercom_export.rows.escaped_block import EscapedBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tap_intercom_export.rows.compiled.row_function import RowFunction
    from tap_intercom_export.rows.encoding_process import EncodingProcess
    from tap_intercom_export.rows.row_reader import RowReader
    from tap_intercom_export.schemas import Column


@dataclass(frozen=True, slots=True)
class Lines:
    """JSON texts, each with what the encoder puts before and after a record.

    Attributes:
        data: Their text.
        count: How many they are.
        columns: Columns that come up with the first of them, to be announced before it.
    """

    data: bytes
    count: int
    columns: tuple[Column, ...] = ()


MAX_LINES_PER_BLOCK = 4096
"""Where a quote is not closed, all lines behind it are read with care at once."""

MIN_BLOCKS = 64
"""Blocks of 64 KiB of a file after which a second process helps, which takes a while to start."""

MAX_CAREFUL_PAIRS = 8
"""Pairs of blocks in which something needs care; after so many, a file is read by one process."""


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
        process: Helps with large files; None for none.
        omit_nulls: Whether properties that are null may be left out, which is faster for what
            reads them as null.
    """

    is_compiled: ClassVar[bool] = True
    """Whether to use the compiled encoder; see `rows.compiled`. Tests set it to False."""

    def __init__(
        self,
        reader: RowReader,
        before: str = "",
        after: str = "\n",
        deselected: Collection[str] = (),
        process: EncodingProcess | None = None,
        *,
        omit_nulls: bool = False,
    ) -> None:
        self._reader = reader
        self._before = before
        self._after = after
        self._deselected = frozenset(deselected)
        self._process = process
        self._omit_nulls = omit_nulls
        self._encoding: Encoding | None = None
        self._announced: set[str] = set()
        self._function: RowFunction | None = None
        self._texts: list[str] = []
        self._columns: tuple[Column, ...] = ()

    def lines(self) -> Iterator[Lines]:
        """Yield the texts, many at a time; damaged rows are set aside."""
        if not self.is_compiled:
            yield from self._plain_lines()
            return
        careful_pairs = 0
        for number, block in enumerate(self._reader.rows.blocks()):
            if isinstance(block, EscapedBlock):
                yield from self._encode_block(block)
            else:
                for cells in block:
                    yield from self._encode_cells(cells)
            yield from self._taken()
            if number == MIN_BLOCKS and self._process and self._encoding:
                if not self._process.begin_file(self._encoding):
                    self._process = None
            elif number > MIN_BLOCKS and self._process and self._process.is_ready():
                yield from self._encode_pairs(self._process)
                careful_pairs += 1
                if careful_pairs == MAX_CAREFUL_PAIRS:
                    self._process = None

    def _encode_pairs(self, process: EncodingProcess) -> Iterator[Lines]:
        """Yield the texts of pairs of blocks, one of them made by the other process.

        Ends before the pair in which a row needs care, or at the end of the file.
        """
        rows, reader = self._reader.rows, self._reader
        function = self._function
        while function and rows.is_simple and (first := rows.read_rows()):
            second = rows.read_rows()
            if not (rows.is_simple and second and process.send(first)):
                rows.give_back(first + second)
                return
            ours = encode_block(function, second)
            theirs = process.receive()
            if theirs is None:
                rows.give_back(first + second)
                return
            for block in (theirs, ours):
                if block is None:
                    rows.give_back(second)
                    return
                rows.skip_lines(block.line_count)
                reader.records += block.text_count
                yield Lines(block.data, block.text_count)

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
        while encode(rows, self._texts.append) is not None:
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
        if self._encode(row)(iter((row,)), self._texts.append) is not None:
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
        for name in self._deselected:
            record.pop(name, None)
        self._texts.append(self._before + _dump(record) + self._after)

    def _encode(self, sample: str) -> RowFunction:
        """Return the function that is written for the file."""
        if self._function is None:
            self._encoding = Encoding(
                form=self._reader.format,
                before=self._before,
                after=self._after,
                deselected=self._deselected,
                sample=unescape_row(sample),
                omit_nulls=self._omit_nulls,
            )
            self._function = self._encoding.row_function()
        return self._function

    def _taken(self) -> Iterator[Lines]:
        """Yield the texts that are there, if any are, and take them out."""
        if self._texts:
            self._reader.records += len(self._texts)
            yield Lines("".join(self._texts).encode(), len(self._texts), self._columns)
        self._texts.clear()
        self._columns = ()


_dump: Any = json.JSONEncoder(separators=(",", ":")).encode
