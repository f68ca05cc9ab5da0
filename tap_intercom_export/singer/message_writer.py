"""Singer messages to stdout, written by the main thread only: lines stay whole under signals."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from singer_sdk.io_base import SingerWriter
from typing_extensions import override

from tap_intercom_export.errors import OutputError
from tap_intercom_export.singer import stdout

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE_BYTES = 16 * 1024
"""Most bytes written at once while a job is being created: a quarter of a pipe of Linux."""


class Background(Protocol):
    """What worker threads do meanwhile, as the thread that writes sees it."""

    @property
    def is_requesting(self) -> bool:
        """Whether a job is being created, or a worker waits for permission to create one."""

    def handle(self) -> None:
        """Apply what worker threads report. It may write messages."""

    def wait(self) -> None:
        """Wait a moment for worker threads to report something, and apply it."""


class MessageWriter(SingerWriter):
    """Writes messages line by line. What a signal wants done waits until the line is out.

    Attributes:
        background: Looked after between two writes. While a job is being created, half of the pipe
            is kept free, so that its STATE never waits for a reader that has stopped to read.
        reader_wait: Seconds that writing took, which is waiting for the reader of stdout.
    """

    def __init__(self) -> None:
        super().__init__()
        self.background: Background | None = None
        self.reader_wait = 0.0
        self._owner = threading.get_ident()
        self._is_writing = False
        self._postponed: Callable[[], None] | None = None

    @override
    def write_message(self, message: Any) -> None:
        self.write(self._line_of(message))

    def write(self, data: bytes) -> None:
        """Write whole lines.

        Args:
            data: One message or more, each with its line end.

        Raises:
            BrokenPipeError: stdout was closed by its reader.
            OutputError: It takes nothing any more; a disk is full, for example.
        """
        start = 0
        while start < len(data):
            end = self._end_of_piece(data, start)
            self._put(memoryview(data)[start:end])
            start = end
            if self.background is not None:
                self.background.handle()

    def last_message(self, message: Any) -> None:
        """Write a message after which nothing follows, whatever worker threads do.

        Args:
            message: The message.
        """
        self._put(self._line_of(message))

    def between_lines(self, action: Callable[[], None]) -> None:
        """Do something now, or as soon as the lines being written are out.

        Args:
            action: What to do; it may write messages.
        """
        if self._is_writing:
            self._postponed = action
        else:
            action()

    def _line_of(self, message: Any) -> bytes:
        return f"{self.format_message(message)}\n".encode()

    def _end_of_piece(self, data: bytes, start: int) -> int:
        """Wait until some lines may be written, and return where they end."""
        while self.background is not None and self.background.is_requesting:
            end = data.rfind(b"\n", start, start + PIECE_BYTES) + 1
            if end and stdout.keeps_up(end - start):
                return end
            begun = time.monotonic()
            self.background.wait()
            self.reader_wait += time.monotonic() - begun
        return len(data)

    def _put(self, data: bytes | memoryview) -> None:
        if threading.get_ident() != self._owner:
            raise RuntimeError("a message is written by a thread that does not own stdout")
        self._is_writing = True
        begun = time.monotonic()
        try:
            stdout.write_all(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"Messages cannot be written to stdout: {error.strerror or error}. Where it is a "
                "file, the disk may be full. The next run goes on from the last whole STATE."
            ) from error
        finally:
            self._is_writing = False
            self.reader_wait += time.monotonic() - begun
        if self._postponed is not None:
            action, self._postponed = self._postponed, None
            action()
