"""The generated workspace: reproducible, realistic, consistent over time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from time import process_time

import pytest

from intercom_simulator import Workspace
from intercom_simulator.content_export.columns import (
    EVENT_FILES,
    FILES,
    FIRST_STATISTICS,
    OVERVIEW,
    PUBLISHED_FILES,
    RECEIPT,
    FileSchema,
)
from intercom_simulator.content_export.selection import Selection
from intercom_simulator.content_export.tables import select_table
from tests.simulator.api import END

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(receipts=1_000, days=60, seed=7, end=END)


def test_equal_seeds_give_equal_rows() -> None:
    first, second = (Workspace(receipts=200, seed=3, end=END) for _ in range(2))
    assert first.history == second.history


def test_another_seed_gives_other_rows() -> None:
    first, second = (Workspace(receipts=200, seed=seed, end=END) for seed in (3, 4))
    assert first.history.receipts != second.history.receipts


def test_length_of_the_future_does_not_change_the_past() -> None:
    short, long = (Workspace(receipts=200, end=END, future_days=days) for days in (0, 30))
    for statistic in FILES:
        assert short.expected_rows(statistic, END) == long.expected_rows(statistic, END)


def test_every_file_has_rows_in_a_small_workspace() -> None:
    counts = Workspace(end=END).counts(END)
    assert counts["receipt"] == 500
    assert not [statistic for statistic, rows in counts.items() if not rows]


def test_receipt_has_the_52_columns_in_order(workspace: Workspace) -> None:
    row = workspace.expected_rows("receipt", END)[0]
    assert list(row) == list(RECEIPT.columns)
    assert len(row) == 52
    assert list(row)[13:15] == ["receipt_id", "received_at"]
    assert list(row)[-1] == "first_fin_step_reached"


@pytest.mark.parametrize("file", PUBLISHED_FILES, ids=lambda file: file.name)
def test_public_files_have_no_identical_rows(workspace: Workspace, file: FileSchema) -> None:
    rows = [tuple(row.values()) for row in workspace.expected_rows(file.name, END + 20 * DAY)]
    assert len(rows) == len(set(rows))


def test_receipt_ids_are_unique_and_some_exceed_a_double(workspace: Workspace) -> None:
    ids = [row["receipt_id"] for row in workspace.expected_rows("receipt", END)]
    assert len(ids) == len(set(ids))
    assert any(int(identifier) > 2**53 for identifier in ids)
    assert all(isinstance(identifier, str) for identifier in ids)


def test_workspace_has_unusual_cells(workspace: Workspace) -> None:
    rows = workspace.expected_rows("receipt", END)
    text = "".join(str(row["name"]) + str(row["content_title"]) for row in rows)
    assert all(character in text for character in ',"\n🎉é')
    assert any(row["user_external_id"] is None for row in rows)
    assert any(str(row["user_external_id"]).startswith("00") for row in rows)
    assert any(row["company_id"] is None for row in rows)
    assert any(row["series_id"] is None for row in rows)
    empty = sum(row["conversation_id"] is None for row in rows)
    assert 0.9 < empty / len(rows) < 1


def test_some_messages_share_a_second_and_some_come_at_midnight(workspace: Workspace) -> None:
    times = Counter(row["received_at"] for row in workspace.expected_rows("receipt", END))
    assert max(times.values()) > 1
    assert any(at.timestamp() % 86_400 == 0 for at in times)
    assert any(at.timestamp() % 86_400 == 86_399 for at in times)


def test_mail_scanner_clicks_several_urls_in_one_second(workspace: Workspace) -> None:
    clicks = Counter(
        (row["receipt_id"], row["clicked_at"]) for row in workspace.expected_rows("click", END)
    )
    assert max(clicks.values()) > 1


def test_both_ends_of_a_range_are_inclusive(workspace: Workspace) -> None:
    times = [row["received_at"] for row in workspace.expected_rows("receipt", END)]
    first, last = times[100], times[200]
    expected = [at for at in times if first <= at <= last]
    rows = workspace.rows("receipt", first, last, END)
    assert [row["received_at"] for row in rows] == expected
    inner = workspace.rows("receipt", first + SECOND, last - SECOND, END)
    assert [row["received_at"] for row in inner] == [at for at in expected if first < at < last]


@pytest.mark.parametrize("statistic", [*EVENT_FILES, "receipt", "checkpoint"])
def test_neighbouring_ranges_lose_and_repeat_nothing(workspace: Workspace, statistic: str) -> None:
    first, middle, until = END - 90 * DAY, END - 20 * DAY, END + 30 * DAY
    before = _without_firsts(workspace.rows(statistic, first, middle, until))
    after = _without_firsts(workspace.rows(statistic, middle + SECOND, END, until))
    assert before or after
    assert before + after == _without_firsts(workspace.rows(statistic, first, END, until))


def _without_firsts(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{k: v for k, v in row.items() if not k.startswith("first_")} for row in rows]


def test_first_columns_count_events_in_range_only(workspace: Workspace) -> None:
    full = {row["receipt_id"]: row for row in workspace.expected_rows("receipt", END + 7 * DAY)}
    late = next(
        row
        for row in full.values()
        if row["first_open"] and row["first_open"] > row["received_at"] + timedelta(hours=2)
    )
    narrow = _only(workspace, late, late["first_open"] - SECOND)
    assert narrow["first_open"] is None
    assert _only(workspace, late, late["first_open"])["first_open"] == late["first_open"]


def _only(workspace: Workspace, row: dict[str, object], before: datetime) -> dict[str, object]:
    received_at = row["received_at"]
    assert isinstance(received_at, datetime)
    rows = workspace.rows("receipt", received_at, before, END + 30 * DAY)
    return next(found for found in rows if found["receipt_id"] == row["receipt_id"])


@pytest.mark.parametrize("statistic", FIRST_STATISTICS)
def test_first_columns_agree_with_the_event_files(workspace: Workspace, statistic: str) -> None:
    until = END + 3 * DAY
    firsts: dict[str, datetime] = {}
    for row in workspace.expected_rows(statistic, until):
        firsts.setdefault(row["receipt_id"], row[EVENT_FILES[statistic].time])
    found = {
        row["receipt_id"]: row[f"first_{statistic}"]
        for row in workspace.expected_rows("receipt", until)
        if row[f"first_{statistic}"]
    }
    assert found
    assert found == firsts


@pytest.mark.parametrize("statistic", FILES)
def test_rows_after_clock_time_are_not_visible(workspace: Workspace, statistic: str) -> None:
    until = END - 30 * DAY
    rows = workspace.rows(statistic, END - 60 * DAY, END, until)
    assert rows
    assert all(
        value <= until
        for row in rows
        for column, value in row.items()
        if isinstance(value, datetime) and column != "expires_at"
    )
    assert workspace.expected_rows(statistic, until) != workspace.expected_rows(statistic, END)


def test_messages_continue_after_end(workspace: Workspace) -> None:
    now, later = workspace.counts(END), workspace.counts(END + 14 * DAY)
    assert later["receipt"] == 1_000 + 1_000 * 14 // 60
    assert later["open"] > now["open"]


def test_all_events_are_within_max_delay(workspace: Workspace) -> None:
    until = END + 60 * DAY
    received = {
        row["receipt_id"]: row["received_at"] for row in workspace.expected_rows("receipt", until)
    }
    delays = [
        row[file.time] - received[row["receipt_id"]]
        for file in EVENT_FILES.values()
        for row in workspace.expected_rows(file.name, until)
    ]
    assert timedelta() < min(delays)
    assert 5 * DAY < max(delays) < 6 * DAY


def test_share_of_the_events_can_be_later_than_the_delay() -> None:
    workspace = Workspace(receipts=300, end=END, late_share=0.3, late_days=20)
    until = END + 60 * DAY
    received = {
        row["receipt_id"]: row["received_at"] for row in workspace.expected_rows("receipt", until)
    }
    delays = [
        row["opened_at"] - received[row["receipt_id"]]
        for row in workspace.expected_rows("open", until)
    ]
    late = sum(delay >= 6 * DAY for delay in delays)
    assert 0 < late < len(delays) / 2
    assert max(delays) < 20 * DAY


def test_unfinished_survey_has_answers_but_no_completion(workspace: Workspace) -> None:
    rows = workspace.expected_rows("answer_combined", END)
    assert any(row["completed_at"] is None for row in rows)
    assert any(row["completed_at"] is not None for row in rows)
    assert all(row["answers"] for row in rows)


def test_questions_may_be_equal_long_and_awkward(workspace: Workspace) -> None:
    rows = workspace.expected_rows("answer_combined", END)
    questions = [[question for question, _ in row["answers"]] for row in rows]
    assert any(len(asked) > len(set(asked)) for asked in questions)
    texts = {question for asked in questions for question in asked}
    assert any(len(text.encode()) > 63 for text in texts)
    assert any('"' in text and "," in text and "\n" in text for text in texts)


def test_combined_answers_are_those_of_the_answer_file(workspace: Workspace) -> None:
    single: dict[str, list[tuple[str, str]]] = {}
    for row in workspace.expected_rows("answer", END):
        single.setdefault(row["receipt_id"], []).append((row["question"], row["response"]))
    combined = {
        row["receipt_id"]: row["answers"] for row in workspace.expected_rows("answer_combined", END)
    }
    assert combined == single


def test_overview_counts_rows_of_other_files(workspace: Workspace) -> None:
    rows = workspace.expected_rows("overview", END)
    assert sum(row["receipt_total"] for row in rows) == 1_000
    opens = [row["open_total"] for row in rows]
    assert None in opens
    assert sum(total or 0 for total in opens) == len(workspace.expected_rows("open", END))


def test_overview_may_count_all_time(workspace: Workspace) -> None:
    end = int(END.timestamp())
    week = Selection(end - 7 * 86_400, end, end)
    ever = replace(week, overview_of_all_time=True)
    rows, whole = (
        list(select_table(workspace.history, "overview", one).rows) for one in (week, ever)
    )
    keys = [OVERVIEW.columns.index(name) for name in ("ruleset_id", "content_id")]
    found = [[[row[key] for key in keys] for row in some] for some in (rows, whole)]
    assert found[0] == found[1]
    total = OVERVIEW.columns.index("receipt_total")
    expected_totals = {
        row["content_id"]: row["receipt_total"] for row in workspace.expected_rows("overview", END)
    }
    assert [row[total] for row in whole] == [expected_totals[str(row[keys[1]])] for row in rows]
    assert [row[total] for row in whole] != [row[total] for row in rows]


def test_checkpoints_change_status_and_have_key(workspace: Workspace) -> None:
    rows = workspace.expected_rows("checkpoint", END)
    keys = {(row["series_entry_record_id"], row["ruleset_id"], row["user_id"]) for row in rows}
    assert len(keys) == len(rows)
    assert {row["status_name"] for row in rows} >= {"waiting", "completed"}
    assert {row["times_processed"] for row in rows} == {1, 2}


def test_large_workspace_is_quick() -> None:
    started = process_time()
    Workspace(receipts=20_000, end=END)
    assert process_time() - started < 3  # 0.6 s on an idle machine


def test_date_time_without_time_zone_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="time zone"):
        workspace.expected_rows("receipt", datetime(2026, 1, 1))  # noqa: DTZ001
