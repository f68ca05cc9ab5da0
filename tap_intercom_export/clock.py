"""Time as the tap sees it: now, how long since, and waiting. Tests hand in another one."""

from __future__ import annotations

import random
import threading
import time
from datetime import datetime, timezone

from tap_intercom_export.singer import stdout

READER_CHECK_INTERVAL_SECONDS = 1.0
"""Seconds between two looks, while waiting, whether there is still a reader."""


class StoppedError(Exception):
    """Somebody called `stop` on the clock that this thread waits with."""


class Clock:
    """The machine's clock, and waiting that ends when it is of no use any more."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Return the time in unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that only ever grow, for durations."""
        return time.monotonic()

    def stop(self) -> None:
        """End every `sleep`, now and later, in whatever thread."""
        self._stopped.set()

    def sleep(self, seconds: float) -> None:
        """Wait, as long as somebody reads what the tap writes.

        Args:
            seconds: How long; zero and less do not wait.

        Raises:
            BrokenPipeError: The reader of stdout is gone.
            StoppedError: `stop` was called.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._stopped.wait(min(READER_CHECK_INTERVAL_SECONDS, left)):
                raise StoppedError
            self.raise_if_reader_gone()

    def raise_if_reader_gone(self) -> None:
        """Find out whether somebody still reads what the tap writes.

        Raises:
            BrokenPipeError: Nobody does.
        """
        if stdout.is_reader_gone():
            raise BrokenPipeError

    def jitter(self, seconds: float) -> float:
        """Return a random time of 50 % to 100 % of `seconds`, so that many clients spread out."""
        return seconds * (0.5 + random.random() / 2)  # noqa: S311 - not a secret


def to_text(seconds: float) -> str:
    """Return unix seconds as the date-time text of state and records, `2026-01-31T23:59:59Z`."""
    moment = datetime.fromtimestamp(int(seconds), tz=timezone.utc)
    return moment.replace(tzinfo=None).isoformat() + "Z"  # %Y would not pad a year before 1000


def to_seconds(text: str) -> int:
    """Return a date-time text as whole unix seconds, rounded down.

    Args:
        text: An ISO 8601 date or date-time that begins with the year; UTC where it has no offset.

    Raises:
        ValueError: It is not one.
    """
    import pendulum  # noqa: PLC0415 - not loaded for --version and --discover

    if not text[:4].isdigit():
        raise ValueError(f"{text!r} does not begin with a year")
    parsed = pendulum.parse(text, tz="UTC")
    if not isinstance(parsed, pendulum.DateTime):
        raise ValueError(f"{text!r} is not a date-time")  # noqa: TRY004 - a value, not its type
    return parsed.int_timestamp
