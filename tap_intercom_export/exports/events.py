"""What worker threads report to the main thread, which alone changes the state and writes.

Worker threads create export jobs, poll and download. They never touch the state or stdout; they
post events. The main thread applies them between two writes and while it waits for the next
export. A worker asks for permission before it creates a job, and gets it while the reader of
stdout keeps up: the STATE with the job must not wait for the reader, or the job would be lost if
the process were killed meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tap_intercom_export.clock import CHECK_INTERVAL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tap_intercom_export.clock import Clock

READER_POLL_SECONDS = 0.005
"""Pause between two looks whether the reader of stdout has caught up."""


class Event(Protocol):
    """Something that a worker thread reports."""

    def apply(self) -> None:
        """Do what follows from it. Called by the main thread; calling it twice does no harm."""


class EventQueue:
    """Carries events from worker threads to the main thread.

    Args:
        can_write: Tells whether a STATE can be written without waiting for the reader of stdout.
        check: Called at least once a second while the main thread waits; what it raises ends the
            waiting.
    """

    def __init__(self, can_write: Callable[[], bool], check: Callable[[], None]) -> None:
        self._can_write = can_write
        self._check = check
        self._events: deque[Event] = deque()
        self._posted = threading.Event()
        self._is_handling = False
        self._asking: list[threading.Event] = []
        self._requesting: list[threading.Event] = []

    # Called by worker threads

    def post(self, event: Event) -> None:
        """Report an event to the main thread."""
        self._events.append(event)
        self._posted.set()

    @contextmanager
    def job_request(self, clock: Clock) -> Generator[None]:
        """Wait for permission to create a job; inside, create it and post that it exists.

        Args:
            clock: Of the worker; its `stop` ends the waiting.

        Raises:
            StoppedError: The clock was stopped.
        """
        permission = threading.Event()
        self.post(_PermissionWanted(self, permission))
        while not permission.wait(CHECK_INTERVAL_SECONDS):
            clock.raise_if_stopped()
        try:
            yield
        finally:
            self.post(_RequestEnded(self, permission))

    # Called by the main thread

    @property
    def is_requesting(self) -> bool:
        """Whether a job is being created, or a worker waits for permission to create one.

        Not while an event is applied: the STATE that it writes is what the room was kept for.
        """
        return not self._is_handling and bool(self._asking or self._requesting)

    def handle(self) -> None:
        """Apply all events, and give permissions."""
        if self._is_handling:  # an event writes a message, and the writer calls this
            return
        self._is_handling = True
        try:
            self._apply_all()
        finally:
            self._is_handling = False
        while self._asking and self._can_write():
            permission = self._asking[0]
            self._requesting.append(permission)
            del self._asking[0]
            permission.set()

    def wait(self) -> None:
        """Wait for an event, a second at most, and apply it."""
        if not self._events:
            self._posted.wait(READER_POLL_SECONDS if self._asking else CHECK_INTERVAL_SECONDS)
        self._posted.clear()
        self.handle()
        self._check()

    def finish_requests(self, seconds: float) -> None:
        """Wait for the answers to requests for jobs, and apply them. For a signal's handler.

        Args:
            seconds: The longest time to wait.
        """
        end = time.monotonic() + seconds
        self._is_handling = True  # for good: nothing follows
        self._apply_all()  # also one that the signal interrupted
        while self._requesting and time.monotonic() < end:
            time.sleep(READER_POLL_SECONDS)
            self._apply_all()

    def _apply_all(self) -> None:
        while self._events:
            # It stays in the queue until it is applied: a signal may come in between.
            self._events[0].apply()
            self._events.popleft()

    def permission_wanted(self, permission: threading.Event) -> None:
        """Note that a worker waits for permission."""
        self._asking.append(permission)

    def request_ended(self, permission: threading.Event) -> None:
        """Note that a request was answered, and its job, if there is one, written down."""
        if permission in self._requesting:
            self._requesting.remove(permission)


@dataclass(frozen=True, slots=True)
class _PermissionWanted:
    queue: EventQueue
    permission: threading.Event

    def apply(self) -> None:
        self.queue.permission_wanted(self.permission)


@dataclass(frozen=True, slots=True)
class _RequestEnded:
    queue: EventQueue
    permission: threading.Event

    def apply(self) -> None:
        self.queue.request_ended(self.permission)
