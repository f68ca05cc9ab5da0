"""Cells of known columns become typed values of a record."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import json_schema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE
from tests.unit.row_reader.reading import (
    CELLS,
    KNOWN_FILES,
    NOON,
    NOON_IN_A_FILE,
    full_row,
    ids,
    read_one,
)

if TYPE_CHECKING:
    from tap_intercom_export.schemas.columns import FileSchema

ALL = [*MESSAGE_FILES.values(), UNKNOWN_FILE]
VALUES = {**CELLS, Kind.TIME: NOON, Kind.NUMBER: 0.25, Kind.INTEGER: 3}


@pytest.mark.parametrize("file", ALL, ids=ids)
def test_record_has_exactly_the_properties_of_its_stream(file: FileSchema) -> None:
    row = full_row(file) or {"anything": "1"}
    assert set(read_one(file, row).record) == {column.name for column in file.properties}


@pytest.mark.parametrize("file", ALL, ids=ids)
@pytest.mark.parametrize("more", [{}, {"new": "x", "seen_at": NOON}], ids=["known", "new columns"])
def test_record_is_valid_by_the_schema_of_its_stream(
    file: FileSchema, more: dict[str, str]
) -> None:
    result = read_one(file, {"anything": "1", **full_row(file), **more})
    schema = json_schema((*file.properties, *result.extra), file.key)
    jsonschema.validate(result.record, {**schema, "additionalProperties": False})


@pytest.mark.parametrize("file", ALL, ids=ids)
def test_every_time_of_a_record_is_written_in_utc(file: FileSchema) -> None:
    record = read_one(file, {**full_row(file), "anything_at": NOON_IN_A_FILE}).record
    times = [record[column.name] for column in file.properties if column.kind is Kind.TIME]
    assert times
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times)


@pytest.mark.parametrize("file", KNOWN_FILES, ids=ids)
def test_each_cell_becomes_a_value_of_its_kind(file: FileSchema) -> None:
    record = read_one(file, full_row(file)).record
    assert {column.name: record[column.name] for column in file.columns} == {
        column.name: VALUES[column.kind] for column in file.columns
    }


@pytest.mark.parametrize("file", KNOWN_FILES, ids=ids)
def test_order_of_columns_does_not_matter(file: FileSchema) -> None:
    row = full_row(file)
    turned = dict(reversed(row.items()))
    assert read_one(file, turned).record == read_one(file, row).record


@pytest.mark.parametrize("file", KNOWN_FILES, ids=ids)
def test_column_that_is_missing_is_null(file: FileSchema) -> None:
    row = full_row(file)
    own_time = {"created_at"}  # tested in test_created_at.py
    for name in set(row) - {*file.key, *file.required, *(file.time or own_time)}:
        record = read_one(file, {key: cell for key, cell in row.items() if key != name}).record
        assert record[name] is None


@pytest.mark.parametrize("cell", ["-1", "'-1", ""])
@pytest.mark.parametrize("name", ["company_id", "series_id", "node_id"])
def test_minus_one_in_receipt_is_null(name: str, cell: str) -> None:
    row = {**full_row(MESSAGE_FILES["receipt"]), name: cell}
    assert read_one(MESSAGE_FILES["receipt"], row).record[name] is None


def test_minus_one_in_text_is_kept() -> None:
    row = {**full_row(MESSAGE_FILES["receipt"]), "content_title": "-1"}
    assert read_one(MESSAGE_FILES["receipt"], row).record["content_title"] == "-1"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_is_unchanged(text: str) -> None:
    row = {**full_row(MESSAGE_FILES["click"]), "url": text}
    assert read_one(MESSAGE_FILES["click"], row).record["url"] == (text or None)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_any_record_can_be_written_as_json(text: str) -> None:
    record = read_one(UNKNOWN_FILE, {"a": text, text or "b": "1"}).record
    assert json.loads(json.dumps(record)) == record
