"""Polling: growing pauses, a time limit, and periodic log lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_intercom_export.formatting import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings

PAUSE_GROWTH_FACTOR = 1.5
"""Factor by which each pause is longer than the one before."""

HEARTBEAT_SECONDS = 60.0
"""Interval of log lines while waiting."""


class PollBackoff:
    """Growing pauses within a time limit, with log lines at the start and at intervals.

    Args:
        clock: Sleeps.
        settings: First and longest pause.
        limit: Maximum total seconds.
        heartbeat: Called with a log line first and then every `HEARTBEAT_SECONDS`.
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
        self._started = clock.monotonic()
        self._limit = limit
        self._pause = settings.poll_interval_seconds
        self._max_pause = settings.poll_max_interval_seconds
        self._next_line = 0.0

    @property
    def elapsed(self) -> str:
        """Time since the start, as text."""
        return duration(round(self._clock.monotonic() - self._started))

    def is_expired(self) -> bool:
        """Return whether the time limit is reached."""
        return self._clock.monotonic() - self._started >= self._limit

    def pause(self, why: str) -> None:
        """Pause once, but not beyond the time limit.

        Args:
            why: Reason, for the log.
        """
        elapsed = self._log_if_due(why)
        left = max(0.0, min(self._pause, self._limit - elapsed))
        while left > HEARTBEAT_SECONDS:
            self._clock.sleep(HEARTBEAT_SECONDS)
            left -= HEARTBEAT_SECONDS
            self._log_if_due(why)
        self._clock.sleep(left)
        self._pause = min(self._max_pause, self._pause * PAUSE_GROWTH_FACTOR)

    def _log_if_due(self, why: str) -> float:
        """Log the reason if a log line is due; return the seconds since the start."""
        elapsed = self._clock.monotonic() - self._started
        if elapsed >= self._next_line:
            self._heartbeat(
                f"{why} ({duration(round(elapsed))} so far, at most {duration(self._limit)})"
            )
            self._next_line = elapsed + HEARTBEAT_SECONDS
        return elapsed
