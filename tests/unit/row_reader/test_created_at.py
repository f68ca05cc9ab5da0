"""The `created_at` of a record, and the window of a snapshot."""

from __future__ import annotations

import pytest

from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE
from tests.unit.row_reader.reading import (
    AFTER,
    BEFORE,
    LATER,
    LATER_IN_A_FILE,
    NOON,
    NOON_IN_A_FILE,
    full_row,
    read_one,
)


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
        pytest.param("sms_failure", {"failed_at": NOON}, NOON, id="assumed file"),
        pytest.param(
            "sms_failure", {"failed_at": NOON, "x_at": LATER}, NOON, id="assumed file, two times"
        ),
        pytest.param("sms_failure", {"failed_at": ""}, BEFORE, id="assumed file, empty time"),
        pytest.param("sms_failure", {"failed_at": "soon"}, BEFORE, id="assumed file, invalid time"),
        pytest.param("sms_failure", {"status": "x"}, BEFORE, id="assumed file, no time column"),
        pytest.param(
            "sms_failure", {"created_at": NOON}, NOON, id="assumed file, column created_at"
        ),
        pytest.param(
            "sms_failure", {"x" * 70 + "_at": NOON}, NOON, id="assumed file, long column name"
        ),
        pytest.param("other_statistic", {"seen_at": NOON_IN_A_FILE}, NOON, id="unknown"),
        pytest.param(
            "other_statistic", {"created_at": NOON}, NOON, id="unknown file, column created_at"
        ),
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
