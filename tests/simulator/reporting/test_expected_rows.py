"""The rows that a report is expected to have: keys, ranges, changes over time."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from intercom_simulator import Simulator, Workspace
from intercom_simulator.reporting import Reporting
from intercom_simulator.reporting.datasets import DATASETS
from tests.simulator.api import END
from tests.simulator.reporting.report_requests import IDS, call, report

LATER = END + timedelta(days=20)

STEADY = {"call_team_stats", "call_teammate_stats", "copilot_prompt_response_pair"}
"""Datasets whose rows do not change, except during a call."""


@pytest.fixture(scope="module")
def reporting() -> Reporting:
    return Reporting(Workspace(receipts=0, seed=5, end=END), 200)


def test_workspace_has_unusual_values(reporting: Reporting) -> None:
    rows = reporting.expected_rows("conversation", END)
    teammates = {row["teammate.currently_assigned_teammate_id"] for row in rows}
    raw = {row["teammate.currently_assigned_teammate_raw_id"] for row in rows}
    assert {"Unassigned", "Silva, João"} <= teammates
    assert len(raw - {None}) > len(teammates - {"Unassigned"})
    assert any("," in (row["standard.conversation_tag_ids"] or "") for row in rows)
    assert {row["standard.fin_ai_agent_participated"] for row in rows} == {"true", "false"}
    spans = [row["duration.conversation_first_response_time"] for row in rows]
    assert any(span is None for span in spans)
    assert any(span and span % 1 for span in spans)
    text = json.dumps(rows, default=str, ensure_ascii=False)
    assert all(mark in text for mark in ("\\n", '\\"', "é", "🥐"))
    ratings = reporting.expected_rows("conversation_rating_sent", END)
    assert any(row["conversation-rating-sent.conversation_rating"] is None for row in ratings)


def test_equal_seeds_give_equal_rows() -> None:
    def rows(seed: int, future_days: int = 14) -> list[list[dict[str, Any]]]:
        workspace = Workspace(receipts=0, seed=seed, end=END, future_days=future_days)
        return [Reporting(workspace, 20).expected_rows(dataset, END) for dataset in DATASETS]

    assert rows(1) == rows(1) == rows(1, 30)
    assert rows(1) != rows(2)


def test_both_ends_of_a_range_are_inclusive(sim: Simulator) -> None:
    for dataset in sim.reporting.datasets.values():
        (time,) = [one.qualified_id for one in dataset.attributes if one.id == dataset.time]
        expected_rows = sim.reporting.expected_rows(dataset.id, END)
        first, last = (int(expected_rows[position][time].timestamp()) for position in (3, -3))
        expected = [row for row in expected_rows if first <= row[time].timestamp() <= last]
        assert sim.reporting.rows(dataset.id, first, last, END) == expected
        assert len(report(sim, dataset.id, (time,), (first, last))) == len(expected) + 1
        assert len(sim.reporting.rows(dataset.id, first + 1, last - 1, END)) < len(expected)


@pytest.mark.parametrize("dataset", list(DATASETS))
def test_keys_are_unique_and_counts_count(reporting: Reporting, dataset: str) -> None:
    key = DATASETS[dataset].key
    rows = reporting.expected_rows(dataset, LATER)
    assert key or dataset == "admin_status_change"
    whole = {tuple(row[name] for name in key or row) for row in rows}
    assert len(whole) == len(rows) == reporting.counts(LATER)[dataset]


@pytest.mark.parametrize("dataset", list(DATASETS))
def test_rows_appear_and_change_over_time(reporting: Reporting, dataset: str) -> None:
    key = DATASETS[dataset].key or ("standard.teammate_status_id",)
    early, late = (
        {tuple(row[name] for name in key): row for row in reporting.expected_rows(dataset, until)}
        for until in (END, END + timedelta(days=9))
    )
    assert set(early) < set(late)
    changes = any(late[name] != row for name, row in early.items())
    assert changes or dataset in STEADY


def test_every_attribute_except_one_has_a_value(reporting: Reporting) -> None:
    empty = {
        name
        for dataset in DATASETS
        for rows in [reporting.expected_rows(dataset, LATER)]
        for name in rows[0]
        if all(row[name] is None for row in rows)
    }
    assert empty == {"standard.company_manual_tag_ids"}


def test_no_value_is_visible_before_its_time(reporting: Reporting) -> None:
    until = END - timedelta(days=30)
    for dataset in DATASETS:
        for row in reporting.expected_rows(dataset, until):
            assert all(value <= until for value in row.values() if isinstance(value, datetime))


def test_rating_moves_to_time_of_response(reporting: Reporting) -> None:
    key, at, rating = (
        "conversation-rating-sent.conversation_rating_id",
        "timestamp.conversation_rating_updated_at",
        "conversation-rating-sent.conversation_rating",
    )
    early = {row[key]: row for row in reporting.expected_rows("conversation_rating_sent", END)}
    late = {row[key]: row for row in reporting.expected_rows("conversation_rating_sent", LATER)}
    answered = [name for name in early if early[name][rating] != late[name][rating]]
    assert answered
    assert all(early[name][at] < END < late[name][at] for name in answered)


def test_calls_have_rows_by_team_and_teammate(reporting: Reporting) -> None:
    key = "call.call_id"
    calls = {row[key]: row for row in reporting.expected_rows("call", LATER)}
    teams = Counter(row[key] for row in reporting.expected_rows("call_team_stats", LATER))
    assert set(teams) == set(calls)
    assert set(teams.values()) == {1, 2}  # a second one after a transfer
    offers = reporting.expected_rows("call_teammate_stats", LATER)
    assert {row[key] for row in offers} == set(calls)
    assert len(offers) > len(calls)
    for row in offers:
        call = calls[row[key]]
        took = row["teammate.call_teammate_id"] == call["teammate.call_teammate_id"]
        counts = [row[f"call.call_teammate_{what}_call_count"] for what in ("declined", "missed")]
        assert sorted(counts) == (["0", "0"] if took else ["0", "1"])


def test_datasets_have_same_conversations(reporting: Reporting) -> None:
    key = "standard.conversation_id"
    conversations = {row[key]: row for row in reporting.expected_rows("conversation", END)}
    for dataset in DATASETS.values():
        for row in reporting.expected_rows(dataset.id, END) if key in _ids(dataset.id) else []:
            if row[key] is None:
                assert dataset.id == "tickets"
                continue
            whole = conversations[row[key]]
            for name in set(row) & set(whole) if "ticket" not in dataset.id else ():
                assert row[name] == whole[name], name
    states = [
        row
        for row in reporting.expected_rows("conversation_state", END)
        if row["timestamp.conversation_state_ended_at"] is None
    ]
    assert {row[key]: row["standard.conversation_state"] for row in states} == {
        name: row["standard.current_conversation_state"] for name, row in conversations.items()
    }


def _ids(dataset: str) -> set[str]:
    return {one.qualified_id for one in DATASETS[dataset].attributes}


def test_conversations_before_2_16_need_customer_message(sim: Simulator) -> None:
    old, new = (report(sim, attributes=("conversation_id",), version=v) for v in ("2.15", "2.16"))
    missing = {line[0] for line in new} - {line[0] for line in old}
    assert missing
    expected_rows = sim.reporting.expected_rows("conversation", END, "2.15")
    assert [line[0] for line in old[1:]] == [row[IDS[0]] for row in expected_rows]
    silent = {
        row[IDS[0]]
        for row in sim.reporting.expected_rows("consolidated_conversation_part", END)
        if row["standard.action_type"].startswith("Customer reply")
    }
    assert not silent & missing


def test_data_is_generated_on_first_use(sim: Simulator) -> None:
    call(sim, "GET", "/export/reporting_data/get_datasets")
    assert "_past" not in vars(sim.reporting)
    assert "_pages" not in vars(sim.ai_content)
    assert "_instances" not in vars(sim.custom_objects)
