"""Windows: size, limits, refused ranges, and runs that are killed within a window."""

from __future__ import annotations

from typing import Any

import pytest

from intercom_simulator import ApiVariant, Fault, JobFault, Simulator
from tap_intercom_export.exports.job_measurement import JobMeasurement
from tap_intercom_export.exports.window import WindowSize
from tap_intercom_export.exports.window_size import JobLimits, WindowSizer
from tests.faults import malicious_archives
from tests.faults.runner import configuration
from tests.faults.scenarios.scenario import DAY_SECONDS
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import (
    run_without_waiting,
)
from tests.harness.stopped_simulator import stopped_simulator


@pytest.mark.parametrize(("rows_in_job", "cut"), [(1998, True), (1997, False)])
def test_export_one_row_below_limit_counts_as_cut(
    sim: Simulator, rows_in_job: int, *, cut: bool
) -> None:
    """If Intercom counts the header, a cut file has one row less than the limit."""
    rows = b"".join(b"%d,2025-05-20T10:00:00Z\n" % number for number in range(rows_in_job))
    archive = malicious_archives.create_zip(
        {"open_20250601-000000.csv": b"receipt_id,opened_at\n" + rows}
    )
    sim.faults.add(Fault("download", body=archive))
    run = run_without_waiting(configuration(sim, export_row_limit=2000))
    assert ("Intercom silently truncates an export at 2,000" in run.log) is cut


def test_smaller_window_after_kill_does_not_erase_loaded_values() -> None:
    """The run is killed within a window of 21 days; the next run has windows of three days."""
    with stopped_simulator(receipts=600, late_share=0.9, late_days=12) as sim:
        config = configuration(sim, window_days=25, lookback_days=0)
        whole = run_without_waiting(config)
        rows = [n for n, line in enumerate(whole.lines) if '"RECORD","stream":"receipt"' in line]
        loaded = InMemoryTarget().load(whole.lines[: rows[len(rows) // 2]])
        del loaded.state["bookmarks"]["content_export"]["job"]  # it has expired
        opened = {r["receipt_id"] for r in loaded.rows()["receipt"] if r["first_open"]}
        again = run_without_waiting({**config, "window_days": 3}, loaded.state)
        assert again.exit_code == 0
        loaded.load(again.lines)
        still = {r["receipt_id"] for r in loaded.rows()["receipt"] if r["first_open"]}
        assert opened
        assert opened - still == set()
        assert "writing" not in loaded.state["bookmarks"]["content_export"]


def test_too_wide_window_after_kill_is_shortened_with_warning(
    sim: Simulator,
) -> None:
    config = configuration(sim, window_days=25, lookback_days=0)
    whole = run_without_waiting(config)
    rows = [n for n, line in enumerate(whole.lines) if '"RECORD","stream":"receipt"' in line]
    loaded = InMemoryTarget().load(whole.lines[: rows[len(rows) // 2]])
    del loaded.state["bookmarks"]["content_export"]["job"]
    sim.job_faults.add(
        JobFault(ends_as="failed", range_longer_than_seconds=10 * DAY_SECONDS, times=None)
    )
    again = run_without_waiting(config, loaded.state)
    assert again.exit_code == 0
    assert "windows overwrite these rows" in again.log
    assert ExpectedRows(sim).missing(loaded.load(again.lines).rows(), values=False) == {}


def bad_request(message: str) -> dict[str, Any]:
    """Return an error body in Intercom's format."""
    return {"type": "error.list", "errors": [{"code": "bad_request", "message": message}]}


@pytest.mark.parametrize(
    "message",
    [
        "created_at_after is older than the retention period",
        "Data is only available for a range within the last 730 days.",
    ],
)
def test_too_old_range_names_start_date_without_retry(sim: Simulator, message: str) -> None:
    sim.faults.add(Fault("create", status=400, body=bad_request(message), times=None))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code
    assert "Set a later start_date." in run.log
    assert len(sim.requests) == 1


def test_unrelated_400_with_days_does_not_shrink_window(sim: Simulator) -> None:
    message = "Message exports are switched off on some days of the period"
    sim.faults.add(Fault("create", status=400, body=bad_request(message), times=None))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code
    assert "Requesting less" not in run.log
    assert len(sim.requests) == 1


@pytest.mark.parametrize(
    "message",
    [
        "export period is longer than 90 days",
        "The date range must be at most 31 days",
        "Time range too large",
    ],
)
def test_too_long_range_is_shortened(sim: Simulator, message: str) -> None:
    sim.faults.add(Fault("create", status=400, body=bad_request(message)))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0
    assert "Requesting less" in run.log


def test_range_refused_as_too_long_is_requested_in_smaller_windows() -> None:
    variant = ApiVariant(max_range_seconds=90 * DAY_SECONDS)
    with stopped_simulator(receipts=60, days=200, variant=variant) as sim:
        config = configuration(sim, window_days=365, start_date="2024-11-01")
        run = run_without_waiting(config)
        assert run.exit_code == 0
        assert len([r for r in sim.requests if r.path == "/export/content/data"]) <= 6
        assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


def test_next_run_plans_windows_by_earlier_measurements(sim: Simulator) -> None:
    """Jobs of 21 days exceed the limit; the next run does not request them again."""
    config = configuration(sim, window_days=30, lookback_days=0, export_row_limit=300)
    first = run_without_waiting(config)
    assert "Intercom silently truncates an export at 300" in first.log
    state = first.state
    windows = state["bookmarks"]["content_export"]["recent_windows"]
    assert 1 <= len(windows) <= 5
    assert all(0 < window["rows"] < 300 for window in windows)
    # targets read fractions as Decimal, which they cannot write as JSON
    assert all(type(value) is int for window in windows for value in window.values())
    for name, entry in state["bookmarks"].items():
        if name != "content_export":
            entry.pop("replication_key_value", None)  # everything is exported again
    again = run_without_waiting(config, state)
    assert again.exit_code == 0
    assert "Intercom cuts" not in again.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(again.lines).rows(), values=False) == {}


DAYS_90 = WindowSize(83 * DAY_SECONDS, 7 * DAY_SECONDS)
LIMITS = JobLimits(rows=10_000_000, seconds=86_400)


@pytest.mark.parametrize(
    ("measured", "days"),
    [
        ((), 83),
        ((JobMeasurement(37, 600, 100_000),), 83),  # a small job does not predict larger ones
        ((JobMeasurement(40, 600, 4_000_000),), 50 - 7),  # 100,000 rows a day, 5 million planned
        ((JobMeasurement(40, 28_800, 1_000),), 60 - 7),  # 720 s a day, 12 hours planned
        ((JobMeasurement(40, 600, 1_000_000), JobMeasurement(40, 600, 4_000_000)), 50 - 7),
        (
            (JobMeasurement(8, 600, 9_000_000),),
            1,
        ),  # the lookback alone exceeds the limit; one day is planned
    ],
    ids=["no measurements", "small", "rows", "time", "largest job counts", "lookback"],
)
def test_window_is_planned_to_stay_well_below_the_limits(
    measured: tuple[JobMeasurement, ...], days: int
) -> None:
    assert WindowSizer(DAYS_90, LIMITS, measured).size == WindowSize(
        days * DAY_SECONDS, 7 * DAY_SECONDS
    )
