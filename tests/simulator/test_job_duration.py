"""Run time of jobs: zero by default with a real clock, minutes with a virtual clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from intercom_simulator import Clock, JobFault, Simulator, VirtualClock
from tests.harness.stopped_simulator import END
from tests.simulator.api import call

NINE_MINUTES = 9 * 60
ATTRIBUTES = ["standard.conversation_id", "timestamp.conversation_started_at"]


def call_json(sim: Simulator, method: str, path: str, **body: Any) -> dict[str, Any]:
    response = call(sim, method, path, {"Intercom-Version": "2.16"}, json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def create(sim: Simulator, days: float = 5) -> str:
    body = {
        "created_at_after": int((END - timedelta(days=days)).timestamp()),
        "created_at_before": int(END.timestamp()),
    }
    return str(call_json(sim, "POST", "/export/content/data", **body)["job_identifier"])


def status(sim: Simulator, identifier: str) -> str:
    return str(call_json(sim, "GET", f"/export/content/data/{identifier}")["status"])


def test_five_days_take_nine_minutes_with_a_virtual_clock() -> None:
    clock = VirtualClock(END)
    with Simulator(receipts=50, end=END, clock=clock) as sim:
        identifier = create(sim)
        assert sim.jobs[0].seconds == NINE_MINUTES
        seen = []
        for seconds in (0, 179, 2, 358, 2):
            clock.let_pass(seconds)
            seen.append(status(sim, identifier))
        assert seen == ["pending", "pending", "in_progress", "in_progress", "completed"]
        assert clock.now() == END


def test_reports_take_as_long_as_message_exports() -> None:
    with Simulator(receipts=50, end=END, clock=VirtualClock(END)) as sim:
        call_json(
            sim,
            "POST",
            "/export/reporting_data/enqueue",
            dataset_id="conversation",
            attribute_ids=ATTRIBUTES,
            start_time=int((END - timedelta(days=10)).timestamp()),
            end_time=int(END.timestamp()),
        )
        assert sim.reporting_jobs[0].seconds == 2 * NINE_MINUTES


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_job_completes_at_once_with_another_clock(*, running: bool) -> None:
    with Simulator(receipts=50, end=END, clock=Clock(END, running=running)) as sim:
        assert status(sim, create(sim)) == "completed"
        sim.job_seconds = 60
        assert status(sim, create(sim)) == "pending"


def test_configured_run_time_overrides_virtual_clock() -> None:
    with Simulator(receipts=50, end=END, clock=VirtualClock(END), job_seconds=0) as sim:
        assert status(sim, create(sim)) == "completed"
        sim.job_seconds = None
        sim.job_faults.add(JobFault(duration_seconds=7.0))
        create(sim)
        assert sim.jobs[-1].seconds == 7
