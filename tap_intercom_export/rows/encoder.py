"""Encodes rows as JSON lines, Singer RECORD messages or records alone, or as tables."""

from __future__ import annotations

import json
import logging
from functools import cache
from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING, Any, ClassVar

from tap_intercom_export.rows.compiled import BlockEncoder, EncodingPlan
from tap_intercom_export.rows.csv_reader import MAX_CELL_CHARACTERS
from tap_intercom_export.rows.encoded_block import EncodedBlock
from tap_intercom_export.schemas import record_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from tap_intercom_export.rows.row_reader import RowReader
    from tap_intercom_export.schemas import Column


logger = logging.getLogger(__name__)

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

    is_compiled: ClassVar[bool] = BlockEncoder is not None
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
        self._compiled: BlockEncoder | None = None
        self._lines: list[bytes] = []
        self._count = 0
        self._keys: list[str] = []
        self._columns: tuple[Column, ...] = ()

    def lines(self) -> Iterator[EncodedBlock]:
        """Yield the lines in blocks; damaged rows go to the reader's callback."""
        for block in self._reader.rows.blocks(self._read_table()):
            if isinstance(block, EncodedBlock):
                self._reader.records += block.count
                yield block
            elif isinstance(block, bytes):
                yield from self._encode_block(block)
            else:
                yield from self._encode_rows(block)
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

    def _encode_block(self, data: bytes) -> Iterator[EncodedBlock]:
        """Encode a block; yield the lines before a row with new columns.

        The compiled encoder returns at each row that needs care, which `RowFormat` then decides.
        """
        rows, start = self._reader.rows, 0
        if not self.is_compiled:
            _warn_if_slow()
            yield from self._encode_rows(rows.read(data))
            return
        block_encoder = self._block_encoder()
        while start < len(data):
            lines, count, keys, stop, following = block_encoder.encode(data, start)
            self._lines.append(lines)
            self._count += count
            self._keys += keys
            rows.skip(data, start, stop)
            if stop < len(data):
                yield from self._encode_rows(rows.read(data[stop:following]))
            start = following

    def _encode_rows(self, rows: Iterable[list[str]]) -> Iterator[EncodedBlock]:
        """Encode rows one by one, by their records; yield the lines before one with new columns."""
        for cells in rows:
            record = self._reader.record_or_none(cells)
            if record is None:
                continue
            columns = self._reader.format.text_columns(record)
            new = tuple(column for column in columns if column.name not in self._announced)
            if new or self._count >= MAX_LINES_PER_BLOCK:
                yield from self._collected()
                self._columns = new
                self._announced |= {column.name for column in new}
            if self._with_keys:
                self._keys.append(record_key(record, self._reader.format.file.key))
            for name in self._deselected:
                record.pop(name, None)
            self._lines.append(f"{self._before}{_dump(record)}{self._after}".encode())
            self._count += 1

    def _block_encoder(self) -> BlockEncoder:
        """Return the compiled encoder for the file."""
        if self._compiled is None:
            plan = EncodingPlan(
                self._reader.format,
                self._reader.rows,
                self._before,
                self._after,
                self._deselected,
                omit_nulls=self._table_types is not None,
                with_keys=self._with_keys,
            )
            self._compiled = BlockEncoder(plan, MAX_CELL_CHARACTERS)
        return self._compiled

    def _collected(self) -> Iterator[EncodedBlock]:
        """Yield the collected lines, if there are any, and begin anew."""
        if self._count:
            self._reader.records += self._count
            yield EncodedBlock(b"".join(self._lines), self._count, self._columns, tuple(self._keys))
        self._lines.clear()
        self._keys.clear()
        self._count = 0
        self._columns = ()


@cache
def _warn_if_slow() -> None:
    """Warn once that the compiled encoder is missing."""
    if BlockEncoder is None:
        logger.warning(
            "This installation has no compiled encoder, so reading CSV takes ten times as long: "
            "it was made from source without a C compiler (docs/deployment.md)"
        )


_dump: Any = json.JSONEncoder(separators=(",", ":")).encode
