"""Several runs: bookmarks, lookback, stored jobs."""

from __future__ import annotations

import json
import signal
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from intercom_simulator import JobFault
from intercom_simulator.reporting.datasets import DATASETS
from tests.harness.singer import (
    Output,
    discover_in_process,
    run_in_process,
    running_process,
    select,
)
from tests.harness.stopped_simulator import END
from tests.integration.reporting.reporting_runs import (
    DATASETS_WITHOUT_KEY,
    SMALL,
    dataset_differences,
    format_time,
    run,
)

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


def test_second_run_loads_new_and_changed_rows(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL, days=20)
    settings = {"reporting_datasets": ["*"], "window_days": 40, "lookback_days": 50}
    streams = [f"reporting_{name}" for name in DATASETS]
    first = run(configure(simulator, **settings), *streams)
    before = {name: simulator.reporting.expected_rows(name, END) for name in DATASETS}
    jobs = len(simulator.reporting_jobs)
    simulator.clock.advance(timedelta(days=5).total_seconds())
    second = run(configure(simulator, **settings), *streams, state=first.state)
    assert len(simulator.reporting_jobs) == jobs + len(DATASETS)
    both_runs = Output.of_runs(first, second)
    for name in DATASETS:
        expected_rows = simulator.reporting.expected_rows(name, simulator.clock.now())
        found = dataset_differences(simulator, name, both_runs)
        assert len(expected_rows) > len(before[name])
        assert not [line for line in found if line.startswith("missing")], name
        if name not in DATASETS_WITHOUT_KEY:
            assert found == [], name
            assert any(row not in expected_rows for row in before[name]), name
        else:  # a row that has changed has another hash
            assert len(found) == sum(row not in expected_rows for row in before[name]), name


def test_change_is_missed_without_lookback(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, conversations=120, days=20)
    settings = {"reporting_datasets": ["conversation"], "lookback_days": 0}
    first = run(configure(simulator, **settings))
    simulator.clock.advance(timedelta(days=5).total_seconds())
    second = run(configure(simulator, **settings), state=first.state)
    both_runs = Output.of_runs(first, second)
    assert dataset_differences(simulator, "conversation", both_runs)


def test_bookmarks_follow_windows(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    output = run(configure(simulator, reporting_datasets=["call", "tickets"]))
    ends = {format_time(job.before) for job in simulator.reporting_jobs}
    assert len(ends) == 2
    for state in output.states:
        for entry in state["bookmarks"].values():
            assert entry.get("replication_key_value") in {None, *ends}
    assert not [entry for entry in output.state["bookmarks"].values() if "job" in entry]


def test_dataset_selected_later_gets_history(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    first = run(configure(simulator, reporting_datasets=["call"]))
    jobs = len(simulator.reporting_jobs)
    both = configure(simulator, reporting_datasets=["call", "tickets"])
    second = run(both, state=first.state)
    assert second.records("reporting_call") == []
    assert dataset_differences(simulator, "tickets", second) == []
    assert len(simulator.reporting_jobs) == 2 * jobs


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_next_run_resumes_jobs_of_terminated_run(
    simulate: Simulate, configure: Configure, how: signal.Signals
) -> None:
    names = ["call", "conversation"]
    simulator = simulate(**SMALL, job_seconds=600)
    config = configure(simulator, reporting_datasets=names)
    catalog = select(discover_in_process(config), *(f"reporting_{name}" for name in names))
    with running_process(config, catalog) as process:
        while not all(job.polls for job in simulator.reporting_jobs[:3]) or (
            len(simulator.reporting_jobs) < 3
        ):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(how)
        written, _ = process.communicate(timeout=20)
    states = [line for line in written.splitlines() if '"type":"STATE"' in line]
    simulator.job_seconds = 0
    for job in simulator.reporting_jobs:
        job.started -= 600
    output = run_in_process(config, catalog=catalog, state=json.loads(states[-1])["value"])
    ranges = [
        (job.report_request.dataset.id, job.after)
        for job in simulator.reporting_jobs
        if job.report_request
    ]
    assert len(ranges) == 4
    assert len(set(ranges)) == 4
    assert {job.downloads for job in simulator.reporting_jobs} == {1}
    for name in names:
        assert dataset_differences(simulator, name, output) == []


@pytest.mark.parametrize("end", ["failed", "forgotten"])
def test_unusable_stored_job_is_created_again(
    simulate: Simulate, configure: Configure, end: str
) -> None:
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=["call"], window_days=60)
    state = run(config).states[0]
    state["bookmarks"]["reporting_call"]["job"]["requested_at"] = "2025-05-01T00:00:00Z"
    for job in simulator.reporting_jobs:
        if end == "failed":
            job.end("failed")
        else:
            job.fault = JobFault(not_found=True)
    again = run(config, state=state)
    assert len(simulator.reporting_jobs) == 2
    assert dataset_differences(simulator, "call", again) == []
