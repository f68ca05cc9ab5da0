"""A clock that does not wait, so that hours of pauses are over in a moment and can be looked at."""

from __future__ import annotations

import threading

from typing_extensions import override

from tap_intercom_export.clock import Clock

LONGEST_REAL_PAUSE = 0.004
"""Seconds that a pause really takes at most: threads and the simulator's jobs get their turn."""


class QuickClock(Clock):
    """A clock that is put forward instead of waited for.

    Attributes:
        pauses: Every pause asked for, in seconds, of all threads in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._ahead = 0.0
        self._guard = threading.Lock()

    @override
    def now(self) -> float:
        return super().now() + self._ahead

    @override
    def monotonic(self) -> float:
        return super().monotonic() + self._ahead

    @override
    def sleep(self, seconds: float) -> None:
        with self._guard:
            self.pauses.append(seconds)
            self._ahead += max(0.0, seconds - LONGEST_REAL_PAUSE)
        super().sleep(min(seconds, LONGEST_REAL_PAUSE))
