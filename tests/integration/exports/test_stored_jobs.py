"""Jobs that an earlier run left, and jobs that are given up, unknown or failed."""

from __future__ import annotations

import json
import re

from intercom_simulator import Fault, JobFault, Simulator
from tests.faults.runner import configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import (
    run_without_waiting,
)
from tests.harness.stopped_simulator import stopped_simulator

NOT_FOUND = {"type": "error.list", "errors": [{"code": "not_found", "message": "Not found"}]}


def test_abandoned_job_is_not_resumed(sim: Simulator) -> None:
    """The job hangs and cannot be canceled; the run shrinks the window and is killed within it."""
    config = configuration(sim, job_timeout_minutes=30)
    sim.job_faults.add(JobFault(never_ends=True))
    sim.faults.add(Fault("cancel", status=500, times=None))
    first = run_without_waiting({**config, "slot_timeout_minutes": 0})
    assert first.exit_code  # the slot of the hung job is taken
    loaded = InMemoryTarget().load(first.lines)
    hung = loaded.state["bookmarks"]["content_export"]["job"]
    assert hung["given_up"] is True
    sim.jobs[0].cancel()

    again = run_without_waiting(config, loaded.state)

    assert again.exit_code == 0
    assert "Resuming" not in again.log
    assert hung["job_identifier"] not in json.dumps(loaded.load(again.lines).state)
    assert ExpectedRows(sim).missing(loaded.rows()) == {}


def test_other_reporting_job_is_resumed_beside_abandoned_job() -> None:
    with stopped_simulator(receipts=5) as sim:
        config = configuration(
            sim, reporting_datasets=["call"], job_timeout_minutes=30, reporting_concurrency=1
        )
        sim.job_faults.add(JobFault(never_ends=True, export="reporting"))
        sim.faults.add(Fault("reporting_download", status=400, body={}, times=None))
        first = run_without_waiting(config)
        assert first.exit_code
        state = InMemoryTarget().load(first.lines).state
        entry = state["bookmarks"]["reporting_call"]
        given_up, healthy = sim.reporting_jobs[:2]
        stored = {job["job_identifier"]: job for job in (entry["job"], *entry["next_jobs"])}
        assert set(stored) == {given_up.identifier, healthy.identifier}
        assert stored[given_up.identifier]["given_up"] is True
        sim.faults.clear()
        again = run_without_waiting(config, state)
        assert again.exit_code == 0
        assert f"Resuming job {healthy.identifier}" in again.log
        assert f"Resuming job {given_up.identifier}" not in again.log


def test_job_with_numeric_id_in_state_is_removed(sim: Simulator) -> None:
    job = {
        "job_identifier": 12345,
        "created_at_after": "2025-05-11T12:30:00Z",
        "created_at_before": "2025-05-22T12:29:59Z",
        "requested_at": "2025-05-22T12:29:59Z",
    }
    run = run_without_waiting(configuration(sim), {"bookmarks": {"content_export": {"job": job}}})
    assert run.exit_code == 0
    assert "job" not in InMemoryTarget().load(run.lines).state["bookmarks"]["content_export"]


def test_unknown_new_job_is_polled_again(
    sim: Simulator,
) -> None:
    sim.faults.add(Fault("status", status=404, times=3, body=NOT_FOUND))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0
    assert len(sim.jobs) == 2  # one a window
    assert "Forgetting" not in run.log
    assert f"Intercom does not know job {sim.jobs[0].identifier} yet" in run.log


def test_persistently_unknown_job_is_canceled_before_next_one(
    sim: Simulator,
) -> None:
    """The job may be running and would occupy the only job slot."""
    sim.faults.add(Fault("status", status=404, times=5, body=NOT_FOUND))
    sim.job_faults.add(JobFault(never_ends=True))
    run = run_without_waiting(configuration(sim, poll_interval_seconds=20, slot_timeout_minutes=0))
    assert run.exit_code == 0
    assert sim.jobs[0].cancelled
    assert "Forgetting job" in run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


def test_failed_job_is_created_again_after_pause(sim: Simulator) -> None:
    sim.job_faults.add(JobFault(ends_as="failed"))
    run = run_without_waiting(configuration(sim, poll_interval_seconds=5))
    assert run.exit_code == 0
    assert [pause for pause in run.pauses if 30 <= pause <= 60]
    assert re.search(r"ended as 'failed'.* Retrying once in [3-6]\d s", run.log)
