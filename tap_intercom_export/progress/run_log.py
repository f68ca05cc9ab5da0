"""Follows a run: counts what happens, and says it in the log or on a progress bar."""

from __future__ import annotations

import logging
import math
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tap_intercom_export.clock import to_text
from tap_intercom_export.progress.totals import JobEnd, Remaining, RunTotals, WindowTotals
from tap_intercom_export.wording import counted, duration

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from tap_intercom_export.progress.bar import Bar

logger = logging.getLogger("tap-intercom-export")

T = TypeVar("T")


class FinishedExport(Protocol):
    """What is told of an export whose window is written."""

    @property
    def before(self) -> int:
        """The last unix second of its window."""

    @property
    def seconds_waited(self) -> float:
        """From asking for its job to the verified archive."""

    @property
    def range_seconds(self) -> int:
        """Length of its range, lookback included."""

    @property
    def download_bytes(self) -> int:
        """Size of its archive as it was sent."""


class WindowWriting:
    """A window that is being written.

    Args:
        monotonic: Returns seconds that only ever grow.

    Attributes:
        rows: Its rows so far, where the totals of the run learn of them later; else None.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.rows: int | None = None
        self._monotonic = monotonic
        self._begun = monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return self._monotonic() - self._begun


class RunLog:
    """Follows a run. Worker threads may share it.

    Args:
        monotonic: Returns seconds that only ever grow.
        bar: Shows the progress in place of heartbeats; None where only lines are wanted.

    Attributes:
        totals: What has happened so far.
    """

    def __init__(self, monotonic: Callable[[], float], bar: Bar | None = None) -> None:
        self.totals = RunTotals()
        self.monotonic = monotonic
        self._bar = bar
        self._begun = monotonic()
        self._lock = threading.Lock()
        self._ended = False

    def export(self, name: str, label: str = "", workers: int = 1) -> ExportLog:
        """Return what follows one export.

        Args:
            name: What is exported, for sentences.
            label: Put before lines of the log; "" for none.
            workers: Jobs that run at once.
        """
        return ExportLog(self, name, label, workers, self._lock, self._bar)

    def add_rows(self, stream: str, number: int) -> None:
        """Note rows that are written."""
        self.totals.rows[stream] += number

    def add_rejected(self, stream: str, number: int) -> None:
        """Note rows that were set aside."""
        self.totals.rejected[stream] += number

    def add_columns(self, stream: str, names: Iterable[str]) -> None:
        """Note columns that nobody knew."""
        self.totals.new_columns.setdefault(stream, []).extend(names)

    def waiting(self, products: Iterable[T]) -> Iterator[T]:
        """Yield products, and note how long each was waited for.

        Args:
            products: What Intercom makes.
        """
        source = iter(products)
        while True:
            with self.waiting_for_intercom():
                try:
                    product = next(source)
                except StopIteration:
                    return
            yield product

    @contextmanager
    def waiting_for_intercom(self) -> Generator[None]:
        """Note the time that passes inside as waiting for Intercom."""
        begun = self.monotonic()
        try:
            yield
        finally:
            self.totals.intercom_wait += self.monotonic() - begun

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return self.monotonic() - self._begun

    def end(self, how: str, reader_wait: float, bookmarks: dict[str, str]) -> RunTotals:
        """Close the bar, and say the summary once.

        Args:
            how: How the run ended, such as "Done".
            reader_wait: Seconds that it waited for the reader of stdout.
            bookmarks: The time up to which each stream is written.

        Returns:
            What happened.
        """
        totals = self.totals
        totals.seconds, totals.reader_wait = self.seconds, reader_wait
        totals.intercom_wait = max(0.0, totals.intercom_wait)
        totals.bookmarks = bookmarks
        if self._bar is not None:
            self._bar.close()
        if not self._ended:
            self._ended = True
            for line in totals.summary(how):
                logger.info("%s", line)
        return totals


class ExportLog:
    """Follows the windows of one export. Worker threads may share it.

    Args:
        run: The whole run.
        name: What is exported, for sentences.
        label: Put before lines of the log.
        workers: Jobs that run at once.
        lock: Held while numbers change.
        bar: Shows the progress, if there is one.

    Attributes:
        prefix: Stands before each line of the log.
    """

    def __init__(
        self,
        run: RunLog,
        name: str,
        label: str,
        workers: int,
        lock: threading.Lock,
        bar: Bar | None,
    ) -> None:
        self.run = run
        self._monotonic = run.monotonic
        self.name = name
        self.prefix = f"{label}: " if label else ""
        self._workers = workers
        self._lock = lock
        self._bar = bar
        self._totals = WindowTotals(0, 0)
        self._remaining: Callable[[int], Remaining] = lambda _: Remaining()

    def info(self, message: str, *args: Any) -> None:
        """Say an event."""
        logger.info(f"{self.prefix}{message}", *args)  # noqa: G004 - a dataset's id, no text of a user

    def warning(self, message: str, *args: Any) -> None:
        """Say an event that somebody should look at."""
        logger.warning(f"{self.prefix}{message}", *args)  # noqa: G004 - likewise

    def begin(
        self, bookmark: int, end: int, opening: str, remaining: Callable[[int], Remaining]
    ) -> None:
        """Say what will be done.

        Args:
            bookmark: Everything up to this unix second is written.
            end: Last unix second to export.
            opening: What will be done, for people.
            remaining: Returns what is to be exported after a unix second.
        """
        self._remaining = remaining
        self._totals = totals = WindowTotals(bookmark, end)
        self.run.totals.exports[self.name] = totals
        self.info("%s", opening)
        if self._bar is not None and end > bookmark:
            self._bar.begin(self.prefix or self.name, totals.end - totals.begin)

    def count_job(self, end: JobEnd) -> None:
        """Note what became of a job."""
        with self._lock:
            self._totals.jobs[end] += 1

    def heartbeat(self, text: str) -> None:
        """Say that a job is waited for; on the bar where there is one."""
        if self._bar is not None:
            self._bar.say(f"{self.prefix}{text}")
        else:
            self.info("%s", text)

    @contextmanager
    def writing(self, export: FinishedExport) -> Generator[WindowWriting]:
        """Take the time of writing a window, and say how far the whole is when it is written.

        Args:
            export: Its export.

        Yields:
            The window that is being written.
        """
        window = WindowWriting(self._monotonic)
        rows = sum(self.run.totals.rows.values())
        yield window
        rows = sum(self.run.totals.rows.values()) - rows if window.rows is None else window.rows
        self.written(export.before, rows, window.seconds, export)

    def written(self, before: int, rows: int, seconds: float, export: FinishedExport) -> None:
        """Note that all of a window is written, and say how far the whole is.

        Args:
            before: Its last unix second.
            rows: Its rows.
            seconds: How long writing them took.
            export: Its export.
        """
        totals = self._totals
        totals.windows += 1
        totals.written = before
        totals.seconds += export.range_seconds
        totals.remaining = self._remaining(before)
        totals.rows += rows
        totals.own_seconds += seconds
        totals.intercom_seconds += export.seconds_waited
        totals.download_bytes += export.download_bytes
        rate = f" ({counted(round(rows / seconds))} rows/s)" if rows and seconds > 0 else ""
        left = totals.seconds_left(self._workers)
        rest = f", about {duration(left)} left" if totals.left else ""
        self.info(
            "Everything up to %s is written%s: window %d of %d (%d %%), %s in %s%s; %s so far%s",
            to_text(before),
            "" if self.prefix else f" ({self.name})",
            totals.windows,
            totals.windows_in_all,
            math.floor(totals.share * 100),
            counted(rows, "row"),
            duration(seconds),
            rate,
            counted(totals.rows, "row", rounded=True),
            rest,
        )
        if self._bar is not None:
            self._bar.advance(totals.written - totals.begin, totals.rows)
