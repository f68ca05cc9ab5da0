"""The parts of a plan: windows, jobs that are not resumed, the deep lookback. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_text
from tap_intercom_export.exports.window import Sizes, Window
from tap_intercom_export.formatting import duration

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """A window that a run would export.

    Attributes:
        window: The range.
        bookmark: Everything up to this unix second is exported before.
        resumes: Identifier of the resumed job of an earlier run, or "".
        is_deep: Whether it has the deep lookback.
        note: Reason for its end, if that is not obvious, or "".
    """

    window: Window
    bookmark: int
    resumes: str = ""
    is_deep: bool = False
    note: str = ""

    @property
    def sizes(self) -> Sizes:
        """Length of its new time and of its lookback."""
        sizes = self.window.sizes(self.bookmark)
        return Sizes(sizes.window, max(0, sizes.lookback))  # -1 if the first second is new

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the window."""
        return {
            "created_at_after": to_text(self.window.after),
            "created_at_before": to_text(self.window.before),
            "new_seconds": self.sizes.window,
            "lookback_seconds": self.sizes.lookback,
            "deep_lookback": self.is_deep,
            "resumes_job": self.resumes or None,
            "note": self.note or None,
        }

    def __str__(self) -> str:
        """Return the text of the window."""
        notes = (
            "deep lookback" if self.is_deep else "",
            f"resumes job {self.resumes}" if self.resumes else "",
            self.note,
        )
        return ", ".join([f"{self.window}  {extent(self.sizes)}", *filter(None, notes)])


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
        lookback: Its length in seconds.
        is_due: Whether it is due in this run.
        in_run: Whether a window of this run has the deep lookback.
        last: End of the last window with a deep lookback, in unix seconds; None if there was none.
        next_due: Earliest end of a run that has the next deep lookback, in unix seconds; None if
            the next run has it in any case.
    """

    lookback: int
    is_due: bool
    in_run: bool
    last: int | None
    next_due: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the deep lookback."""
        return {
            "lookback_seconds": self.lookback,
            "in_this_run": self.in_run,
            "last": None if self.last is None else to_text(self.last),
            "next_due": None if self.next_due is None else to_text(self.next_due),
        }

    def __str__(self) -> str:
        """Return the text of the deep lookback."""
        length = duration(self.lookback)
        due = "" if self.next_due is None else to_text(self.next_due)
        if self.in_run:
            return f"{length} with the last window; next by a run that ends at {due} or later"
        if self.is_due:
            return f"{length}, due; comes with the next window that ends a run"
        last = "" if self.last is None else f" (the last one: {to_text(self.last)})"
        return f"{length}, next by a run that ends at {due} or later{last}"


def total_sizes(windows: Sequence[PlannedWindow]) -> Sizes:
    """Return the total new time and lookback of windows."""
    return Sizes(
        sum(planned.sizes.window for planned in windows),
        sum(planned.sizes.lookback for planned in windows),
    )


def extent(sizes: Sizes) -> str:
    """Format the length of new time and lookback."""
    again = f"{duration(sizes.lookback)} again" if sizes.lookback else "no lookback"
    return f"{duration(sizes.window)} new, {again}"
