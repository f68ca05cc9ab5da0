"""Several reporting jobs at once, and occupied slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.reporting.reporting_runs import SMALL, dataset_differences, run

if TYPE_CHECKING:
    from intercom_simulator import Simulator
    from intercom_simulator.http_messages import Request
    from tests.harness.fixture_types import Configure, Simulate


def max_concurrent_jobs(simulator: Simulator) -> int:
    """Return the largest number of reports that ran at the same time."""
    jobs = simulator.reporting_jobs
    return max(
        sum(one.started <= job.started < one.started + one.seconds for one in jobs) for job in jobs
    )


@pytest.mark.parametrize("number", [1, 2, 5])
def test_number_of_concurrent_jobs_follows_setting(
    simulate: Simulate, configure: Configure, number: int
) -> None:
    names = ["call", "conversation", "tickets"]
    simulator = simulate(**SMALL, job_seconds=0.3)
    config = configure(simulator, reporting_datasets=names, reporting_concurrency=number)
    output = run(config)
    assert len(simulator.reporting_jobs) == 6
    assert max_concurrent_jobs(simulator) == number
    assert not [r for r in simulator.requests if r.status == 429]
    for name in names:
        assert dataset_differences(simulator, name, output) == []


def test_jobs_of_several_datasets_and_of_several_windows_run_together(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL, job_seconds=0.3)
    run(configure(simulator, reporting_datasets=["call", "tickets"], reporting_concurrency=3))
    first = [
        (job.report_request.dataset.id, job.after)
        for job in simulator.reporting_jobs
        if job.report_request
    ][:3]
    assert len({dataset for dataset, _ in first}) == 2
    assert len({after for _, after in first}) == 2


def test_tap_waits_for_occupied_report_slots(simulate: Simulate, configure: Configure) -> None:
    def free(request: Request) -> None:
        if request.status == 429:
            held.pop().cancel()

    simulator = simulate(**SMALL, on_request=free)
    held = simulator.hold_reporting_slots()
    output = run(configure(simulator, reporting_datasets=["call"], reporting_concurrency=1))
    assert len(held) == 4
    assert "Another export holds" in output.log
    assert dataset_differences(simulator, "call", output) == []


def test_permanently_occupied_slots_end_run_with_error(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL)
    simulator.hold_reporting_slots()
    config = configure(simulator, reporting_datasets=["call"], slot_timeout_minutes=0)
    output = run(config, check=False)
    assert output.exit_code == 4
    assert "slot_timeout_minutes" in output.log
    assert simulator.reporting_jobs == []


def test_one_free_slot_is_enough(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL, job_seconds=0.05)
    simulator.hold_reporting_slots(number=4)
    output = run(configure(simulator, reporting_datasets=["call", "tickets"]))
    assert max_concurrent_jobs(simulator) == 1
    assert (
        dataset_differences(simulator, "call", output)
        == dataset_differences(simulator, "tickets", output)
        == []
    )
