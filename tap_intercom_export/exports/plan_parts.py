"""The parts of a plan: windows, jobs that are not resumed, the deep lookback. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_text
from tap_intercom_export.exports.window import Window, WindowSize
from tap_intercom_export.formatting import duration

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """A window that a run would export.

    Attributes:
        window: The range.
        bookmark: Everything up to this unix second is exported before.
        resumed_job: Identifier of the resumed job of an earlier run, or "".
        is_deep: Whether it has the deep lookback.
        note: Reason for its end, if that is not obvious, or "".
    """

    window: Window
    bookmark: int
    resumed_job: str = ""
    is_deep: bool = False
    note: str = ""

    @property
    def size(self) -> WindowSize:
        """Length of its new time and of its lookback."""
        size = self.window.size(self.bookmark)
        # -1 if the first second is new
        return WindowSize(size.new_seconds, max(0, size.lookback_seconds))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the window."""
        return {
            "created_at_after": to_text(self.window.after),
            "created_at_before": to_text(self.window.before),
            "new_seconds": self.size.new_seconds,
            "lookback_seconds": self.size.lookback_seconds,
            "deep_lookback": self.is_deep,
            "resumes_job": self.resumed_job or None,
            "note": self.note or None,
        }

    def __str__(self) -> str:
        """Return the text of the window."""
        notes = (
            "deep lookback" if self.is_deep else "",
            f"resumes job {self.resumed_job}" if self.resumed_job else "",
            self.note,
        )
        return ", ".join([f"{self.window}  {extent(self.size)}", *filter(None, notes)])


@dataclass(frozen=True, slots=True)
class AbandonedJob:
    """A job of an earlier run that is not resumed.

    Attributes:
        identifier: Intercom's id.
        reason: Why it is not resumed.
    """

    identifier: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeepLookbackPlan:
    """When the deep lookback takes place.

    Attributes:
        lookback_seconds: Its length.
        is_due: Whether it is due in this run.
        in_run: Whether a window of this run has the deep lookback.
        last: End of the last window with a deep lookback, in unix seconds; None if there was none.
        next_due: Earliest end of a run that has the next deep lookback, in unix seconds; None if
            the next run has it in any case.
    """

    lookback_seconds: int
    is_due: bool
    in_run: bool
    last: int | None
    next_due: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the deep lookback."""
        return {
            "lookback_seconds": self.lookback_seconds,
            "in_this_run": self.in_run,
            "last": None if self.last is None else to_text(self.last),
            "next_due": None if self.next_due is None else to_text(self.next_due),
        }

    def __str__(self) -> str:
        """Return the text of the deep lookback."""
        length = duration(self.lookback_seconds)
        due = "" if self.next_due is None else to_text(self.next_due)
        if self.in_run:
            return f"{length} with the last window; next by a run that ends at {due} or later"
        if self.is_due:
            return f"{length}, due; comes with the next window that ends a run"
        last = "" if self.last is None else f" (the last one: {to_text(self.last)})"
        return f"{length}, next by a run that ends at {due} or later{last}"


def total_size(windows: Sequence[PlannedWindow]) -> WindowSize:
    """Return the total new time and lookback of windows.

    Args:
        windows: The windows.
    """
    return WindowSize(
        sum(planned.size.new_seconds for planned in windows),
        sum(planned.size.lookback_seconds for planned in windows),
    )


def extent(size: WindowSize) -> str:
    """Format the length of new time and lookback: `30 d new, 7 d again`.

    Args:
        size: The lengths.
    """
    again = f"{duration(size.lookback_seconds)} again" if size.lookback_seconds else "no lookback"
    return f"{duration(size.new_seconds)} new, {again}"
