"""Chart (SVG) and page of the runs in Dagster's event log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COLOURS = {"SUCCESS": "#2e7d32", "FAILURE": "#c62828", "CANCELED": "#757575"}
_QUEUED = "#cfd8dc"
_ROW = 15
_LEFT = 60
_WIDTH = 900
_MARGIN = 30
_TICKS = 8


@dataclass(frozen=True)
class Run:
    """A run of the event log, times in unix seconds.

    Args:
        workspace: Workspace of the run.
        status: Final status.
        queued: Time of queueing.
        started: Start time; None if it was not started.
        ended: End time.
        reason: Reason of the run, such as a retry.
    """

    workspace: str
    status: str
    queued: float
    started: float | None
    ended: float
    reason: str = ""

    @classmethod
    def from_log(cls, entry: Mapping[str, Any]) -> Run:
        """Create a run from an entry of Dagster's API.

        Args:
            entry: The entry.
        """
        tags = {tag["key"]: tag["value"] for tag in entry["tags"]}
        return cls(
            str(entry["jobName"]).removeprefix("intercom_"),
            str(entry["status"]),
            float(entry["creationTime"]),
            float(entry["startTime"]) if entry["startTime"] else None,
            float(entry["endTime"] or entry["creationTime"]),
            f"retry {tags['dagster/retry_number']}" if "dagster/retry_number" in tags else "",
        )


def max_concurrent(runs: Sequence[Run]) -> int:
    """Return the largest number of runs that ran at the same time.

    Args:
        runs: The runs.
    """
    edges = [(one.started, 1) for one in runs if one.started is not None]
    edges += [(one.ended, -1) for one in runs if one.started is not None]
    now = most = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most


def workspaces_with_overlap(runs: Sequence[Run]) -> list[str]:
    """Return the workspaces with overlapping runs.

    Args:
        runs: The runs.
    """
    names = sorted({one.workspace for one in runs})
    return [n for n in names if max_concurrent([one for one in runs if one.workspace == n]) > 1]


def chart(runs: Sequence[Run], events: Sequence[tuple[float, str]]) -> str:
    """Return the runs as bars over time, one row for each workspace.

    Args:
        runs: The runs.
        events: Injected faults and their times.
    """
    first = min(one.queued for one in runs)
    span = max(max(one.ended for one in runs) - first, 1.0)
    names = sorted({one.workspace for one in runs})
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
        for one in (run for run in runs if run.workspace == name):
            start = one.started if one.started is not None else one.ended
            colour = _COLOURS.get(one.status, _QUEUED)
            for begin, end, fill in ((one.queued, start, _QUEUED), (start, one.ended, colour)):
                width = max((end - begin) / span * _WIDTH, 0.5)
                parts.append(
                    f'<rect x="{x(begin):.1f}" y="{y + 2}" width="{width:.1f}" '
                    f'height="{_ROW - 4}" fill="{fill}"><title>{escape(one.status)}'
                    f" {escape(one.reason)}</title></rect>"
                )
    for number, (instant, _) in enumerate(events, 1):
        parts.append(
            f'<line x1="{x(instant):.1f}" x2="{x(instant):.1f}" y1="{_MARGIN - 6}" '
            f'y2="{height - _MARGIN}" stroke="#ef6c00" stroke-dasharray="3 3"/>'
            f'<text x="{x(instant):.1f}" y="{_MARGIN - 10}" text-anchor="middle" '
            f'fill="#ef6c00">{number}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def page(runs: Sequence[Run], events: Sequence[tuple[float, str]], found: Sequence[str]) -> str:
    """Return the page of the documentation, in Markdown.

    Args:
        runs: The runs.
        events: Injected faults and their times.
        found: Results of the checks, one sentence each.
    """
    first = min(one.queued for one in runs)
    seconds = max(one.ended for one in runs) - first
    counts = Counter(one.status for one in runs)
    lines = [
        "# Two nights of a fleet",
        "",
        "Written by `make fleet` from Dagster's event log: simulated workspaces, real Dagster,",
        "Meltano, tap, PostgreSQL and an S3 (moto) for the state. [deployment.md](deployment.md)",
        "tells how to run such a fleet. Grey: in the queue; green: succeeded; red: failed; orange:",
        "what was done to it.",
        "",
        "![Timeline of runs](fleet.svg)",
        "",
        f"{len(runs)} runs: {', '.join(f'{n} {s.lower()}' for s, n in sorted(counts.items()))};",
        f"at most {max_concurrent(runs)} at once; {seconds:.0f} s in all.",
        "",
        *(f"{n}. {at - first:.0f} s: {text}" for n, (at, text) in enumerate(events, 1)),
        "",
        "Verified at the end:",
        "",
        *(f"- {line}" for line in found),
        "",
        "| workspace | run | queued (s) | started (s) | ended (s) |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in sorted(runs, key=lambda run: (run.workspace, run.queued)):
        started = "" if one.started is None else f"{one.started - first:.0f}"
        kind = " ".join(filter(None, (one.status.lower(), one.reason)))
        lines.append(
            f"| {one.workspace} | {kind} | {one.queued - first:.0f} | {started} "
            f"| {one.ended - first:.0f} |"
        )
    return "\n".join([*lines, ""])
