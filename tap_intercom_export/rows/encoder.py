"""Rows to Singer RECORD lines, fast: for each file functions that are made for its columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING, Any

from tap_intercom_export.rows.compiled.row_function import lines_function, row_function

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tap_intercom_export.rows.row_reader import RowReader
    from tap_intercom_export.schemas.columns import Column


@dataclass(frozen=True, slots=True)
class Lines:
    """RECORD messages, each with its line end.

    Attributes:
        data: Their text.
        count: How many they are.
        columns: Columns that come up with the first of them, to be announced before it.
    """

    data: bytes
    count: int
    columns: tuple[Column, ...] = ()


MAX_MESSAGES_PER_BLOCK = 4096
"""In a block. Where a quote is not closed, all lines behind it are read with care at once."""


class _Block:
    """Messages that are given out together."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.columns: tuple[Column, ...] = ()

    def taken(self) -> Iterator[Lines]:
        """Yield what is there, if anything is, and take it out."""
        if self.messages:
            yield Lines("".join(self.messages).encode(), len(self.messages), self.columns)
        self.messages.clear()
        self.columns = ()


class Encoder:
    """Makes the RECORD messages of one CSV file.

    Args:
        reader: Reads the file.
        stream: Name of the stream; None for the records alone, without a message around each.
        time_extracted: As a date-time text.
        deselected: Names of properties to leave out.
    """

    def __init__(
        self,
        reader: RowReader,
        stream: str | None,
        time_extracted: str,
        deselected: Collection[str],
    ) -> None:
        self._reader = reader
        self._deselected = frozenset(deselected)
        self._announced: set[str] = set()
        self._before, self._after = "", "\n"
        if stream is not None:
            self._before = f'{{"type":"RECORD","stream":{quote(stream)},"record":'
            self._after = f',"time_extracted":{quote(time_extracted)}}}\n'

    @cached_property
    def _encode_cells(self) -> Callable[[list[str]], str]:
        """Makes a message of cells; most files need no such function."""
        return row_function(self._reader.format, self._before, self._after, self._deselected)

    def lines(self) -> Iterator[Lines]:
        """Yield the messages, many at a time; damaged rows are set aside."""
        encode = lines_function(self._reader.format, self._before, self._after, self._deselected)
        for lines, are_plain in self._reader.rows.chunks():
            block = _Block()
            if are_plain:
                while (line := encode(lines, block.messages.append)) is not None:
                    yield from self._carefully(line, block)  # not simple, not of a type, too long…
            else:
                for line in lines:
                    yield from self._carefully(line, block)
            yield from block.taken()

    def _carefully(self, line: str, block: _Block) -> Iterator[Lines]:
        """Add the messages of the rows that begin with a line; yield what is before new columns."""
        for cells in self._reader.rows.rows_from(line):
            if len(block.messages) >= MAX_MESSAGES_PER_BLOCK:
                yield from block.taken()
            try:
                block.messages.append(self._encode_cells(cells))
            except ValueError:
                record = self._reader.record_or_none(cells)
                if record is None:
                    continue
                columns = self._reader.format.text_columns(record)
                new = tuple(column for column in columns if column.name not in self._announced)
                if new:
                    yield from block.taken()
                    block.columns = new
                    self._announced |= {column.name for column in new}
                block.messages.append(self._line(record))

    def _line(self, record: dict[str, Any]) -> str:
        """Return the message of a record."""
        for name in self._deselected:
            record.pop(name, None)
        return self._before + _dump(record) + self._after


_dump = json.JSONEncoder(separators=(",", ":")).encode
