"""Faults of reporting jobs, empty windows and the retention limit."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import ApiVariant, Clock, Fault, JobFault
from tests.harness.singer import discover_in_process, run_in_process, select
from tests.integration.reporting.reporting_runs import DAY_SECONDS, SMALL, dataset_differences, run

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


@pytest.mark.parametrize(
    ("variant", "fault", "settings"),
    [
        (ApiVariant(), {"ends_as": "failed", "range_longer_than_seconds": 11 * DAY_SECONDS}, {}),
        (ApiVariant(), {"never_ends": True, "times": 2}, {"job_timeout_minutes": 0.01}),
        (ApiVariant(), {"max_rows": 25}, {"export_row_limit": 25}),
        (ApiVariant(reporting_max_range_seconds=10 * DAY_SECONDS), None, {}),
    ],
    ids=["failing", "endless", "cut", "refused"],
)
def test_too_large_job_is_split(
    simulate: Simulate,
    configure: Configure,
    variant: ApiVariant,
    fault: dict[str, Any] | None,
    settings: dict[str, Any],
) -> None:
    simulator = simulate(**SMALL, variant=variant)
    if fault:
        fault = {"times": None, **fault}
        simulator.job_faults.add(JobFault(export="reporting", dataset="conversation", **fault))
    config = configure(simulator, reporting_datasets=["conversation", "call"], **settings)
    output = run(config)
    assert "Requesting less" in output.log
    assert (
        dataset_differences(simulator, "conversation", output)
        == dataset_differences(simulator, "call", output)
        == []
    )


@pytest.mark.parametrize(
    "fault",
    [
        Fault("reporting_create", status=500),
        Fault("reporting_status", status=502),
        Fault("reporting_status", reset=True),
        Fault("reporting_download", cut_fraction=0.5),
        Fault("reporting_download", corrupt_at=60),
    ],
    ids=["create", "status", "reset", "cut", "corrupt"],
)
def test_no_row_is_lost_after_fault(simulate: Simulate, configure: Configure, fault: Fault) -> None:
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=["call"], window_days=60)
    catalog = select(discover_in_process(config), "reporting_call")
    simulator.faults.add(fault)
    output = run_in_process(config, catalog=catalog)
    assert dataset_differences(simulator, "call", output) == []
    assert len(simulator.reporting_jobs) == 1


def test_window_without_data_moves_the_bookmark(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    fault = JobFault(export="reporting", ends_as="no_data", times=None)
    simulator.job_faults.add(fault)
    config = configure(simulator, reporting_datasets=["call"])
    output = run(config)
    assert output.records("reporting_call") == []
    assert output.bookmarks["reporting_call"] == config["end_date"]


# Retention


@pytest.fixture
def today() -> datetime:
    """The real present, from which the retention limit is counted."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def test_early_start_date_is_moved_to_retention_limit(
    simulate: Simulate, configure: Configure, today: datetime
) -> None:
    simulator = simulate(**SMALL, days=20, end=today, clock=Clock(today))
    settings = {"reporting_datasets": ["call", "tickets"], "start_date": "2015-01-01"}
    config = configure(simulator, **settings, window_days=83, reporting_retention_days=200)
    del config["end_date"]
    output = run(config)
    (warning,) = [line for line in output.log.splitlines() if "reporting_retention_days" in line]
    assert "WARNING" in warning
    assert "200 days" in warning
    first = min(job.after for job in simulator.reporting_jobs)
    assert 198 * DAY_SECONDS <= today.timestamp() - first <= 200 * DAY_SECONDS
    assert len(output.loaded("reporting_tickets")) == len(
        simulator.reporting.expected_rows("tickets", today - timedelta(minutes=2))
    )


def test_moved_start_date_is_valid_after_wait(
    simulate: Simulate, configure: Configure, today: datetime
) -> None:
    simulator = simulate(**SMALL, days=20, end=today, clock=Clock(today))
    settings = {"reporting_datasets": ["call"], "start_date": "2015-01-01", "window_days": 83}
    config = configure(simulator, **settings)
    del config["end_date"]
    catalog = select(discover_in_process(config), "reporting_call")
    simulator.hold_reporting_slots(seconds=2.2)
    output = run_in_process(config, catalog=catalog)
    assert output.records("reporting_call")
