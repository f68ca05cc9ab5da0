"""Size of the windows: smaller after a job that was too large, larger again after successes."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_intercom_export.clock import DAY_SECONDS
from tap_intercom_export.errors import TapError
from tap_intercom_export.exports.job_measurement import MAX_MEASUREMENTS
from tap_intercom_export.exports.window import MIN_WINDOW_SECONDS, WindowSize
from tap_intercom_export.formatting import counted, duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_intercom_export.exports.job_measurement import JobMeasurement

logger = logging.getLogger(__name__)

WINDOWS_BEFORE_GROWTH = 3
"""Consecutive windows that must succeed before a reduced size is doubled again."""

USED_SHARE_OF_LIMITS = 0.5
"""Share of the row limit and of the job's time limit that windows are planned to use."""

MEANINGFUL_SHARE_OF_LIMITS = 0.02
"""Share of a limit below which a job does not predict larger ones: small jobs take a minute too."""


@dataclass(frozen=True, slots=True)
class JobLimits:
    """Limits of one job.

    Attributes:
        rows: Row count at which Intercom truncates an export.
        seconds: Maximum duration.
    """

    rows: int
    seconds: float


class WindowSizer:
    """Chooses the size of the next window. Threads may share it.

    Args:
        largest: Largest size, from the settings.
        limits: Limits of one job.
        measured: Measurements of the last jobs, latest last. From them windows are planned to stay
            well below the limits.
    """

    def __init__(
        self, largest: WindowSize, limits: JobLimits, measured: Iterable[JobMeasurement] = ()
    ) -> None:
        self._largest = largest
        self._size = largest
        self._limits = limits
        self._measured = list(measured)[-MAX_MEASUREMENTS:]
        self._successes = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> WindowSize:
        """Size of the next window."""
        with self._lock:
            return self._within_limits(self._size)

    @property
    def reason(self) -> str:
        """Why windows are smaller than the settings allow; "" if they are not."""
        with self._lock:
            if self._within_limits(self._size).new_seconds >= self._largest.new_seconds:
                return ""
            found = [
                (days, one, by_rows)
                for one in self._measured
                for days, by_rows in self._days_within_limits(one)
            ]
        if not found:
            return "after a job that was too large"
        _, one, by_rows = min(found, key=lambda each: each[0])
        if by_rows:
            used = f"had {counted(one.rows, 'row', rounded=True)}"
            limit = f"{counted(self._limits.rows, rounded=True)} that export_row_limit allows"
        else:
            used = f"took {duration(one.seconds)}"
            limit = f"{duration(self._limits.seconds)} that job_timeout_minutes allows"
        share = f"{USED_SHARE_OF_LIMITS * 100:.0f} %"
        length = duration(one.days * DAY_SECONDS)
        return f"a job of {length} {used} of the {limit}, and a window is planned for {share} of it"

    def shorten(self, tried: WindowSize, actual: WindowSize, error: TapError) -> None:
        """Reduce the size, and log what that costs.

        Args:
            tried: Size that was too large. Nothing happens if another thread has reduced it.
            actual: Size that the window really had.
            error: Why it was too large.

        Raises:
            TapError: The size is minimal already.
        """
        with self._lock:
            if self._within_limits(self._size) != tried:
                return
            smaller = tried.halved(actual)
            if smaller is None:
                raise TapError(
                    f"{error}. The window cannot be smaller than an hour. Try again later; if it "
                    "persists, contact Intercom's support with the job's id."
                ) from error
            self._size, self._successes = smaller, 0
        if smaller.new_seconds < tried.new_seconds:
            cost = f"window shortened to {duration(smaller.new_seconds)}, which takes more jobs"
        else:
            cost = (
                f"lookback shortened to {duration(smaller.lookback_seconds)}: this window misses "
                "opens, clicks and replies that came later than this after the message"
            )
        logger.warning("%s. Requesting less: %s", error, cost)

    def succeeded(self, measured: JobMeasurement | None = None) -> None:
        """Register a successful window.

        Args:
            measured: Measurement of its job, if known.
        """
        with self._lock:
            if measured is not None:
                self._measured = [*self._measured, measured][-MAX_MEASUREMENTS:]
            self._successes += 1
            if self._successes % WINDOWS_BEFORE_GROWTH == 0:
                self._size = self._size.doubled(self._largest)

    def _within_limits(self, size: WindowSize) -> WindowSize:
        """Return a size for a window that is expected to stay well below the limits."""
        max_days = min(
            (days for one in self._measured for days, _ in self._days_within_limits(one)),
            default=None,
        )
        if max_days is None:
            return size
        left = int(max_days * DAY_SECONDS) - size.lookback_seconds
        # Even if the lookback alone exceeds the limits, windows must make progress.
        minimum = max(MIN_WINDOW_SECONDS, min(size.lookback_seconds, DAY_SECONDS))
        return WindowSize(min(size.new_seconds, max(left, minimum)), size.lookback_seconds)

    def _days_within_limits(self, measurement: JobMeasurement) -> list[tuple[float, bool]]:
        """Return the days such a job may cover: by its rows (True), by its duration (False)."""
        used_of_limits = (
            (measurement.rows, self._limits.rows, True),
            (measurement.seconds, self._limits.seconds, False),
        )
        return [
            (USED_SHARE_OF_LIMITS * limit * measurement.days / used, by_rows)
            for used, limit, by_rows in used_of_limits
            if used > limit * MEANINGFUL_SHARE_OF_LIMITS
        ]
