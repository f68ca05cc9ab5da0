"""The simulated reporting export: datasets, jobs, files, expected rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import zipfile
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
import requests

from intercom_simulator import Dialect, Fault, JobFault, Mutation, Simulator, Workspace
from intercom_simulator.reporting import Reporting
from intercom_simulator.reporting.datasets import DATASETS

if TYPE_CHECKING:
    from collections.abc import Iterator

END = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
NOW = int(END.timestamp())
DAY = 86_400
ALL = (NOW - 91 * DAY, NOW)
OCTETS = {"Accept": "application/octet-stream"}
IDS = ("standard.conversation_id", "timestamp.conversation_started_at")
LATER = END + timedelta(days=20)
STEADY = {"call_team_stats", "call_teammate_stats", "copilot_prompt_response_pair"}
"""Datasets whose rows do not change, except during a call."""


@pytest.fixture(scope="module")
def reporting() -> Reporting:
    return Reporting(Workspace(receipts=0, seed=5, end=END), 200)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=0, end=END, conversations=60) as simulator:
        yield simulator


def call(
    sim: Simulator, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
) -> requests.Response:
    sent = {
        "Authorization": f"Bearer {sim.token}",
        "Intercom-Version": "2.16",
        "Accept-Encoding": "identity",
        **(headers or {}),
    }
    return requests.request(method, sim.url + path, headers=sent, timeout=10, **options)


def enqueue(
    sim: Simulator,
    dataset: str = "conversation",
    attributes: tuple[str, ...] = IDS,
    span: tuple[int, int] = ALL,
    version: str = "2.16",
) -> requests.Response:
    body = {
        "dataset_id": dataset,
        "attribute_ids": list(attributes),
        "start_time": span[0],
        "end_time": span[1],
    }
    return call(
        sim, "POST", "/export/reporting_data/enqueue", {"Intercom-Version": version}, json=body
    )


def poll(sim: Simulator, identifier: str) -> requests.Response:
    return call(sim, "GET", f"/export/reporting_data/{identifier}")


def download(sim: Simulator, identifier: str) -> requests.Response:
    return call(sim, "GET", f"/download/reporting_data/{identifier}", OCTETS)


def report(sim: Simulator, *arguments: Any, **options: Any) -> list[list[str]]:
    identifier = enqueue(sim, *arguments, **options).json()["job_identifier"]
    text = gzip.decompress(download(sim, identifier).content).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def message(response: requests.Response) -> str:
    error = response.json()["errors"][0]
    assert response.json()["type"] == "error.list"
    return f"{response.status_code} {error['code']}: {error['message']}"


# datasets and requests


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


GOOD = {
    "dataset_id": "conversation",
    "attribute_ids": ["conversation_id"],
    "start_time": NOW - DAY,
    "end_time": NOW,
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"dataset_id": None}, "'dataset_id' is a required parameter"),
        ({"dataset_id": "imaginary"}, "imaginary is not a valid dataset_id"),
        ({"attribute_ids": None}, "'attribute_ids' is a required parameter"),
        ({"attribute_ids": []}, "attribute_ids must contain at least one attribute_id"),
        (
            {"attribute_ids": "not an array"},
            "'attribute_ids' not an array must be of type Array",
        ),
        (
            {"attribute_ids": ["a", "conversation_id", "standard.b"]},
            "attribute_ids invalid for conversation dataset: a, standard.b",
        ),
        ({"start_time": None}, "'start_time' is a required parameter"),
        ({"end_time": None}, "'end_time' is a required parameter"),
        ({"end_time": "now"}, "'end_time' must be an integer"),
        ({"start_time": NOW + 1}, "start_time is greater than end_time"),
        (
            {"start_time": NOW - 731 * DAY},
            "start_time is beyond the reporting data retention of 2 years",
        ),
    ],
)
def test_invalid_report_request_is_refused(
    sim: Simulator, change: dict[str, Any], expected: str
) -> None:
    body = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    response = call(sim, "POST", "/export/reporting_data/enqueue", json=body)
    assert message(response) == f"400 bad_request: {expected}"
    assert not sim.reporting_jobs


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (Dialect(reporting_max_range_seconds=30 * DAY), "The time range is longer than 30 days"),
        (
            Dialect(reporting_max_attributes=1),
            "attribute_ids must contain at most 1 attribute_ids",
        ),
        (
            Dialect(refused_attributes=("standard.conversation_id",)),
            "attribute_ids invalid for conversation dataset: standard.conversation_id",
        ),
    ],
)
def test_unpublished_limits_can_be_set(sim: Simulator, dialect: Dialect, text: str) -> None:
    sim.dialect = dialect
    assert message(enqueue(sim)) == f"400 bad_request: {text}"


def test_dialect_may_require_qualified_ids(sim: Simulator) -> None:
    sim.dialect = Dialect(reporting_qualified_only=True, reporting_qualified_headers=True)
    assert message(enqueue(sim, attributes=("conversation_id",))).endswith(": conversation_id")
    assert report(sim)[0] == list(IDS)


# jobs


def test_report_is_created_polled_and_downloaded(sim: Simulator) -> None:
    sim.job_seconds = 0.2
    created = enqueue(sim)
    identifier = created.json()["job_identifier"]
    pending = {
        "job_identifier": identifier,
        "status": "pending",
        "download_url": "",
        "download_expires_at": "",
    }
    assert (created.status_code, created.json()) == (200, pending)
    assert poll(sim, identifier).json() == pending
    sim.reporting_jobs[0].started -= 1
    done = poll(sim, identifier).json()
    assert done["status"] == "complete"
    assert done["download_url"] == f"{sim.url}/download/reporting_data/{identifier}"
    assert int(done["download_expires_at"]) == pytest.approx(NOW + 2 * DAY, abs=5)
    assert download(sim, identifier).headers["Content-Type"] == "application/octet-stream"
    assert sim.requests[-1].path == f"/download/reporting_data/{identifier}"
    assert not sim.jobs


def test_five_reports_may_be_pending_besides_a_message_export(sim: Simulator) -> None:
    sim.job_seconds = 60
    span = {"created_at_after": NOW - DAY, "created_at_before": NOW}
    assert call(sim, "POST", "/export/content/data", json=span).status_code == 200
    assert [enqueue(sim).status_code for _ in range(5)] == [200] * 5
    expected = "Exceeded rate limit of 5 pending reporting dataset export jobs"
    assert message(enqueue(sim)) == f"429 rate_limit_exceeded: {expected}"
    sim.reporting_jobs[0].end("failed")
    assert enqueue(sim).status_code == 200


def test_another_client_can_occupy_report_slots(sim: Simulator) -> None:
    held = sim.hold_reporting_slots()
    assert enqueue(sim).status_code == 429
    held[2].cancel()
    assert enqueue(sim).status_code == 200


def test_report_cannot_be_cancelled(sim: Simulator) -> None:
    identifier = enqueue(sim).json()["job_identifier"]
    assert call(sim, "POST", f"/export/cancel/{identifier}").status_code == 404


def test_unknown_unfinished_or_expired_report_is_not_found(sim: Simulator) -> None:
    text = "404 not_found: Export job not found for identifier: "
    assert message(poll(sim, "job1")) == f"{text}job1"
    assert message(download(sim, "job1")) == f"{text}job1"
    sim.job_seconds = 60
    identifier = enqueue(sim).json()["job_identifier"]
    assert message(download(sim, identifier)) == text + identifier
    sim.reporting_jobs[0].started -= 60
    assert download(sim, identifier).status_code == 200
    sim.clock.advance(3 * DAY)
    assert message(download(sim, identifier)) == text + identifier


def test_download_needs_its_accept_header(sim: Simulator) -> None:
    identifier = enqueue(sim).json()["job_identifier"]
    response = call(sim, "GET", f"/download/reporting_data/{identifier}")
    assert message(response).startswith("400 bad_request: ")


def test_faults_apply_to_report_routes(sim: Simulator) -> None:
    sim.faults.add(
        Fault("create", status=500),
        Fault("reporting_datasets", status=501),
        Fault("reporting_create", status=502),
        Fault("reporting_status", status=503),
        Fault("reporting_download", cut_fraction=0.5, hide_cut=True),
    )
    assert call(sim, "GET", "/export/reporting_data/get_datasets").status_code == 501
    assert enqueue(sim).status_code == 502
    identifier = enqueue(sim).json()["job_identifier"]
    assert poll(sim, identifier).status_code == 503
    short, whole = download(sim, identifier).content, download(sim, identifier).content
    assert whole.startswith(short)
    assert len(short) < len(whole)


def test_job_faults_distinguish_exports_and_datasets(sim: Simulator) -> None:
    sim.job_faults.add(
        JobFault(ends_as="failed"),
        JobFault(export="reporting", dataset="call", ends_as="failed"),
        JobFault(export="reporting", max_rows=3),
    )
    assert len(report(sim)) == 4
    assert len(report(sim)) == 61
    identifier = enqueue(sim, "call", ("call_id",)).json()["job_identifier"]
    failed = poll(sim, identifier)
    assert (failed.status_code, failed.json()["status"]) == (200, "failed")
    assert failed.json()["download_url"] == ""


def test_reports_can_come_from_the_storage_host(sim: Simulator) -> None:
    sim.dialect = Dialect(download_url="storage", reporting_completed_status="completed")
    identifier = enqueue(sim).json()["job_identifier"]
    job = poll(sim, identifier).json()
    assert job["status"] == "completed"
    assert job["download_url"].startswith(sim.storage_url)
    assert gzip.decompress(requests.get(job["download_url"], timeout=10).content)
    bearer = {"Authorization": "Bearer x"}
    assert requests.get(job["download_url"], headers=bearer, timeout=10).status_code == 400


# files


@pytest.mark.parametrize("container", ["gzip", "tar.gz", "zip", "csv", "encoded"])
def test_containers(sim: Simulator, container: Any) -> None:
    sim.dialect = Dialect(reporting_container=container)
    response = download(sim, enqueue(sim).json()["job_identifier"])
    body = io.BytesIO(response.content)
    if container == "gzip":
        text = gzip.decompress(body.getvalue())
    elif container == "tar.gz":
        with tarfile.open(fileobj=body) as archive:
            (member,) = archive.getmembers()
            assert member.name == "conversation_20260301-120000.csv"
            file = archive.extractfile(member)
            assert file is not None
            text = file.read()
    elif container == "zip":
        with zipfile.ZipFile(body) as zipped:
            (name,) = zipped.namelist()
            text = zipped.read(name)
    else:
        text = body.getvalue()
    encoding = "gzip" if container == "encoded" else None
    assert response.headers.get("Content-Encoding") == encoding
    assert text.startswith(b"conversation_id,conversation_started_at\n")


def test_columns_have_requested_order_and_plain_ids(sim: Simulator) -> None:
    asked = ("people.Plan #", "channel", "standard.conversation_id", "conversation.Brand")
    assert report(sim, attributes=asked)[0] == ["Plan #", "channel", "conversation_id", "Brand"]


def test_repeated_plain_ids_select_attributes_in_order(sim: Simulator) -> None:
    titles = [one for one in DATASETS["tickets"].attributes if one.id == "_default_title_"]
    plain = report(sim, "tickets", ("_default_title_",) * 12, version="2.14")
    qualified = report(sim, "tickets", tuple(one.qualified_id for one in titles))
    assert plain == qualified
    assert plain[0] == ["_default_title_"] * 12
    columns = list(zip(*plain[1:], strict=True))
    assert len(set(columns)) > 6
    assert max(sum(map(bool, row)) for row in plain[1:]) == 1


def test_cells_equal_expected_rows(sim: Simulator) -> None:
    for dataset in sim.reporting.datasets.values():
        ids = tuple(one.qualified_id for one in dataset.attributes)
        head, *lines = report(sim, dataset.id, ids)
        assert head == [one.id for one in dataset.attributes]
        truth = sim.reporting.expected_rows(dataset.id, END)
        assert lines
        assert [_parsed(ids, line) for line in lines] == truth


def _parsed(ids: tuple[str, ...], line: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in zip(ids, line, strict=True):
        if text in {"", "-"}:
            found[name] = None
        elif name.startswith("timestamp."):
            found[name] = datetime.strptime(f"{text}Z", "%Y-%m-%d %H:%M:%S%z")
        elif name.startswith("duration."):
            found[name] = float(text)
        else:
            found[name] = text
    return found


def test_times_are_those_of_the_workspaces_zone() -> None:
    zone = "America/Sao_Paulo"
    with Simulator(receipts=0, end=END, conversations=9, reporting_timezone=zone) as sim:
        times = [line[1] for line in report(sim)[1:]]
        truth = sim.reporting.expected_rows("conversation", END)
    local = [row[IDS[1]].astimezone(ZoneInfo(zone)) for row in truth]
    assert times == [f"{at:%Y-%m-%d %H:%M:%S}" for at in local]
    assert truth[0][IDS[1]].utcoffset() == timedelta()


def test_unknown_zone_is_refused_at_once() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Simulator(reporting_timezone="Atlantis/Capital")


def test_labels_are_in_the_workspaces_language() -> None:
    with Simulator(receipts=0, end=END, conversations=60, reporting_language="pt") as sim:
        parts = sim.reporting.expected_rows("consolidated_conversation_part", END)
        lines = report(sim, attributes=("channel", "current_conversation_state", "Région"))
    actions = {row["standard.action_type"] for row in parts}
    assert {"Fechar", "Responder", "Responder, Fechar"} <= actions
    assert lines[0] == ["channel", "current_conversation_state", "Région"]
    assert {"Conversa", "Toque", "WhatsApp"} <= {line[0] for line in lines}
    assert {"Aberta", "Fechada"} <= {line[1] for line in lines}


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


def test_mutation_damages_a_report(sim: Simulator) -> None:
    sim.dialect = Dialect(mutations=(Mutation("conversation", line=1, replace=b"only one"),))
    assert report(sim)[1] == ["only one"]


def test_report_without_rows_has_header_only(sim: Simulator) -> None:
    span = (NOW - 300 * DAY, NOW - 299 * DAY)
    assert report(sim, span=span) == [["conversation_id", "conversation_started_at"]]


# expected rows


def test_equal_seeds_give_equal_rows() -> None:
    def rows(seed: int, future_days: int = 14) -> list[list[dict[str, Any]]]:
        workspace = Workspace(receipts=0, seed=seed, end=END, future_days=future_days)
        return [Reporting(workspace, 20).expected_rows(dataset, END) for dataset in DATASETS]

    assert rows(1) == rows(1) == rows(1, 30)
    assert rows(1) != rows(2)


def test_both_ends_of_a_range_are_inclusive(sim: Simulator) -> None:
    for dataset in sim.reporting.datasets.values():
        (time,) = [one.qualified_id for one in dataset.attributes if one.id == dataset.time]
        truth = sim.reporting.expected_rows(dataset.id, END)
        first, last = (int(truth[position][time].timestamp()) for position in (3, -3))
        expected = [row for row in truth if first <= row[time].timestamp() <= last]
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


def test_dialect_may_have_one_action_per_conversation(sim: Simulator) -> None:
    sim.dialect = Dialect(reporting_last_parts_only=True)
    columns = ("conversation_id", "action_id")
    span = (int((END - timedelta(days=30)).timestamp()), int(END.timestamp()))
    header, *rows = report(sim, "consolidated_conversation_part", columns, span)
    assert header == list(columns)
    assert len({conversation for conversation, _ in rows}) == len(rows) > 10
    last: dict[str, str] = {}
    for row in sim.reporting.expected_rows("consolidated_conversation_part", END):
        last[row["standard.conversation_id"]] = row["standard.action_id"]
    assert rows == [[name, last[name]] for name, _ in rows]


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
    truth = sim.reporting.expected_rows("conversation", END, "2.15")
    assert [line[0] for line in old[1:]] == [row[IDS[0]] for row in truth]
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
