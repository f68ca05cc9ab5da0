"""Rows to Singer RECORD lines, fast: for each file functions that are made for its columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, partial
from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING, Any

from tap_intercom_export.row_function import row_function

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tap_intercom_export.columns import Column
    from tap_intercom_export.rows import RowReader

MOST = 250
"""Records that are given out at once."""


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


class Encoder:
    """Makes the RECORD messages of one CSV file.

    Args:
        reader: Reads the file.
        stream: Name of the stream.
        time_extracted: As a date-time text.
        deselected: Names of properties to leave out.
    """

    def __init__(
        self, reader: RowReader, stream: str, time_extracted: str, deselected: Collection[str]
    ) -> None:
        self._reader = reader
        self._deselected = frozenset(deselected)
        self._before = f'{{"type":"RECORD","stream":{quote(stream)},"record":'
        self._after = f',"time_extracted":{quote(time_extracted)}}}\n'
        self._function = partial(
            row_function, reader.format, self._before, self._after, self._deselected
        )

    @cached_property
    def _encode_cells(self) -> Callable[[list[str]], str]:
        """Makes a message of cells; most files need no such function."""
        return self._function(escaped=False)

    def lines(self) -> Iterator[Lines]:
        """Yield the messages, many at a time; damaged rows are set aside."""
        reader, encode_line = self._reader, self._function(escaped=True)
        announced: set[str] = set()
        columns: tuple[Column, ...] = ()
        lines: list[str] = []
        for row in reader.rows:
            try:
                line = encode_line(row) if isinstance(row, str) else self._encode_cells(row)
            except ValueError:  # also of a row with too many cells, or too few
                record = reader.record_or_none(row)
                if record is None:
                    continue
                text_columns = reader.format.text_columns(record)
                new = tuple(column for column in text_columns if column.name not in announced)
                if new:
                    if lines:
                        yield _together(lines, columns)
                    columns = new
                    announced |= {column.name for column in new}
                line = self._line(record)
            lines.append(line)
            if len(lines) == MOST:
                yield _together(lines, columns)
                columns = ()
        if lines:
            yield _together(lines, columns)

    def _line(self, record: dict[str, Any]) -> str:
        """Return the message of a record."""
        for name in self._deselected:
            record.pop(name, None)
        return self._before + _dump(record) + self._after


def _together(lines: list[str], columns: tuple[Column, ...]) -> Lines:
    """Return some messages as one, and take them out of the list."""
    together = Lines("".join(lines).encode(), len(lines), columns)
    lines.clear()
    return together


_dump = json.JSONEncoder(separators=(",", ":")).encode
