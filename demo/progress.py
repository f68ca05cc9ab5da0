"""Lines on the screen that say what is going on, and since when."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

LONGEST_SILENCE = 5.0
"""Seconds after which a line says that work goes on."""


class Progress:
    """Prints lines with the seconds since the start, and one when nothing was heard for a while.

    Use it in a `with` statement.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._spoken = self._started
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._pulse = threading.Thread(target=self._reassure, daemon=True)
        self.doing = ""
        """What takes its time just now; "" for nothing."""

    def say(self, text: str) -> None:
        """Print a line with the time in front of it."""
        self._print(f"{self.seconds:6.1f} s  {text}")

    def show(self, text: str = "") -> None:
        """Print a text as it is."""
        self._print(text)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def __enter__(self) -> Self:
        """Begin to fill silences."""
        self._pulse.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave silences alone."""
        self._ended.set()
        self._pulse.join()

    def _print(self, text: str) -> None:
        with self._lock:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
            self._spoken = time.monotonic()

    def _reassure(self) -> None:
        while not self._ended.wait(0.5):
            if self.doing and time.monotonic() - self._spoken >= LONGEST_SILENCE:
                self.say(f"  … {self.doing}")
