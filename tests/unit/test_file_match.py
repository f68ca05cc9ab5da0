"""Recognition of a CSV file by its name, or else by its columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE
from tap_intercom_export.schemas.file_match import (
    schema_by_file_name,
    schema_by_header,
    statistic_name,
)
from tests.unit.statistic_files import ASSUMED_FILES, COLUMNS, OBSERVED_FILES, RECEIPT_COLUMNS

SIMILAR_NAMES = [
    "receipt",
    "answer",
    "answer_combined",
    "open",
    "checklist_step_open",
    "completion",
]
"""Names that are prefixes or suffixes of each other."""

TIMESTAMPS = [
    "_20260401-120000",
    "_20260401_120000",
    "_20260401",
    "_20260401T120000",
    "_20260401120000",
    "_20260401-1200",
    "-20260401-120000",
    "_20260401-120000_2",
    "_2026-04-01",
    "_2026-04-01T12:00:00Z",
    "_20260401T120000Z",
    "_1775044800",
    "_20260401-120000 (1)",
    "_202604",
    "_20260401-120000_part_2",
    "",
]

every_name = pytest.mark.parametrize("name", [*OBSERVED_FILES, *ASSUMED_FILES])


# --- names of files


@pytest.mark.parametrize("name", SIMILAR_NAMES)
@pytest.mark.parametrize("stamp", TIMESTAMPS)
def test_file_is_recognized_with_any_timestamp(name: str, stamp: str) -> None:
    assert schema_by_file_name(f"{name}{stamp}.csv") is MESSAGE_FILES[name]


@every_name
def test_file_is_recognized_by_name(name: str) -> None:
    assert schema_by_file_name(f"{name}_20260401-120000.csv") is MESSAGE_FILES[name]


@pytest.mark.parametrize("name", SIMILAR_NAMES)
@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param("{}s_20260401-120000.csv", id="plural"),
        pytest.param("{}_1_20260401-120000.csv", id="part before the stamp"),
        pytest.param("{}_12.csv", id="part without a timestamp"),
        pytest.param("{}s_2_20260401.csv", id="part of a plural"),
        pytest.param("{}20260401.csv", id="no separator before the timestamp"),
        pytest.param("{} (1).csv", id="copy"),
        pytest.param("{}_20260401 - Kopie.csv", id="copy in another language"),
        pytest.param("{}_Part 3.csv", id="the word Part"),
        pytest.param("export/2026/{}_20260401.csv", id="folders"),
        pytest.param("export\\{}_20260401.csv", id="folders of Windows"),
        pytest.param("./{}.csv", id="current folder"),
        pytest.param("{}_20260401.csv.gz", id="gzip"),
        pytest.param("{}", id="no extension"),
    ],
)
def test_file_is_recognized_in_any_spelling(name: str, spelling: str) -> None:
    assert schema_by_file_name(spelling.format(name)) is MESSAGE_FILES[name]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("replies_20260401.csv", "reply"),
        ("Replies_20260401.CSV", "reply"),
        ("Keyword Replies 2026-04-01.csv", "keyword_reply"),
        ("series-exit_20260401.csv", "series_exit"),
        ("goal_successes_20260401.csv", "goal_success"),
        ("answer_combined_20260401.csv", "answer_combined"),
    ],
)
def test_file_is_recognized_in_plural_and_with_other_separators(path: str, name: str) -> None:
    assert schema_by_file_name(path) is MESSAGE_FILES[name]


@given(st.sampled_from(OBSERVED_FILES + ASSUMED_FILES), st.sampled_from(TIMESTAMPS), st.data())
def test_file_is_recognized_in_any_case(name: str, stamp: str, data: st.DataObject) -> None:
    path = f"{name}{stamp}.csv"
    upper = data.draw(st.lists(st.booleans(), min_size=len(path), max_size=len(path)))
    mixed = "".join(c.upper() if up else c for c, up in zip(path, upper, strict=True))
    assert schema_by_file_name(mixed) is MESSAGE_FILES[name]


@pytest.mark.parametrize(
    "path",
    [
        "answered_20260401.csv",
        "answer_combined_extra_20260401.csv",
        "my_open_20260401.csv",
        "open_rate_20260401.csv",
        "receipt_summary.csv",
        "checklist_step_20260401.csv",
        "step_open_20260401.csv",
        "novelty_20260401.csv",
        "receiptss.csv",
        "other.csv",
    ],
)
def test_unknown_name_is_other_statistic(path: str) -> None:
    assert schema_by_file_name(path) is UNKNOWN_FILE


@pytest.mark.parametrize("path", ["", ".csv", "_20260401.csv", "folder/"])
def test_name_without_statistic_is_no_match(path: str) -> None:
    expected = None if path != "folder/" else UNKNOWN_FILE
    assert schema_by_file_name(path) is expected


@pytest.mark.parametrize("stamp", TIMESTAMPS)
def test_statistic_name_has_no_timestamp(stamp: str) -> None:
    assert statistic_name(f"Exports/Novelty{stamp}.CSV") == "novelty"


@given(st.text())
def test_any_path_is_known_other_or_no_file(path: str) -> None:
    found = schema_by_file_name(path)
    assert found is None or found is UNKNOWN_FILE or found in MESSAGE_FILES.values()


# --- files without a name


@pytest.mark.parametrize("name", OBSERVED_FILES)
@pytest.mark.parametrize("step", [1, -1], ids=["in order", "reversed"])
def test_unnamed_file_is_recognized_by_columns(name: str, step: int) -> None:
    header = [column.name for column in MESSAGE_FILES[name].columns]
    assert schema_by_header(header[::step]).name == name


def test_receipt_of_2024_is_recognized_by_columns() -> None:
    assert schema_by_header(RECEIPT_COLUMNS[:-1]).name == "receipt"


def test_documented_click_is_recognized_by_columns() -> None:
    assert schema_by_header(["receipt_id", "clicked_at"]).name == "click"


@pytest.mark.parametrize("questions", [0, 3, 12, 200])
def test_survey_is_recognized_by_columns_with_any_number_of_questions(questions: int) -> None:
    header = [*COLUMNS["answer_combined"].split(), *(f"Question {n}?" for n in range(questions))]
    assert schema_by_header(header).name == "answer_combined"


@pytest.mark.parametrize("name", OBSERVED_FILES)
def test_file_is_recognized_by_columns_in_any_spelling(name: str) -> None:
    header = [column.name.upper().replace("_", " ") for column in MESSAGE_FILES[name].columns]
    assert schema_by_header(header).name == name


@pytest.mark.parametrize("is_named", [False, True])
@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("receipt_id received_at", "receipt"),
        ("receipt_id received_at email new", "receipt"),
        ("receipt_id opened_at", "open"),
        ("user_id series_entry_record_id ruleset_id new", "checkpoint"),
        ("receipt_id answered_at question_id", "answer"),
        ("receipt_id viewed_at step_id", "tour_step_view"),
    ],
)
def test_file_is_recognized_by_few_columns(header: str, name: str, is_named: bool) -> None:  # noqa: FBT001
    assert schema_by_header(header.split(), is_named=is_named).name == name


@pytest.mark.parametrize(
    ("header", "unnamed"),
    [
        pytest.param("receipt_id completed_at", "completion", id="columns of several files"),
        pytest.param("receipt_id opened_at colour", "open", id="additional column"),
    ],
)
def test_new_name_with_columns_of_an_event_is_other_statistic(header: str, unnamed: str) -> None:
    assert schema_by_header(header.split()).name == unnamed
    assert schema_by_header(header.split(), is_named=True) is UNKNOWN_FILE


@pytest.mark.parametrize(
    "header",
    [[], [""], ["receipt_id"], ["a", "b"], ["receipt_id", "seen_at"], ["user_id", "email"]],
)
def test_header_that_matches_no_file_is_other_statistic(header: list[str]) -> None:
    assert schema_by_header(header) is UNKNOWN_FILE
