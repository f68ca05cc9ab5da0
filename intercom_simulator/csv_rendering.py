"""Renders tables as CSV files, in a variant of the API."""

from __future__ import annotations

import csv
import io
import time
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.api_variant import TIME_FORMATS
from intercom_simulator.content_export.columns import NULL_SENTINELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from intercom_simulator.api_variant import ApiVariant
    from intercom_simulator.table import Cell, Table

_ROWS_PER_CHUNK = 2_000


class CsvFile(NamedTuple):
    """A CSV file of an archive: statistic, part number (0 if not split) and content in chunks."""

    statistic: str
    part: int
    chunks: Iterable[bytes]


def render_csv_files(table: Table, variant: ApiVariant) -> Iterator[CsvFile]:
    """Render a table as one CSV file, or as several if the variant splits files.

    Args:
        table: The rows.
        variant: The format of the files.
    """
    statistic = table.statistic
    header, rows = _columns_of_variant(table, variant)
    if variant.shuffled_rows:
        rows = list(rows)
        Random(statistic).shuffle(rows)
    if variant.parts_per_file == 1:
        yield CsvFile(statistic, 0, _mutated(statistic, _csv(header, rows, variant), variant))
        return
    listed = list(rows)
    for part in range(min(variant.parts_per_file, len(listed)) or 1):
        chunks = _csv(header, listed[part :: variant.parts_per_file], variant)
        yield CsvFile(statistic, part + 1, _mutated(statistic, chunks, variant))


def format_time(seconds: int, time_format: str) -> str:
    """Format a time.

    Args:
        seconds: Unix seconds.
        time_format: One of the values of `ApiVariant.time_format`.
    """
    if time_format == "seconds":
        return str(seconds)
    if time_format == "milliseconds":
        return f"{seconds}000"
    return TIME_FORMATS[time_format] % time.gmtime(seconds)[:6]


def _mutated(statistic: str, chunks: Iterator[bytes], variant: ApiVariant) -> Iterable[bytes]:
    mutations = [mutation for mutation in variant.mutations if mutation.file == statistic]
    if not mutations:
        return chunks
    content = b"".join(chunks)
    for mutation in mutations:
        content = mutation.apply(content)
    return [content]


def _csv(header: list[str], rows: Iterable[list[Cell]], variant: ApiVariant) -> Iterator[bytes]:
    remaining = iter(rows)
    block: list[list[Cell]] | list[list[str]] = [header]
    byte_order_mark = "\ufeff" if variant.byte_order_mark else ""
    while block:
        text = io.StringIO(newline="")
        text.write(byte_order_mark)
        csv.writer(text, lineterminator=variant.line_end).writerows(block)
        yield text.getvalue().encode()
        block = list(islice(remaining, _ROWS_PER_CHUNK))
        byte_order_mark = ""


def _columns_of_variant(
    table: Table, variant: ApiVariant
) -> tuple[list[str], Iterable[list[Cell]]]:
    """Apply the variant to the columns: renamed, dropped, added and shuffled ones."""
    statistic = table.statistic
    names = {column: name for file, column, name in variant.renamed_columns if file == statistic}
    dropped = {column for file, column in variant.dropped_columns if file == statistic}
    added = [(name, value) for file, name, value in variant.added_columns if file == statistic]
    header = [names.get(column, column) for column in table.header]
    positions = [index for index, column in enumerate(table.header) if column not in dropped]
    header += [name for name, _ in added]
    positions += range(len(table.header), len(header))
    if variant.shuffled_columns:
        Random(statistic).shuffle(positions)
    extra: list[Cell] = [value for _, value in added]
    cells = _cells(table, variant)
    if positions == list(range(len(header))):
        return header, (row + extra for row in cells) if extra else cells
    return (
        [header[index] for index in positions],
        ([row[index] for index in positions] for row in (row + extra for row in cells)),
    )


def _cells(table: Table, variant: ApiVariant) -> Iterator[list[Cell]]:
    time_format = variant.time_format
    times = [index for index, kind in enumerate(table.kinds) if kind == "time"]
    sentinels = [
        (index, NULL_SENTINELS[table.statistic, column])
        for index, column in enumerate(table.header)
        if (table.statistic, column) in NULL_SENTINELS
    ]
    for row in table.rows:
        cells = list(row)
        for index in times:
            at = cells[index]
            if at is not None:
                cells[index] = format_time(int(at), time_format)
        for index, sentinel in sentinels:
            if cells[index] is None:
                cells[index] = sentinel
        yield cells
