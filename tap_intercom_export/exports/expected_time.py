"""How long windows may take, from what the last ones took. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from tap_intercom_export.exports.window_size import DAY_SECONDS
from tap_intercom_export.wording import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_intercom_export.exports.window import Window
    from tap_intercom_export.exports.window_size import Measured

MIN_SPREAD = 1.5
"""How many times as long as the shortest the longest range is, where lengths tell something."""


@dataclass(frozen=True, slots=True)
class ExpectedTime:
    """How long an export may take.

    Attributes:
        seconds: From its beginning to its end.
        intercom_seconds: How long its jobs run at Intercom.
        own_seconds: How long downloading and writing takes; None where that is not known.
        remembered: Windows of earlier runs that this is concluded from.
        workers: Jobs that run at once.
    """

    seconds: float
    intercom_seconds: float
    own_seconds: float | None
    remembered: int
    workers: int = 1

    def __str__(self) -> str:
        """Return it for people."""
        own = (
            "how long writing takes is not known yet"
            if self.own_seconds is None
            else f"download and writing {duration(self.own_seconds)}"
        )
        last = "the last window" if self.remembered == 1 else f"the last {self.remembered} windows"
        at_once = f", {self.workers} jobs at once" if self.workers > 1 else ""
        return (
            f"about {duration(self.seconds)} (Intercom {duration(self.intercom_seconds)}{at_once}, "
            f"{own}), as fast as {last}"
        )


def expected_time(
    windows: Sequence[Window], measured: Sequence[Measured], workers: int = 1
) -> ExpectedTime | None:
    """Return how long windows may take, or None where nothing is known.

    What a window takes is read off the line through what the remembered ones took; where these
    are of about the same length, it is taken to be in proportion to its length. While a window is
    written, the job of the next one runs.

    Args:
        windows: What will be exported, in order.
        measured: What the last jobs took.
        workers: Jobs that run at once.
    """
    if not measured:
        return None
    days = [(window.before - window.after) / DAY_SECONDS for window in windows]
    jobs = _read_off(days, [(one.days, one.seconds) for one in measured])
    timed = [(one.days, one.own_seconds) for one in measured if one.own_seconds is not None]
    writing = _read_off(days, timed) if timed else [0.0] * len(days)
    return ExpectedTime(
        _until_written(jobs, writing, workers),
        sum(jobs),
        sum(writing) if timed else None,
        len(measured),
        min(workers, len(jobs)),
    )


def _read_off(days: Sequence[float], points: Sequence[tuple[float, float]]) -> list[float]:
    """Return the seconds for lengths in days, from the line through such pairs.

    Args:
        days: The lengths.
        points: Lengths in days, and the seconds that they took.
    """
    lengths, seconds = [length for length, _ in points], [one for _, one in points]
    mean, mean_seconds = sum(lengths) / len(points), sum(seconds) / len(points)
    base, per_day = 0.0, sum(seconds) / sum(lengths)
    if max(lengths) >= MIN_SPREAD * min(lengths):
        spread = sum((length - mean) ** 2 for length in lengths)
        slope = sum((length - mean) * (one - mean_seconds) for length, one in points) / spread
        if slope <= 0:  # all took about the same
            base, per_day = mean_seconds, 0.0
        elif mean_seconds > slope * mean:
            base, per_day = mean_seconds - slope * mean, slope
    return [base + per_day * length for length in days]


def _until_written(jobs: Sequence[float], writing: Sequence[float], workers: int) -> float:
    """Return how long it takes to run jobs and write one after the other, in seconds.

    A worker begins its next job when its last one begins to be written.
    """
    free = [0.0] * workers  # a heap: when each worker is free
    written = 0.0
    for job, own in zip(jobs, writing, strict=True):
        begun = max(heappop(free) + job, written)
        written = begun + own
        heappush(free, begun)
    return written
