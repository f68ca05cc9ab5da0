"""Prefetch: worker threads make the next exports while the main thread writes one."""

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
    """The end of a task, or of all tasks."""

    error: BaseException | None = None


@dataclass(slots=True)
class _Task(Generic[T]):
    """What a task has made, for the main thread."""

    products: deque[T | _End] = field(default_factory=deque)
    taken: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


@dataclass(frozen=True, slots=True)
class _TaskStarted(Generic[T]):
    """A worker has begun a task; or there is none left."""

    tasks: deque[_Task[T] | _End]
    task: _Task[T] | _End

    def apply(self) -> None:
        self.tasks.append(self.task)


@dataclass(frozen=True, slots=True)
class ExportReady(Generic[T]):
    """A worker has made a product, or has ended its task."""

    task: _Task[T]
    product: T | _End

    def apply(self) -> None:
        """Hand it to the main thread."""
        self.task.products.append(self.product)


class Prefetcher(Generic[T]):
    """Runs tasks in threads and yields their products in the order of the tasks.

    A worker waits with its next product until the one before is taken. So with one worker exactly
    one product is made while another is used; with n workers, n are.

    Args:
        tasks: Each yields products, in order. They are taken one by one as workers become free.
        workers: Number of threads. They do not keep the process alive.
        events: Carries the products, and whatever else workers report while one is waited for.
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
        """Yield the products; an error of a task is raised in its place.

        Yields:
            Product after product.
        """
        for thread in self._threads:
            thread.start()
        while not isinstance(task := self._next(self._started), _End):
            while not isinstance(product := self._next(task.products), _End):
                task.taken.release()
                yield product
            if product.error:
                raise product.error
        if task.error:
            raise task.error

    def _next(self, line: deque[Q]) -> Q:
        """Wait for the next entry, and apply events meanwhile."""
        while not line:
            self._events.wait()
        return line.popleft()

    def _work(self) -> None:
        while True:
            task: _Task[T] = _Task()
            with self._lock:
                try:
                    make = next(self._tasks)
                except StopIteration:
                    self._events.post(_TaskStarted(self._started, _End()))
                    return
                except BaseException as error:  # noqa: BLE001 - raised by the one who asks
                    self._events.post(_TaskStarted(self._started, _End(error)))
                    return
                self._events.post(_TaskStarted(self._started, task))
            try:
                for product in make():
                    self._events.post(ExportReady(task, product))
                    task.taken.acquire()
            except BaseException as error:  # noqa: BLE001 - likewise
                self._events.post(ExportReady(task, _End(error)))
                return
            self._events.post(ExportReady(task, _End()))
