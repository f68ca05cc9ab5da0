"""Prints the progress of the demo, with the elapsed time."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

HEARTBEAT_SECONDS = 5.0
"""Time without output after which a heartbeat is printed."""


class Progress:
    """Prints lines with the seconds since the start, and heartbeats while nothing is printed.

    Use it in a `with` statement.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last_output_at = self._started
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._heartbeat_thread = threading.Thread(target=self._print_heartbeats, daemon=True)
        self.activity = ""
        """Current activity, for heartbeats; empty for none."""

    def log(self, text: str) -> None:
        """Print a line with the elapsed time.

        Args:
            text: The line.
        """
        self._print(f"{self.seconds:6.1f} s  {text}")

    def show(self, text: str = "") -> None:
        """Print a text without the time.

        Args:
            text: The text.
        """
        self._print(text)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def __enter__(self) -> Self:
        """Start the heartbeats."""
        self._heartbeat_thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the heartbeats."""
        self._ended.set()
        self._heartbeat_thread.join()

    def _print(self, text: str) -> None:
        with self._lock:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
            self._last_output_at = time.monotonic()

    def _print_heartbeats(self) -> None:
        while not self._ended.wait(0.5):
            if self.activity and time.monotonic() - self._last_output_at >= HEARTBEAT_SECONDS:
                self.log(f"  … {self.activity}")
