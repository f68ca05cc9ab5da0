"""Jobs that an earlier run left, and jobs that are given up, unknown or failed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from intercom_simulator import Fault, JobFault, Simulator
from tap_intercom_export.intercom.retry import MAX_ATTEMPTS
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


def _state_with_job(sim: Simulator, config: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the state of a run that ended while its first job was ready for download."""
    sim.faults.add(Fault("download", status=500, times=None))
    first = run_without_waiting(config)
    assert first.exit_code == 4
    sim.faults.clear()
    state: dict[str, Any] = first.state
    state["bookmarks"]["content_export"]["job"].update(changes)
    return state


FORBIDDEN = {"type": "error.list", "errors": [{"code": "forbidden", "message": "Not your job"}]}


@pytest.mark.parametrize("status", [400, 401, 403, 405, 409, 422])
@pytest.mark.parametrize("route", ["status", "download"])
def test_stored_job_that_is_refused_does_not_stop_every_run(
    sim: Simulator, route: Any, status: int
) -> None:
    """As with the token of another app, if that cannot read the jobs of the old one."""
    config = configuration(sim)
    state = _state_with_job(sim, config)
    job = sim.jobs[0].identifier
    sim.faults.add(Fault(route, status=status, body=FORBIDDEN))
    run = run_without_waiting(config, state)
    assert run.exit_code == 0, run.log
    assert f"Intercom accepts the token, but job {job} of an earlier run cannot be read" in run.log
    assert job not in json.dumps(run.state)
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500, times=MAX_ATTEMPTS),
        Fault("download", status=500, times=MAX_ATTEMPTS),
        Fault("download", corrupt_at=2500, times=2),
    ],
    ids=["status", "download", "archive"],
)
def test_stored_job_that_is_broken_does_not_stop_every_run(sim: Simulator, fault: Fault) -> None:
    """As if the fault were of this job only, for as long as Intercom keeps it."""
    config = configuration(sim)
    state = _state_with_job(sim, config)
    job = sim.jobs[0].identifier
    sim.faults.add(fault)
    run = run_without_waiting(config, state)
    assert run.exit_code == 0, run.log
    assert f"job {job} of an earlier run cannot be read" in run.log
    assert job not in json.dumps(run.state)
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize("route", ["status", "download"])
def test_stored_job_is_kept_while_intercom_is_out_of_order(sim: Simulator, route: Any) -> None:
    config = configuration(sim)
    state = _state_with_job(sim, config)
    sim.faults.add(Fault(route, status=500, times=MAX_ATTEMPTS))
    sim.faults.add(Fault("status", status=500, skip=1, times=None))
    run = run_without_waiting(config, state)
    assert run.exit_code == 4
    assert len(sim.jobs) == 1
    assert "job" in run.state["bookmarks"]["content_export"]


def test_archive_over_a_limit_is_kept_for_the_run_with_a_higher_one(sim: Simulator) -> None:
    config = configuration(sim)
    state = _state_with_job(sim, config)
    run = run_without_waiting({**config, "max_unpacked_gigabytes": 0.000001}, state)
    assert run.exit_code == 5
    assert len(sim.jobs) == 1
    again = run_without_waiting(config, run.state)
    assert f"Resuming job {sim.jobs[0].identifier}" in again.log


@pytest.mark.parametrize("status", [401, 403])
def test_stored_job_is_kept_while_the_token_is_refused(sim: Simulator, status: int) -> None:
    config = configuration(sim)
    state = _state_with_job(sim, config)
    sim.faults.add(Fault(status=status, body=FORBIDDEN, times=None))
    run = run_without_waiting(config, state)
    assert run.exit_code == 3
    assert not run.lines or "job" in run.state["bookmarks"]["content_export"]
    sim.faults.clear()
    again = run_without_waiting(config, state)
    assert f"Resuming job {sim.jobs[0].identifier}" in again.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(again.lines).rows()) == {}


@pytest.mark.parametrize(("status", "times"), [(403, 1), (500, MAX_ATTEMPTS)])
def test_job_that_was_given_up_and_is_refused_or_broken_does_not_stop_every_run(
    sim: Simulator, status: int, times: int
) -> None:
    config = configuration(sim)
    state = _state_with_job(sim, config, given_up=True)
    job = sim.jobs[0].identifier
    sim.faults.add(Fault("status", status=status, body=FORBIDDEN, times=times))
    run = run_without_waiting(config, state)
    assert run.exit_code == 0, run.log
    assert job not in json.dumps(run.state)
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


def test_new_job_that_is_refused_ends_the_run(sim: Simulator) -> None:
    sim.faults.add(Fault("status", status=403, body=FORBIDDEN, times=None))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 3
    assert len(sim.jobs) == 1
    assert "job" in run.state["bookmarks"]["content_export"]


def test_identifier_of_another_window_is_an_error(sim: Simulator) -> None:
    """Otherwise the bookmark would move past a window whose rows were never read."""
    first = run_without_waiting(configuration(sim))
    body = {"job_identifier": sim.jobs[0].identifier, "status": "pending", "download_url": ""}
    sim.faults.add(Fault("create", status=200, body=body, times=None))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 5
    assert "the identifier of the one for 2025-05-11T12:30:00Z to" in run.log
    assert run.bookmarks["receipt"] == first.records("content_export")[0]["created_at_before"]
    assert (
        ExpectedRows(sim).missing_before_bookmark(
            InMemoryTarget().load(run.lines).rows(), run.bookmarks
        )
        == {}
    )
