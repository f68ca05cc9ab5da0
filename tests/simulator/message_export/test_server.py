"""The server: unknown paths, rate-limit headers, recorded requests, control endpoints, clock."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
import requests

from intercom_simulator import Clock, Simulator
from tests.simulator.api import END, OCTETS, call, message
from tests.simulator.message_export.job_requests import create, poll


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


def test_responses_have_rate_limit_headers() -> None:
    with Simulator(receipts=10, end=END, rate_limit=2) as sim:
        responses = [poll(sim, "x") for _ in range(6)]
        assert responses[0].headers["X-RateLimit-Limit"] == "2"
        assert int(responses[0].headers["X-RateLimit-Reset"]) - time.time() <= 10
        refused = [response for response in responses if response.status_code == 429]
        assert refused
        assert message(refused[0]).endswith("More than 12 requests received in 1 minute")


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
