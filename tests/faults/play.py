"""Plays a scenario: the tap against the simulator, and once more when the trouble is over."""

from __future__ import annotations

import email.utils
import math
import re
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import requests

from intercom_simulator import Clock, Dialect, Fault, Simulator
from tests.harness.expected_rows import ExpectedRows
from tests.harness.loaded import Loaded
from tests.harness.singer import Output, run_quickly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from intercom_simulator.jobs import Job
    from tests.faults.scenarios import Scenario, StoredJob

END = datetime(2025, 6, 1, 12, 30, tzinfo=timezone.utc)
"""The simulated present. It stands still."""

DAYS = 20
"""How far the workspace's history goes back."""

MIN_RETRY_PAUSE_SECONDS = 0.5
"""The shortest pause between two tries of a request."""

_AHEAD = re.compile(r"\{(date )?in (\d+) s\}")


@dataclass(frozen=True)
class Result:
    """What came of a scenario.

    Args:
        expected: How many rows the workspace has.
        first: How many of them arrived with the run that met the trouble.
        arrived: How many in the end.
        wrong: What did not go as it should, a line each; empty when all did.
        seconds: How long it took.
        run: The run that met the trouble.
    """

    expected: int
    first: int
    arrived: int
    wrong: list[str]
    seconds: float
    run: Output


def simulator(scenario: Scenario) -> Simulator:
    """Make the workspace of a scenario, with its trouble."""
    return Simulator(
        receipts=scenario.given.receipts,
        days=DAYS,
        end=END,
        clock=Clock(END, running=False),
        dialect=scenario.given.dialect,
        job_faults=scenario.given.job_faults,
    )


def configuration(sim: Simulator, **settings: Any) -> dict[str, Any]:
    """Make the tap's configuration for a workspace: two windows, pauses of a twentieth second."""
    start = END - timedelta(days=DAYS + 1)
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


def play(scenario: Scenario) -> Result:
    """Play a scenario and look at what came of it.

    A run that must fail is followed by one without the trouble, which goes on from the last STATE
    and must bring everything.

    Args:
        scenario: What happens and what must come of it.
    """
    begun = time.perf_counter()
    with simulator(scenario) as sim:
        truth = ExpectedRows(sim, scenario.expect.files, scenario.expect.ignore)
        state = _stored(sim, scenario.given.stored)
        sim.faults.add(*(_timed(fault) for fault in scenario.given.faults))
        if scenario.given.make_body is not None:
            sim.faults.add(Fault("download", body=scenario.given.make_body(), times=None))
        held = _hold(sim, scenario.given.held)
        known = len(sim.jobs)
        settings = {
            name: value.replace("{storage}", sim.storage_url) if isinstance(value, str) else value
            for name, value in scenario.given.settings.items()
        }
        run = run_quickly(configuration(sim, **settings), state)
        loaded = Loaded().take(run.lines)
        wrong = [
            *_about_the_run(scenario, run, sim.token),
            *_about_the_requests(scenario, sim, known),
            *_about_the_rows(scenario, loaded, truth),
        ]
        first = _arrived(truth, loaded, scenario)
        if run.exit_code:
            sim.faults.clear()
            sim.job_faults.clear()
            sim.dialect = Dialect()
            for job in (*sim.jobs, *([held] if held else [])):
                if job.fault.never_ends:
                    job.cancel()
                sim.content_export.rebuild(job, sim.dialect)
            again = run_quickly(configuration(sim), loaded.state or state)
            loaded.take(again.lines)
            if again.exit_code:
                wrong.append(f"the next run fails, too: {again.log[-500:]}")
        missing = truth.missing(loaded.rows(), values=scenario.expect.values)
        if missing and not scenario.expect.damaged:
            name, rows = next(iter(missing.items()))
            wrong.append(f"rows of {list(missing)} did not arrive, such as {name} {rows[0]}")
        if scenario.expect.damaged and sum(map(len, missing.values())) > scenario.expect.damaged:
            wrong.append(f"more rows are missing than damaged ones: {missing}")
    arrived = _arrived(truth, loaded, scenario)
    return Result(truth.count, first, arrived, wrong, time.perf_counter() - begun, run)


def _hold(sim: Simulator, seconds: float | None) -> Job | None:
    if seconds is None:
        return None
    return sim.hold_slot(None if math.isinf(seconds) else seconds)


def _arrived(truth: ExpectedRows, loaded: Loaded, scenario: Scenario) -> int:
    missing = truth.missing(loaded.rows(), values=scenario.expect.values)
    return truth.count - sum(map(len, missing.values()))


def _about_the_run(scenario: Scenario, run: Output, token: str) -> Iterator[str]:
    """Yield what is wrong with exit status, log and pauses."""
    log = run.log
    if run.exit_code != scenario.expect.exit_code:
        yield f"exit status {run.exit_code} instead of {scenario.expect.exit_code}: {log[-600:]}"
    for pattern in scenario.expect.log:
        if not re.search(pattern, log):
            yield f"no line of the log matches {pattern!r}: {log[-600:]}"
    for pattern in ("Traceback", re.escape(token), "signature=", *scenario.expect.not_in_log):
        if re.search(pattern, log):
            yield f"the log holds {pattern!r}: {log[-600:]}"
    activated = any('"type":"ACTIVATE_VERSION"' in line for line in run.lines)
    if scenario.expect.activated not in {None, activated}:
        yield f"a version was {'' if activated else 'not '}activated"
    # pauses between polls are shorter
    pauses = [pause for pause in run.pauses if pause >= MIN_RETRY_PAUSE_SECONDS]
    for pause, (least, most) in zip_longest(
        pauses[: len(scenario.expect.pauses)], scenario.expect.pauses
    ):
        if pause is None or not least <= pause <= most:
            yield f"a pause of {least} to {most} s is missing: {pauses}"


def _about_the_requests(scenario: Scenario, sim: Simulator, known: int) -> Iterator[str]:
    """Yield what is wrong with what was asked of Intercom."""
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


def _about_the_rows(scenario: Scenario, loaded: Loaded, truth: ExpectedRows) -> Iterator[str]:
    """Yield what is wrong with records, SCHEMAs and bookmarks."""
    passed = truth.passed_over(loaded.rows(), loaded.bookmarks)
    if sum(map(len, passed.values())) > scenario.expect.damaged:
        yield f"the bookmarks of {list(passed)} are past rows that were not written"
    strange = truth.too_much(loaded.rows())
    if strange and not scenario.expect.invented:
        name, records = next(iter(strange.items()))
        yield f"records of {list(strange)} exist nowhere, such as {name} {records[0]}"
    if scenario.expect.bookmark is False and loaded.bookmarks:
        yield f"bookmarks moved: {loaded.bookmarks}"
    for stream, count in scenario.expect.records.items():
        if loaded.count(stream) != count:
            yield f"{loaded.count(stream)} records of {stream} instead of {count}"
    for stream, columns in scenario.expect.columns.items():
        if not set(columns) <= loaded.columns.get(stream, set()):
            yield f"the SCHEMA of {stream} has no {columns}"


def _stored(sim: Simulator, stored: tuple[StoredJob, ...]) -> dict[str, Any] | None:
    """Make the state that an earlier run left behind, and its jobs at Intercom."""
    entries = []
    for each in stored:
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


def _timed(fault: Fault) -> Fault:
    """Put times into the headers that say `{in 7 s}` or `{date in 7 s}`."""

    def header(match: re.Match[str]) -> str:
        moment = time.time() + int(match[2])
        return email.utils.formatdate(moment, usegmt=True) if match[1] else str(int(moment))

    headers: Mapping[str, str | None] = {
        name: value and _AHEAD.sub(header, value) for name, value in fault.headers.items()
    }
    return replace(fault, headers=headers)
