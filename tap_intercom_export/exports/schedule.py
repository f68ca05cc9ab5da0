"""Which windows a run asks for, one after another. The run and `--plan` both ask this. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_intercom_export.exports.window import PendingRange, Sizes
from tap_intercom_export.exports.window_size import JobLimits, Measured, WindowSizer
from tap_intercom_export.progress import Remaining

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_intercom_export.config import Settings
    from tap_intercom_export.exports.job import ExportJob
    from tap_intercom_export.exports.window import ExportRange, Window


@dataclass(frozen=True, slots=True)
class DeepLookback:
    """A longer lookback that a run covers every now and then.

    Attributes:
        lookback: Its length in seconds.
        every: Seconds between two of them.
        last: The end of the last window that had it, in unix seconds; None where none had.
    """

    lookback: int
    every: int
    last: int | None

    def is_due(self, end: int) -> bool:
        """Tell whether it is time for one.

        Args:
            end: Where the last window of the run ends, in unix seconds.
        """
        return self.last is None or end - self.last >= self.every


@dataclass(frozen=True, slots=True)
class RunMemory:
    """What the state knows from earlier runs.

    Attributes:
        stored: Their jobs that are not written, in order of time.
        measured: What the last jobs took, the latest last.
        deep_lookback_at: The end of the last window with a deep lookback, in unix seconds.
    """

    stored: tuple[ExportJob, ...] = ()
    measured: tuple[Measured, ...] = ()
    deep_lookback_at: int | None = None


@dataclass(frozen=True, slots=True)
class StoredJob:
    """What becomes of a job of an earlier run.

    Attributes:
        job: The job.
        pending: The new time that it covers; None where it is not resumed.
        why_not: Why it is not resumed, or "".
    """

    job: ExportJob
    pending: PendingRange | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class NextWindow:
    """The window to ask for.

    Attributes:
        window: Its range.
        sizes: The sizes it was made of; the start and the end may have left it less.
        sizer: Wants to know how it went.
        is_deep: Whether it has the deep lookback.
    """

    window: Window
    sizes: Sizes
    sizer: WindowSizer
    is_deep: bool


class WindowSchedule:
    """Decides which windows a run asks for. Threads may share it.

    Args:
        export_range: The time to export.
        settings: The largest window, its lookback, and what one job may take.
        memory: What the state knows from earlier runs.
        deep_lookback: The deep lookback; None where there is none.
        asks_for_the_same: Tells whether a job of an earlier run was asked for what would be asked
            for now, besides its range.

    Attributes:
        export_range: The time to export.
        largest: The sizes that the settings ask for.
        deep_lookback: The deep lookback; None where there is none.
    """

    def __init__(
        self,
        export_range: ExportRange,
        settings: Settings,
        memory: RunMemory,
        deep_lookback: DeepLookback | None = None,
        asks_for_the_same: Callable[[ExportJob], bool] = lambda _: True,
    ) -> None:
        self.export_range = export_range
        self.deep_lookback = deep_lookback
        self._stored = memory.stored
        self._asks_for_the_same = asks_for_the_same
        self.largest = Sizes(settings.window, settings.lookback)
        limits = JobLimits(settings.export_row_limit, settings.job_timeout)
        self._sizer = WindowSizer(self.largest, limits, memory.measured)
        self._deep_sizer = (
            WindowSizer(Sizes(settings.window, deep_lookback.lookback), limits, memory.measured)
            if deep_lookback is not None and deep_lookback.is_due(export_range.end)
            else None
        )

    @property
    def sizer(self) -> WindowSizer:
        """The sizes of windows with the usual lookback."""
        return self._sizer

    @property
    def is_deep_lookback_due(self) -> bool:
        """Whether the last window of this run has the deep lookback."""
        return self._deep_sizer is not None

    def stored_jobs(self, bookmark: int) -> Iterator[StoredJob]:
        """Yield what becomes of the jobs of earlier runs that may still be of use.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        for job in self._stored:
            if job.given_up:
                continue
            if not self._asks_for_the_same(job):
                yield StoredJob(
                    job, None, "it was asked for other attributes than the dataset has now"
                )
            elif job.bookmark <= bookmark and self.export_range.fits(job.window, bookmark):
                yield StoredJob(job, PendingRange(bookmark, job.window.before))
                bookmark = job.window.before
            else:
                yield StoredJob(
                    job, None, f"its range, {job.window}, does not fit what is asked for now"
                )

    def pending_ranges(self, bookmark: int) -> Iterator[PendingRange]:
        """Yield the time after a bookmark in ranges that can be exported side by side.

        Each is as long as a window is when it is taken; one that turns out too large is exported
        in several.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        while True:
            following = self.export_range.pending_ranges(bookmark, self._sizer.sizes.window)
            pending = next(following, None)
            if pending is None:
                return
            yield pending
            bookmark = pending.end

    def next_window(self, pending: PendingRange) -> NextWindow | None:
        """Return the first window of a range of time; None when nothing is left of it.

        The last window of all is the one to reach far back: it sees what happened up to the end.

        Args:
            pending: Everything up to and including its bookmark is exported.
        """
        end = self.export_range.end
        if self._deep_sizer is not None and pending.end == end:
            sizes = self._deep_sizer.sizes
            window = self.export_range.next_window(pending, sizes)
            if window is not None and window.before == end:
                return NextWindow(window, sizes, self._deep_sizer, is_deep=True)
            # With so long a lookback it has to be shorter; leave it the end
            length = end - sizes.window - pending.bookmark
            if length > 0:
                pending = next(self.export_range.pending_ranges(pending.bookmark, length), pending)
        sizes = self._sizer.sizes
        window = self.export_range.next_window(pending, sizes)
        return None if window is None else NextWindow(window, sizes, self._sizer, is_deep=False)

    def has_deep_lookback(self, job: ExportJob) -> bool:
        """Tell whether a job counts as the deep lookback that was due.

        It does if it ends where the run ends, and reaches further back than the usual lookback, or
        to the start. It may have been shortened.

        Args:
            job: A job whose window is written.
        """
        usual = job.bookmark - self.largest.lookback - 1
        reached = job.window.after <= max(self.export_range.start, usual)
        return self.is_deep_lookback_due and reached and job.window.before == self.export_range.end

    def allow_narrower_views(self) -> None:
        """Let windows end earlier than those whose rows began to be written."""
        self.export_range = replace(self.export_range, viewed=())

    def view_note(self, window: Window) -> str:
        """Say so where a window is made to fit one that an earlier run began to write; else "".

        Args:
            window: A window of this run.
        """
        ends = {end for one in self.export_range.viewed for end in (one.bookmark, one.end)}
        if window.before in ends - {self.export_range.end}:
            return "ends there because of a window that an earlier run began to write"
        return ""

    def windows(self, bookmark: int) -> Iterator[tuple[PendingRange, NextWindow]]:
        """Yield the windows that are asked for if all goes well, without jobs of earlier runs.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        for pending in self.pending_ranges(bookmark):
            left = pending
            while (chosen := self.next_window(left)) is not None:
                yield left, chosen
                left = PendingRange(chosen.window.before, left.end)

    def remaining(self, bookmark: int) -> Remaining:
        """Return what is to be exported after a bookmark, if all goes well.

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
