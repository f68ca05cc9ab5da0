"""The windows that a run would make, before it makes them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_text
from tap_intercom_export.exports.window import PendingRange, Sizes, Window
from tap_intercom_export.progress import count, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_intercom_export.exports.job import ExportJob
    from tap_intercom_export.exports.window import ExportRange


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """A window that a run would export.

    Attributes:
        window: Its range.
        bookmark: Everything up to this unix second is exported before.
        resumes: Identifier of the job of an earlier run that is resumed for it, or "".
    """

    window: Window
    bookmark: int
    resumes: str = ""

    @property
    def sizes(self) -> Sizes:
        """How long its new time is, and what it covers again."""
        sizes = self.window.sizes(self.bookmark)
        return Sizes(sizes.window, max(0, sizes.lookback))  # -1 where the first second is new

    def to_dict(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "created_at_after": to_text(self.window.after),
            "created_at_before": to_text(self.window.before),
            "new_seconds": self.sizes.window,
            "lookback_seconds": self.sizes.lookback,
            "resumes_job": self.resumes or None,
        }


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What a run would export of one kind.

    Attributes:
        name: Its stream: `content_export` for the message export.
        streams: The selected streams that its rows go to.
        bookmark: Everything up to this unix second is exported.
        end: Last unix second to export.
        windows: In order of time.
        abandoned: Identifiers of jobs of earlier runs that do not fit and are not resumed.
        seconds_per_day: What a day took lately, in seconds; None where that is not known.
    """

    name: str
    streams: tuple[str, ...]
    bookmark: int
    end: int
    windows: tuple[PlannedWindow, ...]
    abandoned: tuple[str, ...] = ()
    seconds_per_day: float | None = None

    @property
    def seconds(self) -> float | None:
        """How long it may take, lookback included; None where that is not known."""
        if self.seconds_per_day is None:
            return None
        covered = sum(planned.sizes.window + planned.sizes.lookback for planned in self.windows)
        return covered / 86_400 * self.seconds_per_day

    def to_dict(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "stream": self.name,
            "streams": list(self.streams),
            "bookmark": to_text(self.bookmark),
            "end": to_text(self.end),
            "windows": [planned.to_dict() for planned in self.windows],
            "abandoned_jobs": list(self.abandoned),
            "expected_seconds": None if self.seconds is None else round(self.seconds),
        }

    def lines(self) -> Iterator[str]:
        """Yield it for people."""
        if not self.windows:
            yield f"{self.name}: nothing to export, all is written up to {to_text(self.bookmark)}"
            return
        expected = (
            "how long it takes is not known yet"
            if self.seconds is None
            else f"about {duration(self.seconds)}"
        )
        streams = ", ".join(self.streams) if len(self.streams) < 6 else ""  # noqa: PLR2004 - a line
        yield (
            f"{self.name}: {to_text(self.bookmark)} to {to_text(self.end)}, "
            f"{count(len(self.windows), 'window')}, {expected}"
        )
        yield f"  streams: {streams or len(self.streams)}"
        width = len(str(len(self.windows)))
        for number, planned in enumerate(self.windows, 1):
            again = planned.sizes.lookback
            yield (
                f"  {number:>{width}}  {planned.window}  {duration(planned.sizes.window)} new, "
                f"{duration(again) + ' again' if again else 'nothing again'}"
                + (f", resumes job {planned.resumes}" if planned.resumes else "")
            )
        for identifier in self.abandoned:
            yield f"  job {identifier} of an earlier run does not fit, and is not resumed"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run would do.

    Attributes:
        exports: What it would export.
        lists: Streams that are read whole.
        not_selected: Streams that are there and not selected.
    """

    exports: tuple[ExportPlan, ...]
    lists: tuple[str, ...]
    not_selected: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "exports": [plan.to_dict() for plan in self.exports],
            "lists": list(self.lists),
            "not_selected": list(self.not_selected),
        }

    def lines(self) -> Iterator[str]:
        """Yield it for people."""
        for plan in self.exports:
            yield from plan.lines()
        if self.lists:
            yield f"read whole: {', '.join(self.lists)}"
        if not (self.exports or self.lists):
            yield "nothing is selected"
        if self.not_selected:
            yield f"not selected: {', '.join(self.not_selected)}"


def plan_windows(
    export_range: ExportRange, bookmark: int, sizes: Sizes, stored: Iterable[ExportJob]
) -> tuple[list[PlannedWindow], list[str]]:
    """Return the windows that `Exporter` would make if no job fails and none is too large.

    Args:
        export_range: The time to export.
        bookmark: Everything up to this unix second is exported.
        sizes: How long a window and its lookback are.
        stored: Jobs of earlier runs, in order of time.

    Returns:
        The windows, and the identifiers of the jobs that are not resumed.
    """
    windows: list[PlannedWindow] = []
    abandoned: list[str] = []
    for job in stored:
        if job.given_up:
            continue
        if job.bookmark <= bookmark and export_range.fits(job.window, bookmark):
            windows.append(PlannedWindow(job.window, bookmark, job.identifier))
            bookmark = job.window.before
        else:
            abandoned.append(job.identifier)
    for pending in export_range.pending_ranges(bookmark, sizes.window):
        rest = pending
        while window := export_range.next_window(rest, sizes):
            windows.append(PlannedWindow(window, rest.bookmark))
            rest = PendingRange(window.before, rest.end)
    return windows, abandoned


def plan_export(
    name: str,
    streams: Sequence[str],
    export_range: ExportRange,
    bookmark: int,
    sizes: Sizes,
    stored: Iterable[ExportJob],
) -> ExportPlan:
    """Return what a run would export of one kind; see `plan_windows`.

    Args:
        name: Its stream.
        streams: The selected streams that its rows go to.
        export_range: The time to export.
        bookmark: Everything up to this unix second is exported.
        sizes: How long a window and its lookback are.
        stored: Jobs of earlier runs, in order of time.
    """
    windows, abandoned = plan_windows(export_range, bookmark, sizes, stored)
    return ExportPlan(
        name, tuple(streams), bookmark, export_range.end, tuple(windows), tuple(abandoned)
    )
