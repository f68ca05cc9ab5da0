"""Simulates a year of nightly runs for a number of messages per day: `make scaling`.

Intercom, the target and the nights are a model with a virtual clock. The windows and their sizes
come from the tap's `ExportRange` and `WindowSizer`. Writes the table of docs/scaling.md.
`WindowSizer`. Writes the table of docs/scaling.md.
"""

from __future__ import annotations

import argparse
import logging
import random
import re
import statistics
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from intercom_simulator import Clock
from tap_intercom_export.errors import TapError
from tap_intercom_export.exports.job_measurement import MAX_MEASUREMENTS, JobMeasurement
from tap_intercom_export.exports.window import ExportRange, PendingRange, Window, WindowSize
from tap_intercom_export.exports.window_size import JobLimits, WindowSizer

DAY = 86_400
HOUR = 3_600
MILLION = 1_000_000

FIRST_NIGHT = datetime(2026, 1, 1, 3, 0, tzinfo=timezone.utc)
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "scaling.md"


@dataclass(frozen=True)
class Model:
    """Assumptions; each can be set on the command line.

    Args:
        messages_a_day: Messages sent per day; more on weekdays and during the day.
        rows_a_message: Rows of all files per message: receipt, opens, clicks and so on.
        row_limit: Number of rows at which Intercom cuts an export.
        seconds_a_day: Intercom's time per day of a job's range (9 minutes for 5 days is the only
            public figure).
        seconds_a_million_rows: Intercom's additional time per million rows; unknown, assumed.
        tap_rows_a_second: Rows per second that the tap writes (docs/benchmark.md).
        target_rows_a_second: Rows per second that the target loads (docs/benchmark.md, with COPY).
        lookback_days: The setting.
        window_days: The setting.
        nights: Number of nights.
        seed: Seed of the faults.
        job_fails: Share of failing jobs.
        slot_is_held: Share of nights in which another client occupies the slot for 1 to 4 hours.
        run_is_killed: Share of nights whose run is killed within a window and restarted.
        intercom_is_down: Share of nights in which Intercom is unavailable.
    """

    messages_a_day: float
    rows_a_message: float = 1.8
    row_limit: int = 10 * MILLION
    seconds_a_day: float = 108.0
    seconds_a_million_rows: float = 60.0
    tap_rows_a_second: float = 200_000.0
    target_rows_a_second: float = 20_000.0
    lookback_days: float = 7.0
    window_days: float = 30.0
    nights: int = 365
    seed: int = 1
    job_fails: float = 0.02
    slot_is_held: float = 0.05
    run_is_killed: float = 0.02
    intercom_is_down: float = 0.01

    def rows(self, window: Window) -> float:
        """Return the rows of a job.

        Args:
            window: Its range.
        """
        return self._sent(window.before + 1) - self._sent(window.after)

    def _sent(self, second: float) -> float:
        """Return the rows of messages sent before a time; twice as many by day as by night."""
        days, left = divmod(second, DAY)
        night, day = 2 / 3, 4 / 3  # of the average, from 0 to 12 h and from 12 to 24 h
        half = DAY / 2
        part = min(left, half) * night + max(0.0, left - half) * day
        return (days * DAY + part) / DAY * self.messages_a_day * self.rows_a_message


@dataclass
class Night:
    """Measurements of a night.

    Attributes:
        jobs: Number of created export jobs.
        useless_jobs: Number of jobs that failed or had too many rows.
        rows: Number of written rows.
        intercom_seconds: Run time of the jobs.
        seconds: Run time of the night.
        lookbacks: Lookback of each written window, in seconds.
        lag: Age of the bookmark at the end, in seconds.
    """

    jobs: int = 0
    useless_jobs: int = 0
    rows: float = 0.0
    intercom_seconds: float = 0.0
    seconds: float = 0.0
    lookbacks: list[int] = field(default_factory=list)
    lag: float = 0.0


class Year:
    """Nightly runs, one after the other.

    Args:
        model: The assumptions.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._random = random.Random(model.seed)  # noqa: S311 - faults, not secrets
        self._clock = Clock(FIRST_NIGHT, running=False)
        self._start = int(FIRST_NIGHT.timestamp()) - DAY
        self._bookmark = self._start - 1
        self._measured: list[JobMeasurement] = []

    def run(self) -> list[Night]:
        """Return all nights.

        Raises:
            AssertionError: A rule of the tap was violated: a gap, or a cut export.
        """
        nights = []
        for number in range(self._model.nights):
            due = FIRST_NIGHT + timedelta(days=number)
            if self._clock.now() > due:  # the previous night took longer than a day
                continue
            self._clock.set(due)
            if self._random.random() >= self._model.intercom_is_down:
                nights.append(self._night())
        return nights

    def _night(self) -> Night:
        night, model = Night(), self._model
        began = self._clock.now().timestamp()
        asking = writing = began  # time at which each is done
        if self._random.random() < model.slot_is_held:
            asking += self._random.uniform(1, 4) * HOUR
        killed_in = self._random.randrange(4) if self._random.random() < model.run_is_killed else -1
        sizer = WindowSizer(
            WindowSize(int(model.window_days * DAY), int(model.lookback_days * DAY)),
            JobLimits(model.row_limit, DAY),
            self._measured,
        )
        export_range = ExportRange.until_now(self._start, None, began)
        for pending in export_range.pending_ranges(self._bookmark, int(model.window_days * DAY)):
            left = pending
            while window := export_range.next_window(left, size := sizer.size):
                rows = model.rows(window)
                night.jobs += 1
                took = self._job_seconds(window, min(rows, model.row_limit), night)
                asking += took
                if rows >= model.row_limit:
                    night.useless_jobs += 1
                    error = TapError("too many rows")
                    sizer.shorten(size, window.size(left.bookmark), error)
                    continue
                if self._random.random() < model.job_fails:
                    night.useless_jobs += 1
                    continue  # the tap creates the same job once more
                seconds = rows / min(model.tap_rows_a_second, model.target_rows_a_second)
                writing = max(asking, writing) + seconds
                if (
                    len(night.lookbacks) == killed_in
                ):  # half of the window was written; the job is resumed
                    killed_in, writing = -1, writing + seconds / 2 + 2 * 60
                self._write(window, rows, left, night)
                measured = JobMeasurement((window.before - window.after) / DAY, took, int(rows))
                self._measured = [*self._measured, measured][-MAX_MEASUREMENTS:]
                sizer.succeeded(measured)
                left = PendingRange(window.before, left.end)
        night.seconds = max(asking, writing) - began
        self._clock.advance(night.seconds)
        night.lag = self._clock.now().timestamp() - self._bookmark
        return night

    def _job_seconds(self, window: Window, rows: float, night: Night) -> float:
        days = (window.before - window.after) / DAY
        model = self._model
        seconds = days * model.seconds_a_day + rows / MILLION * model.seconds_a_million_rows
        night.intercom_seconds += seconds
        return seconds

    def _write(self, window: Window, rows: float, pending: PendingRange, night: Night) -> None:
        if not (window.after <= self._bookmark + 1 and window.before > self._bookmark):
            raise AssertionError(f"a gap or a step back: {window} after {self._bookmark}")
        if rows >= self._model.row_limit:
            raise AssertionError(f"a cut export was written: {window}")
        night.rows += rows
        night.lookbacks.append(window.size(pending.bookmark).lookback_seconds)
        self._bookmark = window.before


def row_of(model: Model, nights: list[Night]) -> list[str]:
    """Return the cells of a table row: the measurements of a year.

    Args:
        model: The assumptions.
        nights: The nights, without the first one, which has no lookback.
    """
    jobs = statistics.median(n.jobs for n in nights)
    useless = sum(n.useless_jobs for n in nights) / sum(n.jobs for n in nights)
    fresh = model.messages_a_day * model.rows_a_message
    lookbacks = [lookback for night in nights for lookback in night.lookbacks]
    hours = [n.seconds / HOUR for n in nights]
    return [
        f"{model.messages_a_day / MILLION:g}",
        f"{model.lookback_days:g}",
        f"{jobs:.0f}",
        f"{useless:.0%}",
        f"{statistics.median(n.rows for n in nights) / MILLION:,.1f}",
        f"{statistics.median(n.rows for n in nights) / fresh:.1f}",
        f"{statistics.median(lookbacks) / HOUR:.1f}",
        f"{statistics.median(n.intercom_seconds for n in nights) / HOUR:.1f}",
        f"{statistics.median(n.rows for n in nights) / model.tap_rows_a_second / HOUR:.1f}",
        f"{statistics.median(n.rows for n in nights) / model.target_rows_a_second / HOUR:.1f}",
        f"{statistics.median(hours):.1f}",
        f"{max(n.lag for n in nights) / HOUR:.0f}",
    ]


HEADS = (
    "million messages a day",
    "lookback_days",
    "jobs a night",
    "of them useless",
    "million rows written",
    "times each row",
    "lookback that fits (h)",
    "Intercom (h)",
    "tap (h)",
    "target (h)",
    "night (h)",
    "oldest bookmark (h)",
)

SCENARIOS = (
    (0.1, 7.0),
    (0.5, 7.0),
    (1.0, 7.0),
    (1.0, 3.0),
    (1.0, 0.0),
    (10.0, 7.0),
    (10.0, 0.0),
    (33.3, 0.0),
    (100.0, 0.0),
)
"""Million messages per day, and lookback in days; 33.3 is a billion per month."""


def main() -> None:
    """Simulate a year of each scenario and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.scaling")
    parser.add_argument("--seconds-a-day", type=float, default=108.0)
    parser.add_argument("--seconds-a-million-rows", type=float, default=60.0)
    parser.add_argument("--target-rows-a-second", type=float, default=20_000.0)
    parser.add_argument("--tap-rows-a-second", type=float, default=200_000.0)
    parser.add_argument("--rows-a-message", type=float, default=1.8)
    parser.add_argument("--nights", type=int, default=365)
    for share, default in (
        ("--job-fails", 0.02),
        ("--slot-is-held", 0.05),
        ("--run-is-killed", 0.02),
        ("--intercom-is-down", 0.01),
    ):
        parser.add_argument(share, type=float, default=default, metavar="SHARE")
    parser.add_argument("--write", action="store_true", help="into docs/scaling.md")
    options = vars(parser.parse_args())
    write = options.pop("write")
    logging.disable(logging.WARNING)  # warnings about each shortened window
    lines = [f"| {' | '.join(HEADS)} |", f"| {' | '.join('---' for _ in HEADS)} |"]
    began = time.monotonic()
    for messages, lookback in SCENARIOS:
        model = Model(messages * MILLION, lookback_days=lookback, **options)
        try:
            cells = row_of(model, Year(model).run()[1:])
        except TapError:  # the tap gives up, and the table says so
            why = "**stops: the smallest window, an hour, holds too many rows**"
            cells = [f"{messages:g}", f"{lookback:g}", why, *[""] * (len(HEADS) - 3)]
        lines.append(f"| {' | '.join(cells)} |")
        sys.stdout.write(lines[-1] + "\n")
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
    if write:
        text = DOCUMENT.read_text(encoding="utf-8")
        table = "\n".join(lines)
        new = re.sub(
            r"(?s)(<!-- table -->\n).*?(<!-- end of table -->)", rf"\g<1>{table}\n\g<2>", text
        )
        DOCUMENT.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
