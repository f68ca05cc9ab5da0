"""Events from worker threads to the main thread, which alone changes the state and writes.

Worker threads create export jobs, poll and download. They never touch the state or stdout; they
post events. The main thread applies these between two writes and while it waits for the next
export. Before a worker creates a job it asks for permission, which it gets while the reader of
stdout keeps up: the STATE with the new job must not wait for the reader, or the job would be lost
if the process were killed meanwhile.
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
"""Pause between two checks whether the reader of stdout has caught up."""


class Event(Protocol):
    """An event that a worker thread reports."""

    def apply(self) -> None:
        """Apply the event. Called by the main thread; must be safe to call twice."""


class EventQueue:
    """Carries events from worker threads to the main thread.

    Args:
        can_write: Returns whether a STATE can be written without waiting for the reader of stdout.
        check: Called at least once a second while the main thread waits; an exception it raises
            ends the wait.
    """

    def __init__(self, can_write: Callable[[], bool], check: Callable[[], None]) -> None:
        self._can_write = can_write
        self._check = check
        self._events: deque[Event] = deque()
        self._posted = threading.Event()
        self._is_handling = False
        self._waiting_workers: list[threading.Event] = []
        self._open_requests: list[threading.Event] = []

    # Called by worker threads

    def post(self, event: Event) -> None:
        """Post an event to the main thread.

        Args:
            event: The event. The main thread applies it soon.
        """
        self._events.append(event)
        self._posted.set()

    @contextmanager
    def job_request(self, clock: Clock) -> Generator[None]:
        """Wait for permission to create a job, which the caller then creates inside the context.

        Args:
            clock: Clock of the worker thread; its `stop` ends the wait.

        Raises:
            StoppedError: The clock was stopped.
        """
        permission = threading.Event()
        self.post(_PermissionRequested(self, permission))
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

        False while an event is applied: the STATE that it writes may use the space kept free for
        it.
        """
        return not self._is_handling and bool(self._waiting_workers or self._open_requests)

    def handle(self) -> None:
        """Apply all events, and give permissions."""
        if self._is_handling:  # an event writes a message, and the writer calls this
            return
        self._is_handling = True
        try:
            self._apply_all()
        finally:
            self._is_handling = False
        while self._waiting_workers and self._can_write():
            permission = self._waiting_workers[0]
            self._open_requests.append(permission)
            del self._waiting_workers[0]
            permission.set()

    def wait(self) -> None:
        """Wait up to a second for an event, and apply it."""
        if not self._events:
            self._posted.wait(
                READER_POLL_SECONDS if self._waiting_workers else CHECK_INTERVAL_SECONDS
            )
        self._posted.clear()
        self.handle()
        self._check()

    def finish_requests(self, seconds: float) -> None:
        """Wait for the responses to requests for jobs, and apply them. Used by signal handlers.

        Args:
            seconds: Maximum time to wait.
        """
        end = time.monotonic() + seconds
        self._is_handling = True  # never reset: the process ends afterwards
        self._apply_all()  # including an event whose handling the signal interrupted
        while self._open_requests and time.monotonic() < end:
            time.sleep(READER_POLL_SECONDS)
            self._apply_all()

    def _apply_all(self) -> None:
        while self._events:
            # The event stays in the queue until it is applied, as a signal may arrive in between
            self._events[0].apply()
            self._events.popleft()

    def add_waiting_worker(self, permission: threading.Event) -> None:
        """Register a worker that waits for permission.

        Args:
            permission: Is set when the worker may create a job.
        """
        self._waiting_workers.append(permission)

    def request_ended(self, permission: threading.Event) -> None:
        """Register that a request is complete and its job, if any, is in the state.

        Args:
            permission: The permission that the worker had.
        """
        if permission in self._open_requests:
            self._open_requests.remove(permission)


@dataclass(frozen=True, slots=True)
class _PermissionRequested:
    """A worker waits for permission to create a job."""

    queue: EventQueue
    permission: threading.Event

    def apply(self) -> None:
        self.queue.add_waiting_worker(self.permission)


@dataclass(frozen=True, slots=True)
class _RequestEnded:
    """A request for a job has a response, or failed."""

    queue: EventQueue
    permission: threading.Event

    def apply(self) -> None:
        self.queue.request_ended(self.permission)
