"""Decides which windows a run requests; used by the run and by `--plan`. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_intercom_export.exports.window import PendingRange, WindowSize
from tap_intercom_export.exports.window_size import JobLimits, WindowSizer
from tap_intercom_export.progress import Remaining

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_intercom_export.config import Settings
    from tap_intercom_export.exports.job import ExportJob
    from tap_intercom_export.exports.job_measurement import JobMeasurement
    from tap_intercom_export.exports.window import ExportRange, Window


@dataclass(frozen=True, slots=True)
class DeepLookback:
    """A longer lookback at intervals.

    Attributes:
        lookback_seconds: Its length.
        interval_seconds: Time between two deep lookbacks.
        last: End of the last window with a deep lookback, in unix seconds; None if there was none.
    """

    lookback_seconds: int
    interval_seconds: int
    last: int | None

    def is_due(self, end: int) -> bool:
        """Return whether the next deep lookback is due.

        Args:
            end: End of the last window of the run, in unix seconds.
        """
        # a time after the end is from a clock that was wrong, and would be none for long
        return self.last is None or not 0 <= end - self.last < self.interval_seconds


@dataclass(frozen=True, slots=True)
class RunHistory:
    """Facts about earlier runs, from the state.

    Attributes:
        stored: Jobs that are not written yet, in order of time.
        measured: Measurements of the last jobs, latest last.
        deep_lookback_at: End of the last window with a deep lookback, in unix seconds.
    """

    stored: tuple[ExportJob, ...] = ()
    measured: tuple[JobMeasurement, ...] = ()
    deep_lookback_at: int | None = None


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job of an earlier run, and whether it is resumed.

    Attributes:
        job: The job.
        pending: The new time that it covers; None if it is not resumed.
        why_not: Why it is not resumed, or "".
    """

    job: ExportJob
    pending: PendingRange | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class NextWindow:
    """The window to request.

    Attributes:
        window: The range.
        size: The size it was derived from. The start or end of the export may have limited it.
        sizer: Gets the result of the job.
        is_deep: Whether it has the deep lookback.
    """

    window: Window
    size: WindowSize
    sizer: WindowSizer
    is_deep: bool


class WindowSchedule:
    """Decides which windows a run requests. Threads may share it.

    Args:
        export_range: The range to export.
        settings: Maximum window and lookback, and limits of one job.
        history: Facts about earlier runs, from the state.
        deep_lookback: The deep lookback; None without one.
        has_same_request: Returns whether a job of an earlier run has the same request as a new one
            would have, besides its range.

    Attributes:
        export_range: The range to export.
        largest: Largest size of a window, from the settings.
        deep_lookback: The deep lookback; None without one.
    """

    def __init__(
        self,
        export_range: ExportRange,
        settings: Settings,
        history: RunHistory,
        deep_lookback: DeepLookback | None = None,
        has_same_request: Callable[[ExportJob], bool] = lambda _: True,
    ) -> None:
        self.export_range = export_range
        self.deep_lookback = deep_lookback
        self._stored = history.stored
        self._has_same_request = has_same_request
        self.largest = WindowSize(settings.window_seconds, settings.lookback_seconds)
        limits = JobLimits(settings.export_row_limit, settings.job_timeout_seconds)
        self._sizer = WindowSizer(self.largest, limits, history.measured)
        self._deep_sizer = (
            WindowSizer(
                WindowSize(settings.window_seconds, deep_lookback.lookback_seconds),
                limits,
                history.measured,
            )
            if deep_lookback is not None and deep_lookback.is_due(export_range.end)
            else None
        )

    @property
    def sizer(self) -> WindowSizer:
        """Chooses the size of windows with the usual lookback."""
        return self._sizer

    @property
    def is_deep_lookback_due(self) -> bool:
        """Whether the last window of this run has the deep lookback."""
        return self._deep_sizer is not None

    def stored_jobs(self, bookmark: int) -> Iterator[StoredJob]:
        """Yield each job of an earlier run that was not given up, and whether it is resumed.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        for job in self._stored:
            if job.given_up:
                continue
            if not self._has_same_request(job):
                yield StoredJob(job, None, "the attributes of the dataset have changed")
            elif job.bookmark <= bookmark and self.export_range.fits(job.window, bookmark):
                yield StoredJob(job, PendingRange(bookmark, job.window.before))
                bookmark = job.window.before
            else:
                yield StoredJob(
                    job, None, f"its range, {job.window}, does not fit the range to export now"
                )

    def pending_ranges(self, bookmark: int) -> Iterator[PendingRange]:
        """Yield consecutive ranges after a bookmark that can be exported at the same time.

        Each has the length of a window at the time it is yielded. A range that turns out to be too
        large is exported in several windows.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        while True:
            following = self.export_range.pending_ranges(bookmark, self._sizer.size.new_seconds)
            pending = next(following, None)
            if pending is None:
                return
            yield pending
            bookmark = pending.end

    def next_window(self, pending: PendingRange) -> NextWindow | None:
        """Return the first window of a range; None if nothing is left of it.

        The last window of the run gets the deep lookback, because it covers events up to the end.

        Args:
            pending: Everything up to and including its bookmark is exported.
        """
        end = self.export_range.end
        if self._deep_sizer is not None and pending.end == end:
            size = self._deep_sizer.size
            window = self.export_range.next_window(pending, size)
            if window is not None and window.before == end:
                return NextWindow(window, size, self._deep_sizer, is_deep=True)
            # The window with the deep lookback has to be shorter; keep the end for it
            length = end - size.new_seconds - pending.bookmark
            if length > 0:
                pending = next(self.export_range.pending_ranges(pending.bookmark, length), pending)
        size = self._sizer.size
        window = self.export_range.next_window(pending, size)
        return None if window is None else NextWindow(window, size, self._sizer, is_deep=False)

    def has_deep_lookback(self, job: ExportJob) -> bool:
        """Return whether a job counts as the deep lookback that was due.

        That is so if it ends at the end of the run, and starts before the usual lookback or at the
        start of the range. It may have been shortened.

        Args:
            job: A job whose window is written.
        """
        usual = job.bookmark - self.largest.lookback_seconds - 1
        reached = job.window.after <= max(self.export_range.start, usual)
        return self.is_deep_lookback_due and reached and job.window.before == self.export_range.end

    def allow_overwriting(self) -> None:
        """Allow windows that end before rows that an earlier run wrote."""
        self.export_range = replace(self.export_range, partly_written=())

    def partly_written_note(self, window: Window) -> str:
        """Return a note if a window ends with a partly written window; otherwise "".

        Args:
            window: A window of this run.
        """
        ends = {end for one in self.export_range.partly_written for end in (one.bookmark, one.end)}
        if window.before in ends - {self.export_range.end}:
            return "ends there because of a window that an earlier run began to write"
        return ""

    def windows(self, bookmark: int) -> Iterator[tuple[PendingRange, NextWindow]]:
        """Yield the windows of a run without failures, and without jobs of earlier runs.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        for pending in self.pending_ranges(bookmark):
            left = pending
            while (chosen := self.next_window(left)) is not None:
                yield left, chosen
                left = PendingRange(chosen.window.before, left.end)

    def remaining(self, bookmark: int) -> Remaining:
        """Return the number and length of the windows after a bookmark, without failures.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        windows = []
        for stored in self.stored_jobs(bookmark):
            if stored.pending is not None:
                windows.append(stored.job.window)
                bookmark = stored.pending.end
        windows += [chosen.window for _, chosen in self.windows(bookmark)]
        lengths = [window.before - window.after for window in windows]
        return Remaining(len(lengths), sum(lengths), lengths[-1] if lengths else 0)
