"""Estimates of the duration of an export, from measurements of earlier jobs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from tap_intercom_export.clock import DAY_SECONDS
from tap_intercom_export.formatting import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_intercom_export.exports.job_measurement import JobMeasurement
    from tap_intercom_export.exports.window import Window

MIN_LENGTH_RATIO = 1.5
"""Minimum ratio of the longest to the shortest measured range for a linear fit."""


@dataclass(frozen=True, slots=True)
class ExpectedTime:
    """Estimated duration of an export.

    Attributes:
        seconds: From beginning to end.
        intercom_seconds: Duration of its jobs at Intercom.
        own_seconds: Duration of downloading and writing; None if unknown.
        measured_windows: Number of windows of earlier runs that the estimate is based on.
        workers: Jobs that run at the same time.
    """

    seconds: float
    intercom_seconds: float
    own_seconds: float | None
    measured_windows: int
    workers: int = 1

    def __str__(self) -> str:
        """Return the text for the plan."""
        writing = (
            "how long writing takes is not known yet"
            if self.own_seconds is None
            else f"download and writing {duration(self.own_seconds)}"
        )
        last = (
            "the last window"
            if self.measured_windows == 1
            else f"the last {self.measured_windows} windows"
        )
        at_once = f", {self.workers} jobs at once" if self.workers > 1 else ""
        return (
            f"about {duration(self.seconds)} (Intercom {duration(self.intercom_seconds)}{at_once}, "
            f"{writing}), as fast as {last}"
        )


def expected_time(
    windows: Sequence[Window], measured: Sequence[JobMeasurement], workers: int = 1
) -> ExpectedTime | None:
    """Estimate the duration of an export; None without measurements.

    The duration of a window is a linear function of its length, fitted to the measurements; if
    these have about the same length, it is proportional. While a window is written, the job of the
    next one runs.

    Args:
        windows: The windows to export, in order.
        measured: Measurements of the last jobs.
        workers: Jobs that run at the same time.
    """
    if not measured:
        return None
    days = [(window.before - window.after) / DAY_SECONDS for window in windows]
    jobs = _fitted_seconds(days, [(one.days, one.seconds) for one in measured])
    timed = [(one.days, one.own_seconds) for one in measured if one.own_seconds is not None]
    writing = _fitted_seconds(days, timed) if timed else [0.0] * len(days)
    return ExpectedTime(
        _total_seconds(jobs, writing, workers),
        sum(jobs),
        sum(writing) if timed else None,
        len(measured),
        min(workers, len(jobs)),
    )


def _fitted_seconds(days: Sequence[float], points: Sequence[tuple[float, float]]) -> list[float]:
    """Return the seconds for each length, from a line fitted to measurements.

    Args:
        days: The lengths in days.
        points: Measured lengths in days and durations in seconds.
    """
    lengths, seconds = [length for length, _ in points], [one for _, one in points]
    mean, mean_seconds = sum(lengths) / len(points), sum(seconds) / len(points)
    base, per_day = 0.0, sum(seconds) / sum(lengths)
    if max(lengths) >= MIN_LENGTH_RATIO * min(lengths):
        spread = sum((length - mean) ** 2 for length in lengths)
        slope = sum((length - mean) * (one - mean_seconds) for length, one in points) / spread
        if slope <= 0:  # longer windows did not take longer
            base, per_day = mean_seconds, 0.0
        elif mean_seconds > slope * mean:
            base, per_day = mean_seconds - slope * mean, slope
    return [base + per_day * length for length in days]


def _total_seconds(jobs: Sequence[float], writing: Sequence[float], workers: int) -> float:
    """Return the total duration of running jobs and writing one after another, in seconds.

    A worker starts its next job when its last one begins to be written.
    """
    free = [0.0] * workers  # a heap: when each worker is free
    written = 0.0
    for job, own in zip(jobs, writing, strict=True):
        begun = max(heappop(free) + job, written)
        written = begun + own
        heappush(free, begun)
    return written
