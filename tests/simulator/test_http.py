"""The simulated API over HTTP: access rules, jobs, downloads, invalid requests."""

from __future__ import annotations

import csv
import io
import threading
import time
import zipfile
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from intercom_simulator import Clock, Dialect, JobFault, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

END = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
NOW = int(END.timestamp())
DAY = 86_400
WEEK = (NOW - 7 * DAY, NOW)
OCTETS = {"Accept": "application/octet-stream"}
NOT_YET = "Requested resource is not available in current API version."
EMPTY = (NOW - 400 * DAY, NOW - 399 * DAY)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=300, end=END) as simulator:
        yield simulator


def call(
    sim: Simulator, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
) -> requests.Response:
    headers = {"Authorization": f"Bearer {sim.token}", **(headers or {})}
    return requests.request(method, sim.url + path, headers=headers, timeout=10, **options)


def create(sim: Simulator, span: tuple[int, int] = WEEK) -> requests.Response:
    body = {"created_at_after": span[0], "created_at_before": span[1]}
    return call(sim, "POST", "/export/content/data", json=body)


def poll(sim: Simulator, identifier: str) -> requests.Response:
    return call(sim, "GET", f"/export/content/data/{identifier}")


def download(sim: Simulator, identifier: str, **headers: str) -> requests.Response:
    return call(sim, "GET", f"/download/content/data/{identifier}", {**OCTETS, **headers})


def rows(archive: bytes, statistic: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        name = next(name for name in file.namelist() if name.startswith(f"{statistic}_2"))
        text = file.read(name).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def message(response: requests.Response) -> str:
    error = response.json()["errors"][0]
    assert response.json()["type"] == "error.list"
    return f"{response.status_code} {error['code']}: {error['message']}"


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
    assert int(done["download_expires_at"]) == pytest.approx(NOW + 2 * DAY, abs=5)
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
            {"created_at_after": NOW - 90 * DAY - 1, "created_at_before": NOW},
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


@pytest.mark.parametrize("span", [(NOW, NOW), (NOW - 90 * DAY, NOW), (NOW, NOW + 5 * DAY)])
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


def test_unfinished_job_cannot_be_downloaded() -> None:
    with Simulator(receipts=50, end=END, job_seconds=30) as sim:
        identifier = create(sim).json()["job_identifier"]
        assert message(download(sim, identifier)).startswith("404 not_found")


def test_range_without_rows_has_no_data(sim: Simulator) -> None:
    identifier = create(sim, EMPTY).json()["job_identifier"]
    assert poll(sim, identifier).json() == {
        "job_identifier": identifier,
        "status": "no_data",
        "download_url": "",
        "download_expires_at": "",
    }
    assert message(download(sim, identifier)).startswith("404 not_found")


def test_finished_job_expires() -> None:
    with Simulator(receipts=50, end=END, clock=Clock(END, running=False)) as sim:
        identifier = create(sim).json()["job_identifier"]
        sim.clock.advance(2 * DAY - 1)
        assert poll(sim, identifier).status_code == 200
        assert download(sim, identifier).status_code == 200
        sim.clock.advance(1)
        assert poll(sim, identifier).status_code == 404
        assert download(sim, identifier).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/export/content/data/unknown1"),
        ("GET", "/download/content/data/unknown1"),
        ("POST", "/export/cancel/unknown1"),
        ("GET", "/export/nothing"),
    ],
)
def test_unknown_paths_are_not_found(sim: Simulator, method: str, path: str) -> None:
    response = call(sim, method, path, OCTETS)
    assert message(response) == "404 not_found: The requested resource does not exist."


def test_download_needs_its_accept_header(sim: Simulator) -> None:
    identifier = create(sim).json()["job_identifier"]
    response = download(sim, identifier, Accept="application/json")
    assert message(response).startswith("406 media_type_not_acceptable")


def test_late_opens_appear_when_the_clock_moves_on() -> None:
    with Simulator(receipts=1_500, end=END, clock=Clock(END, running=False)) as sim:
        span = (NOW - 2 * DAY, NOW + 6 * DAY)
        before = download(sim, create(sim, span).json()["job_identifier"])
        sim.clock.advance(6 * DAY)
        after = download(sim, create(sim, span).json()["job_identifier"])
        opened = [
            {row["receipt_id"] for row in rows(archive.content, "receipt") if row["first_open"]}
            for archive in (before, after)
        ]
        assert opened[0] < opened[1]
        old = {row["receipt_id"] for row in rows(before.content, "receipt")}
        assert old & (opened[1] - opened[0])


def test_events_of_older_messages_are_in_range_by_their_own_time(sim: Simulator) -> None:
    span = (NOW - 2 * DAY, NOW)
    archive = download(sim, create(sim, span).json()["job_identifier"]).content
    received = {row["receipt_id"] for row in rows(archive, "receipt")}
    assert {row["receipt_id"] for row in rows(archive, "open")} - received
    sim.dialect = Dialect(events_by="receipt")
    archive = download(sim, create(sim, span).json()["job_identifier"]).content
    assert not {row["receipt_id"] for row in rows(archive, "open")} - received


def test_unpolled_job_fails_after_a_day() -> None:
    faults = (JobFault(never_ends=True),)
    with Simulator(receipts=50, end=END, job_faults=faults) as sim:
        identifier = create(sim).json()["job_identifier"]
        assert poll(sim, identifier).json()["status"] == "in_progress"
        sim.clock.advance(DAY + 1)
        assert create(sim).status_code == 429
        response = poll(sim, identifier)
        assert (response.status_code, response.json()["status"]) == (504, "failed")
        assert create(sim).status_code == 200


def test_responses_have_rate_limit_headers() -> None:
    with Simulator(receipts=10, end=END, rate_limit=2) as sim:
        responses = [poll(sim, "x") for _ in range(6)]
        assert responses[0].headers["X-RateLimit-Limit"] == "2"
        assert int(responses[0].headers["X-RateLimit-Reset"]) - time.time() <= 10
        refused = [response for response in responses if response.status_code == 429]
        assert refused
        assert message(refused[0]).endswith("More than 12 requests received in 1 minute")


def test_download_continues_with_range_request(sim: Simulator) -> None:
    identifier = create(sim).json()["job_identifier"]
    whole = download(sim, identifier)
    etag = whole.headers["ETag"]
    rest = download(sim, identifier, Range="bytes=1000-", **{"If-Range": etag})
    assert rest.status_code == 206
    size = len(whole.content)
    assert rest.headers["Content-Range"] == f"bytes 1000-{size - 1}/{size}"
    assert whole.content[:1000] + rest.content == whole.content
    other = download(sim, identifier, Range="bytes=1000-", **{"If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)
    beyond = download(sim, identifier, Range=f"bytes={size}-")
    assert beyond.status_code == 416


def test_full_file_is_sent_without_range_support(sim: Simulator) -> None:
    sim.dialect = Dialect(range_requests=False)
    identifier = create(sim).json()["job_identifier"]
    response = download(sim, identifier, Range="bytes=1000-")
    assert response.status_code == 200
    assert "ETag" not in response.headers


def test_storage_host_refuses_a_token() -> None:
    with Simulator(receipts=50, end=END, dialect=Dialect(download_url="storage")) as sim:
        link = poll(sim, create(sim).json()["job_identifier"]).json()["download_url"]
        assert link.startswith(sim.storage_url)
        refused = requests.get(link, headers={"Authorization": "Bearer sim-token"}, timeout=10)
        assert refused.status_code == 400
        assert "Only one auth mechanism allowed" in refused.text
        assert requests.get(link, timeout=10).content.startswith(b"PK")
        assert requests.get(link.partition("?")[0], timeout=10).status_code == 403
        assert [request.host for request in sim.requests][-3:] == ["storage"] * 3


def test_host_of_another_region_has_no_archive() -> None:
    with Simulator(receipts=50, end=END, dialect=Dialect(download_url="other_region")) as sim:
        link = poll(sim, create(sim).json()["job_identifier"]).json()["download_url"]
        assert not link.startswith(sim.url)
        for headers in ({}, {"Authorization": "Bearer sim-token"}):
            assert requests.get(link, headers=headers, timeout=10).status_code == 404
        own = sim.url + link.removeprefix(sim.storage_url)
        headers = {"Authorization": "Bearer sim-token", **OCTETS}
        assert requests.get(own, headers=headers, timeout=10).content.startswith(b"PK")


def test_download_can_redirect_to_the_storage_host() -> None:
    with Simulator(receipts=50, end=END, dialect=Dialect(redirect_status=302)) as sim:
        identifier = create(sim).json()["job_identifier"]
        path = f"/download/content/data/{identifier}"
        response = call(sim, "GET", path, OCTETS, allow_redirects=False)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(sim.storage_url)
        assert download(sim, identifier).content.startswith(b"PK")


def test_requests_are_recorded_with_response_status(sim: Simulator) -> None:
    create(sim)
    create(sim, (2, 1))
    assert [(r.method, r.path, r.status) for r in sim.requests] == [
        ("POST", "/export/content/data", 200),
        ("POST", "/export/content/data", 400),
    ]
    assert sim.requests[0].header("authorization") == "Bearer sim-token"
    assert b"created_at_after" in sim.requests[0].body


def test_control_endpoints_return_status_and_set_clock() -> None:
    with Simulator(receipts=50, end=END, clock=Clock(END, running=False)) as sim:
        create(sim)
        status = requests.get(f"{sim.url}/simulator/status", timeout=10).json()
        assert status["clock"] == "2026-03-01T12:00:00Z"
        assert status["counts"]["receipt"] == 50
        assert [job["status"] for job in status["jobs"]] == ["completed"]
        moved = requests.post(
            f"{sim.url}/simulator/clock", json={"advance_seconds": 3_600}, timeout=10
        )
        assert moved.json() == {"clock": "2026-03-01T13:00:00Z"}
        assert sim.clock.now() == END + timedelta(hours=1)
        lines = requests.get(
            f"{sim.url}/simulator/expected_rows/open", timeout=10
        ).text.splitlines()
        assert len(lines) == len(sim.workspace.expected_rows("open", sim.clock.now()))
        assert requests.get(f"{sim.url}/simulator/expected_rows/x", timeout=10).status_code == 404
        assert len(sim.requests) == 1


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


def test_stopping_is_quick_even_with_open_connections() -> None:
    sim = Simulator(receipts=10, end=END).start()
    with requests.Session() as session:
        session.get(sim.url, timeout=10)
        started = time.perf_counter()
        sim.stop()
        assert time.perf_counter() - started < 1
        with pytest.raises(requests.ConnectionError):
            session.get(sim.url, timeout=10)


def test_clock_runs_from_where_it_is_set() -> None:
    clock = Clock(END)
    time.sleep(0.01)
    assert END < clock.now() < END + timedelta(seconds=5)
    clock.set(END - timedelta(days=1))
    clock.advance(60)
    assert clock.now() < END
    with pytest.raises(ValueError, match="time zone"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001
