"""Reads a file with the compiled encoder, as tables, and row by row, and compares the records."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import strategies as st

from tap_intercom_export.rows.cell_parsers import PARSERS, time_in
from tap_intercom_export.rows.encoder import Encoder, record_envelope
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    from tap_intercom_export.rows.csv_reader import DamagedRow
    from tap_intercom_export.rows.encoded_block import EncodedBlock
    from tests.harness.singer import Output

AFTER, BEFORE = "2026-04-01T00:00:00Z", "2026-04-30T23:59:59Z"

TIMES = [
    "2026-04-13T12:32:22.000Z",
    "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22.120Z",
    "2026-04-13T12:32:22.1234567Z",
    "2026-04-13 12:32:22",
    "2026-04-13 12:32:22 UTC",
    "2026-04-13T14:32:22+02:00",
    "2026-04-13T14:32:22-0230",
    "1776083542",
    "1776083542000",
    "0",
    "-1",
    "'-1",
    "null",
    " ",
    "",
    "–",  # noqa: RUF001 - what a spreadsheet makes of "-"
    "yesterday",
    "2026-02-30T00:00:00Z",
    "2026-04-13T25:00:00Z",
    "2026-04-13T12:32:22+99:00",
]

NUMBERS = ["0", "7", "3.0", "0.25", "-1", "1e3", ".5", "null", "-", "", "many", "1e999", "0x1F"]

TEXTS = [
    "plain",
    "comma, comma",
    'a "quoted" word',
    "two\nlines",
    "two\r\nlines",
    "back\\slash \\u0041 \\n",
    "tab\tand\x01\x1f\x7f control",
    "Zoë 你好 🎉 \u2028 \u0085",
    "{braces} {{twice}} %s %(name)s",
    "-1",
    "'-1",
    "null",
    " ",
    "",
]

UNUSUAL_NAMES = [
    'quote"',
    "apostrophe'",
    "back\\slash",
    "line\nend",
    "{brace}",
    "{{twice}}",
    "%s %(x)s %",
    "\\N{BULLET}",
    "'; raise SystemExit #",
    "'''",
    '"""',
    "{__import__('os')._exit(9)}",
    "Zoë 🎉",
    "tab\t",
    "import",
    "c0",
    "_at",
]

ALL = [*MESSAGE_FILES.values(), UNKNOWN_FILE]

REPORT = FileSchema(
    name="report",
    description="A file with cells that their columns may not be able to hold.",
    columns=(
        Column("id", Kind.ID, ""),
        Column("when", Kind.REPORTED_TIME, ""),
        Column("count", Kind.REPORTED_NUMBER, ""),
        Column("whole", Kind.INTEGER, ""),
        Column("label", Kind.TEXT, ""),
    ),
    key=("id",),
    time=(),
    empty_key=True,
)


def ids(file: FileSchema) -> str:
    return file.name


@dataclass(frozen=True)
class Reading:
    """The result of one of the encoders."""

    records: list[dict[str, Any]]
    damaged: list[DamagedRow]
    announced: list[Column]


class LineByLine(io.BytesIO):
    """A file of which every read returns one line."""

    def read(self, _size: int | None = -1, /) -> bytes:
        return self.readline()


class EightLines(io.BytesIO):
    """A file of which every read returns eight lines."""

    def read(self, _size: int | None = -1, /) -> bytes:
        return b"".join(self.readline() for _ in range(8))


def reader_of(
    file: FileSchema,
    data: bytes,
    damaged: list[DamagedRow],
    match: Callable[[list[str], FileSchema], list[Column]] | None = None,
    source: type[io.BytesIO] = io.BytesIO,
    zone: str = "UTC",
) -> RowReader:
    time = time_in(zone)
    parsers = {**PARSERS, Kind.TIME: time, Kind.REPORTED_TIME: time}
    constants = {
        "created_at": BEFORE,
        "created_at_after": AFTER,
        "created_at_before": BEFORE,
        "statistic": file.name,
        "file": f"{file.name}_20260430.csv",
    }
    return RowReader(source(data), file, constants, damaged.append, match, parsers)


class RowByRow(Encoder):
    """The encoder without the compiled one."""

    is_compiled = False


def encoded(
    encoder: type[Encoder], file: FileSchema, reader: RowReader, deselected: Collection[str]
) -> Iterator[EncodedBlock]:
    """Yield the blocks of RECORD messages with keys."""
    envelope = record_envelope(file.name, "2026-05-01T00:00:00+00:00")
    yield from encoder(reader, *envelope, deselected, with_keys=True).lines()


def assert_row_by_row_is_the_same(
    blocks: list[EncodedBlock],
    file: FileSchema,
    data: bytes,
    deselected: Collection[str],
    reader: RowReader,
    damaged: list[DamagedRow],
    **options: Any,
) -> None:
    """Check that the bytes, keys, new columns and damaged rows are those of the encoder in Python.

    Args:
        blocks: What the compiled encoder returned.
        file: The file.
        data: Its content.
        deselected: Names of properties to leave out.
        reader: The reader of the compiled encoder, at the end of the file.
        damaged: The rows that it rejected.
        options: Arguments for `reader_of`.
    """
    also_damaged: list[DamagedRow] = []
    other = reader_of(file, data, also_damaged, **options)
    others = list(encoded(RowByRow, file, other, deselected))
    assert b"".join(one.data for one in blocks) == b"".join(one.data for one in others)
    assert [key for one in blocks for key in one.keys] == [
        key for one in others for key in one.keys
    ]
    assert [c for one in blocks for c in one.columns] == [c for one in others for c in one.columns]
    assert damaged == also_damaged  # with their lines
    assert (reader.records, reader.replaced) == (other.records, other.replaced)


def both_encoders(
    file: FileSchema, data: bytes, deselected: Collection[str] = (), **options: Any
) -> tuple[Reading, Reading, list[str]]:
    """Read a file with both encoders; also return the keys of the records."""
    damaged: list[DamagedRow] = []
    announced: list[Column] = []
    fast: list[dict[str, Any]] = []
    keys: list[str] = []
    reader = reader_of(file, data, damaged, **options)
    blocks = list(encoded(Encoder, file, reader, deselected))
    assert_row_by_row_is_the_same(blocks, file, data, deselected, reader, damaged, **options)
    for some in blocks:
        announced += some.columns
        assert some.data.endswith(b"\n")
        lines = some.data[:-1].split(b"\n")
        assert len(lines) == some.count
        messages = [json.loads(line) for line in lines]
        assert all(set(m) == {"type", "stream", "record", "time_extracted"} for m in messages)
        assert {(m["type"], m["stream"]) for m in messages} == {("RECORD", file.name)}
        fast += [message["record"] for message in messages]
        keys += some.keys
        named = reader.format.template.keys() | {column.name for column in announced}
        assert all(message["record"].keys() <= named for message in messages)

    also_damaged: list[DamagedRow] = []
    plain_reader = reader_of(file, data, also_damaged, **options)
    plain, also_announced, plain_keys = [], [], []
    for record in plain_reader:
        also_announced += plain_reader.format.text_columns(record)
        plain.append({name: value for name, value in record.items() if name not in deselected})
        plain_keys.append([record[name] for name in file.key])
    assert [json.loads(f"[{key}]") for key in keys] == plain_keys
    assert len(set(keys)) == len(set(map(json.dumps, plain_keys))), "one key, two texts"
    once = list(dict.fromkeys(also_announced))
    return Reading(fast, damaged, announced), Reading(plain, also_damaged, once), keys


ARROW_TYPES = {
    Kind.NUMBER: pa.float64(),
    Kind.REPORTED_NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.REPORTED_TIME: pa.timestamp("us", tz="UTC"),
    Kind.OBJECT: None,
}
"""Types in a Parquet file; those of the other kinds are texts."""


def table_rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield the records of a table, with times as in JSON and without properties that are null."""
    for row in table.to_pylist():
        yield {
            name: as_text(value) if pa.types.is_timestamp(table.schema.field(name).type) else value
            for name, value in row.items()
            if value is not None
        }


def as_text(time: datetime) -> str:
    fraction = f".{time.microsecond:06}".rstrip("0.")
    return f"{time:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def without_nulls(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in record.items() if value is not None} for record in records
    ]


def read_as_tables(
    file: FileSchema, data: bytes, deselected: Collection[str] = (), **options: Any
) -> tuple[Reading, list[str], int]:
    """Read a file for Parquet; also return the keys, and the number of rows in tables."""
    damaged: list[DamagedRow] = []
    announced: list[Column] = []
    records: list[dict[str, Any]] = []
    keys: list[str] = []
    reader = reader_of(file, data, damaged, **options)
    types = {
        column.name: ARROW_TYPES.get(column.kind, pa.string())
        for column in reader.format.properties
        if column.name not in deselected
    }
    encoder = Encoder(reader, "", "\n", deselected, with_keys=True, table_types=types)
    in_tables = 0
    for lines in encoder.lines():
        announced += lines.columns
        keys += lines.keys
        if lines.table is None:
            records += map(json.loads, lines.data.splitlines())
            continue
        assert all(
            lines.table.schema.field(name).type == types[name] for name in lines.table.schema.names
        )
        assert (lines.data, lines.table.num_rows) == (b"", lines.count)
        records += table_rows(lines.table)
        in_tables += lines.count
    assert reader.records == len(records)
    return Reading(records, damaged, announced), keys, in_tables


def assert_same(
    file: FileSchema,
    data: bytes,
    deselected: Collection[str] = (),
    small_tables: type[io.BytesIO] = LineByLine,
    **options: Any,
) -> list[dict[str, Any]]:
    """Check that all ways agree, and return the records.

    Reads all lines at once, and line by line, because the path of a line depends on the lines
    that are read with it. A table of one line takes a hundred times as long as a line; many lines
    are read with another `small_tables`.
    """
    for source, of_tables in ((LineByLine, small_tables), (io.BytesIO, io.BytesIO)):
        fast, plain, plain_keys = both_encoders(file, data, deselected, source=source, **options)
        # by their text: 1 is not 1.0 there, nor True
        assert list(map(repr, fast.records)) == list(map(repr, plain.records))
        assert fast.damaged == plain.damaged
        assert fast.announced == plain.announced
        tables, keys, _ = read_as_tables(file, data, deselected, source=of_tables, **options)
        assert without_nulls(tables.records) == without_nulls(plain.records)
        assert keys == plain_keys
        assert tables.damaged == plain.damaged
        assert tables.announced == plain.announced
    return fast.records


def as_csv(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    line_end: str = "\n",
    delimiter: str = ",",
) -> bytes:
    """Return a CSV file. Does not use the csv module, which refuses NUL in Python 3.10."""
    lines = (delimiter.join(quoted(cell, row) for cell in row) for row in [header, *rows])
    return "".join(f"{line}{line_end}" for line in lines).encode("utf-8", "surrogatepass")


def quoted(cell: str, row: Sequence[str]) -> str:
    if {*cell} & {*',;\t"\r\n'} or (not cell and len(row) == 1):  # an empty line is no row
        return '"' + cell.replace('"', '""') + '"'
    return cell


def cells_for(kind: Kind) -> list[str]:
    if kind in {Kind.TIME, Kind.REPORTED_TIME}:
        return TIMES
    return NUMBERS if kind in {Kind.NUMBER, Kind.INTEGER, Kind.REPORTED_NUMBER} else TEXTS


GOOD = {
    Kind.TIME: TIMES[0],
    Kind.REPORTED_TIME: TIMES[0],
    Kind.NUMBER: "0.5",
    Kind.INTEGER: "2",
    Kind.REPORTED_NUMBER: "2",
}


def rows_for(file: FileSchema, header: Sequence[str], half: int | None = None) -> list[list[str]]:
    """Return rows with every kind of cell in every column, and damaged rows.

    Rows with the same cell are adjacent, so that most rows whose cell can be in a table are in one.

    Args:
        file: The file.
        header: Names of its columns.
        half: For half of the rows: each cell in every second column, 0 or 1 to begin with.
    """
    kinds = {column.name: column.kind for column in file.columns}
    full = [GOOD.get(kinds.get(name, Kind.TEXT), "some text") for name in header]
    rows = [full, [""] * len(header), full[:-1], [*full, "too many"], [*full, ""]]
    lists = [cells_for(kinds.get(name, Kind.TEXT)) for name in header]
    for cells in (TIMES, NUMBERS, TEXTS):
        columns = [index for index in range(len(header)) if lists[index] is cells]
        rows += [
            [*full[:index], cell, *full[index + 1 :]]
            for number, cell in enumerate(cells)
            for index in (columns if half is None else columns[(number + half) % 2 :: 2])
        ]
    required = {*(file.time or ()), *file.key, "receipt_id"}
    least = [cell if name in required else "" for name, cell in zip(header, full, strict=True)]
    rows.append(least)
    rows += [[*least[:index], full[index], *least[index + 1 :]] for index in range(len(header))]
    return rows


def rows_of_equal_cells(file: FileSchema, header: Sequence[str]) -> list[list[str]]:
    """Return a row for each kind of cell, which has it in every column that may have it."""
    kinds = {column.name: column.kind for column in file.columns}
    full = [GOOD.get(kinds.get(name, Kind.TEXT), "some text") for name in header]
    lists = [cells_for(kinds.get(name, Kind.TEXT)) for name in header]
    return [
        [cell if own is cells else other for own, other in zip(lists, full, strict=True)]
        for cells in (TIMES, NUMBERS, TEXTS)
        if any(own is cells for own in lists)
        for cell in cells
    ]


cells = st.one_of(
    st.sampled_from([*TIMES, *NUMBERS, *TEXTS]),
    st.text(),
    st.text("\"',\n\r\\{}%\0", max_size=6),
    st.datetimes().map(str),
    st.integers().map(str),
    st.floats().map(str),
)


def counts(output: Output) -> dict[str, int]:
    """Return the record counts of the metrics in the log."""
    found: Counter[str] = Counter()
    for line in output.log.splitlines():
        _, is_metric, text = line.partition("METRIC: ")
        if is_metric and (point := json.loads(text))["metric"] == "record_count":
            found[point["tags"]["stream"]] += point["value"]
    return {stream: count for stream, count in found.items() if count and stream != "rejected_row"}
