"""Blocks of CSV as tables: usual cells become tables, and all others are read row by row.

`assert_same` compares the records with those that are read row by row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_intercom_export.rows.table_reader import TableReader, column_types
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE
from tests.unit.encoder_comparison import (
    ALL,
    REPORT,
    TEXTS,
    as_csv,
    assert_same,
    ids,
    read_as_tables,
    reader_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = FileSchema(
    name="thing",
    description="One column of each kind.",
    columns=(
        Column("thing_id", Kind.ID, ""),
        Column("at", Kind.TIME, ""),
        Column("owner_id", Kind.OPTIONAL_ID, ""),
        Column("price", Kind.NUMBER, ""),
        Column("count", Kind.INTEGER, ""),
        Column("title", Kind.TEXT, ""),
        Column("level", Kind.TEXT, ""),
    ),
    key=("thing_id",),
    time=("at",),
    required=("level",),
    has_window=True,
    has_workspace=False,
)
HEADER = [column.name for column in FILE.columns]
ROW = ["t1", "2026-04-13T12:32:22.000Z", "7", "0.5", "2", "A title", "high"]

USUAL = {
    "thing_id": ["t1", "007", "ünï", "a,b", 'quo"te'],
    "at": [
        "2026-04-13T12:32:22Z",
        "2026-04-13 12:32:22.1Z",
        "2026-04-13T12:32:22.123456Z",
        "2026-04-13 12:32:22 UTC",
        "2026-04-13T12:32:22.417 UTC",
        "1776083542",
        "9999-12-31T23:59:59.999999Z",
        "1000-01-01T00:00:00Z",
    ],
    "owner_id": ["7", "-1", "'-1", "", "null"],
    "price": ["0", "7", "0.25", "-12.5", "-3", "", "123456789012345.678", "10.50"],
    "count": ["0", "7", "-12", "", "123456789012345"],
    "title": [*(text for text in TEXTS), "two\r\nlines", '"', '""', ",", "\u2028", "\x85", "NULL"],
    "level": ["-1", "low"],
}
"""Cells that a table can hold, by column."""

UNUSUAL = {
    "thing_id": ["", "null", "-1", "None"],
    "at": [
        "",
        "0",
        "-1",
        "2026-04-13T12:32:22",
        "2026-04-13T12:32:22+02:00",
        "2026-04-13T12:32:60Z",
        "2026-02-30T00:00:00Z",
        "2026-04-13T24:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "2026-04-13T12:32:22.1234567Z",
        "2026-04-13T12:32:22.1234567 UTC",
        "2026-04-13T12:32:22 UTC.",
        "2026-04-13T12:32:22.Z",
        "2026-04-13T12:32Z",
        "2026-04-13",
        "1776083542000",
        "0x12345678",
        "0776083542",
        "yesterday",
        " 2026-04-13T12:32:22Z",
        "2026-04-13T12:32:22Z ",
        "2026-04-13T12:32:22Z\n",
        "٢٠٢٦-04-13T12:32:22Z",
    ],
    "price": ["1e3", ".5", "1.", "+1", "-0", "007", "nan", "inf", "1e999", "0x1F", "null", "many"],
    "count": ["3.0", "1.5", "-0", "+1", "9999999999999999", "9223372036854775808", "-", "0x1F"],
    "title": ["a\0b", "\udc80"],
    "level": [""],
}
"""Cells that are to be read row by row, by column."""


def row_with(name: str, cell: str) -> list[str]:
    return [cell if column == name else usual for column, usual in zip(HEADER, ROW, strict=True)]


def rows_in_tables(rows: Sequence[Sequence[str]], line_end: str = "\n") -> int:
    """Check that the rows are read correctly, and return how many of them became tables."""
    data = as_csv(HEADER, rows, line_end)
    assert_same(FILE, data)
    return read_as_tables(FILE, data)[2]


@pytest.mark.parametrize(
    ("name", "cell"), [(name, cell) for name, cells in USUAL.items() for cell in cells]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_usual_cells_become_a_table(name: str, cell: str, line_end: str) -> None:
    assert rows_in_tables([row_with(name, cell)] * 2, line_end) == 2


@pytest.mark.parametrize(
    ("name", "cell"), [(name, cell) for name, cells in UNUSUAL.items() for cell in cells]
)
def test_block_with_an_unusual_cell_is_read_row_by_row(name: str, cell: str) -> None:
    assert rows_in_tables([ROW, row_with(name, cell), ROW]) == 0


def test_times_of_two_forms_are_read_row_by_row() -> None:
    assert rows_in_tables([ROW, row_with("at", "2026-04-13 12:32:22 UTC")]) == 0


@pytest.mark.parametrize(
    "block",
    [
        b"t1,2026-04-13T12:32:22Z,,,,a title,high\n",
        b"\n\r\nt1,2026-04-13T12:32:22Z,,,,a title,high\n",
        b't1,2026-04-13T12:32:22Z,,,,"a\r\ntitle",high',
        b"\xef\xbb\xbft1,2026-04-13T12:32:22Z,,,,a title,high\n",
        b"t1,2026-04-13T12:32:22Z,,,,a\rtitle,high\n",
        b"t1,2026-04-13T12:32:22Z,,,,a title,high\rt2,2026-04-13T12:32:22Z,,,,a title,high\n",
        b"t1,2026-04-13T12:32:22Z,,,,a title,high\r\nt2,2026-04-13T12:32:22Z,,,,a title,high\n",
        b't1,2026-04-13T12:32:22Z,,,,a "title",high\n',
        b't1,2026-04-13T12:32:22Z,,,,"a" title,high\n',
        b't1,2026-04-13T12:32:22Z,,,,"a title,high\nt2,2026-04-13T12:32:22Z,,,,a title,high\n',
        b"t1,2026-04-13T12:32:22Z,,,,\xed\xa0\x80,high\n",
        b"t1,2026-04-13T12:32:22Z,,,,a title\n",
        b"t1,2026-04-13T12:32:22Z,,,,a title,high,more\n",
        b" \n",
        b"",
    ],
    ids=[
        *("usual", "blank lines", "line end in a cell", "byte order mark", "CR in a cell"),
        *(
            "CR between rows",
            "two line ends",
            "quote in a cell",
            "text after a quote",
            "open quote",
            "surrogate",
        ),
        *("cell missing", "cell too many", "space", "empty"),
    ],
)
def test_odd_csv_is_read_as_row_by_row(block: bytes) -> None:
    """Alone in a block, as the second line of it, and before another row."""
    header, usual = (f"{','.join(row)}\n".encode() for row in (HEADER, ROW))
    for before in (usual, usual * 2):
        assert_same(FILE, header + before + block)
        assert_same(FILE, header + before + block + b"\n" + usual)


usual_cells = st.fixed_dictionaries(
    {
        name: st.sampled_from(cells)
        | st.text(st.characters(codec="utf-8", exclude_characters="\0"))
        if name == "title"
        else st.sampled_from(cells)
        for name, cells in USUAL.items()
        if name != "at"
    }
)


@settings(deadline=None)
@given(
    rows=st.lists(usual_cells, min_size=1, max_size=6),
    times=st.lists(st.datetimes().filter(lambda at: at.year > 999), min_size=6, max_size=6),
    write=st.sampled_from(["%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S UTC"]),
)
def test_any_usual_cells_become_a_table(
    rows: list[dict[str, str]], times: list[object], write: str
) -> None:
    cells = [
        [row.get(name, f"{time:{write}}") for name in HEADER]
        for row, time in zip(rows, times, strict=False)
    ]
    assert rows_in_tables(cells) == len(rows)


@pytest.mark.parametrize(
    "file", [file for file in [*ALL, REPORT] if file.hash_name or file.fold_into], ids=ids
)
def test_files_with_hashes_or_folded_columns_have_no_tables(file: FileSchema) -> None:
    header = [column.name for column in file.columns] or ["thing", "seen_at"]
    form = reader_of(file, as_csv(header, []), []).format
    assert not TableReader.can_read(form, (), column_types(form))


@pytest.mark.parametrize(
    "file",
    [MESSAGE_FILES["receipt"], MESSAGE_FILES["receipt"].with_workspace("acme"), REPORT, FILE],
    ids=ids,
)
def test_other_files_have_tables(file: FileSchema) -> None:
    form = reader_of(file, as_csv([column.name for column in file.columns], []), []).format
    form.template |= {"workspace": "acme"} if file.has_workspace else {}
    assert TableReader.can_read(form, (), column_types(form))


@pytest.mark.parametrize("name", ["thing_id", "at", "level"])
def test_file_without_a_needed_column_has_no_tables(name: str) -> None:
    header = [column for column in HEADER if column != name]
    form = reader_of(FILE, as_csv(header, []), []).format
    assert not TableReader.can_read(form, (), column_types(form))


@pytest.mark.parametrize("name", ["at", "created_at", "created_at_after", "title"])
@pytest.mark.parametrize("kind", [pa.binary(), None])
def test_file_has_no_tables_if_the_schema_has_another_type(
    name: str, kind: pa.DataType | None
) -> None:
    form = reader_of(FILE, as_csv(HEADER, []), []).format
    types = {**column_types(form), name: kind}
    assert not TableReader.can_read(form, (), types)
    assert TableReader.can_read(form, (name,), types)


def test_key_of_several_parts_with_constants() -> None:
    file = replace(FILE, key=("thing_id", "created_at_after", "owner_id"))
    rows = [ROW, row_with("thing_id", 'quo"te, ü')]
    data = as_csv(HEADER, rows)
    assert_same(file, data)
    _, keys, in_tables = read_as_tables(file, data)
    assert keys[0] == '"t1","2026-04-01T00:00:00Z","7"'
    assert in_tables == 2


def test_unknown_file_has_no_tables() -> None:
    form = reader_of(UNKNOWN_FILE, b"a,b\n", []).format
    assert not TableReader.can_read(form, (), column_types(form))
