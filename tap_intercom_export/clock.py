"""Time as the tap sees it: now, how long since, and waiting. Tests hand in another one."""

from __future__ import annotations

import random
import select
import sys
import time
from datetime import datetime, timezone


class Clock:
    """The machine's clock."""

    def now(self) -> float:
        """Return the time in unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that only ever grow, for durations."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, as long as somebody reads what the tap writes.

        Args:
            seconds: How long; zero and less do not wait.

        Raises:
            BrokenPipeError: The reader of stdout is gone.
        """
        if seconds <= 0:
            return
        begun = time.monotonic()
        if _reader_leaves_within(seconds):
            raise BrokenPipeError
        time.sleep(max(0.0, begun + seconds - time.monotonic()))

    def jitter(self, seconds: float) -> float:
        """Return a random time of 50 % to 100 % of `seconds`, so that many clients spread out."""
        return seconds * (0.5 + random.random() / 2)  # noqa: S311 - not a secret


def _reader_leaves_within(seconds: float) -> bool:
    """Wait until the reader of stdout is gone, at most so long; at once False where one can't."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)  # errors and hang-ups are reported unasked
        found = poll.poll(seconds * 1000)
    except (AttributeError, OSError, ValueError):  # Windows; no real stdout; a closed one
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in found)


def to_text(seconds: float) -> str:
    """Return unix seconds as the date-time text of state and records, `2026-01-31T23:59:59Z`."""
    return datetime.fromtimestamp(int(seconds), tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


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
