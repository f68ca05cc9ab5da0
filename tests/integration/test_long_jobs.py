"""Jobs with run times of minutes and hours, as in production, with a virtual clock."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from intercom_simulator import JobFault, Simulator, VirtualClock
from tap_intercom_export.commands import plan_run
from tap_intercom_export.tap import TapIntercomExport
from tests.harness.quick_clock import QuickClock
from tests.harness.singer import run_without_waiting
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 90
HOUR = 3600


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A workspace whose jobs proceed only while the tap pauses."""
    clock = VirtualClock(END)

    class PassingClock(QuickClock):
        @override
        def monotonic(self) -> float:
            return clock.elapsed()

        @override
        def sleep(self, seconds: float) -> None:
            self.raise_if_stopped()
            self.pauses.append(seconds)
            clock.let_pass(seconds)

    monkeypatch.setattr("tests.harness.quick_clock.QuickClock", PassingClock)
    with Simulator(receipts=60, days=DAYS, end=END, clock=clock) as made:
        yield made


def configuration(simulator: Simulator, **settings: Any) -> dict[str, Any]:
    return {
        "access_token": simulator.token,
        "api_url": simulator.url,
        "start_date": f"{END - timedelta(days=DAYS, seconds=-1):%Y-%m-%dT%H:%M:%SZ}",
        "end_date": f"{END:%Y-%m-%dT%H:%M:%SZ}",
        **settings,
    }


def test_first_run_of_ninety_days_takes_three_hours(
    simulator: Simulator,
) -> None:
    started = time.perf_counter()
    run = run_without_waiting(configuration(simulator))
    assert run.exit_code == 0, run.log
    assert time.perf_counter() - started < 60  # 2 s on an idle machine
    # 30, 37 and 37 days, the lookback included
    assert [round(job.seconds / 60) for job in simulator.jobs] == [54, 67, 67]
    assert re.search(r"Done after 3 h \d+ min: 3 windows written, .*; 3 jobs created", run.log)
    assert len(re.findall(r"is '(?:pending|in_progress)' \([^)]+ so far", run.log)) >= 150
    recent = run.state["bookmarks"]["content_export"]["recent_windows"]
    # the first poll after the end is at most a minute later
    for window, job in zip(recent, simulator.jobs, strict=True):
        assert 0 <= window["job_seconds"] - job.seconds <= 62
    assert len({record["receipt_id"] for record in run.records("receipt")}) == 60


def test_plan_of_next_night_expects_duration_of_its_job(simulator: Simulator) -> None:
    first = run_without_waiting(
        configuration(simulator, end_date=f"{END - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}")
    )
    tap = TapIntercomExport(config=configuration(simulator), state=first.state)
    (plan,) = plan_run(tap.streams.values(), tap.clock_class().now()).to_dict()["exports"]
    run = run_without_waiting(configuration(simulator), first.state)
    job = simulator.jobs[-1]
    assert (job.before - job.after) // 86_400 == 8
    assert plan["expected_intercom_seconds"] == pytest.approx(job.seconds, abs=120)
    assert re.search(r"in 1 window \(1 d new, 7 d again\); 41 streams; about \d+ min", run.log)


def test_windows_after_a_slow_job_take_about_half_of_the_limit(
    simulator: Simulator,
) -> None:
    run = run_without_waiting(configuration(simulator, job_timeout_minutes=60))
    assert run.exit_code == 0, run.log
    first, *others = [job.seconds / 60 for job in simulator.jobs]
    assert round(first) == 54
    assert max(others) == pytest.approx(30, abs=1)
    assert not any(job.cancelled for job in simulator.jobs)


def test_job_that_takes_longer_than_the_setting_is_canceled_and_a_smaller_one_requested(
    simulator: Simulator,
) -> None:
    run = run_without_waiting(configuration(simulator, job_timeout_minutes=45))
    assert run.exit_code == 0, run.log
    first, *others = simulator.jobs
    assert first.cancelled
    assert others[0].started - first.started >= 45 * 60
    assert not any(job.cancelled for job in others)
    assert all(job.seconds < 45 * 60 for job in others)
    assert len({record["receipt_id"] for record in run.records("receipt")}) == 60


def test_job_of_more_than_a_day_is_marked_failed_by_intercom(simulator: Simulator) -> None:
    simulator.job_faults.add(JobFault(duration_seconds=30 * HOUR))
    run = run_without_waiting(configuration(simulator, job_timeout_minutes=48 * 60))
    assert run.exit_code == 0, run.log
    first, *others = simulator.jobs
    assert first.status == "failed"
    assert {job.status for job in others} == {"completed"}
    assert 24 * HOUR <= others[0].started - first.started < 25 * HOUR
