"""Tables to CSV, in the dialect spoken."""

from __future__ import annotations

import csv
import io
import time
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.columns import SENTINELS
from intercom_simulator.dialect import TIME_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from intercom_simulator.dialect import Dialect
    from intercom_simulator.tables import Cell, Table

_BLOCK = 2_000


class Sheet(NamedTuple):
    """A file of an archive: its statistic, the part's number (0 if whole), its CSV in pieces."""

    statistic: str
    part: int
    pieces: Iterable[bytes]


def sheets(table: Table, dialect: Dialect) -> Iterator[Sheet]:
    """Render a table to one CSV file, or to as many as the dialect has parts.

    Args:
        table: The rows.
        dialect: How to write them.
    """
    statistic = table.statistic
    header, rows = _columns_in_dialect(table, dialect)
    if dialect.shuffled_rows:
        rows = list(rows)
        Random(statistic).shuffle(rows)
    if dialect.parts == 1:
        yield Sheet(statistic, 0, _damaged(statistic, _csv(header, rows, dialect), dialect))
        return
    listed = list(rows)
    for part in range(min(dialect.parts, len(listed)) or 1):
        pieces = _csv(header, listed[part :: dialect.parts], dialect)
        yield Sheet(statistic, part + 1, _damaged(statistic, pieces, dialect))


def time_text(seconds: int, time_format: str) -> str:
    """Write an instant.

    Args:
        seconds: Unix seconds.
        time_format: One of `Dialect.time_format`.
    """
    if time_format == "seconds":
        return str(seconds)
    if time_format == "milliseconds":
        return f"{seconds}000"
    return TIME_FORMATS[time_format] % time.gmtime(seconds)[:6]


def _damaged(statistic: str, pieces: Iterator[bytes], dialect: Dialect) -> Iterable[bytes]:
    mutations = [mutation for mutation in dialect.mutations if mutation.file == statistic]
    if not mutations:
        return pieces
    content = b"".join(pieces)
    for mutation in mutations:
        content = mutation.apply(content)
    return [content]


def _csv(header: list[str], rows: Iterable[list[Cell]], dialect: Dialect) -> Iterator[bytes]:
    remaining = iter(rows)
    block: list[list[Cell]] | list[list[str]] = [header]
    mark = "\ufeff" if dialect.bom else ""
    while block:
        text = io.StringIO(newline="")
        text.write(mark)
        csv.writer(text, lineterminator=dialect.line_end).writerows(block)
        yield text.getvalue().encode()
        block = list(islice(remaining, _BLOCK))
        mark = ""


def _columns_in_dialect(table: Table, dialect: Dialect) -> tuple[list[str], Iterable[list[Cell]]]:
    """Apply what the dialect says about columns: names, order, missing and added ones."""
    statistic = table.statistic
    names = {column: name for file, column, name in dialect.renamed if file == statistic}
    dropped = {column for file, column in dialect.dropped if file == statistic}
    added = [(name, value) for file, name, value in dialect.added if file == statistic]
    header = [names.get(column, column) for column in table.header]
    positions = [index for index, column in enumerate(table.header) if column not in dropped]
    header += [name for name, _ in added]
    positions += range(len(table.header), len(header))
    if dialect.shuffled_columns:
        Random(statistic).shuffle(positions)
    extra: list[Cell] = [value for _, value in added]
    cells = _cells(table, dialect)
    if positions == list(range(len(header))):
        return header, (row + extra for row in cells) if extra else cells
    return (
        [header[index] for index in positions],
        ([row[index] for index in positions] for row in (row + extra for row in cells)),
    )


def _cells(table: Table, dialect: Dialect) -> Iterator[list[Cell]]:
    time_format = dialect.time_format
    times = [index for index, meant in enumerate(table.kinds) if meant == "time"]
    sentinels = [
        (index, SENTINELS[table.statistic, column])
        for index, column in enumerate(table.header)
        if (table.statistic, column) in SENTINELS
    ]
    for row in table.rows:
        cells = list(row)
        for index in times:
            at = cells[index]
            if at is not None:
                cells[index] = time_text(int(at), time_format)
        for index, sentinel in sentinels:
            if cells[index] is None:
                cells[index] = sentinel
        yield cells
