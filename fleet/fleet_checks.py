"""Checks the whole fleet after the two nights, one sentence per check."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from fleet.nights import LATE_START
from fleet.runs import Run, max_concurrent, workspaces_with_overlap
from fleet.workspace_checks import exported_twice, wrong_rows
from fleet.workspaces import FIRST_NIGHT, NIGHT, START, WINDOW

if TYPE_CHECKING:
    from fleet.nights import Fleet
    from fleet.workspaces import SimulatedWorkspace

MAX_CONCURRENT_RUNS = 6
"""Maximum number of concurrent runs, as in examples/dagster/dagster.yaml."""

NIGHTS = 2

_TOO_MANY_REQUESTS = 429


def check_fleet(fleet: Fleet, database: str) -> tuple[list[str], list[str]]:
    """Check the fleet at the end of the second night.

    Args:
        fleet: The fleet.
        database: URL of the database.

    Returns:
        The checks that succeeded and those that failed, one sentence each.
    """
    log = fleet.engine.runs()
    runs = [Run.from_log(entry) for entry in log]
    passed: list[str] = []
    failed: list[str] = []

    def check(sentence: str, problem: Any) -> None:
        (failed if problem else passed).append(f"{sentence}: {problem}" if problem else sentence)

    refused, held = fleet.refused, fleet.held
    accepted = [member for member in fleet.members if member is not refused]
    wrong = {
        m.name: lines[:3]
        for m in accepted
        if (lines := wrong_rows(database, m, FIRST_NIGHT + NIGHT))
    }
    check(f"{len(accepted)} workspaces are complete; all rows were compared", wrong)
    latest = {run.workspace: run for run in sorted(runs, key=lambda run: run.queued)}
    failing = sorted(name for name, run in latest.items() if run.status != "SUCCESS")
    check(
        f"Only {refused.name}, whose token is refused, has failed",
        failing if failing != [refused.name] else None,
    )
    tries = sum(_tries(entry) for entry in log if entry["jobName"] == refused.job_name)
    check(f"{refused.name} was not retried", f"{tries} tries" if tries != NIGHTS else None)
    check(
        f"At most {MAX_CONCURRENT_RUNS} runs ran at once",
        max(0, max_concurrent(runs) - MAX_CONCURRENT_RUNS),
    )
    check("No workspace had two runs at once", workspaces_with_overlap(runs))
    waits = sum(r.status == _TOO_MANY_REQUESTS for r in held.simulator.requests)
    check(f"{held.name} waited for its export slot", None if waits else "it did not")
    check(
        "Syncs continued after the state store was unavailable",
        None if fleet.failed_connections else "no connection failed",
    )
    retry_log = [
        line
        for entry in log
        if entry["jobName"] == fleet.killed_backfill.job_name and entry["parentRunId"]
        for line in fleet.engine.log(entry["runId"])
    ]
    check(
        f"The killed backfill of {fleet.killed_backfill.name} was resumed",
        None if any("Resuming this backfill" in line for line in retry_log) else "it started again",
    )
    lost = fleet.lost_jobs
    retried = {
        str(entry["jobName"]).removeprefix("intercom_") for entry in log if _tries(entry) > 1
    }
    repeated = {m.name: text for m in accepted if (text := _repeated_exports(m, fleet, retried))}
    stale = {m.name for m in accepted if m.name in repeated and _had_stale_state(m, fleet, log)}
    check(
        "No range was exported twice, except those that were lost with a killed run "
        f"({', '.join(f'{name}: {count}' for name, count in lost.items())}) or with a state that "
        f"Meltano could not store ({', '.join(sorted(stale)) or 'none'})",
        {name: text for name, text in repeated.items() if name not in stale},
    )
    return passed, failed


def _tries(entry: dict[str, Any]) -> int:
    return max([1, *(len(step["attempts"]) for step in entry["stepStats"])])


def _repeated_exports(member: SimulatedWorkspace, fleet: Fleet, retried: set[str]) -> str:
    """Describe the exports that were requested too often; empty if there are none.

    Args:
        member: The workspace.
        fleet: The fleet.
        retried: Workspaces with a sync that was retried, whose state may be lost.
    """
    if member.name in retried:
        return ""
    jobs, lost = len(member.jobs), fleet.lost_jobs.get(member.name, 0)
    expected = _exports(member in fleet.backfilled)
    if not expected <= jobs <= expected + lost:
        return f"{jobs} exports instead of {expected}"
    twice = exported_twice(member.simulator)
    return f"exported twice: {twice}" if twice and not lost else ""


def _had_stale_state(member: SimulatedWorkspace, fleet: Fleet, log: list[dict[str, Any]]) -> bool:
    """Return whether a sync warned that Meltano did not store its last state."""
    return any(
        "Meltano has stored the state only up to" in line
        for entry in log
        if entry["jobName"] == member.job_name
        for line in fleet.engine.log(entry["runId"])
    )


def _exports(is_backfilled: bool) -> int:  # noqa: FBT001 - called once
    """Return the expected number of exports: the windows since the start, and one for a day."""
    if not is_backfilled:
        return ceil((FIRST_NIGHT - START) / WINDOW) + 1
    return ceil((FIRST_NIGHT - LATE_START) / WINDOW) + ceil((FIRST_NIGHT + NIGHT - START) / WINDOW)
