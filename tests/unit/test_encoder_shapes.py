"""All shapes of data of the benchmark, with the compiled encoder, as tables, and row by row.

Expected values come from Python's csv and json modules and from arithmetic, not from the tap.
"""

from __future__ import annotations

import calendar
import csv
import io
import json
import time
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any
from unittest import mock

import pyarrow as pa
import pytest

from benchmarks.archive import as_csv
from benchmarks.server import DATASET
from benchmarks.shapes import SHAPES, Shape
from tap_intercom_export.intercom import reporting
from tap_intercom_export.rows import csv_reader
from tap_intercom_export.rows.encoder import Encoder
from tap_intercom_export.rows.row_format import RowFormat
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas import match_header
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES
from tests.harness.compiled_encoder import needs_compiled_encoder
from tests.unit.encoder_comparison import ARROW_TYPES, table_rows, without_nulls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_intercom_export.rows.csv_reader import DamagedRow

pytestmark = needs_compiled_encoder

ROWS = 600
"""Number of rows; several blocks of the longest rows."""

OPTIONAL_IDS = {"company_id", "series_id", "node_id"}
TIMES_OF_EVENTS = {"receipt": "received_at", "answer": "answered_at", "click": "clicked_at"}


@dataclass(frozen=True)
class Table:
    """Rows of a shape as CSV, with their reader."""

    shape: Shape
    data: bytes

    def reader(self) -> RowReader:
        damaged: list[DamagedRow] = []
        source = io.BytesIO(self.data)
        if not self.shape.is_report:
            return RowReader(source, MESSAGE_FILES[self.shape.stream], {}, damaged.append)
        client = mock.Mock(get=lambda _: mock.Mock(body={"data": [DATASET]}))
        (dataset,) = reporting.list_datasets(client, ["*"])
        match = partial(match_header, dataset, ())
        return RowReader(source, dataset.file, {}, damaged.append, match)

    def expected(self) -> Iterator[dict[str, Any]]:
        """Yield the expected records, without hashes."""
        text = io.StringIO(self.data.decode(), newline="")
        for row in csv.DictReader(text, strict=True):
            record = {name: value_of(name, cell) for name, cell in row.items()}
            if not self.shape.is_report:
                record["created_at"] = record[TIMES_OF_EVENTS[self.shape.stream]]
            yield record


def value_of(name: str, cell: str) -> str | int | None:
    if not cell or (name in OPTIONAL_IDS and cell == "-1"):
        return None
    if name.startswith("ticket_duration"):
        return int(cell)
    return as_time(cell) if name.endswith("_at") or "time" in name or "first_" in name else cell


def as_time(cell: str) -> str:
    seconds, fraction = (int(cell), "") if cell.isdecimal() else (0, cell[20:23].strip("UTC"))
    if not seconds:
        date, clock = cell[:10].split("-"), cell[11:19].split(":")
        seconds = calendar.timegm((*map(int, date), *map(int, clock)))
    fraction = fraction.rstrip("0")
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


@pytest.fixture(params=SHAPES.values(), ids=lambda shape: shape.key)
def table(request: pytest.FixtureRequest) -> Table:
    shape: Shape = request.param
    rows = shape.rows(Random(shape.key))  # noqa: S311 - reproducible data, not a secret
    data = as_csv(shape, [list(shape.columns), *(next(rows) for _ in range(ROWS))])
    return Table(shape, data)


def fast(table: Table) -> list[dict[str, Any]]:
    """Read a table with the compiled encoder; no row may use the other path."""
    careful = mock.Mock(side_effect=AssertionError("a row left the fast path"))
    with mock.patch.object(RowFormat, "record", careful):
        found = b"".join(lines.data for lines in Encoder(table.reader()).lines())
    return [json.loads(line) for line in found.splitlines()]


def as_tables(table: Table) -> list[dict[str, Any]]:
    """Read a table for Parquet, without nulls; all rows of a file without hashes are in tables."""
    reader = table.reader()
    types = {
        column.name: ARROW_TYPES.get(column.kind, pa.string())
        for column in reader.format.properties
    }
    records: list[dict[str, Any]] = []
    for lines in Encoder(reader, table_types=types).lines():
        assert (lines.table is None) == bool(reader.format.file.hash_name)
        if lines.table is None:
            records += map(json.loads, lines.data.splitlines())
        else:
            records += table_rows(lines.table)
    return records


def careful(table: Table) -> list[dict[str, Any]]:
    return list(table.reader())


@pytest.mark.parametrize("chunk", [4096, csv_reader.CHUNK_BYTES])
@pytest.mark.parametrize("read", [fast, careful])
def test_every_shape_has_expected_values(
    table: Table,
    read: Callable[[Table], list[dict[str, Any]]],
    chunk: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_reader, "CHUNK_BYTES", chunk)
    records = read(table)
    hashes = [record.pop("event_id") for record in records if "event_id" in record]
    assert records == list(table.expected())
    assert len(set(hashes)) == len({json.dumps(record) for record in records if hashes})


@pytest.mark.parametrize("chunk", [4096, csv_reader.CONVERTED_CHUNK_BYTES])
def test_every_shape_has_expected_values_in_tables(
    table: Table, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader, "CHUNK_BYTES", 4096)
    monkeypatch.setattr(csv_reader, "CONVERTED_CHUNK_BYTES", chunk)
    records = as_tables(table)
    for record in records:
        record.pop("event_id", None)
    assert records == without_nulls(list(table.expected()))


def test_both_encoders_have_equal_hashes_and_property_order(table: Table) -> None:
    assert list(map(json.dumps, fast(table))) == list(map(json.dumps, careful(table)))


def test_every_shape_without_null_properties(table: Table) -> None:
    encoder = Encoder(table.reader(), table_types={})
    records = [json.loads(line) for lines in encoder.lines() for line in lines.data.splitlines()]
    for record in records:
        record.pop("event_id", None)
    assert records == without_nulls(list(table.expected()))
