"""The row reader: a CSV file to typed records."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.columns import json_schema
from tap_intercom_export.schemas.kinds import Kind
from tap_intercom_export.schemas.message_files import MESSAGE_FILES, UNKNOWN_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_intercom_export.rows.csv_reader import DamagedRow
    from tap_intercom_export.schemas.columns import Column, FileSchema

AFTER, BEFORE = "2026-04-01T00:00:00Z", "2026-04-30T23:59:59Z"
NOON, NOON_IN_A_FILE = "2026-04-13T12:32:22Z", "2026-04-13T12:32:22.000Z"
SAME_NOON = [
    "2026-04-13T12:32:22Z",
    "2026-04-13T14:32:22+02:00",
    "2026-04-13 12:32:22 UTC",
    "1776083542",
    "1776083542000",
]
LATER, LATER_IN_A_FILE = "2026-04-14T08:00:00Z", "2026-04-14T08:00:00.000Z"

KNOWN_FILES = [file for file in MESSAGE_FILES.values() if file.time is not None]
EVENT_FILES = [file for file in KNOWN_FILES if file.hash_name]
ASSUMED_FILES = [file for file in MESSAGE_FILES.values() if file.time is None]
ALL = [*MESSAGE_FILES.values(), UNKNOWN_FILE]


def ids(file: FileSchema) -> str:
    return file.name


@dataclass(frozen=True)
class Result:
    """Records and damaged rows of a file."""

    records: list[dict[str, Any]]
    damaged: list[DamagedRow]
    extra: tuple[Column, ...]

    @property
    def record(self) -> dict[str, Any]:
        """The only record; fails if there are damaged rows."""
        assert self.damaged == []
        (record,) = self.records
        return record


def read_bytes(file: FileSchema, data: bytes, name: str = "") -> Result:
    """Read a file from bytes."""
    damaged: list[DamagedRow] = []
    constants = {
        "created_at": BEFORE,
        "created_at_after": AFTER,
        "created_at_before": BEFORE,
        "statistic": name or file.name,
        "file": f"{name or file.name}_20260430.csv",
    }
    reader = RowReader(io.BytesIO(data), file, constants, damaged.append)
    return Result(list(reader), damaged, reader.format.extra)


def read(file: FileSchema, header: Sequence[str], *rows: Sequence[str], name: str = "") -> Result:
    """Read a file with the given rows."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return read_bytes(file, text.getvalue().encode(), name)


def read_one(file: FileSchema, row: dict[str, str], name: str = "") -> Result:
    """Read a file with one row."""
    return read(file, list(row), list(row.values()), name=name)


CELLS = {
    Kind.TEXT: "Simple, fast",
    Kind.ID: "9007199254740993",
    Kind.OPTIONAL_ID: "007",
    Kind.TIME: NOON_IN_A_FILE,
    Kind.NUMBER: "0.25",
    Kind.INTEGER: "3",
}
VALUES = {**CELLS, Kind.TIME: NOON, Kind.NUMBER: 0.25, Kind.INTEGER: 3}


def full_row(file: FileSchema) -> dict[str, str]:
    """Return a row with a cell in each known column."""
    return {column.name: CELLS[column.kind] for column in file.columns}


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
    own_time = {"created_at"}  # see the test of a snapshot without it
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


# --- unknown columns


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
        pytest.param("Opened_At", "opened_at", id="repeats one in other capitals"),
        pytest.param("event_id", "event_id", id="is called as an added property"),
        pytest.param("created_at", "created_at", id="is called as the common time"),
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
        pytest.param(["Why?", "why?"], id="in other capitals"),
        pytest.param(["q" * 80 + "1", "q" * 80 + "2"], id="long and alike"),
        pytest.param(["email", "completed_at"], id="called as a column"),
        pytest.param(["Why?", "Why? (2)", "Why?"], id="numbered as a repeated one would be"),
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


# --- created_at


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        pytest.param("receipt", {"received_at": NOON}, NOON, id="receipt"),
        pytest.param("open", {"opened_at": NOON}, NOON, id="open"),
        pytest.param("goal_success", {"goal_hit_at": NOON}, NOON, id="goal_success"),
        pytest.param("tour_step_failure", {"failed_at": NOON}, NOON, id="tour_step_failure"),
        pytest.param(
            "answer_combined",
            {"received_at": NOON, "completed_at": LATER},
            LATER,
            id="answer_combined",
        ),
        pytest.param(
            "answer_combined", {"received_at": NOON, "completed_at": ""}, NOON, id="partial answer"
        ),
        pytest.param("sms_failure", {"failed_at": NOON}, NOON, id="unseen"),
        pytest.param("sms_failure", {"failed_at": NOON, "x_at": LATER}, NOON, id="unseen, two"),
        pytest.param("sms_failure", {"failed_at": ""}, BEFORE, id="unseen, empty"),
        pytest.param("sms_failure", {"failed_at": "soon"}, BEFORE, id="unseen, no time"),
        pytest.param("sms_failure", {"status": "x"}, BEFORE, id="unseen, no such column"),
        pytest.param("sms_failure", {"created_at": NOON}, NOON, id="unseen, called the same"),
        pytest.param("sms_failure", {"x" * 70 + "_at": NOON}, NOON, id="unseen, with a long name"),
        pytest.param("other_statistic", {"seen_at": NOON_IN_A_FILE}, NOON, id="unknown"),
        pytest.param("other_statistic", {"created_at": NOON}, NOON, id="unknown, called the same"),
        pytest.param("other_statistic", {"b": "x"}, BEFORE, id="unknown, no such column"),
    ],
)
def test_created_at_is_time_of_event(name: str, row: dict[str, str], expected: str) -> None:
    file = MESSAGE_FILES.get(name, UNKNOWN_FILE)
    assert read_one(file, {"receipt_id": "1", **row}).record["created_at"] == expected


@pytest.mark.parametrize("name", ["checkpoint", "overview"])
def test_created_at_of_snapshot_is_its_column(name: str) -> None:
    row = {**full_row(MESSAGE_FILES[name]), "created_at": LATER_IN_A_FILE}
    assert read_one(MESSAGE_FILES[name], row).record["created_at"] == LATER


@pytest.mark.parametrize("name", ["checkpoint", "overview"])
def test_created_at_of_a_snapshot_that_has_none_is_null(name: str) -> None:
    row = {**full_row(MESSAGE_FILES[name]), "created_at": ""}
    assert read_one(MESSAGE_FILES[name], row).record["created_at"] is None


def test_overview_row_has_window() -> None:
    record = read_one(MESSAGE_FILES["overview"], full_row(MESSAGE_FILES["overview"])).record
    assert (record["created_at_after"], record["created_at_before"]) == (AFTER, BEFORE)


def test_inapplicable_total_is_null() -> None:
    row = {**full_row(MESSAGE_FILES["overview"]), "open_total": "", "click_total": "0"}
    record = read_one(MESSAGE_FILES["overview"], row).record
    assert (record["open_total"], record["click_total"]) == (None, 0)


# --- ids of rows that have none


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
        pytest.param(lambda name: f"  {name} ", id="blanks around it"),
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


# --- rejected rows


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
    assert [row.reason for row in result.damaged] == ["completed_at and received_at is empty"]


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


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_any_record_can_be_written_as_json(text: str) -> None:
    record = read_one(UNKNOWN_FILE, {"a": text, text or "b": "1"}).record
    assert json.loads(json.dumps(record)) == record


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
