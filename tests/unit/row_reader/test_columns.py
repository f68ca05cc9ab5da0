"""Headers: new columns, other spellings, repeated names, survey questions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE
from tests.unit.row_reader.reading import (
    KNOWN_FILES,
    NOON,
    NOON_IN_A_FILE,
    full_row,
    ids,
    read,
    read_one,
)

if TYPE_CHECKING:
    from tap_intercom_export.schemas.columns import FileSchema


def test_new_column_is_added_to_schema_and_records() -> None:
    result = read_one(
        MESSAGE_FILES["open"], {"receipt_id": "1", "opened_at": NOON, "device": "phone"}
    )
    assert [(column.name, column.kind) for column in result.extra] == [("device", Kind.TEXT)]
    assert result.record["device"] == "phone"


def test_documented_misspelling_of_dismissal_is_recognized() -> None:
    row = full_row(MESSAGE_FILES["receipt"])
    del row["first_dismissal"]
    result = read_one(MESSAGE_FILES["receipt"], {**row, "first_dismisall": NOON_IN_A_FILE})
    assert result.record["first_dismissal"] == NOON
    assert result.extra == ()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        pytest.param("opened_at", "opened_at", id="repeats a column"),
        pytest.param("Opened_At", "opened_at", id="repeated in another case"),
        pytest.param("event_id", "event_id", id="name of an added property"),
        pytest.param("created_at", "created_at", id="name of the common time"),
    ],
)
def test_new_column_does_not_take_existing_name(header: str, name: str) -> None:
    result = read(MESSAGE_FILES["open"], ["receipt_id", "opened_at", header], ["1", NOON, "other"])
    (column,) = result.extra
    assert re.fullmatch(name + "_[0-9a-f]{8}", column.name)
    assert result.record[column.name] == "other"
    assert result.record["created_at"] == NOON
    assert f'"{header}"' in column.description


@pytest.mark.parametrize("file", KNOWN_FILES, ids=ids)
def test_headers_are_recognized_in_any_spelling(file: FileSchema) -> None:
    row = full_row(file)
    expected = read_one(file, row).record
    for written in (str.upper, lambda name: f" {name.replace('_', ' ').title()} "):
        result = read_one(file, {written(name): cell for name, cell in row.items()})
        assert result.extra == ()
        assert result.record == expected


def test_header_in_exact_spelling_wins() -> None:
    rows = {"Receipt ID": "other", "receipt_id": "1", "opened_at": NOON}
    result = read_one(MESSAGE_FILES["open"], rows)
    assert result.record["receipt_id"] == "1"
    (column,) = result.extra
    assert result.record[column.name] == "other"


def test_new_columns_with_long_or_clashing_names_are_all_kept() -> None:
    headers = ["q" * 80, "q" * 80 + "?", "Size", "SIZE", "size", ""]
    cells = [str(number) for number in range(len(headers))]
    result = read(MESSAGE_FILES["open"], ["receipt_id", "opened_at", *headers], ["1", NOON, *cells])
    names = [column.name for column in result.extra]
    assert len({name.casefold() for name in names}) == len(headers)
    assert all(len(name.encode()) <= 63 for name in names)
    assert [result.record[name] for name in names] == cells


def test_every_new_column_is_described_by_its_header() -> None:
    result = read(MESSAGE_FILES["open"], ["receipt_id", "opened_at", "q" * 80], ["1", NOON, "x"])
    assert "q" * 80 in result.extra[0].description


def test_survey_questions_are_one_object() -> None:
    row = {**full_row(MESSAGE_FILES["answer_combined"]), "How\nwas it?": "Simple, fast", "Why?": ""}
    result = read_one(MESSAGE_FILES["answer_combined"], row)
    assert result.record["answers"] == {"How\nwas it?": "Simple, fast", "Why?": None}
    assert result.extra == ()


@pytest.mark.parametrize(
    "questions",
    [
        pytest.param(["Why?", "Why?"], id="repeated"),
        pytest.param(["Why?", "Why?", "Why?"], id="three times"),
        pytest.param(["Why?", "why?"], id="another case"),
        pytest.param(["q" * 80 + "1", "q" * 80 + "2"], id="long with equal start"),
        pytest.param(["email", "completed_at"], id="names of columns"),
        pytest.param(["Why?", "Why? (2)", "Why?"], id="like a numbered repetition"),
    ],
)
def test_no_answer_of_a_survey_is_lost(questions: list[str]) -> None:
    row = full_row(MESSAGE_FILES["answer_combined"])
    cells = [str(number) for number in range(len(questions))]
    result = read(MESSAGE_FILES["answer_combined"], [*row, *questions], [*row.values(), *cells])
    assert list(result.record["answers"].values()) == cells
    assert next(iter(result.record["answers"])) == questions[0]


def test_unknown_file_row_is_one_object() -> None:
    record = read_one(UNKNOWN_FILE, {"a": "1", "b": ""}, name="novelty").record
    assert record["row"] == {"a": "1", "b": None}
    assert (record["statistic"], record["file"]) == ("novelty", "novelty_20260430.csv")
