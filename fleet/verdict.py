"""Checks the result of the two nights, one sentence per check."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from fleet import verify
from fleet.nights import LATE_START
from fleet.timeline import Run, max_concurrent, workspaces_with_overlap
from fleet.workspaces import FIRST_NIGHT, NIGHT, START, WINDOW

if TYPE_CHECKING:
    from fleet.nights import Fleet
    from fleet.workspaces import SimulatedWorkspace

MAX_CONCURRENT_RUNS = 6
"""Maximum number of concurrent runs, as in examples/dagster/dagster.yaml."""

NIGHTS = 2

_TOO_MANY_REQUESTS = 429


def judge(fleet: Fleet, database: str) -> tuple[list[str], list[str]]:
    """Check the fleet at the end of the second night.

    Args:
        fleet: The fleet.
        database: URL of the database.

    Returns:
        The checks that succeeded and those that failed, one sentence each.
    """
    log = fleet.engine.runs()
    runs = [Run.from_log(entry) for entry in log]
    good: list[str] = []
    bad: list[str] = []

    def check(sentence: str, wrong: Any) -> None:
        (bad if wrong else good).append(f"{sentence}: {wrong}" if wrong else sentence)

    refused, held = fleet.refused, fleet.held
    whole = [member for member in fleet.members if member is not refused]
    wrong = {
        m.name: lines[:3]
        for m in whole
        if (lines := verify.wrong_rows(database, m, FIRST_NIGHT + NIGHT))
    }
    check(f"{len(whole)} workspaces are complete, compared row by row", wrong)
    latest = {run.workspace: run for run in sorted(runs, key=lambda run: run.queued)}
    red = sorted(name for name, run in latest.items() if run.status != "SUCCESS")
    check(
        f"Only {refused.name}, whose token is refused, is red",
        red if red != [refused.name] else None,
    )
    tries = sum(_tries(entry) for entry in log if entry["jobName"] == refused.job_name)
    check("It was not tried again", tries if tries != NIGHTS else None)
    check(
        f"Never more than {MAX_CONCURRENT_RUNS} runs at once",
        max(0, max_concurrent(runs) - MAX_CONCURRENT_RUNS),
    )
    check("Never two runs of a workspace at once", workspaces_with_overlap(runs))
    waits = sum(one.status == _TOO_MANY_REQUESTS for one in held.simulator.requests)
    check(f"{held.name} waited for its export slot", None if waits else "never")
    check(
        "Syncs met a state store that was away, and went on",
        None if fleet.failed_connections else "none did",
    )
    again = [
        line
        for entry in log
        if entry["jobName"] == fleet.killed_backfill.job_name and entry["parentRunId"]
        for line in fleet.engine.log(entry["runId"])
    ]
    check(
        f"The backfill of {fleet.killed_backfill.name} that was killed went on, and did not begin "
        "anew",
        None if any("Resuming this backfill" in line for line in again) else "it began anew",
    )
    lost = fleet.lost_jobs
    tried_again = {
        str(entry["jobName"]).removeprefix("intercom_") for entry in log if _tries(entry) > 1
    }
    repeated = {m.name: found for m in whole if (found := _repeated_exports(m, fleet, tried_again))}
    stale = {m.name for m in whole if m.name in repeated and _had_stale_state(m, fleet, log)}
    check(
        "No export was asked for twice, but those that were lost with a killed run "
        f"({', '.join(f'{name}: {count}' for name, count in lost.items())}), or with a state that "
        f"Meltano could not store ({', '.join(sorted(stale)) or 'none'})",
        {name: found for name, found in repeated.items() if name not in stale},
    )
    return good, bad


def _tries(entry: dict[str, Any]) -> int:
    return max([1, *(len(step["attempts"]) for step in entry["stepStats"])])


def _repeated_exports(member: SimulatedWorkspace, fleet: Fleet, tried_again: set[str]) -> str:
    """Describe the exports that were requested too often; empty if there are none.

    Args:
        member: The workspace.
        fleet: The fleet.
        tried_again: Workspaces with a sync that was retried, whose state may be lost.
    """
    if member.name in tried_again:
        return ""
    jobs, lost = len(member.jobs), fleet.lost_jobs.get(member.name, 0)
    expected = _exports(member in fleet.backfilled)
    if not expected <= jobs <= expected + lost:
        return f"{jobs} exports instead of {expected}"
    twice = verify.exported_twice(member.simulator)
    return f"twice: {twice}" if twice and not lost else ""


def _had_stale_state(member: SimulatedWorkspace, fleet: Fleet, log: list[dict[str, Any]]) -> bool:
    """Return whether a sync warned that Meltano did not store its last state."""
    return any(
        "Meltano has stored the state only up to" in line
        for entry in log
        if entry["jobName"] == member.job_name
        for line in fleet.engine.log(entry["runId"])
    )


def _exports(is_backfilled: bool) -> int:  # noqa: FBT001 - used once
    """Return the expected number of exports: the windows since the start, and one for a day."""
    if not is_backfilled:
        return ceil((FIRST_NIGHT - START) / WINDOW) + 1
    return ceil((FIRST_NIGHT - LATE_START) / WINDOW) + ceil((FIRST_NIGHT + NIGHT - START) / WINDOW)
