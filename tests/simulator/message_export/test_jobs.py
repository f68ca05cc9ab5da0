"""Jobs of the message export: refused requests, status words, the slot, ranges."""

from __future__ import annotations

import csv
import io
import threading
import time
import zipfile
from typing import Any

import pytest

from intercom_simulator import ApiVariant, Clock, JobFault, Simulator
from tests.simulator.api import DAY_SECONDS, END, NOW, call, message
from tests.simulator.message_export.job_requests import WEEK, create, download, poll

NOT_YET = "Requested resource is not available in current API version."
EMPTY = (NOW - 400 * DAY_SECONDS, NOW - 399 * DAY_SECONDS)


def rows(archive: bytes, statistic: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        name = next(name for name in file.namelist() if name.startswith(f"{statistic}_2"))
        text = file.read(name).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_job_is_created_polled_and_downloaded(sim: Simulator) -> None:
    created = create(sim)
    assert created.status_code == 200
    identifier = created.json()["job_identifier"]
    assert created.json() == {
        "job_identifier": identifier,
        "status": "pending",
        "download_url": "",
        "download_expires_at": "",
    }
    done = poll(sim, identifier).json()
    assert done["status"] == "completed"
    assert done["download_url"] == f"{sim.url}/download/content/data/{identifier}"
    assert int(done["download_expires_at"]) == pytest.approx(NOW + 2 * DAY_SECONDS, abs=5)
    archive = download(sim, identifier)
    assert archive.headers["Content-Type"] == "application/octet-stream"
    expected = sim.workspace.rows("receipt", *WEEK, NOW)
    assert [row["receipt_id"] for row in rows(archive.content, "receipt")] == [
        row["receipt_id"] for row in expected
    ]
    assert [(job.identifier, job.after, job.before) for job in sim.jobs] == [(identifier, *WEEK)]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": "Bearer no"}, "401 unauthorized: Access Token Invalid"),
        (
            {"Intercom-Version": "2.99"},
            "400 intercom_version_invalid: The requested version could not be found",
        ),
        (
            {"Intercom-Version": "2.4"},
            f"400 intercom_version_invalid: {NOT_YET}",
        ),
        ({"Intercom-Version": "2.17"}, "404 not_found: The requested resource does not exist."),
        ({"Intercom-Version": "Preview"}, "404 not_found: The requested resource does not exist."),
    ],
)
def test_token_and_version_are_checked(
    sim: Simulator, headers: dict[str, str], expected: str
) -> None:
    assert message(call(sim, "GET", "/export/content/data/x", headers)) == expected


def test_token_of_another_region_is_refused() -> None:
    with Simulator(receipts=10, end=END, region="eu") as sim:
        assert message(create(sim)) == "401 unauthorized: Access Token Invalid"


def test_missing_scope_is_forbidden() -> None:
    with Simulator(receipts=10, end=END, scopes=()) as sim:
        assert message(create(sim)).startswith("403 action_forbidden: ")
        assert not sim.jobs


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"created_at_after": NOW, "created_at_before": NOW - 1},
            "created_at_after is greater than created_at_before",
        ),
        ({"created_at_after": NOW}, "'created_at_before' is a required parameter"),
        ({}, "'created_at_after' is a required parameter"),
        (
            {"created_at_after": 1, "created_at_before": 2, "random_param": 3},
            "bad 'random_param' parameter",
        ),
        (
            {"created_at_after": NOW - 90 * DAY_SECONDS - 1, "created_at_before": NOW},
            "export period is longer than 90 days",
        ),
        (
            {"created_at_after": "a", "created_at_before": NOW},
            "'created_at_after' must be an integer",
        ),
    ],
)
def test_invalid_range_is_refused(sim: Simulator, body: dict[str, Any], expected: str) -> None:
    response = call(sim, "POST", "/export/content/data", json=body)
    assert message(response) == f"400 bad_request: {expected}"
    assert not sim.jobs


@pytest.mark.parametrize(
    "span", [(NOW, NOW), (NOW - 90 * DAY_SECONDS, NOW), (NOW, NOW + 5 * DAY_SECONDS)]
)
def test_equal_bounds_90_days_and_the_future_are_accepted(
    sim: Simulator, span: tuple[int, int]
) -> None:
    assert create(sim, span).status_code == 200


def test_both_ends_of_a_job_are_inclusive(sim: Simulator) -> None:
    at = int(sim.workspace.expected_rows("receipt", NOW)[50]["received_at"].timestamp())
    expected = [
        row["receipt_id"]
        for row in sim.workspace.expected_rows("receipt", NOW)
        if int(row["received_at"].timestamp()) == at
    ]
    archive = download(sim, create(sim, (at, at)).json()["job_identifier"])
    assert [row["receipt_id"] for row in rows(archive.content, "receipt")] == expected


def test_only_one_job_is_pending_at_a_time() -> None:
    with Simulator(receipts=50, end=END, job_seconds=30) as sim:
        first = create(sim).json()["job_identifier"]
        expected = "Exceeded rate limit of 1 pending message data export jobs"
        assert message(create(sim)) == f"429 rate_limit_exceeded: {expected}"
        cancelled = call(sim, "POST", f"/export/cancel/{first}")
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "canceled")
        assert sim.jobs[0].cancelled
        assert create(sim).status_code == 200


def test_another_client_can_occupy_slot(sim: Simulator) -> None:
    other = sim.hold_slot()
    assert create(sim).status_code == 429
    other.cancel()
    assert create(sim).status_code == 200
    sim.hold_slot(0.1)
    assert create(sim).status_code == 429
    time.sleep(0.15)
    assert create(sim).status_code == 200
    assert len(sim.jobs) == 2


def test_job_is_pending_then_in_progress_then_completed() -> None:
    with Simulator(receipts=50, end=END, job_seconds=0.3) as sim:
        identifier = create(sim).json()["job_identifier"]
        seen: list[str] = []
        while (status := poll(sim, identifier).json()["status"]) != "completed":
            seen.append(status)
            time.sleep(0.02)
        assert list(dict.fromkeys(seen)) == ["pending", "in_progress"]


def test_range_without_rows_has_no_data(sim: Simulator) -> None:
    identifier = create(sim, EMPTY).json()["job_identifier"]
    assert poll(sim, identifier).json() == {
        "job_identifier": identifier,
        "status": "no_data",
        "download_url": "",
        "download_expires_at": "",
    }
    assert message(download(sim, identifier)).startswith("404 not_found")


def test_late_opens_appear_when_the_clock_moves_on() -> None:
    with Simulator(receipts=1_500, end=END, clock=Clock(END, running=False)) as sim:
        span = (NOW - 2 * DAY_SECONDS, NOW + 6 * DAY_SECONDS)
        before = download(sim, create(sim, span).json()["job_identifier"])
        sim.clock.advance(6 * DAY_SECONDS)
        after = download(sim, create(sim, span).json()["job_identifier"])
        opened = [
            {row["receipt_id"] for row in rows(archive.content, "receipt") if row["first_open"]}
            for archive in (before, after)
        ]
        assert opened[0] < opened[1]
        old = {row["receipt_id"] for row in rows(before.content, "receipt")}
        assert old & (opened[1] - opened[0])


def test_events_of_older_messages_are_in_range_by_their_own_time(sim: Simulator) -> None:
    span = (NOW - 2 * DAY_SECONDS, NOW)
    archive = download(sim, create(sim, span).json()["job_identifier"]).content
    received = {row["receipt_id"] for row in rows(archive, "receipt")}
    assert {row["receipt_id"] for row in rows(archive, "open")} - received
    sim.variant = ApiVariant(events_by="receipt")
    archive = download(sim, create(sim, span).json()["job_identifier"]).content
    assert not {row["receipt_id"] for row in rows(archive, "open")} - received


def test_unpolled_job_fails_after_a_day() -> None:
    faults = (JobFault(never_ends=True),)
    with Simulator(receipts=50, end=END, job_faults=faults) as sim:
        identifier = create(sim).json()["job_identifier"]
        assert poll(sim, identifier).json()["status"] == "in_progress"
        sim.clock.advance(DAY_SECONDS + 1)
        assert create(sim).status_code == 429
        response = poll(sim, identifier)
        assert (response.status_code, response.json()["status"]) == (504, "failed")
        assert create(sim).status_code == 200


def test_many_clients_at_once_create_one_job() -> None:
    with Simulator(receipts=50, end=END, job_seconds=30) as sim:
        statuses: list[int] = []
        threads = [
            threading.Thread(target=lambda: statuses.append(create(sim).status_code))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200] + [429] * 7
        assert len(sim.jobs) == 1
