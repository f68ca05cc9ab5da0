"""Work ahead: what comes next is made in threads while what is there is being written."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from tap_intercom_export.clock import READER_CHECK_INTERVAL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
Q = TypeVar("Q")


class _End:
    """Nothing comes after this, because of an error or because all is done."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Prefetcher(Generic[T]):
    """Runs tasks in threads and yields their products in the order of the tasks.

    A worker waits with its next product until the one before is taken. So with one worker exactly
    one product is made while another is used; with n workers, n are.

    Args:
        tasks: Each yields products, in order. They are taken one by one as workers become free.
        workers: Number of threads. They do not keep the process alive.
        check_reader: Called every second while a product is waited for; what it raises ends the
            waiting.
    """

    def __init__(
        self,
        tasks: Iterable[Callable[[], Iterator[T]]],
        workers: int,
        check_reader: Callable[[], None],
    ) -> None:
        self._tasks = iter(tasks)
        self._check_reader = check_reader
        self._lock = threading.Lock()
        self._order: queue.Queue[queue.Queue[T | _End] | _End] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._work, name=f"ahead-{number}", daemon=True)
            for number in range(workers)
        ]

    def __iter__(self) -> Iterator[T]:
        """Yield the products; an error of a task is raised in its place.

        Yields:
            Product after product.
        """
        for thread in self._threads:
            thread.start()
        while True:
            line = self._next(self._order)
            if isinstance(line, _End):
                if line.error:
                    raise line.error
                return
            while not isinstance(product := self._next(line), _End):
                line.task_done()
                yield product
            if product.error:
                raise product.error

    def _next(self, line: queue.Queue[Q]) -> Q:
        """Wait for the next entry of a queue."""
        while True:
            try:
                return line.get(timeout=READER_CHECK_INTERVAL_SECONDS)
            except queue.Empty:  # noqa: PERF203 - once a second
                self._check_reader()

    def _work(self) -> None:
        while True:
            line: queue.Queue[T | _End] = queue.Queue()
            with self._lock:
                try:
                    task = next(self._tasks)
                except StopIteration:
                    self._order.put(_End())
                    return
                except BaseException as error:  # noqa: BLE001 - raised by the one who asks
                    self._order.put(_End(error))
                    return
                self._order.put(line)
            try:
                for product in task():
                    line.put(product)
                    line.join()
            except BaseException as error:  # noqa: BLE001 - likewise
                line.put(_End(error))
                return
            line.put(_End())
