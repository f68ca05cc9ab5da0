"""The windows of a run: their sizes, the reasons for these sizes, and the expected time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_intercom_export.config import CONFIG_JSONSCHEMA, Settings
from tap_intercom_export.exports.expected_time import expected_time
from tap_intercom_export.exports.job_measurement import JobMeasurement
from tap_intercom_export.exports.schedule import DeepLookback, RunHistory, WindowSchedule
from tap_intercom_export.exports.window import ExportRange, Window, WindowSize
from tap_intercom_export.exports.window_size import JobLimits, WindowSizer
from tap_intercom_export.progress import Remaining

DAY = 86_400
NEW_YEAR = 1_767_225_600
DEFAULTS = Settings.from_config(
    {
        name: entry["default"]
        for name, entry in CONFIG_JSONSCHEMA["properties"].items()
        if "default" in entry
    }
    | {"access_token": "x", "start_date": "2026-01-01", "window_days": 30, "lookback_days": 7}
)


def schedule(days: int, history: RunHistory, deep: DeepLookback | None = None) -> WindowSchedule:
    """Return a schedule of some days, in windows of 30 days with 7 of lookback."""
    return WindowSchedule(ExportRange(NEW_YEAR, NEW_YEAR + days * DAY), DEFAULTS, history, deep)


measured = st.builds(
    JobMeasurement,
    days=st.floats(0.1, 400),
    seconds=st.integers(0, 86_400).map(float),
    rows=st.integers(0, 10_000_000),
)
histories = st.lists(measured, max_size=5).map(lambda found: RunHistory(measured=tuple(found)))


@settings(deadline=None)  # hundreds of windows, computed three times
@given(st.integers(1, 120), histories, st.booleans())
def test_windows_are_contiguous_to_the_end_with_any_history(
    days: int,
    history: RunHistory,
    is_deep: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    deep = DeepLookback(60 * DAY, 7 * DAY, None) if is_deep else None
    plan = schedule(days, history, deep)
    initial_bookmark = plan.export_range.initial_bookmark
    found = list(plan.windows(initial_bookmark))
    ends = [initial_bookmark, *(chosen.window.before for _, chosen in found)]
    assert [pending.bookmark for pending, _ in found] == ends[:-1]
    assert all(before < after for before, after in pairwise(ends))
    assert ends[-1] == plan.export_range.end
    assert all(chosen.window.after <= pending.bookmark + 1 for pending, chosen in found)
    lengths = [chosen.window.before - chosen.window.after for _, chosen in found]
    assert plan.remaining(initial_bookmark) == Remaining(len(found), sum(lengths), lengths[-1])
    assert plan.remaining(ends[-1]) == Remaining()
    assert [chosen.is_deep for _, chosen in found] == [False] * (len(found) - 1) + [is_deep]


@given(st.integers(1, 200), st.integers(0, 200))
def test_deep_lookback_is_due_by_days_since_the_last_one(days: int, since: int) -> None:
    end = NEW_YEAR + days * DAY
    deep = DeepLookback(60 * DAY, 14 * DAY, end - since * DAY)
    plan = schedule(days, RunHistory(), deep)
    assert plan.is_deep_lookback_due == (since >= 14)


@given(st.integers(1, 200), st.integers(1, 20_000))
def test_a_deep_lookback_in_the_future_does_not_put_off_the_next_one(days: int, late: int) -> None:
    """As after a run with a clock that was years ahead."""
    end = NEW_YEAR + days * DAY
    plan = schedule(days, RunHistory(), DeepLookback(60 * DAY, 14 * DAY, end + late * DAY))
    assert plan.is_deep_lookback_due


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        pytest.param((), "", id="no measurements"),
        pytest.param((JobMeasurement(37, 600, 100_000),), "", id="small"),
        pytest.param(
            (JobMeasurement(40, 600, 8_000_000),),
            "a job of 40 d had 8.0 million rows of the 10.0 million that export_row_limit allows, "
            "and a window is planned for 50 % of it",
            id="rows",
        ),
        pytest.param(
            (JobMeasurement(30, 64_800, 1), JobMeasurement(40, 600, 5_000_000)),
            "a job of 30 d took 18 h of the 1 d that job_timeout_minutes allows, and a window is "
            "planned for 50 % of it",
            id="the stricter of two limits",
        ),
    ],
)
def test_reason_names_what_makes_windows_smaller(
    measured: tuple[JobMeasurement, ...], reason: str
) -> None:
    limits = JobLimits(10_000_000, 86_400)
    assert WindowSizer(WindowSize(30 * DAY, 7 * DAY), limits, measured).reason == reason


def windows(*days: int) -> list[Window]:
    return [Window(NEW_YEAR, NEW_YEAR + length * DAY) for length in days]


def test_no_time_is_expected_without_measurements() -> None:
    assert expected_time(windows(10, 10), ()) is None


@pytest.mark.parametrize(
    ("job", "own", "days", "seconds"),
    [
        pytest.param(60, 20, (10,), 60 + 20, id="one window"),
        pytest.param(60, 20, (10, 10, 10), 60 + 60 + 60 + 20, id="Intercom is slower"),
        pytest.param(20, 60, (10, 10, 10), 20 + 60 + 60 + 60, id="writing is slower"),
        pytest.param(60, 20, (10, 40), 60 + 240 + 80, id="a long window after a short one"),
    ],
)
def test_expected_time_overlaps_writing_with_the_next_job(
    job: float, own: float, days: tuple[int, ...], seconds: float
) -> None:
    found = expected_time(windows(*days), [JobMeasurement(10, job, 0, own)])
    assert found is not None
    assert found.seconds == pytest.approx(seconds)
    assert found.intercom_seconds == pytest.approx(sum(days) / 10 * job)
    assert found.own_seconds == pytest.approx(sum(days) / 10 * own)


@pytest.mark.parametrize(
    ("points", "seconds"),
    [
        pytest.param([(10, 60), (20, 90)], 30 + 3 * 40, id="a base and 3 s a day"),
        pytest.param([(10, 60), (20, 60)], 60, id="all take the same"),
        pytest.param([(10, 70), (20, 60)], 65, id="the longer one took less"),
        pytest.param([(10, 10), (20, 60)], 40 * 70 / 30, id="a base below zero"),
        pytest.param([(10, 60), (14, 90)], 40 * 150 / 24, id="about the same length"),
        pytest.param([(8, 60)], 40 * 60 / 8, id="one"),
    ],
)
def test_expected_time_is_a_linear_fit_of_the_last_jobs(
    points: list[tuple[float, float]], seconds: float
) -> None:
    found = expected_time(windows(40), [JobMeasurement(days, took, 0) for days, took in points])
    assert found is not None
    assert found.intercom_seconds == pytest.approx(seconds)


def test_expected_time_of_concurrent_jobs_written_in_order() -> None:
    """30 days take 180 s at Intercom and 6 s here; two of the four jobs run at once."""
    found = expected_time(windows(30, 10, 30, 10), [JobMeasurement(30, 180, 0, 6)], workers=2)
    assert found is not None
    # jobs 1 and 2 end at 180 and 60 s, and are written until 186 and 188 s;
    # jobs 3 and 4 start when the writing of 1 and 2 starts, and end at 360 and 246 s
    assert found.seconds == pytest.approx(360 + 6 + 2)
    assert found.intercom_seconds == pytest.approx(480)
    assert str(found) == (
        "about 6 min 8 s (Intercom 8 min, 2 jobs at once, download and writing 16 s), as fast as "
        "the last window"
    )


def test_state_of_earlier_version_has_no_time_of_writing() -> None:
    entry = {"range_seconds": 10 * DAY, "job_seconds": 60, "rows": 5}
    old = JobMeasurement.from_state(entry)
    assert old == JobMeasurement(10, 60, 5)
    assert old is not None
    assert old.with_writing(5).to_state() == entry
    found = expected_time(windows(10, 10), [old])
    assert found is not None
    assert found.own_seconds is None
    assert str(found) == (
        "about 2 min (Intercom 2 min, how long writing takes is not known yet), as fast as the "
        "last window"
    )


def test_job_measurement_is_unchanged_by_the_state() -> None:
    one = replace(JobMeasurement(10, 60, 5, 2.0).with_writing(3.0), rows=7)
    state = one.to_state()
    assert state == {
        "range_seconds": 10 * DAY,
        "job_seconds": 60,
        "rows": 7,
        "own_seconds": 5,
    }
    assert JobMeasurement.from_state(state) == one


@pytest.mark.parametrize("own", [-1, "soon", [1]])
def test_invalid_measurement_in_the_state_is_ignored(own: object) -> None:
    entry = {"range_seconds": DAY, "job_seconds": 1, "rows": 1, "own_seconds": own}
    assert JobMeasurement.from_state(entry) is None
