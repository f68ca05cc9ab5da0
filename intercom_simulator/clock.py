"""The simulator's clock: real time plus an offset that tests can change."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone


class Clock:
    """A clock with a start time that can be set and advanced.

    Jobs take real seconds beside it, and none where nobody says how many: a client would wait.

    Args:
        start: Start time, with a time zone; the real time by default.
        running: Whether the clock runs. A stopped clock only changes through `advance` and `set`.
    """

    JOB_SECONDS_A_DAY = 0.0
    """Seconds that a job takes for each day of its range, if nobody says how many."""

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
        """Return seconds that only grow, which jobs take: real ones."""
        return time.monotonic()

    def duration(self, range_seconds: float, *chosen: float | None) -> float:
        """Return how long a job takes.

        Args:
            range_seconds: The length of its range.
            chosen: How long somebody wants it to take; the first that is not None.
        """
        found = next((seconds for seconds in chosen if seconds is not None), None)
        return range_seconds / 86_400 * self.JOB_SECONDS_A_DAY if found is None else found


class VirtualClock(Clock):
    """A clock that stands still, beside which jobs take minutes that nobody has to wait for.

    Their time passes only by `let_pass`, which a client calls in place of a pause.

    Args:
        start: The instant shown, with a time zone.
    """

    JOB_SECONDS_A_DAY = 9 * 60 / 5
    """Seconds that a job takes for each day of its range, if nobody says how many.

    "A 5-day window took about 9 minutes" in one production workspace, the one public figure.
    """

    def __init__(self, start: datetime) -> None:
        super().__init__(start, running=False)
        self._passed = 0.0

    def elapsed(self) -> float:
        """Return the seconds that were let pass."""
        with self._lock:
            return self._passed

    def let_pass(self, seconds: float) -> None:
        """Let time pass for jobs; the instant shown stays.

        Args:
            seconds: How much.
        """
        with self._lock:
            self._passed += seconds


def _real_time() -> datetime:
    return datetime.now(timezone.utc)
