"""Runs a scenario: the tap against the simulator, and once more without the fault."""

from __future__ import annotations

import email.utils
import math
import re
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import requests

from intercom_simulator import ApiVariant, Fault, Simulator
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import Output, run_without_waiting
from tests.harness.stopped_simulator import END, stopped_simulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from intercom_simulator.jobs import Job
    from tests.faults.scenarios import Scenario, StoredJob

HISTORY_DAYS = 20
"""Length of the workspace's history, in days."""

MIN_RETRY_PAUSE_SECONDS = 0.5
"""Shortest pause before a retry; pauses between polls are shorter."""

_RELATIVE_TIME = re.compile(r"\{(date )?in (\d+) s\}")


@dataclass(frozen=True)
class Result:
    """Result of a scenario.

    Args:
        expected: Number of rows in the workspace.
        first_run: Number of rows loaded by the run with the fault.
        loaded_rows: Number of rows loaded by all runs.
        problems: Problems, one line each.
        seconds: Run time.
        run: Output of the run with the fault.
    """

    expected: int
    first_run: int
    loaded_rows: int
    problems: list[str]
    seconds: float
    run: Output


def create_simulator(scenario: Scenario) -> Simulator:
    """Create the simulator of a scenario."""
    return stopped_simulator(
        receipts=scenario.given.receipts,
        days=HISTORY_DAYS,
        variant=scenario.given.variant,
        job_faults=scenario.given.job_faults,
    )


def configuration(sim: Simulator, **settings: Any) -> dict[str, Any]:
    """Return a configuration for the simulator: two windows, polls every 0.05 seconds."""
    start = END - timedelta(days=HISTORY_DAYS + 1)
    config = {
        "access_token": sim.token,
        "api_url": sim.url,
        "start_date": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end_date": f"{END:%Y-%m-%dT%H:%M:%SZ}",
        "window_days": 11,
        "lookback_days": 7,
        "poll_interval_seconds": 0.05,
    } | settings
    return {name: value for name, value in config.items() if value is not None}


def run_scenario(scenario: Scenario) -> Result:
    """Run a scenario and check the result.

    A run that must fail is followed by one without the fault, which continues from the last STATE
    and must load all missing rows.

    Args:
        scenario: The fault and the expected result.

    Returns:
        Row counts and problems.
    """
    started = time.perf_counter()
    with create_simulator(scenario) as sim:
        expected_rows = ExpectedRows(sim, scenario.expect.files, scenario.expect.ignore)
        state = _create_stored_jobs(sim, scenario.given.stored_jobs)
        sim.faults.add(*(_with_times(fault) for fault in scenario.given.faults))
        if scenario.given.make_body is not None:
            sim.faults.add(Fault("download", body=scenario.given.make_body(), times=None))
        slot_held_seconds = _hold_slot(sim, scenario.given.slot_held_seconds)
        known = len(sim.jobs)
        settings = {
            name: value.replace("{storage}", sim.storage_url) if isinstance(value, str) else value
            for name, value in scenario.given.settings.items()
        }
        run = run_without_waiting(configuration(sim, **settings), state)
        loaded = InMemoryTarget().load(run.lines)
        problems = [
            *_check_run(scenario, run, sim.token),
            *_check_requests(scenario, sim, known),
            *_check_rows(scenario, loaded, expected_rows),
        ]
        missing = expected_rows.missing(loaded.rows(), values=scenario.expect.values)
        first_run = expected_rows.count - sum(map(len, missing.values()))
        if run.exit_code:
            sim.faults.clear()
            sim.job_faults.clear()
            sim.variant = ApiVariant()
            for job in (*sim.jobs, *([slot_held_seconds] if slot_held_seconds else [])):
                if job.fault.never_ends:
                    job.cancel()
                sim.content_export.rebuild(job, sim.variant)
            again = run_without_waiting(configuration(sim), loaded.state or state)
            loaded.load(again.lines)
            if again.exit_code:
                problems.append(f"the next run fails, too: {again.log[-500:]}")
            missing = expected_rows.missing(loaded.rows(), values=scenario.expect.values)
        if missing and not scenario.expect.damaged:
            name, rows = next(iter(missing.items()))
            problems.append(f"rows of {list(missing)} are missing, such as {name} {rows[0]}")
        if scenario.expect.damaged and sum(map(len, missing.values())) > scenario.expect.damaged:
            problems.append(f"more rows are missing than damaged: {missing}")
    loaded_rows = expected_rows.count - sum(map(len, missing.values()))
    return Result(
        expected_rows.count, first_run, loaded_rows, problems, time.perf_counter() - started, run
    )


def _hold_slot(sim: Simulator, seconds: float | None) -> Job | None:
    if seconds is None:
        return None
    return sim.hold_slot(None if math.isinf(seconds) else seconds)


def _check_run(scenario: Scenario, run: Output, token: str) -> Iterator[str]:
    """Yield problems of the exit status, the log and the pauses."""
    log = run.log
    if run.exit_code != scenario.expect.exit_code:
        yield f"exit status {run.exit_code} instead of {scenario.expect.exit_code}: {log[-600:]}"
    for pattern in scenario.expect.log:
        if not re.search(pattern, log):
            yield f"no line of the log matches {pattern!r}: {log[-600:]}"
    for pattern in ("Traceback", re.escape(token), "signature=", *scenario.expect.not_in_log):
        if re.search(pattern, log):
            yield f"the log holds {pattern!r}: {log[-600:]}"
    activates_version = any('"type":"ACTIVATE_VERSION"' in line for line in run.lines)
    if scenario.expect.activates_version not in {None, activates_version}:
        yield f"a version was {'' if activates_version else 'not '}activated"
    # pauses between polls are shorter
    pauses = [pause for pause in run.pauses if pause >= MIN_RETRY_PAUSE_SECONDS]
    for pause, (minimum, maximum) in zip_longest(
        pauses[: len(scenario.expect.pauses)], scenario.expect.pauses
    ):
        if pause is None or not minimum <= pause <= maximum:
            yield f"a pause of {minimum} to {maximum} s is missing: {pauses}"


def _check_requests(scenario: Scenario, sim: Simulator, known: int) -> Iterator[str]:
    """Yield problems of the requests to Intercom."""
    canceled = sum(request.path.startswith("/export/cancel/") for request in sim.requests)
    counts = (
        ("jobs were created", len(sim.jobs) - known, scenario.expect.jobs),
        ("jobs were canceled", canceled, scenario.expect.canceled),
        ("requests were made", len(sim.requests), scenario.expect.requests),
    )
    for what, found, expected in counts:
        if expected is not None and found != expected:
            yield f"{found} {what} instead of {expected}"
    for request in sim.requests:
        if request.host == "storage" and request.header("Authorization"):
            yield "the token went to another host"


def _check_rows(
    scenario: Scenario, loaded: InMemoryTarget, expected_rows: ExpectedRows
) -> Iterator[str]:
    """Yield problems of records, schemas and bookmarks."""
    passed = expected_rows.missing_before_bookmark(loaded.rows(), loaded.bookmarks)
    if sum(map(len, passed.values())) > scenario.expect.damaged:
        yield f"the bookmarks of {list(passed)} are past rows that were not written"
    strange = expected_rows.unexpected(loaded.rows())
    if strange and not scenario.expect.extra_rows:
        name, records = next(iter(strange.items()))
        yield f"records of {list(strange)} are not in the workspace, such as {name} {records[0]}"
    if scenario.expect.bookmark is False and loaded.bookmarks:
        yield f"bookmarks moved: {loaded.bookmarks}"
    for stream, count in scenario.expect.records.items():
        if loaded.count(stream) != count:
            yield f"{loaded.count(stream)} records of {stream} instead of {count}"
    for stream, columns in scenario.expect.columns.items():
        if not set(columns) <= loaded.columns.get(stream, set()):
            yield f"the SCHEMA of {stream} has no {columns}"


def _create_stored_jobs(
    sim: Simulator, stored_jobs: tuple[StoredJob, ...]
) -> dict[str, Any] | None:
    """Create the jobs of an earlier run and return the state that contains them."""
    entries = []
    for each in stored_jobs:
        after = END + timedelta(days=each.after)
        before = END + timedelta(days=each.before)
        identifier = "unknown0unknown0"
        if each.exists:
            body = {
                "created_at_after": int(after.timestamp()),
                "created_at_before": int(before.timestamp()),
            }
            answer = requests.post(
                f"{sim.url}/export/content/data",
                json=body,
                headers={"Authorization": f"Bearer {sim.token}"},
                timeout=10,
            )
            identifier = answer.json()["job_identifier"]
        entries.append(
            {
                "job_identifier": identifier,
                "created_at_after": f"{after:%Y-%m-%dT%H:%M:%SZ}",
                "created_at_before": f"{before:%Y-%m-%dT%H:%M:%SZ}",
                "requested_at": f"{END:%Y-%m-%dT%H:%M:%SZ}",
            }
        )
    if not entries:
        return None
    own: dict[str, Any] = {"job": entries[0]}
    if entries[1:]:
        own["next_jobs"] = entries[1:]
    return {"bookmarks": {"content_export": own}}


def _with_times(fault: Fault) -> Fault:
    """Replace `{in 7 s}` and `{date in 7 s}` in headers by times."""

    def header(match: re.Match[str]) -> str:
        moment = time.time() + int(match[2])
        return email.utils.formatdate(moment, usegmt=True) if match[1] else str(int(moment))

    headers: Mapping[str, str | None] = {
        name: value and _RELATIVE_TIME.sub(header, value) for name, value in fault.headers.items()
    }
    return replace(fault, headers=headers)
