"""The simulator's clock: real time plus an offset that tests can change."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone

HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400


class Clock:
    """A clock with a start time that can be set and advanced.

    The run time of jobs is in real seconds, and zero by default, so that clients need not wait.

    Args:
        start: Start time, with a time zone; the real time by default.
        running: Whether the clock runs. A stopped clock only changes through `advance` and `set`.
    """

    JOB_SECONDS_PER_DAY = 0.0
    """Default run time of a job, in seconds per day of its range."""

    def __init__(self, start: datetime | None = None, *, running: bool = True) -> None:
        self._lock = threading.Lock()
        self._running = running
        self._base = _real_time()
        self._set_at = self._base
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        """Return the simulated time, in UTC."""
        with self._lock:
            return self._base + (_real_time() - self._set_at if self._running else timedelta())

    def timestamp(self) -> int:
        """Return the simulated time, in whole unix seconds."""
        return int(self.now().timestamp())

    def advance(self, seconds: float) -> None:
        """Advance the clock.

        Args:
            seconds: Number of seconds; negative to set the clock back.
        """
        with self._lock:
            self._base += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Set the time.

        Args:
            instant: The new time, with a time zone.

        Raises:
            ValueError: The time has no time zone.
        """
        if instant.tzinfo is None:
            raise ValueError("The simulator's clock needs a date-time with a time zone.")
        with self._lock:
            self._base = instant.astimezone(timezone.utc)
            self._set_at = _real_time()

    def elapsed(self) -> float:
        """Return a monotonic time for the run time of jobs, in seconds: real time."""
        return time.monotonic()

    def duration(self, range_seconds: float, *chosen: float | None) -> float:
        """Return the run time of a job, in seconds.

        Args:
            range_seconds: Length of the job's range.
            chosen: Configured run times; the first one that is not None is used.
        """
        configured = next((seconds for seconds in chosen if seconds is not None), None)
        if configured is not None:
            return configured
        return range_seconds / DAY_SECONDS * self.JOB_SECONDS_PER_DAY


class VirtualClock(Clock):
    """A stopped clock with a virtual time for jobs, so that hours of run time take no real time.

    The virtual time only passes through `let_pass`, which a client calls instead of waiting.

    Args:
        start: The time, with a time zone.
    """

    JOB_SECONDS_PER_DAY = 9 * 60 / 5
    """Default run time of a job, in seconds per day of its range.

    "A 5-day window took about 9 minutes" in one production workspace, the only public figure.
    """

    def __init__(self, start: datetime) -> None:
        super().__init__(start, running=False)
        self._passed_seconds = 0.0

    def elapsed(self) -> float:
        """Return the virtual time that has passed, in seconds."""
        with self._lock:
            return self._passed_seconds

    def let_pass(self, seconds: float) -> None:
        """Let virtual time pass for jobs; the time of the clock does not change.

        Args:
            seconds: Number of seconds.
        """
        with self._lock:
            self._passed_seconds += seconds


def _real_time() -> datetime:
    return datetime.now(timezone.utc)
