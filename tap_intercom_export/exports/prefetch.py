"""Prefetching: worker threads prepare the next exports while the main thread writes one."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_intercom_export.exports.events import EventQueue

ItemT = TypeVar("ItemT")
EntryT = TypeVar("EntryT")


@dataclass(frozen=True, slots=True)
class _EndMarker:
    """Marks the end of a task, or of all tasks, in a queue of items.

    Attributes:
        error: The error that ended it, if any.
    """

    error: BaseException | None = None


@dataclass(slots=True)
class _Task(Generic[ItemT]):
    """A task that runs: its finished items, and the number of those that were consumed."""

    items: deque[ItemT | _EndMarker] = field(default_factory=deque)
    consumed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


@dataclass(frozen=True, slots=True)
class _TaskStarted(Generic[ItemT]):
    """A worker has started a task, or there are no more tasks."""

    tasks: deque[_Task[ItemT] | _EndMarker]
    task: _Task[ItemT] | _EndMarker

    def apply(self) -> None:
        self.tasks.append(self.task)


@dataclass(frozen=True, slots=True)
class ExportReady(Generic[ItemT]):
    """A worker has finished an item, or its task.

    Attributes:
        task: The task.
        item: The item; an end marker after the last one.
    """

    task: _Task[ItemT]
    item: ItemT | _EndMarker

    def apply(self) -> None:
        """Pass the item to the main thread."""
        self.task.items.append(self.item)


class Prefetcher(Generic[ItemT]):
    """Runs tasks in threads and yields their items, such as exports, in the order of the tasks.

    A worker starts its next item when its last one has been consumed. So each worker prepares one
    item while another one is in use.

    Args:
        tasks: Each yields items, in order. Workers take the next task when they are free.
        workers: Number of daemon threads, which do not keep the process alive.
        events: Carries the items and all other events of workers.
    """

    def __init__(
        self,
        tasks: Iterable[Callable[[], Iterator[ItemT]]],
        workers: int,
        events: EventQueue,
    ) -> None:
        self._tasks = iter(tasks)
        self._events = events
        self._lock = threading.Lock()
        self._started: deque[_Task[ItemT] | _EndMarker] = deque()
        self._threads = [
            threading.Thread(target=self._work, name=f"prefetch-{number}", daemon=True)
            for number in range(workers)
        ]

    def __iter__(self) -> Iterator[ItemT]:
        """Yield the items. An error of a task is raised in its place.

        Yields:
            The items, in the order of the tasks.
        """
        for thread in self._threads:
            thread.start()
        while not isinstance(task := self._next(self._started), _EndMarker):
            while not isinstance(item := self._next(task.items), _EndMarker):
                task.consumed.release()
                yield item
            if item.error:
                raise item.error
        if task.error:
            raise task.error

    def _next(self, entries: deque[EntryT]) -> EntryT:
        """Wait for the next entry, and apply events meanwhile."""
        while not entries:
            self._events.wait()
        return entries.popleft()

    def _work(self) -> None:
        while True:
            task: _Task[ItemT] = _Task()
            with self._lock:
                try:
                    run_task = next(self._tasks)
                except StopIteration:
                    self._events.post(_TaskStarted(self._started, _EndMarker()))
                    return
                except BaseException as error:  # noqa: BLE001 - raised in the main thread
                    self._events.post(_TaskStarted(self._started, _EndMarker(error)))
                    return
                self._events.post(_TaskStarted(self._started, task))
            try:
                for item in run_task():
                    self._events.post(ExportReady(task, item))
                    task.consumed.acquire()
            except BaseException as error:  # noqa: BLE001 - likewise
                self._events.post(ExportReady(task, _EndMarker(error)))
                return
            self._events.post(ExportReady(task, _EndMarker()))
