"""Totals of a run, and estimates of the remaining time. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import Enum

from tap_intercom_export.formatting import counted, duration, table

MAX_NAMED_STREAMS = 4
"""Maximum number of streams that are named in a line; for more, only the number is shown."""


class JobEvent(str, Enum):
    """Something that happened to an export job; its value is the tag `status` of the metric."""

    CREATED = "created"
    RESUMED = "resumed"
    FAILED = "failed"
    RANGE_SHORTENED = "shortened"


@dataclass(frozen=True, slots=True)
class Remaining:
    """The windows that remain to be exported, without failures.

    Attributes:
        windows: Number of windows.
        seconds: Total length of their ranges, including the lookback.
        last_seconds: Length of the last one.
    """

    windows: int = 0
    seconds: int = 0
    last_seconds: int = 0


@dataclass
class WindowTotals:
    """Totals of one export, such as the message export or a reporting dataset.

    Attributes:
        begin: Unix second up to which all was written before the run.
        end: Last unix second to export.
        remaining: What remains to be exported.
        jobs: Number of each event of its jobs.
        windows: Number of written windows.
        written: Unix second up to which all is written.
        seconds: Total length of the written ranges, including the lookback.
        intercom_seconds: Time that Intercom took for the written windows.
        own_seconds: Time that writing them took.
        rows: Rows of the written windows.
        download_bytes: Size of their archives as sent.
    """

    begin: int
    end: int
    remaining: Remaining = field(default_factory=Remaining)
    jobs: Counter[JobEvent] = field(default_factory=Counter)
    windows: int = 0
    written: int = 0
    seconds: int = 0
    intercom_seconds: float = 0.0
    own_seconds: float = 0.0
    rows: int = 0
    download_bytes: int = 0

    def __post_init__(self) -> None:
        """Start where the last run ended."""
        self.written = self.begin

    @property
    def left(self) -> int:
        """Seconds of the range that remain to be exported."""
        return max(0, self.end - self.written)

    @property
    def share(self) -> float:
        """Written share of the range, from 0 to 1."""
        return 1 - self.left / (self.end - self.begin) if self.end > self.begin else 1.0

    @property
    def windows_in_all(self) -> int:
        """Expected total number of windows."""
        return self.windows + self.remaining.windows

    def seconds_left(self, workers: int = 1) -> float:
        """Estimate the remaining time.

        Intercom prepares the next windows while one is written, so the slower of the two counts;
        writing the last one is added.

        Args:
            workers: Jobs that run at the same time.
        """
        if not self.seconds:
            return 0.0
        intercom = self.intercom_seconds / workers / self.seconds
        own = self.own_seconds / self.seconds
        left = self.remaining
        return left.seconds * max(intercom, own) + left.last_seconds * min(intercom, own)


@dataclass
class RunTotals:
    """Totals of a run.

    Attributes:
        exports: Totals of each export, by name.
        rows: Written rows, by stream.
        sync_seconds: Sync duration of each stream.
        failed_streams: Streams that ended with an error.
        rejected: Rejected rows, by stream.
        new_columns: New columns, by stream.
        intercom_wait: Seconds spent waiting for Intercom with nothing else to do.
        reader_wait: Seconds spent waiting for the reader of stdout.
        seconds: Duration of the run.
        bookmarks: The time up to which each stream is written, as a date-time text.
    """

    exports: dict[str, WindowTotals] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    sync_seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    failed_streams: set[str] = field(default_factory=set)
    rejected: Counter[str] = field(default_factory=Counter)
    new_columns: dict[str, list[str]] = field(default_factory=dict)
    intercom_wait: float = 0.0
    reader_wait: float = 0.0
    seconds: float = 0.0
    bookmarks: dict[str, str] = field(default_factory=dict)

    @property
    def jobs(self) -> Counter[JobEvent]:
        """Number of each event of the jobs of all exports."""
        return sum((export.jobs for export in self.exports.values()), Counter[JobEvent]())

    @property
    def own_seconds(self) -> float:
        """Seconds spent in the tap itself."""
        return max(0.0, self.seconds - self.intercom_wait - self.reader_wait)

    def summary(self, how: str) -> list[str]:
        """Return the lines of the summary.

        Args:
            how: How the run ended, such as "Done".
        """
        windows = sum(export.windows for export in self.exports.values())
        jobs = self.jobs
        filled = sum(1 for rows in self.rows.values() if rows)
        work = (
            f"{how} after {duration(self.seconds)}: {counted(windows, 'window')} written, "
            f"{jobs[JobEvent.RANGE_SHORTENED]} shortened; "
            f"{counted(jobs[JobEvent.CREATED], 'job')} created, "
            f"{jobs[JobEvent.RESUMED]} resumed, {jobs[JobEvent.FAILED]} failed"
        )
        time = (
            f"Time: {duration(self.intercom_wait)} waiting for Intercom, "
            f"{duration(self.reader_wait)} for the target (the reader of stdout), "
            f"{duration(self.own_seconds)} in the tap itself"
        )
        rows = (
            f"Written: {counted(sum(self.rows.values()), 'row')} in {counted(filled, 'stream')}; "
            f"rejected: {counted(sum(self.rejected.values()), 'row')}"
        )
        lines = [work, time, rows, *table(self.rows)]
        if any(self.rejected.values()):
            lines += ["Rejected rows:", *table(self.rejected)]
        lines += [
            f"New columns in {stream}: {', '.join(names)}"
            for stream, names in sorted(self.new_columns.items())
        ]
        lines += self._bookmark_lines()
        return lines

    def _bookmark_lines(self) -> list[str]:
        """Return a line for each distinct bookmark; usually one."""
        streams: dict[str, list[str]] = {}
        for stream, value in sorted(self.bookmarks.items()):
            streams.setdefault(value, []).append(stream)
        return [
            f"Bookmark of {_names_or_count(names, 'stream')}: {value}"
            for value, names in sorted(streams.items())
        ]


def _names_or_count(names: list[str], noun: str) -> str:
    """Return the names if there are at most `MAX_NAMED_STREAMS`, else their number."""
    return ", ".join(names) if len(names) <= MAX_NAMED_STREAMS else counted(len(names), noun)
