"""Size of the windows: smaller after a job that was too large, larger again after successes."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import DAY_SECONDS
from tap_intercom_export.errors import TapError
from tap_intercom_export.exports.window import MIN_WINDOW_SECONDS, Sizes
from tap_intercom_export.formatting import counted, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

logger = logging.getLogger(__name__)

WINDOWS_BEFORE_GROWTH = 3
"""Consecutive windows that must succeed before reduced sizes are doubled again."""

USED_SHARE_OF_LIMITS = 0.5
"""Share of the row limit and of the job's time limit that windows are planned to use."""

MEANINGFUL_SHARE_OF_LIMITS = 0.02
"""Share of a limit below which a job does not predict larger ones: small jobs take a minute too."""

REMEMBERED_WINDOWS = 5
"""Number of measurements that are kept in the state."""


@dataclass(frozen=True, slots=True)
class JobMeasurement:
    """Measurement of one export job.

    Attributes:
        days: Length of its range, with the lookback.
        seconds: How long it ran at Intercom.
        rows: Rows in all its files.
        own_seconds: How long downloading and writing it took, with the wait for the reader of
            stdout; None if unknown.
    """

    days: float
    seconds: float
    rows: int
    own_seconds: float | None = None

    def with_writing(self, seconds: float) -> JobMeasurement:
        """Return the measurement with the time of writing added, if that of the download is known.

        Args:
            seconds: Duration of writing the rows.
        """
        if self.own_seconds is None:
            return self
        return replace(self, own_seconds=self.own_seconds + seconds)

    def to_state(self) -> dict[str, Any]:
        """Return the entry in the state, in whole numbers.

        Targets on the Meltano SDK parse fractions as Decimal and then fail to write the state.
        """
        own = {} if self.own_seconds is None else {"own_seconds": round(self.own_seconds)}
        return {
            "range_seconds": round(self.days * DAY_SECONDS),
            "job_seconds": round(self.seconds),
            "rows": self.rows,
            **own,
        }

    @classmethod
    def from_state(cls, entry: Mapping[str, Any]) -> JobMeasurement | None:
        """Return the measurement that `to_state` wrote, or None if the entry is invalid."""
        try:
            days = int(entry["range_seconds"]) / DAY_SECONDS
            own = entry.get("own_seconds")  # missing in the states of earlier versions
            found = cls(
                days,
                int(entry["job_seconds"]),
                int(entry["rows"]),
                None if own is None else int(own),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        least = min(found.seconds, found.rows, found.own_seconds or 0)
        return found if found.days > 0 and least >= 0 else None


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
    """Chooses the sizes of the next windows. Threads may share it.

    Args:
        largest: Maximum sizes, from the settings.
        limits: Limits of one job.
        measured: Measurements of the last jobs, latest last. From them windows are planned to stay
            well below the limits.
    """

    def __init__(
        self, largest: Sizes, limits: JobLimits, measured: Iterable[JobMeasurement] = ()
    ) -> None:
        self._largest = largest
        self._sizes = largest
        self._limits = limits
        self._measured = list(measured)[-REMEMBERED_WINDOWS:]
        self._successes = 0
        self._lock = threading.Lock()

    @property
    def sizes(self) -> Sizes:
        """Sizes of the next window."""
        with self._lock:
            return self._within_limits(self._sizes)

    @property
    def reason(self) -> str:
        """Why windows are smaller than the settings allow; "" if they are not."""
        with self._lock:
            if self._within_limits(self._sizes).window >= self._largest.window:
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

    def shorten(self, tried: Sizes, actual: Sizes, error: TapError) -> None:
        """Reduce the sizes, and log what that costs.

        Args:
            tried: Sizes that were too large. If another thread has reduced them already, nothing
                happens.
            actual: Sizes that the window really had.
            error: Why they were too large.

        Raises:
            TapError: The sizes are minimal already.
        """
        with self._lock:
            if self._within_limits(self._sizes) != tried:
                return
            smaller = tried.halved(actual)
            if smaller is None:
                raise TapError(
                    f"{error}. The window cannot be smaller than an hour. Try again later; if it "
                    "persists, contact Intercom's support with the job's id."
                ) from error
            self._sizes, self._successes = smaller, 0
        if smaller.window < tried.window:
            cost = f"window shortened to {duration(smaller.window)}, which takes more jobs"
        else:
            cost = (
                f"lookback shortened to {duration(smaller.lookback)}: this window misses opens, "
                "clicks and replies that came later than this after the message"
            )
        logger.warning("%s. Requesting less: %s", error, cost)

    def succeeded(self, measured: JobMeasurement | None = None) -> None:
        """Register a successful window.

        Args:
            measured: Measurement of its job, if known.
        """
        with self._lock:
            if measured is not None:
                self._measured = [*self._measured, measured][-REMEMBERED_WINDOWS:]
            self._successes += 1
            if self._successes % WINDOWS_BEFORE_GROWTH == 0:
                self._sizes = self._sizes.doubled(self._largest)

    def _within_limits(self, sizes: Sizes) -> Sizes:
        """Return sizes for a window that is expected to stay well below the limits."""
        max_days = min(
            (days for one in self._measured for days, _ in self._days_within_limits(one)),
            default=None,
        )
        if max_days is None:
            return sizes
        left = int(max_days * DAY_SECONDS) - sizes.lookback
        # Even if the lookback alone exceeds the limits, windows must make progress.
        minimum = max(MIN_WINDOW_SECONDS, min(sizes.lookback, DAY_SECONDS))
        return Sizes(min(sizes.window, max(left, minimum)), sizes.lookback)

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
