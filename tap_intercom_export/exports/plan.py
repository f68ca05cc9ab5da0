"""Plan of the exports of a run, for `--plan` and the first log line of a run. Pure."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_text
from tap_intercom_export.exports.expected_time import expected_time
from tap_intercom_export.exports.plan_parts import (
    AbandonedJob,
    DeepLookbackPlan,
    PlannedWindow,
    extent,
    total_size,
)
from tap_intercom_export.formatting import counted, duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_intercom_export.exports.expected_time import ExpectedTime
    from tap_intercom_export.exports.schedule import RunHistory, WindowSchedule
    from tap_intercom_export.exports.window import WindowSize

MAX_NAMED_STREAMS = 5
"""Maximum number of streams that are named in a line; for more, only the number is shown."""

MAX_WINDOW_LINES = 12
"""Maximum number of windows of which each is shown; otherwise only the first and last ones."""

FIRST_WINDOW_LINES, LAST_WINDOW_LINES = 4, 3
"""Windows shown at the beginning and end of a longer list."""

MAX_LINE_CHARACTERS = 100
"""Length at which a list of names is wrapped."""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """Plan for one export API.

    Attributes:
        name: The stream: `content_export` for the message export.
        streams: Selected streams that get its rows.
        start: First unix second to export, even if it was exported before.
        bookmark: Everything up to this unix second is exported.
        end: Last unix second to export.
        windows: The windows, in order of time.
        size: Current maximum size of a window.
        largest: Largest size, from the settings.
        reason: Why windows are smaller than that, or "".
        abandoned: Jobs of earlier runs that are not resumed.
        deep_lookback: When the deep lookback takes place; None without one.
        expected: Estimated duration; None if unknown.
        notes: Further notes.
    """

    name: str
    streams: tuple[str, ...]
    start: int
    bookmark: int
    end: int
    windows: tuple[PlannedWindow, ...]
    size: WindowSize
    largest: WindowSize
    reason: str = ""
    abandoned: tuple[AbandonedJob, ...] = ()
    deep_lookback: DeepLookbackPlan | None = None
    expected: ExpectedTime | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the plan."""
        expected = self.expected
        own = None if expected is None else expected.own_seconds
        return {
            "stream": self.name,
            "streams": list(self.streams),
            "bookmark": to_text(self.bookmark),
            "end": to_text(self.end),
            "window_seconds": self.size.new_seconds,
            "window_reason": self.reason or None,
            "windows": [planned.to_dict() for planned in self.windows],
            "abandoned_jobs": [job.identifier for job in self.abandoned],
            "deep_lookback": None if self.deep_lookback is None else self.deep_lookback.to_dict(),
            "expected_seconds": None if expected is None else round(expected.seconds),
            "expected_intercom_seconds": (
                None if expected is None else round(expected.intercom_seconds)
            ),
            "expected_own_seconds": None if own is None else round(own),
            "notes": list(self.notes),
        }

    def first_log_line(self) -> str:
        """Return the first log line of a run: the range, the windows, and the jobs to resume."""
        if not self.windows:
            return f"Nothing to export: {self._why_nothing()}"
        resumed = sum(1 for planned in self.windows if planned.resumed_job)
        about = "" if self.expected is None else f"; about {duration(self.expected.seconds)}"
        return (
            f"Exporting {self._range()} in {counted(len(self.windows), 'window')}"
            f"{self._size_text()}; {_named(self.streams)}"
            + (f"; resuming {counted(resumed, 'job')} of an earlier run" if resumed else "")
            + about
        )

    def lines(self) -> Iterator[str]:
        """Yield the text of the plan."""
        if not self.windows:
            yield f"{self.name}: nothing to export, {self._why_nothing()}"
        else:
            yield f"{self.name}: {self._range()}, {counted(len(self.windows), 'window')}"
            if self.streams != (self.name,):
                yield f"  {_named(self.streams)}"
            yield from self._window_lines()
            yield f"  size: {self._size_reason()}"
        if self.deep_lookback is not None:
            yield f"  deep lookback: {self.deep_lookback}"
        if self.windows:
            yield f"  time: {self.expected or 'not known yet, as no run has finished a window'}"
        for job in self.abandoned:
            yield f"  job {job.identifier} of an earlier run is not resumed: {job.reason}"
        for note in self.notes:
            yield f"  {note}"

    def _why_nothing(self) -> str:
        """Return why there is no window."""
        if self.start > self.end:
            return f"start_date is later than {to_text(self.end)}, the end"
        return f"all is written up to {to_text(self.bookmark)}"

    def _range(self) -> str:
        """Return the new time; a first run includes the second of start_date itself."""
        return f"{to_text(max(self.start, self.bookmark))} to {to_text(self.end)}"

    def _size_text(self) -> str:
        """Return the sizes of the windows, for the middle of a sentence."""
        if len(self.windows) == 1:
            return f" ({extent(self.windows[0].size)})"
        again = self.size.lookback_seconds
        lookback = f"with {duration(again)} of lookback" if again else "without lookback"
        last = self.windows[-1]
        deep = f", {duration(last.size.lookback_seconds)} in the last one" if last.is_deep else ""
        return f" of up to {duration(self.size.new_seconds)}, {lookback}{deep}"

    def _window_lines(self) -> Iterator[str]:
        """Yield a line for each window; of a long list, only for the first and last ones."""
        windows, width = self.windows, len(str(len(self.windows)))
        lines = [f"  {number:>{width}}  {planned}" for number, planned in enumerate(windows, 1)]
        if len(lines) > MAX_WINDOW_LINES:
            middle = windows[FIRST_WINDOW_LINES:-LAST_WINDOW_LINES]
            between = f"{to_text(middle[0].bookmark)} to {to_text(middle[-1].window.before)}"
            lines[FIRST_WINDOW_LINES:-LAST_WINDOW_LINES] = [
                (
                    f"  {'…':>{width}}  {counted(len(middle), 'window')}, {between}  "
                    f"{extent(total_size(middle))} (each with --format json)"
                )
            ]
        yield from lines
        if len(windows) > 1:
            yield f"  in all {extent(total_size(windows))}"

    def _size_reason(self) -> str:
        """Return why the windows have their size."""
        largest = f"{duration(self.largest.new_seconds)} new (window_days)"
        again = (
            f"{duration(self.largest.lookback_seconds)} again"
            if self.largest.lookback_seconds
            else "no lookback"
        )
        lookback = f"{again} (lookback_days)"
        if self.reason:
            now = duration(self.size.new_seconds)
            return f"{now} in place of {largest}: {self.reason}; {lookback}"
        return f"at most {largest}, {lookback}"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Plan of a run.

    Attributes:
        exports: The exports.
        lists: Streams of lists, which are read completely.
        not_selected: Streams that are not selected.
    """

    exports: tuple[ExportPlan, ...]
    lists: tuple[str, ...]
    not_selected: tuple[str, ...]

    @property
    def seconds(self) -> float | None:
        """Estimated seconds of all exports; None unless it is known for each."""
        expected = [plan.expected for plan in self.exports if plan.windows]
        known = [one.seconds for one in expected if one is not None]
        return sum(known) if known and len(known) == len(expected) else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the plan."""
        return {
            "exports": [plan.to_dict() for plan in self.exports],
            "lists": list(self.lists),
            "not_selected": list(self.not_selected),
            "expected_seconds": None if self.seconds is None else round(self.seconds),
        }

    def lines(self) -> Iterator[str]:
        """Yield the text of the plan."""
        for plan in self.exports:
            yield from plan.lines()
        if self.seconds is not None and len(self.exports) > 1:
            yield f"all exports: about {duration(self.seconds)}"
        if self.lists:
            yield from _wrapped(f"read whole: {', '.join(self.lists)}")
        if not (self.exports or self.lists):
            yield "nothing is selected: a run would end at once. Select streams in the catalog"
        if self.not_selected:
            yield from _wrapped(f"not selected: {', '.join(self.not_selected)}")


def plan_export(
    name: str,
    streams: Sequence[str],
    schedule: WindowSchedule,
    bookmark: int,
    history: RunHistory,
    *,
    workers: int = 1,
    notes: Sequence[str] = (),
) -> ExportPlan:
    """Return the plan for one export API, without failures.

    During the run, jobs that fail or have too many rows make windows smaller, and the duration of
    each job changes the size of the windows after it.

    Args:
        name: The stream.
        streams: Selected streams that get its rows.
        schedule: Decides which windows are exported, as in the run.
        bookmark: Everything up to this unix second is exported.
        history: Facts about earlier runs, from the state.
        workers: Jobs that run at the same time.
        notes: Further notes.
    """
    windows: list[PlannedWindow] = []
    abandoned: list[AbandonedJob] = []
    now = bookmark
    for stored in schedule.stored_jobs(now):
        if stored.pending is None:
            abandoned.append(AbandonedJob(stored.job.identifier, stored.why_not))
        else:
            is_deep = schedule.has_deep_lookback(stored.job)
            identifier = stored.job.identifier
            windows.append(PlannedWindow(stored.job.window, now, identifier, is_deep))
            now = stored.pending.end
    for pending, chosen in schedule.windows(now):
        note = schedule.partly_written_note(chosen.window)
        windows.append(
            PlannedWindow(chosen.window, pending.bookmark, is_deep=chosen.is_deep, note=note)
        )
    export_range = schedule.export_range
    return ExportPlan(
        name,
        tuple(streams),
        export_range.start,
        bookmark,
        export_range.end,
        tuple(windows),
        schedule.sizer.size,
        schedule.largest,
        schedule.sizer.reason,
        tuple(abandoned),
        _deep_lookback_plan(schedule, windows),
        expected_time([planned.window for planned in windows], history.measured, workers),
        tuple(notes),
    )


def _deep_lookback_plan(
    schedule: WindowSchedule, windows: Sequence[PlannedWindow]
) -> DeepLookbackPlan | None:
    """Return when the deep lookback takes place."""
    deep = schedule.deep_lookback
    if deep is None:
        return None
    in_run = any(planned.is_deep for planned in windows)
    last = schedule.export_range.end if in_run else deep.last
    return DeepLookbackPlan(
        deep.lookback_seconds,
        schedule.is_deep_lookback_due,
        in_run,
        deep.last,
        None if last is None else last + deep.interval_seconds,
    )


def _named(streams: Sequence[str]) -> str:
    """Return the names of few streams, or the number of many."""
    few = len(streams) <= MAX_NAMED_STREAMS
    return f"streams: {', '.join(streams)}" if few else counted(len(streams), "stream")


def _wrapped(text: str) -> list[str]:
    """Wrap a long line; `--format json` gives programs the complete names."""
    return textwrap.wrap(text, MAX_LINE_CHARACTERS, subsequent_indent="  ", break_on_hyphens=False)
