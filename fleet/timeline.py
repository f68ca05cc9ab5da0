"""A chart (SVG) of runs over time."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.runs import Run

_COLOURS = {"SUCCESS": "#2e7d32", "FAILURE": "#c62828", "CANCELED": "#757575"}
_QUEUED = "#cfd8dc"
_ROW = 15
_LEFT = 60
_WIDTH = 900
_MARGIN = 30
_TICKS = 8


def chart(runs: Sequence[Run], events: Sequence[tuple[float, str]]) -> str:
    """Return the runs as bars over time, one row for each workspace.

    Args:
        runs: The runs.
        events: Injected faults and their times.
    """
    first = min(run.queued for run in runs)
    span = max(max(run.ended for run in runs) - first, 1.0)
    names = sorted({run.workspace for run in runs})
    height = _MARGIN * 2 + _ROW * len(names)

    def x(instant: float) -> float:
        return _LEFT + (instant - first) / span * _WIDTH

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 20}"',
        f'  height="{height}" font-family="sans-serif" font-size="10">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for tick in range(_TICKS + 1):
        instant = first + span * tick / _TICKS
        parts.append(
            f'<line x1="{x(instant):.1f}" x2="{x(instant):.1f}" y1="{_MARGIN}" '
            f'y2="{height - _MARGIN}" stroke="#eee"/>'
            f'<text x="{x(instant):.1f}" y="{height - 12}" text-anchor="middle">'
            f"{span * tick / _TICKS:.0f} s</text>"
        )
    for row, name in enumerate(names):
        y = _MARGIN + row * _ROW
        parts.append(f'<text x="4" y="{y + 10}">{escape(name)}</text>')
        for run in (each for each in runs if each.workspace == name):
            start = run.started if run.started is not None else run.ended
            colour = _COLOURS.get(run.status, _QUEUED)
            for begin, end, fill in ((run.queued, start, _QUEUED), (start, run.ended, colour)):
                width = max((end - begin) / span * _WIDTH, 0.5)
                parts.append(
                    f'<rect x="{x(begin):.1f}" y="{y + 2}" width="{width:.1f}" '
                    f'height="{_ROW - 4}" fill="{fill}"><title>{escape(run.status)}'
                    f" {escape(run.reason)}</title></rect>"
                )
    for number, (instant, _) in enumerate(events, 1):
        parts.append(
            f'<line x1="{x(instant):.1f}" x2="{x(instant):.1f}" y1="{_MARGIN - 6}" '
            f'y2="{height - _MARGIN}" stroke="#ef6c00" stroke-dasharray="3 3"/>'
            f'<text x="{x(instant):.1f}" y="{_MARGIN - 10}" text-anchor="middle" '
            f'fill="#ef6c00">{number}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])
