"""Rows that are rejected, with their reason."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES
from tests.unit.row_reader.reading import (
    KNOWN_FILES,
    LATER,
    NOON,
    Result,
    full_row,
    read,
    read_bytes,
    read_one,
)


def required(file: FileSchema) -> list[str]:
    """Return the required columns of a file."""
    columns = {column.name for column in file.columns}
    time = file.time if file.time and len(file.time) == 1 else ()
    identity = list(file.required)
    return sorted({*(columns & set(file.key)), *time, *identity})


@pytest.mark.parametrize(
    ("file", "name"),
    [
        pytest.param(file, name, id=f"{file.name}.{name}")
        for file in KNOWN_FILES
        for name in required(file)
    ],
)
def test_row_without_required_column_is_rejected(file: FileSchema, name: str) -> None:
    row = full_row(file)
    result = read(file, list(row), list({**row, name: ""}.values()), list(row.values()))
    assert len(result.records) == 1
    assert [(row.line, row.reason) for row in result.damaged] == [(2, f"{name} is empty")]


@pytest.mark.parametrize("name", ["checkpoint", "overview", "receipt", "answer_combined"])
def test_key_columns_are_required_or_set_by_tap(name: str) -> None:
    file = MESSAGE_FILES[name]
    given_by_tap = {"created_at_after", "created_at_before"}
    assert set(file.key) <= {*required(file), *given_by_tap}


def test_survey_response_without_any_time_is_rejected() -> None:
    file = MESSAGE_FILES["answer_combined"]
    result = read_one(file, {**full_row(file), "received_at": "", "completed_at": ""})
    assert [row.reason for row in result.damaged] == ["completed_at and received_at are empty"]


@pytest.mark.parametrize(
    ("file", "column", "cell", "reason"),
    [
        ("open", "opened_at", "soon", "opened_at is not a time: 'soon'"),
        ("receipt", "first_open", "2026-02-30T00:00:00Z", "first_open is not a time"),
        ("checkpoint", "times_processed", "2.5", "times_processed is not a whole number: '2.5'"),
        ("overview", "open_rate", "many", "open_rate is not a number: 'many'"),
    ],
)
def test_invalid_cell_rejects_row_with_reason(
    file: str, column: str, cell: str, reason: str
) -> None:
    row = full_row(MESSAGE_FILES[file])
    good, bad = list(row.values()), list({**row, column: cell}.values())
    result = read(MESSAGE_FILES[file], list(row), good, bad, good)
    assert len(result.records) == 2
    (damaged,) = result.damaged
    assert damaged.line == 3
    assert damaged.reason.startswith(reason)


@pytest.mark.parametrize(
    ("cells", "number"),
    [(["1"], "1 cell"), (["1", NOON, "x"], "3 cells")],
    ids=["short", "long"],
)
def test_row_of_wrong_length_is_rejected(cells: list[str], number: str) -> None:
    result = read(
        MESSAGE_FILES["open"], ["receipt_id", "opened_at"], ["1", NOON], cells, ["2", NOON]
    )
    assert [record["receipt_id"] for record in result.records] == ["1", "2"]
    (damaged,) = result.damaged
    assert damaged.line == 3
    assert damaged.reason == f"has {number} where the header has 2"
    assert next(csv.reader([damaged.raw])) == cells


def test_damaged_header_rejects_all_rows() -> None:
    result = read_bytes(
        MESSAGE_FILES["open"], f'receipt_id,"opened_at\n1,{NOON}\n2,{NOON}\n'.encode()
    )
    assert result.records == []
    assert [row.line for row in result.damaged] == [1, 2, 3]


def test_missing_key_column_rejects_all_rows() -> None:
    result = read(MESSAGE_FILES["open"], ["opened_at"], [NOON], [LATER])
    assert result.records == []
    assert [row.reason for row in result.damaged] == ["receipt_id is empty"] * 2


@pytest.mark.parametrize("data", [b"", b"receipt_id,opened_at\n"], ids=["empty", "header only"])
def test_file_without_rows_gives_no_records(data: bytes) -> None:
    assert read_bytes(MESSAGE_FILES["open"], data) == Result([], [], ())


@given(
    st.lists(
        st.tuples(st.sampled_from(["1", "", "007"]), st.sampled_from([NOON, "", "soon", "0"])),
        max_size=8,
    )
)
def test_every_row_is_record_or_rejected(rows: list[tuple[str, str]]) -> None:
    result = read(MESSAGE_FILES["open"], ["receipt_id", "opened_at"], *rows)
    good = [receipt for receipt, time in rows if receipt and time == NOON]
    assert [record["receipt_id"] for record in result.records] == good
    assert len(result.damaged) == len(rows) - len(good)


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("Sep 2, 2026 12:00 PM", "Xxx 9, 9999 99:99 XX"),
        ("jané@x.example", "xxxx@x.xxxxxxx"),
        ("٣", "9"),
        ("名", "x"),
    ],
)
def test_log_shows_cell_format_without_content(cell: str, form: str) -> None:
    result = read(MESSAGE_FILES["open"], ["receipt_id", "opened_at"], ["1", cell])
    (row,) = result.damaged
    assert row.reason == f"opened_at is not a time: {cell!r}"
    assert row.reason_without_cell == f"opened_at is not a time: its format is {form!r}"


@pytest.mark.parametrize("cell", ["null", "NULL", "-1", "'-1", "None", "n/a"])
def test_cell_that_is_no_id_rejects_row(cell: str) -> None:
    """All such rows would have the same key, so that a target keeps one of them."""
    header = ["receipt_id", "received_at"]
    result = read(MESSAGE_FILES["receipt"], header, [cell, NOON], ["7", NOON], [cell, NOON])
    assert [record["receipt_id"] for record in result.records] == ["7"]
    assert [(row.line, row.reason) for row in result.damaged] == [
        (2, "receipt_id is empty"),
        (4, "receipt_id is empty"),
    ]


def test_row_without_any_part_of_its_key_is_rejected() -> None:
    file = FileSchema(
        name="report",
        description="A reporting dataset with two key attributes.",
        columns=tuple(Column(name, Kind.ID, "") for name in ("conversation", "teammate", "note")),
        key=("conversation", "teammate"),
        time=(),
        empty_key=True,
    )
    header = ["conversation", "teammate", "note"]
    result = read(file, header, ["1", "", "a"], ["", "2", "b"], ["", "", "c"], ["", "", "d"])
    keys = [(record["conversation"], record["teammate"]) for record in result.records]
    assert keys == [("1", ""), ("", "2")]
    assert {row.reason for row in result.damaged} == {"conversation and teammate are empty"}
    assert [row.line for row in result.damaged] == [4, 5]
