"""Current time, durations and interruptible pauses. Tests pass in a clock of their own."""

from __future__ import annotations

import random
import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_SECONDS = 86_400

CHECK_INTERVAL_SECONDS = 1.0
"""Longest time between two calls of `Clock.check` during a pause."""


class StoppedError(Exception):
    """`stop` was called on the clock that this thread sleeps with."""


class Clock:
    """The system clock, with pauses that another thread can end.

    Attributes:
        check: Called at least once a second during a pause; an exception it raises ends the pause.
            None in the clocks of worker threads.
    """

    def __init__(self) -> None:
        self.check: Callable[[], None] | None = None
        self._stopped = threading.Event()

    def now(self) -> float:
        """Return the current time in unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back, for measuring durations."""
        return time.monotonic()

    def stop(self) -> None:
        """End all current and future calls of `sleep`, in any thread."""
        self._stopped.set()

    def raise_if_stopped(self) -> None:
        """Raise an error if `stop` was called.

        Raises:
            StoppedError: `stop` was called.
        """
        if self._stopped.is_set():
            raise StoppedError

    def sleep(self, seconds: float) -> None:
        """Pause.

        Args:
            seconds: Length of the pause; zero or less returns at once.

        Raises:
            StoppedError: `stop` was called.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._stopped.wait(min(CHECK_INTERVAL_SECONDS, left)):
                raise StoppedError
            if self.check is not None:
                self.check()

    def jitter(self, seconds: float) -> float:
        """Return a random duration of 50 % to 100 % of `seconds`, so that clients spread out.

        Args:
            seconds: The longest duration.
        """
        return seconds * (0.5 + random.random() / 2)  # noqa: S311 - not a secret


def to_text(seconds: float) -> str:
    """Format unix seconds as in state and records: `2026-01-31T23:59:59Z`.

    Args:
        seconds: Unix seconds. A fraction is cut off.
    """
    moment = datetime.fromtimestamp(int(seconds), tz=timezone.utc)
    return moment.replace(tzinfo=None).isoformat() + "Z"  # %Y would not pad a year before 1000


def to_seconds(text: object) -> int:
    """Parse a date-time into whole unix seconds, rounded down.

    Args:
        text: An ISO 8601 date or date-time that begins with the year; UTC if it has no offset. It
            may be anything, as it is often from a state.

    Raises:
        ValueError: The text is not such a date-time.
    """
    import pendulum  # noqa: PLC0415 - not loaded for --version and --discover

    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a text")  # noqa: TRY004 - a value, not its type
    if not text[:4].isdigit():
        raise ValueError(f"{text!r} does not begin with a year")
    parsed = pendulum.parse(text, tz="UTC")
    if not isinstance(parsed, pendulum.DateTime):
        raise ValueError(f"{text!r} is not a date-time")  # noqa: TRY004 - a value, not its type
    return parsed.int_timestamp
