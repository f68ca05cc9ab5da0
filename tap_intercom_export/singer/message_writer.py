"""Singer messages to stdout: lines stay whole, whichever thread writes, whenever a signal comes."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers._state import StateWriter
from singer_sdk.io_base import SingerWriter
from typing_extensions import override

from tap_intercom_export.singer import stdout

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from singer_sdk.helpers.types import TapState


class MessageWriter(SingerWriter):
    """Writes messages line by line. What a signal wants done waits until the line is out.

    Attributes:
        lock: Held while messages are written, while the state is changed, and while a job is asked
            for: its STATE must not wait for a reader, or a kill would leave it unknown.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self._line = threading.RLock()  # taken after `lock`, never before it
        self._writing: int | None = None
        self._waiting: Callable[[], None] | None = None

    @override
    def write_message(self, message: Any) -> None:
        self.write(self._line_of(message))

    def write(self, data: bytes) -> None:
        """Write whole lines.

        Args:
            data: One message or more, each with its line end.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """
        with self.lock:
            self._put(data)
        if self._waiting is not None:
            action, self._waiting = self._waiting, None
            action()

    def last_message(self, message: Any) -> None:
        """Write a message even while another thread asks for a job, which may take too long.

        Args:
            message: Nothing follows it.
        """
        self._put(self._line_of(message))

    def between_lines(self, action: Callable[[], None]) -> None:
        """Do something now, or as soon as the line that this thread is writing is out.

        Args:
            action: What to do; it may write messages.
        """
        if self._writing == threading.get_ident():
            self._waiting = action
        else:
            action()

    def _line_of(self, message: Any) -> bytes:
        return f"{self.format_message(message)}\n".encode()

    def _put(self, data: bytes) -> None:
        with self._line:
            self._writing = threading.get_ident()
            try:
                stdout.write_all(data)
            finally:
                self._writing = None


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

    @contextmanager
    def requesting(self) -> Generator[None]:
        """Return what is held while something is asked for that goes into the state at once.

        Nothing else is written meanwhile, and it begins when there is room for a line.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """
        with self.lock:
            stdout.wait_until_writable()
            yield

    @override
    def write_state(self, state: TapState) -> None:
        with self.lock:
            super().write_state(state)
