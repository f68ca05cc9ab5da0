"""The page of the documentation about the two nights, in Markdown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fleet.runs import max_concurrent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.runs import Run


_OUTCOMES = {"SUCCESS": "succeeded", "FAILURE": "failed", "CANCELED": "were canceled"}


def page(runs: Sequence[Run], events: Sequence[tuple[float, str]], checks: Sequence[str]) -> str:
    """Return the page of the documentation, in Markdown.

    Args:
        runs: The runs.
        events: Injected faults and their times.
        checks: Results of the checks, one sentence each.
    """
    first = min(run.queued for run in runs)
    seconds = max(run.ended for run in runs) - first
    counts = Counter(run.status for run in runs)
    outcomes = [f"{counts[status]} {word}" for status, word in _OUTCOMES.items() if counts[status]]
    lines = [
        "# Two nights of a fleet",
        "",
        "`make fleet` writes this page from Dagster's event log. The workspaces are simulated;",
        "Dagster, Meltano, the tap, PostgreSQL and the S3 server for the state (moto) are real.",
        "[deployment.md](deployment.md) describes how to run such a fleet. Grey bars are queued",
        "runs, green ones succeeded, red ones failed; orange lines are injected faults.",
        "",
        "![Timeline of runs](fleet.svg)",
        "",
        f"{len(runs)} runs: {', '.join(outcomes)}.",
        f"At most {max_concurrent(runs)} ran at once; all of it took {seconds:.0f} s.",
        "",
        *(f"{n}. {at - first:.0f} s: {text}" for n, (at, text) in enumerate(events, 1)),
        "",
        "Checks at the end:",
        "",
        *(f"- {line}" for line in checks),
        "",
        "| workspace | run | queued (s) | started (s) | ended (s) |",
        "| --- | --- | --- | --- | --- |",
    ]
    for run in sorted(runs, key=lambda run: (run.workspace, run.queued)):
        started = "" if run.started is None else f"{run.started - first:.0f}"
        outcome = _OUTCOMES.get(run.status, run.status.lower()).removeprefix("were ")
        kind = ", ".join(filter(None, (outcome, run.reason)))
        lines.append(
            f"| {run.workspace} | {kind} | {run.queued - first:.0f} | {started} "
            f"| {run.ended - first:.0f} |"
        )
    return "\n".join([*lines, ""])
