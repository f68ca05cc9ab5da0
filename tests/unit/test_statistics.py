"""The catalogue of CSV files: columns, keys, kinds, descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE
from tests.unit.statistic_files import (
    ASSUMED_FILES,
    COLUMNS,
    OBSERVED_FILES,
    OVERVIEW_COUNTED,
    OVERVIEW_TEXTS,
    OVERVIEW_WITHOUT_RATE,
    RECEIPT_COLUMNS,
)

if TYPE_CHECKING:
    from tap_intercom_export.schemas.columns import FileSchema

every_file = pytest.mark.parametrize(
    "file", [*MESSAGE_FILES.values(), UNKNOWN_FILE], ids=lambda file: file.name
)


def test_catalogue_has_21_observed_and_17_assumed_files() -> None:
    assert (len(OBSERVED_FILES), len(ASSUMED_FILES)) == (21, 17)
    assert set(MESSAGE_FILES) == {*OBSERVED_FILES, *ASSUMED_FILES}


def test_receipt_has_its_52_columns_in_order() -> None:
    assert len(RECEIPT_COLUMNS) == 52
    assert [column.name for column in MESSAGE_FILES["receipt"].columns] == RECEIPT_COLUMNS


@pytest.mark.parametrize("name", COLUMNS)
def test_file_has_the_columns_of_real_archives_in_order(name: str) -> None:
    assert [column.name for column in MESSAGE_FILES[name].columns] == COLUMNS[name].split()


def test_overview_has_its_columns_in_order() -> None:
    counters = [
        f"{statistic}_{measure}"
        for statistic in OVERVIEW_COUNTED
        for measure in ("total", "unique", "rate")
        if measure != "rate" or statistic not in OVERVIEW_WITHOUT_RATE
    ]
    columns = [column.name for column in MESSAGE_FILES["overview"].columns]
    assert columns == [*OVERVIEW_TEXTS, *counters]


@pytest.mark.parametrize("name", ASSUMED_FILES)
def test_assumed_file_has_receipt_id_and_any_other_columns(name: str) -> None:
    names = [column.name for column in MESSAGE_FILES[name].columns]
    assert names[0] == "receipt_id"
    assert {"email", "name", "phone", "device_token", "url", "user_id"} <= set(names)
    assert MESSAGE_FILES[name].fold_into == ""


@every_file
def test_every_property_is_described_in_a_sentence(file: FileSchema) -> None:
    for column in file.properties:
        assert column.description.endswith((".", "…")), column


@every_file
def test_every_file_is_described_in_a_sentence(file: FileSchema) -> None:
    assert file.description.endswith(".")


@every_file
def test_no_property_of_a_file_repeats(file: FileSchema) -> None:
    names = [column.name for column in file.properties]
    assert len(set(names)) == len(names)


@every_file
def test_key_of_a_file_is_among_its_properties(file: FileSchema) -> None:
    assert file.key
    assert set(file.key) <= {column.name for column in file.properties}


@every_file
def test_every_file_has_the_time_created_at(file: FileSchema) -> None:
    kinds = {column.name: column.kind for column in file.properties}
    assert kinds["created_at"] is Kind.TIME


@every_file
def test_time_and_required_names_are_columns(file: FileSchema) -> None:
    kinds = {column.name: column.kind for column in file.columns}
    assert all(kinds[name] is Kind.TIME for name in file.time or ())
    assert set(file.required) <= set(kinds)


@every_file
def test_every_column_that_ends_in_at_or_begins_with_first_is_a_time(file: FileSchema) -> None:
    for column in file.columns:
        is_time = column.name.endswith("_at") or column.name.startswith("first_")
        assert (column.kind is Kind.TIME) == is_time, column.name


@every_file
def test_every_column_that_ends_in_id_is_an_identifier(file: FileSchema) -> None:
    for column in file.columns:
        if column.name.endswith("_id"):
            assert column.kind in {Kind.ID, Kind.OPTIONAL_ID}, column.name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("receipt", {"receipt_id"}),
        ("open", {"event_id"}),
        ("click", {"event_id"}),
        ("answer_combined", {"receipt_id"}),
        ("checkpoint", {"series_entry_record_id", "ruleset_id", "user_id"}),
        ("overview", {"ruleset_id", "content_id", "created_at_after", "created_at_before"}),
        ("sms_failure", {"event_id"}),
    ],
)
def test_stream_has_expected_key(name: str, key: set[str]) -> None:
    assert set(MESSAGE_FILES[name].key) == key
