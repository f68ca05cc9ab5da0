"""Waiting for something at Intercom: growing pauses, a limit, a line in the log now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_intercom_export.wording import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings

PAUSE_GROWTH_FACTOR = 1.5
"""Each pause between two polls is this many times the one before."""

HEARTBEAT_SECONDS = 60.0
"""Seconds between two lines in the log while nothing happens."""


class PollBackoff:
    """Growing pauses within a time limit, with a line in the log first and then now and then.

    Args:
        clock: Waits.
        settings: The first and the longest pause.
        limit: Seconds after which it is over.
        heartbeat: Gets a line first and then every `HEARTBEAT_SECONDS`.
    """

    def __init__(
        self,
        clock: Clock,
        settings: Settings,
        limit: float,
        heartbeat: Callable[[str], None],
    ) -> None:
        self._heartbeat = heartbeat
        self._clock = clock
        self._begun = clock.monotonic()
        self._limit = limit
        self._pause = settings.poll_interval
        self._longest = settings.poll_max_interval
        self._next_line = 0.0

    @property
    def elapsed(self) -> str:
        """How long it has lasted, for people."""
        return duration(round(self._clock.monotonic() - self._begun))

    def is_over(self) -> bool:
        """Tell whether the limit is reached."""
        return self._clock.monotonic() - self._begun >= self._limit

    def pause(self, why: str) -> None:
        """Wait once, not past the limit.

        Args:
            why: For the log: at the first pause, and every `HEARTBEAT_SECONDS` seconds.
        """
        elapsed = self._tell(why)
        left = max(0.0, min(self._pause, self._limit - elapsed))
        while left > HEARTBEAT_SECONDS:
            self._clock.sleep(HEARTBEAT_SECONDS)
            left -= HEARTBEAT_SECONDS
            self._tell(why)
        self._clock.sleep(left)
        self._pause = min(self._longest, self._pause * PAUSE_GROWTH_FACTOR)

    def _tell(self, why: str) -> float:
        """Say why it waits, if it is time; return the seconds so far."""
        elapsed = self._clock.monotonic() - self._begun
        if elapsed >= self._next_line:
            self._heartbeat(
                f"{why} ({duration(round(elapsed))} so far, at most {duration(self._limit)})"
            )
            self._next_line = elapsed + HEARTBEAT_SECONDS
        return elapsed
