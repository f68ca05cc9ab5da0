"""Prefetching: worker threads prepare the next exports while the main thread writes one."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_intercom_export.exports.events import EventQueue

T = TypeVar("T")
Q = TypeVar("Q")


@dataclass(frozen=True, slots=True)
class _End:
    """End of a task, or of all tasks."""

    error: BaseException | None = None


@dataclass(slots=True)
class _Task(Generic[T]):
    """The products of a task."""

    products: deque[T | _End] = field(default_factory=deque)
    consumed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


@dataclass(frozen=True, slots=True)
class _TaskStarted(Generic[T]):
    """A worker has started a task, or there are no more tasks."""

    tasks: deque[_Task[T] | _End]
    task: _Task[T] | _End

    def apply(self) -> None:
        self.tasks.append(self.task)


@dataclass(frozen=True, slots=True)
class ExportReady(Generic[T]):
    """A worker has finished a product, or its task."""

    task: _Task[T]
    product: T | _End

    def apply(self) -> None:
        """Pass the product to the main thread."""
        self.task.products.append(self.product)


class Prefetcher(Generic[T]):
    """Runs tasks in threads and yields their products in the order of the tasks.

    A worker starts its next product when the one before has been consumed. So one worker prepares
    exactly one product while another one is in use; n workers prepare n.

    Args:
        tasks: Each yields products, in order. Workers take the next task when they are free.
        workers: Number of daemon threads, which do not keep the process alive.
        events: Carries the products and all other events of workers.
    """

    def __init__(
        self,
        tasks: Iterable[Callable[[], Iterator[T]]],
        workers: int,
        events: EventQueue,
    ) -> None:
        self._tasks = iter(tasks)
        self._events = events
        self._lock = threading.Lock()
        self._started: deque[_Task[T] | _End] = deque()
        self._threads = [
            threading.Thread(target=self._work, name=f"prefetch-{number}", daemon=True)
            for number in range(workers)
        ]

    def __iter__(self) -> Iterator[T]:
        """Yield the products. An error of a task is raised in its place.

        Yields:
            The products, in the order of the tasks.
        """
        for thread in self._threads:
            thread.start()
        while not isinstance(task := self._next(self._started), _End):
            while not isinstance(product := self._next(task.products), _End):
                task.consumed.release()
                yield product
            if product.error:
                raise product.error
        if task.error:
            raise task.error

    def _next(self, entries: deque[Q]) -> Q:
        """Wait for the next entry, and apply events meanwhile."""
        while not entries:
            self._events.wait()
        return entries.popleft()

    def _work(self) -> None:
        while True:
            task: _Task[T] = _Task()
            with self._lock:
                try:
                    make = next(self._tasks)
                except StopIteration:
                    self._events.post(_TaskStarted(self._started, _End()))
                    return
                except BaseException as error:  # noqa: BLE001 - raised in the main thread
                    self._events.post(_TaskStarted(self._started, _End(error)))
                    return
                self._events.post(_TaskStarted(self._started, task))
            try:
                for product in make():
                    self._events.post(ExportReady(task, product))
                    task.consumed.acquire()
            except BaseException as error:  # noqa: BLE001 - likewise
                self._events.post(ExportReady(task, _End(error)))
                return
            self._events.post(ExportReady(task, _End()))
