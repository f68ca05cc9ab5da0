"""The simulator's clock: real time moved by an offset, which a test may move further."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone


class Clock:
    """A clock that starts where it is told to and can be moved.

    Args:
        start: The first instant shown, with a time zone; the real time when left out.
        running: Whether it goes on by itself. A clock that does not only moves when told to.
    """

    def __init__(self, start: datetime | None = None, *, running: bool = True) -> None:
        self._lock = threading.Lock()
        self._running = running
        self._shown = _real()
        self._seen = self._shown
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        """Tell the simulated time, in UTC."""
        with self._lock:
            return self._shown + (_real() - self._seen if self._running else timedelta())

    def timestamp(self) -> int:
        """Tell the simulated time in whole unix seconds."""
        return int(self.now().timestamp())

    def advance(self, seconds: float) -> None:
        """Move on (or back) by a number of seconds."""
        with self._lock:
            self._shown += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Show another time.

        Args:
            instant: The new time, with a time zone.

        Raises:
            ValueError: The instant has no time zone.
        """
        if instant.tzinfo is None:
            raise ValueError("The simulator's clock needs an instant with a time zone.")
        with self._lock:
            self._shown = instant.astimezone(timezone.utc)
            self._seen = _real()


def _real() -> datetime:
    return datetime.now(timezone.utc)
