"""Which range of time to ask for next. Pure: times come in and go out as whole unix seconds.

Three facts decide: the range selects by the time a message was sent, both ends inclusive; opens,
clicks and all `first_*` columns count only when they too fall inside the job's range; and a job is
cut at ten million rows without a word. Hence windows that overlap by a lookback, and that shrink.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_intercom_export.clock import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_WINDOW_SECONDS = 3600
"""Seconds. Neither window nor lookback is made smaller than this."""

SETTLING_SECONDS = 60
"""Seconds before now that are left to the next run: rows of the last minute may still arrive."""


@dataclass(frozen=True, slots=True)
class Window:
    """A range of time for one job, both ends inclusive, in unix seconds."""

    after: int
    before: int

    def sizes(self, bookmark: int) -> Sizes:
        """Return how long its new time is and its lookback.

        Args:
            bookmark: The unix second at which its new time begins.
        """
        return Sizes(self.before - bookmark, max(0, bookmark - self.after))

    def __str__(self) -> str:
        """Return both ends as date-times."""
        return f"{to_text(self.after)} to {to_text(self.before)}"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long a window's new time and its lookback are, in seconds."""

    window: int
    lookback: int

    def halved(self, real: Sizes) -> Sizes | None:
        """Return sizes for which a window comes out shorter than it was.

        Args:
            real: What the window had of these sizes; the end of the time to export, or its start,
                may have left less.

        Returns:
            Half the larger one of what it had, and the other size as it was asked for; None when
            both are smallest.
        """
        if max(real.window, real.lookback) <= MIN_WINDOW_SECONDS:
            return None
        if real.window >= real.lookback:
            return Sizes(max(MIN_WINDOW_SECONDS, real.window // 2), self.lookback)
        return Sizes(self.window, max(MIN_WINDOW_SECONDS, real.lookback // 2))

    def doubled(self, limit: Sizes) -> Sizes:
        """Return sizes twice as long, at most those of `limit`."""
        return Sizes(min(limit.window, self.window * 2), min(limit.lookback, self.lookback * 2))


@dataclass(frozen=True, slots=True)
class PendingRange:
    """New time to export: after `bookmark`, up to and including `end`, in unix seconds."""

    bookmark: int
    end: int


@dataclass(frozen=True, slots=True)
class ExportRange:
    """The time a run exports.

    Attributes:
        start: First second, from `start_date`.
        end: Last second: `end_date`, or a minute before now.
        viewed: The new time of windows whose rows began to be written and were not all written. The
            target may have messages of it with all that happened up to its end.
    """

    start: int
    end: int
    viewed: tuple[PendingRange, ...] = ()

    @classmethod
    def until_now(cls, start: int, end: int | None, now: float) -> ExportRange:
        """Return the time from `start` to `end`, without what is not settled at `now`."""
        settled = int(now) - SETTLING_SECONDS
        return cls(start, settled if end is None else min(end, settled))

    @property
    def beginning(self) -> int:
        """The bookmark of a stream of which nothing is exported yet."""
        return self.start - 1

    def next_window(self, pending: PendingRange, sizes: Sizes) -> Window | None:
        """Return the first window of a range of time.

        Args:
            pending: Everything up to and including its bookmark is exported.
            sizes: How long the window and its lookback may be.

        Returns:
            A window whose `before` is later than the bookmark, and not earlier than what was
            viewed: a view of a message that ends earlier would take back what was seen of it. None
            when nothing is left.
        """
        bookmark = pending.bookmark
        before = min(self._view(bookmark, bookmark + sizes.window), pending.end)
        if before <= bookmark:
            return None
        # It begins at the bookmark itself, not a second later: if Intercom compares fractions of a
        # second, those of the bookmark's second came too late for the window before.
        after = max(self.start, bookmark - sizes.lookback)
        # Nobody knows whether Intercom takes equal bounds; a second more does no harm.
        return Window(min(after, before - 1), before)

    def pending_ranges(self, bookmark: int, length: int) -> Iterator[PendingRange]:
        """Yield the time after a bookmark in pending_ranges that are exported one after another.

        Args:
            bookmark: Everything up to this second is exported.
            length: Seconds of each pending but the last.
        """
        while bookmark < self.end:
            end = min(self._view(bookmark, bookmark + length), self.end)
            yield PendingRange(bookmark, end)
            bookmark = end

    def fits(self, window: Window, bookmark: int) -> bool:
        """Tell whether a job of an earlier run can stand for the next window.

        Args:
            window: The job's range.
            bookmark: Everything up to and including this second is exported.

        Returns:
            Whether it goes past the bookmark, not past the end, leaves nothing out before it, and
            gives no narrower view of a message than was written already.
            Its lookback may be shorter: it may have been shortened, and its slot is taken anyway.
        """
        end = self._view(bookmark, window.before)
        return bookmark < min(end, self.end) == window.before and window.after <= max(
            self.start,
            bookmark + 1,  # where the windows of earlier versions began
        )

    def _view(self, bookmark: int, before: int) -> int:
        """Return where a window may end, so that it gives no narrower view than there is already.

        Args:
            bookmark: Everything up to this second is exported.
            before: Where it would end.
        """
        for viewed in sorted(self.viewed, key=lambda one: one.end):
            if viewed.bookmark < before < viewed.end:
                before = viewed.bookmark if bookmark < viewed.bookmark else viewed.end
        return before
