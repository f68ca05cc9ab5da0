"""Computation of the next window to request. Pure; times are whole unix seconds.

Three facts decide: a range selects messages by the time they were sent, both ends inclusive; opens,
clicks and all `first_*` columns are included only if they are inside the range too; and Intercom
silently truncates a job at ten million rows. So windows overlap by a lookback, and shrink.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_intercom_export.clock import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MIN_WINDOW_SECONDS = 3600
"""Minimum length of a window and of a lookback."""

SETTLING_SECONDS = 60
"""The last minute before now is left to the next run, because rows may still arrive."""


@dataclass(frozen=True, slots=True)
class Window:
    """The range of one job.

    Attributes:
        after: First unix second.
        before: Last unix second, inclusive.
    """

    after: int
    before: int

    def size(self, bookmark: int) -> WindowSize:
        """Return its size: the length of its new time and of its lookback.

        Args:
            bookmark: The unix second at which its new time begins.
        """
        return WindowSize(self.before - bookmark, max(0, bookmark - self.after))

    def __str__(self) -> str:
        """Return both ends as date-times."""
        return f"{to_text(self.after)} to {to_text(self.before)}"


@dataclass(frozen=True, slots=True)
class WindowSize:
    """Length of a window's new time and of its lookback.

    Attributes:
        new_seconds: Length of the time that is not exported yet.
        lookback_seconds: Length of the time before it, which is exported again.
    """

    new_seconds: int
    lookback_seconds: int

    def halved(self, actual: WindowSize) -> WindowSize | None:
        """Return a size that makes a window shorter than it was.

        Args:
            actual: The size that the window really had. It may be smaller than this size, if the
                window was limited by the start or end of the range to export.

        Returns:
            Half of the longer actual length, and the other one unchanged; None if both are minimal.
        """
        if max(actual.new_seconds, actual.lookback_seconds) <= MIN_WINDOW_SECONDS:
            return None
        if actual.new_seconds >= actual.lookback_seconds:
            return WindowSize(
                max(MIN_WINDOW_SECONDS, actual.new_seconds // 2), self.lookback_seconds
            )
        return WindowSize(self.new_seconds, max(MIN_WINDOW_SECONDS, actual.lookback_seconds // 2))

    def doubled(self, limit: WindowSize) -> WindowSize:
        """Return twice the size, but at most `limit`.

        Args:
            limit: The largest size.
        """
        return WindowSize(
            min(limit.new_seconds, self.new_seconds * 2),
            min(limit.lookback_seconds, self.lookback_seconds * 2),
        )


@dataclass(frozen=True, slots=True)
class PendingRange:
    """New time to export.

    Attributes:
        bookmark: The unix second after which it begins.
        end: Last unix second, inclusive.
    """

    bookmark: int
    end: int


@dataclass(frozen=True, slots=True)
class ExportRange:
    """The range that a run exports.

    Attributes:
        start: First second, from `start_date`.
        end: Last second: `end_date`, or a minute before now.
        partly_written: New time of windows that are partly written. The target may have their
            messages with all events up to the end of these windows.
    """

    start: int
    end: int
    partly_written: tuple[PendingRange, ...] = ()

    @classmethod
    def until_now(cls, start: int, end: int | None, now: float) -> ExportRange:
        """Return the range from `start` to `end`, or to the last settled second before `now`.

        Args:
            start: First unix second.
            end: Last unix second; None for none.
            now: The current time in unix seconds.
        """
        settled = int(now) - SETTLING_SECONDS
        return cls(start, settled if end is None else min(end, settled))

    @property
    def initial_bookmark(self) -> int:
        """The bookmark of a stream before its first export."""
        return self.start - 1

    def next_window(self, pending: PendingRange, size: WindowSize) -> Window | None:
        """Return the first window of a pending range.

        Args:
            pending: Everything up to and including its bookmark is exported.
            size: Maximum length of the window's new time and of its lookback.

        Returns:
            A window that ends after the bookmark, and not before partly written windows: a window
            that ends earlier would overwrite their messages without later events. None if nothing
            is left.
        """
        bookmark = pending.bookmark
        before = min(
            self._end_outside_partly_written(bookmark, bookmark + size.new_seconds), pending.end
        )
        if before <= bookmark:
            return None
        # The window begins at the bookmark itself, not a second later: if Intercom compares
        # fractions of a second, the last window did not have the rest of the bookmark's second.
        after = max(self.start, bookmark - size.lookback_seconds)
        # Whether Intercom accepts equal bounds is unknown; a second more does no harm.
        return Window(min(after, before - 1), before)

    def pending_ranges(self, bookmark: int, length: int) -> Iterator[PendingRange]:
        """Yield consecutive ranges that cover the time after a bookmark.

        Args:
            bookmark: Everything up to this second is exported.
            length: Length of each range but the last, in seconds.
        """
        while bookmark < self.end:
            end = min(self._end_outside_partly_written(bookmark, bookmark + length), self.end)
            yield PendingRange(bookmark, end)
            bookmark = end

    def fits(self, window: Window, bookmark: int) -> bool:
        """Return whether a job of an earlier run can be used as the next window.

        Args:
            window: The job's range.
            bookmark: Everything up to and including this second is exported.

        Returns:
            Whether it ends after the bookmark but not after the range to export, leaves no gap
            before it, and does not end before partly written windows. Its lookback may be shorter:
            it may have been shortened, and a new job would have to wait for this one anyway.
        """
        end = self._end_outside_partly_written(bookmark, window.before)
        return bookmark < min(end, self.end) == window.before and window.after <= max(
            self.start,
            bookmark + 1,  # where the windows of earlier versions began
        )

    def _end_outside_partly_written(self, bookmark: int, before: int) -> int:
        """Return an end for a window that is not inside a partly written window.

        Args:
            bookmark: Everything up to this second is exported.
            before: The end that it would have otherwise.
        """
        for written in _without_overlaps(self.partly_written):
            if written.bookmark < before < written.end:
                return written.bookmark if bookmark < written.bookmark else written.end
        return before


def _without_overlaps(ranges: Iterable[PendingRange]) -> list[PendingRange]:
    """Return ranges in order, with one in place of those that overlap."""
    joined: list[PendingRange] = []
    for one in sorted(ranges, key=lambda one: one.bookmark):
        if joined and one.bookmark < joined[-1].end:
            joined[-1] = PendingRange(joined[-1].bookmark, max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return joined
