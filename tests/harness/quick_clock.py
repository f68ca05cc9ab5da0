"""A clock that skips pauses and records them, so that tests of long waits run quickly."""

from __future__ import annotations

import threading

from typing_extensions import override

from tap_intercom_export.clock import Clock

MAX_REAL_SLEEP_SECONDS = 0.004
"""Longest real sleep, so that other threads and the simulator's jobs can proceed."""


class QuickClock(Clock):
    """A clock that is advanced instead of waiting.

    Attributes:
        pauses: All requested pauses of all threads, in seconds and in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._skipped_seconds = 0.0
        self._pause_lock = threading.Lock()

    @override
    def now(self) -> float:
        return super().now() + self._skipped_seconds

    @override
    def monotonic(self) -> float:
        return super().monotonic() + self._skipped_seconds

    @override
    def sleep(self, seconds: float) -> None:
        with self._pause_lock:
            self.pauses.append(seconds)
            self._skipped_seconds += max(0.0, seconds - MAX_REAL_SLEEP_SECONDS)
        super().sleep(min(seconds, MAX_REAL_SLEEP_SECONDS))
