"""Counts the events of a run, and reports them in the log or on a progress bar."""

from __future__ import annotations

import logging
import math
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tap_intercom_export.clock import to_text
from tap_intercom_export.formatting import counted, duration
from tap_intercom_export.progress.totals import JobEvent, Remaining, RunTotals, WindowTotals

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from tap_intercom_export.progress.bar import ProgressBar

logger = logging.getLogger("tap-intercom-export")

ItemT = TypeVar("ItemT")


class FinishedExport(Protocol):
    """An export whose window is written."""

    @property
    def before(self) -> int:
        """The last unix second of its window."""

    @property
    def seconds_waited(self) -> float:
        """Time from requesting its job to the verified archive."""

    @property
    def range_seconds(self) -> int:
        """Length of its range, including the lookback."""

    @property
    def download_bytes(self) -> int:
        """Size of its archive as sent."""


class WindowWriting:
    """A window that is being written.

    Args:
        monotonic: Returns seconds that never go back.

    Attributes:
        rows: Its rows so far, if they are added to the totals of the run only later; else None.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.rows: int | None = None
        self._monotonic = monotonic
        self._begun = monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since writing began."""
        return self._monotonic() - self._begun


class RunLog:
    """Log lines and counts of a run. Worker threads may share it.

    Args:
        monotonic: Returns seconds that never go back.
        bar: Shows the progress instead of heartbeats; None for log lines only.

    Attributes:
        totals: Totals so far.
    """

    def __init__(self, monotonic: Callable[[], float], bar: ProgressBar | None = None) -> None:
        self.totals = RunTotals()
        self.monotonic = monotonic
        self._bar = bar
        self._begun = monotonic()
        self._lock = threading.Lock()
        self._ended = False

    def export(self, name: str, label: str = "", workers: int = 1) -> ExportLog:
        """Return the log of one export.

        Args:
            name: Name of the export, for sentences.
            label: Prefix of log lines; "" for none.
            workers: Jobs that run at the same time.
        """
        return ExportLog(self, name, label, workers, self._lock, self._bar)

    def add_rows(self, stream: str, number: int) -> None:
        """Count written rows.

        Args:
            stream: Name of the stream.
            number: Number of rows.
        """
        self.totals.rows[stream] += number

    def add_rejected(self, stream: str, number: int) -> None:
        """Count rejected rows.

        Args:
            stream: Name of the stream or list.
            number: Number of rows or entries.
        """
        self.totals.rejected[stream] += number

    def add_columns(self, stream: str, names: Iterable[str]) -> None:
        """Remember new columns for the summary.

        Args:
            stream: Name of the stream.
            names: Names of the new properties.
        """
        self.totals.new_columns.setdefault(stream, []).extend(names)

    def waiting(self, exports: Iterable[ItemT]) -> Iterator[ItemT]:
        """Yield exports, and measure the time waited for each.

        Args:
            exports: Yields each export when Intercom has finished it.
        """
        source = iter(exports)
        while True:
            with self.waiting_for_intercom():
                try:
                    export = next(source)
                except StopIteration:
                    return
            yield export

    @contextmanager
    def waiting_for_intercom(self) -> Generator[None]:
        """Count the time inside the context as waiting for Intercom."""
        begun = self.monotonic()
        try:
            yield
        finally:
            self.totals.intercom_wait += self.monotonic() - begun

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return self.monotonic() - self._begun

    def end(self, reader_wait: float, bookmarks: dict[str, str]) -> RunTotals:
        """Close the bar, and complete the totals.

        Args:
            reader_wait: Seconds spent waiting for the reader of stdout.
            bookmarks: The time up to which each stream is written.

        Returns:
            The totals of the run.
        """
        totals = self.totals
        totals.seconds, totals.reader_wait = self.seconds, reader_wait
        totals.intercom_wait = max(0.0, totals.intercom_wait)
        totals.bookmarks = bookmarks
        if self._bar is not None:
            self._bar.close()
        return totals

    def log_summary(self, how: str) -> None:
        """Log the totals, once.

        Args:
            how: How the run ended, such as "Done".
        """
        if not self._ended:
            self._ended = True
            for line in self.totals.summary(how):
                logger.info("%s", line)


class ExportLog:
    """Log lines and counts of one export. Worker threads may share it.

    Args:
        run: The log of the run.
        name: Name of the export, for sentences.
        label: Prefix of log lines.
        workers: Jobs that run at the same time.
        lock: Held while counts change.
        bar: Shows the progress, if there is one.

    Attributes:
        prefix: Prefix of log lines.
    """

    def __init__(
        self,
        run: RunLog,
        name: str,
        label: str,
        workers: int,
        lock: threading.Lock,
        bar: ProgressBar | None,
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
        """Log an event.

        Args:
            message: Format of the log line, without the prefix.
            *args: Values for the format.
        """
        logger.info(f"{self.prefix}{message}", *args)  # noqa: G004 - a dataset's id, no text of a user

    def warning(self, message: str, *args: Any) -> None:
        """Log an event that needs attention.

        Args:
            message: Format of the log line, without the prefix.
            *args: Values for the format.
        """
        logger.warning(f"{self.prefix}{message}", *args)  # noqa: G004 - likewise

    def begin(
        self, bookmark: int, end: int, first_line: str, remaining: Callable[[int], Remaining]
    ) -> None:
        """Log the first line of an export, and start to measure its progress.

        Args:
            bookmark: Everything up to this unix second is written.
            end: Last unix second to export.
            first_line: The log line.
            remaining: Returns the windows that remain to be exported after a unix second.
        """
        self._remaining = remaining
        self._totals = totals = WindowTotals(bookmark, end)
        self.run.totals.exports[self.name] = totals
        self.info("%s", first_line)
        if self._bar is not None and end > bookmark:
            self._bar.begin(self.prefix or self.name, totals.end - totals.begin)

    def count_job(self, event: JobEvent) -> None:
        """Count an event of a job.

        Args:
            event: What happened to the job.
        """
        with self._lock:
            self._totals.jobs[event] += 1

    def heartbeat(self, text: str) -> None:
        """Report that a job is being waited for, on the bar if there is one.

        Args:
            text: The job and its status.
        """
        if self._bar is not None:
            self._bar.show_wait(f"{self.prefix}{text}")
        else:
            self.info("%s", text)

    @contextmanager
    def writing(self, export: FinishedExport) -> Generator[WindowWriting]:
        """Measure writing a window, and log the progress of the export when it is written.

        Args:
            export: The export of the window.

        Yields:
            The window that is being written.
        """
        window = WindowWriting(self._monotonic)
        rows = sum(self.run.totals.rows.values())
        yield window
        rows = sum(self.run.totals.rows.values()) - rows if window.rows is None else window.rows
        self.written(export.before, rows, window.seconds, export)

    def written(self, before: int, rows: int, seconds: float, export: FinishedExport) -> None:
        """Count a window that is written, and log the progress of the export.

        Args:
            before: Last unix second of the window.
            rows: Rows of the window.
            seconds: Duration of writing them.
            export: The export of the window.
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
