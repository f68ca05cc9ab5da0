"""Singer messages to stdout: lines stay whole, whichever thread writes, whenever a signal comes."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers._state import StateWriter
from singer_sdk.io_base import SingerWriter
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from singer_sdk.helpers.types import TapState


class MessageWriter(SingerWriter):
    """Writes messages line by line. What a signal wants done waits until the line is out.

    Attributes:
        lock: Held while a line is written, and by `SharedState` while the state is changed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self._writing: int | None = None
        self._waiting: Callable[[], None] | None = None

    @override
    def write_message(self, message: Any) -> None:
        self.write(f"{self.format_message(message)}\n".encode())

    def write(self, data: bytes) -> None:
        """Write whole lines.

        Args:
            data: One message or more, each with its line end.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """
        with self.lock:
            self._writing = threading.get_ident()
            try:
                _write_whole(data)
            finally:
                self._writing = None
        if self._waiting is not None:
            action, self._waiting = self._waiting, None
            action()

    def between_lines(self, action: Callable[[], None]) -> None:
        """Do something now, or as soon as the line that this thread is writing is out.

        Args:
            action: What to do; it may write messages.
        """
        if self._writing == threading.get_ident():
            self._waiting = action
        else:
            action()


def _write_whole(data: bytes) -> None:
    """Write to stdout, all of it.

    A text stream loses the rest of a long text when a signal's handler interrupts the write: the
    buffer below it then says that it took only a part, which the stream does not look at.
    """
    out = getattr(sys.stdout, "buffer", None)
    if out is None:  # a stream in memory
        sys.stdout.write(data.decode())
        return
    sys.stdout.flush()
    rest = memoryview(data)
    while rest:
        rest = rest[out.write(rest) :]
    out.flush()


class SharedState(StateWriter):
    """The state that several threads change and send, one at a time.

    Args:
        writer: Writes the messages.

    Attributes:
        lock: To be held while the state is changed.
    """

    def __init__(self, writer: MessageWriter) -> None:
        super().__init__(writer)
        self.lock = writer.lock  # one lock, so that no two are ever waited for crosswise
        self._asking = 0
        self._guard = threading.Lock()

    @contextmanager
    def asking(self) -> Generator[None]:
        """Tell that something is under way that will be in the state in a moment."""
        with self._guard:
            self._asking += 1
        try:
            yield
        finally:
            with self._guard:
                self._asking -= 1

    def settle(self, seconds: float) -> None:
        """Wait until what is under way is in the state.

        Args:
            seconds: How long at most.
        """
        end = time.monotonic() + seconds
        while self._asking and time.monotonic() < end:
            time.sleep(0.01)

    @override
    def write_state(self, state: TapState) -> None:
        with self.lock:
            super().write_state(state)
