"""Strategies of hypothesis for runs with any range, bookmark and window size."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tap_intercom_export.exports.window import (
    ExportRange,
    PendingRange,
    Window,
    WindowSize,
)

HOUR = 3600
DAY = 24 * HOUR

NEW_YEAR = 1_767_225_600
"""2026-01-01T00:00:00Z"""


@dataclass(frozen=True)
class Run:
    """Start of a run."""

    export_range: ExportRange
    bookmark: int
    size: WindowSize


@st.composite
def legal_size(draw: st.DrawFn) -> WindowSize:
    """Return a valid size: whole days, 90 days together."""
    window = draw(st.integers(1, 90))
    return WindowSize(window * DAY, draw(st.integers(0, 90 - window)) * DAY)


@st.composite
def runs(draw: st.DrawFn, size: st.SearchStrategy[WindowSize] | None = None) -> Run:
    """Return a run of at most 30 windows, with a bookmark at or before the end."""
    chosen = draw(legal_size() if size is None else size)
    start = draw(st.integers(0, 2 * NEW_YEAR))
    export_range = ExportRange(start, start + draw(st.integers(0, 30 * chosen.new_seconds)))
    bookmark = draw(st.integers(export_range.initial_bookmark, export_range.end))
    return Run(export_range, bookmark, chosen)


def rest_of(export_range: ExportRange, bookmark: int) -> PendingRange:
    """Return the rest of an export range as one pending range."""
    return PendingRange(bookmark, export_range.end)


def walk(run: Run) -> list[Window]:
    """Return the windows of a run, in order."""
    windows, bookmark = [], run.bookmark
    while window := run.export_range.next_window(rest_of(run.export_range, bookmark), run.size):
        windows.append(window)
        bookmark = window.before
        assert len(windows) <= 40, "the run does not come to an end"
    return windows
