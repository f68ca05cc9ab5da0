"""The list of datasets, and the ids of their attributes."""

from __future__ import annotations

from collections import Counter

import pytest

from intercom_simulator import Simulator
from intercom_simulator.reporting.datasets import DATASETS
from tests.simulator.api import END, message
from tests.simulator.reporting.report_requests import call


def test_datasets_are_listed_with_qualified_ids_from_2_16(sim: Simulator) -> None:
    listed = call(sim, "GET", "/export/reporting_data/get_datasets").json()
    assert set(listed) == {"type", "data"}
    found = {dataset["id"]: dataset for dataset in listed["data"]}
    assert set(found) == set(DATASETS)
    assert found["conversation"]["default_time_attribute_id"] == "conversation_started_at"
    assert found["conversation"]["attributes"][0] == {
        "id": "conversation_id",
        "name": "Conversation id",
        "qualified_id": "standard.conversation_id",
    }
    assert {
        dataset["default_time_attribute_id"] in {one["id"] for one in dataset["attributes"]}
        for dataset in found.values()
    } == {True}


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("2.14", {"id", "name"}),
        ("2.15", {"id", "name"}),
        ("Preview", {"id", "name", "qualified_id"}),
    ],
)
def test_older_versions_list_no_qualified_ids(sim: Simulator, version: str, keys: set[str]) -> None:
    headers = {"Intercom-Version": version}
    listed = call(sim, "GET", "/export/reporting_data/get_datasets", headers).json()
    assert {frozenset(one) for each in listed["data"] for one in each["attributes"]} == {
        frozenset(keys)
    }


@pytest.mark.parametrize(
    ("identifier", "qualified_id"),
    [
        ("action_time", "timestamp.action_time"),
        ("action_performed_by_teammate_id", "teammate.action_performed_by_teammate_id"),
        ("action_team_assignee_id", "team.action_team_assignee_id"),
        ("teammate_first_response_time", "duration.teammate_first_response_time"),
        ("response_time_in_office_hours", "duration.response_time_in_office_hours"),
        ("action_id", "standard.action_id"),
        ("action_type", "standard.action_type"),
        ("conversation_rating", "conversation-rating-sent.conversation_rating"),
        ("rated_teammate_id", "conversation-rating-sent.rated_teammate_id"),
        ("call_talk_time", "call.call_talk_time"),
        ("call_team_id", "team.call_team_id"),
        ("call_initiated_at", "timestamp.call_initiated_at"),
        ("customer_name", "conversation.customer_name"),
        ("Brand", "people.Brand"),
    ],
)
def test_qualified_ids_are_those_seen_in_public(identifier: str, qualified_id: str) -> None:
    attributes = [one for each in DATASETS.values() for one in each.attributes]
    assert qualified_id in {one.qualified_id for one in attributes if one.id == identifier}


def test_qualified_ids_are_unique_and_plain_ones_are_not() -> None:
    for dataset in DATASETS.values():
        assert len({one.qualified_id for one in dataset.attributes}) == len(dataset.attributes)
    plain = Counter(one.id for one in DATASETS["tickets"].attributes)
    assert plain["_default_title_"] == 12
    assert plain["Account CRN"] > 2
    names = {one.id for one in DATASETS["conversation"].attributes}
    assert {"Account Tier", "account tier", "Plan #", "Is VIP?", "Région"} <= names
    assert any(len(name.encode()) > 63 for name in names)


@pytest.mark.parametrize("path", ["get_datasets", "enqueue"])
def test_reports_exist_from_2_14_and_need_a_scope(path: str) -> None:
    method = "GET" if path == "get_datasets" else "POST"
    with Simulator(receipts=0, end=END, scopes=("export_content_data",)) as sim:
        answers = [
            message(
                call(sim, method, f"/export/reporting_data/{path}", {"Intercom-Version": version})
            )
            for version in ("2.13", "2.14")
        ]
    assert answers[0].startswith("400 intercom_version_invalid: ")
    assert answers[1].startswith("403 action_forbidden: ")
