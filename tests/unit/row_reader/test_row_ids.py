"""Ids that the tap computes for rows without an id of their own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE
from tests.unit.row_reader.reading import (
    KNOWN_FILES,
    LATER,
    LATER_IN_A_FILE,
    NOON,
    NOON_IN_A_FILE,
    full_row,
    ids,
    read,
    read_one,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_intercom_export.schemas.columns import FileSchema

SAME_NOON = [
    "2026-04-13T12:32:22Z",
    "2026-04-13T14:32:22+02:00",
    "2026-04-13 12:32:22 UTC",
    "1776083542",
    "1776083542000",
]

EVENT_FILES = [file for file in KNOWN_FILES if file.hash_name]
ASSUMED_FILES = [file for file in MESSAGE_FILES.values() if file.time is None]


@pytest.mark.parametrize("file", [*EVENT_FILES, *ASSUMED_FILES, UNKNOWN_FILE], ids=ids)
@pytest.mark.parametrize("written", SAME_NOON)
def test_row_id_does_not_depend_on_time_format(file: FileSchema, written: str) -> None:
    row = full_row(file) if file in EVENT_FILES else {"receipt_id": "1", "seen_at": NOON_IN_A_FILE}
    time = file.time[0] if file.time else "seen_at"
    expected = read_one(file, row).record[file.hash_name]
    assert read_one(file, {**row, time: written}).record[file.hash_name] == expected


@pytest.mark.parametrize("file", EVENT_FILES, ids=ids)
def test_event_id_depends_on_each_column(file: FileSchema) -> None:
    row = {**full_row(file), "new": "x"}
    seen = {read_one(file, row).record["event_id"]}
    for name, cell in row.items():
        other = LATER if file.time == (name,) else cell + "0"
        seen.add(read_one(file, {**row, name: other}).record["event_id"])
    assert len(seen) == 1 + len(row)


@pytest.mark.parametrize("file", EVENT_FILES, ids=ids)
def test_event_id_does_not_depend_on_empty_columns(file: FileSchema) -> None:
    row = full_row(file)
    expected = read_one(file, row).record["event_id"]
    assert read_one(file, {"new": "", **row}).record["event_id"] == expected


@pytest.mark.parametrize("file", [*EVENT_FILES, *ASSUMED_FILES, UNKNOWN_FILE], ids=ids)
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda name: name.upper(), id="capitals"),
        pytest.param(lambda name: f"  {name} ", id="blanks around"),
        pytest.param(lambda name: name.replace("_", " ").title(), id="words"),
        pytest.param(lambda name: name.replace("_", "-"), id="hyphens"),
    ],
)
def test_row_id_does_not_depend_on_header_spelling(
    file: FileSchema, written: Callable[[str], str]
) -> None:
    row = {**full_row(file), "receipt_id": "1", "new_column": "x", "seen_at": NOON_IN_A_FILE}
    expected = read_one(file, row).record
    other = {written(name): cell for name, cell in row.items()}
    record = read_one(file, dict(reversed(other.items()))).record
    assert record[file.hash_name] == expected[file.hash_name]
    if not file.fold_into:
        assert record == expected


def test_clicks_on_two_links_in_one_second_are_two_rows() -> None:
    row = full_row(MESSAGE_FILES["click"])
    header = list(row)
    rows = [
        list({**row, "url": url}.values()) for url in ("https://a.example", "https://b.example")
    ]
    first, second = read(MESSAGE_FILES["click"], header, *rows).records
    assert first["event_id"] != second["event_id"]


def test_event_id_is_stable_between_versions() -> None:
    row = {"receipt_id": "961758128", "opened_at": NOON_IN_A_FILE}
    text = f'["open",[["opened_at","{NOON}"],["receipt_id","961758128"]]]'
    expected = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    assert read_one(MESSAGE_FILES["open"], row).record["event_id"] == expected


def test_same_row_in_two_unknown_files_has_two_ids() -> None:
    ids = {
        read_one(UNKNOWN_FILE, {"a": "1"}, name=name).record["row_id"] for name in ("one", "two")
    }
    assert len(ids) == 2


@st.composite
def rows_of_unknown_files(draw: st.DrawFn) -> dict[str, str]:
    """Return a row with at most one time column, in any time format."""
    names = draw(st.lists(st.sampled_from(["receipt_id", "a", "b", "C", "é", "at"]), unique=True))
    row = {name: draw(st.text("01-é ,", max_size=4)) for name in names}
    if draw(st.booleans()):
        row["seen_at"] = draw(st.sampled_from(SAME_NOON))
    return {**row, "z": "always"}


@pytest.mark.parametrize("file", [UNKNOWN_FILE, MESSAGE_FILES["button_tap"]], ids=ids)
@given(row=rows_of_unknown_files(), data=st.data())
def test_id_of_an_unknown_row_does_not_depend_on_the_order_of_columns(
    file: FileSchema, row: dict[str, str], data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(list(row.items()))))
    first, second = read_one(file, row).record, read_one(file, shuffled).record
    assert first[file.hash_name] == second[file.hash_name]


@pytest.mark.parametrize("file", [UNKNOWN_FILE, MESSAGE_FILES["button_tap"]], ids=ids)
@given(row=rows_of_unknown_files())
def test_id_of_an_unknown_row_does_not_depend_on_a_new_empty_column(
    file: FileSchema, row: dict[str, str]
) -> None:
    first, second = read_one(file, row).record, read_one(file, {"new": "", **row}).record
    assert first[file.hash_name] == second[file.hash_name]


@pytest.mark.parametrize("file", [UNKNOWN_FILE, MESSAGE_FILES["button_tap"]], ids=ids)
@given(row=rows_of_unknown_files(), data=st.data())
def test_id_of_an_unknown_row_depends_on_each_cell(
    file: FileSchema, row: dict[str, str], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(row)))
    changed = {**row, name: LATER if name == "seen_at" else row[name] + "x"}
    first, second = read_one(file, row).record, read_one(file, changed).record
    assert first[file.hash_name] != second[file.hash_name]


@pytest.mark.parametrize("file", [UNKNOWN_FILE, MESSAGE_FILES["button_tap"]], ids=ids)
def test_id_of_an_unknown_row_with_two_times_does_not_depend_on_their_order(
    file: FileSchema,
) -> None:
    row = {"receipt_id": "1", "seen_at": NOON_IN_A_FILE, "left_at": LATER_IN_A_FILE}
    turned = dict(reversed(row.items()))
    first, second = read_one(file, row).record, read_one(file, turned).record
    assert first[file.hash_name] == second[file.hash_name]


@pytest.mark.parametrize("file", [UNKNOWN_FILE, MESSAGE_FILES["button_tap"]], ids=ids)
def test_unknown_row_id_with_two_times_does_not_depend_on_format(
    file: FileSchema,
) -> None:
    row = {"receipt_id": "1", "seen_at": NOON, "left_at": LATER}
    other = {"receipt_id": "1", "seen_at": NOON_IN_A_FILE, "left_at": LATER_IN_A_FILE}
    first, second = read_one(file, row).record, read_one(file, other).record
    assert first[file.hash_name] == second[file.hash_name]
