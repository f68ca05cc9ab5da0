"""Writes Singer messages to stdout, from the main thread only and in complete lines."""

from __future__ import annotations

import threading
import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Protocol

from singer_sdk.io_base import SingerWriter
from singer_sdk.singerlib import SchemaMessage
from singer_sdk.singerlib.json import serialize_json
from typing_extensions import override

from tap_intercom_export.errors import OutputError
from tap_intercom_export.singer import stdout

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_WRITE_BYTES = 16 * 1024
"""Maximum bytes of one write while a job is being created: a quarter of a Linux pipe."""


class WorkerEvents(Protocol):
    """The part of the event queue that the writer uses."""

    @property
    def is_requesting(self) -> bool:
        """Whether a job is being created, or a worker waits for permission to create one."""

    def handle(self) -> None:
        """Apply the events that worker threads have posted. This may write messages."""

    def wait(self) -> None:
        """Wait a moment for events of worker threads, and apply them."""


class MessageWriter(SingerWriter):
    """Writes messages line by line. Signal handlers run when the current lines are written.

    Attributes:
        worker_events: Queue whose events are handled between two writes; None without worker
            threads. While a job is being created, half of the pipe is kept free, so that the STATE
            with the job can be written even if the reader stalls.
        reader_wait: Seconds spent in writes, which is the time spent waiting for the reader of
            stdout.
    """

    def __init__(self) -> None:
        super().__init__()
        self.worker_events: WorkerEvents | None = None
        self.reader_wait = 0.0
        self._owner = threading.get_ident()
        self._is_writing = False
        self._postponed: Callable[[], None] | None = None

    @override
    def serialize_message(self, message: Any) -> str:
        """Return a message as JSON; a SCHEMA without the deep copy that the SDK makes of it.

        A run writes a SCHEMA for each stream and window, which takes a tenth of a short run.

        Args:
            message: The message.
        """
        if type(message) is not SchemaMessage:
            return super().serialize_message(message)
        values = {field.name: getattr(message, field.name) for field in fields(message)}
        return serialize_json({name: it for name, it in values.items() if it is not None})

    @override
    def write_message(self, message: Any) -> None:
        self.write(self._encode_line(message))

    def write(self, data: bytes) -> None:
        """Write complete lines.

        Args:
            data: One or more messages, each with a line end.

        Raises:
            BrokenPipeError: stdout was closed by its reader.
            OutputError: stdout accepts no more data; a disk is full, for example.
        """
        start = 0
        while start < len(data):
            end = self._end_of_writable_lines(data, start)
            self._write_to_stdout(memoryview(data)[start:end])
            start = end
            if self.worker_events is not None:
                self.worker_events.handle()

    def write_final_message(self, message: Any) -> None:
        """Write the last message of the process, without handling events of worker threads.

        Args:
            message: The message.
        """
        self._write_to_stdout(self._encode_line(message))

    def run_between_lines(self, action: Callable[[], None]) -> None:
        """Run an action now, or when the lines that are being written are complete.

        Args:
            action: The action; it may write messages.
        """
        if self._is_writing:
            self._postponed = action
        else:
            action()

    def _encode_line(self, message: Any) -> bytes:
        return f"{self.format_message(message)}\n".encode()

    def _end_of_writable_lines(self, data: bytes, start: int) -> int:
        """Wait until some lines may be written; return where they end."""
        while self.worker_events is not None and self.worker_events.is_requesting:
            end = data.rfind(b"\n", start, start + MAX_WRITE_BYTES) + 1
            if end and stdout.keeps_up(end - start):
                return end
            begun = time.monotonic()
            self.worker_events.wait()
            self.reader_wait += time.monotonic() - begun
        return len(data)

    def _write_to_stdout(self, data: bytes | memoryview) -> None:
        if threading.get_ident() != self._owner:
            raise RuntimeError("only the thread that owns stdout may write messages")
        self._is_writing = True
        begun = time.monotonic()
        try:
            stdout.write_all(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"Messages cannot be written to stdout: {error.strerror or error}. If it is a "
                "file, the disk may be full. The next run continues from the last complete STATE."
            ) from error
        finally:
            self._is_writing = False
            self.reader_wait += time.monotonic() - begun
        if self._postponed is not None:
            action, self._postponed = self._postponed, None
            action()
