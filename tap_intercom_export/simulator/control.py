"""Endpoints Intercom does not have: looking at the simulator and moving its clock from outside."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tap_intercom_export.simulator.columns import FILES
from tap_intercom_export.simulator.messages import Answer, Body, error_answer, json_answer

if TYPE_CHECKING:
    from tap_intercom_export.simulator.clock import Clock
    from tap_intercom_export.simulator.jobs import Jobs
    from tap_intercom_export.simulator.messages import Request
    from tap_intercom_export.simulator.workspace import Workspace

PREFIX = "/simulator/"
"""How the paths of these endpoints begin. They need no token and meet no faults."""


def control(request: Request, clock: Clock, jobs: Jobs, workspace: Workspace) -> Answer:
    """Answer a request to one of the control endpoints.

    `GET status` tells clock, jobs and numbers of rows. `POST clock` takes `{"advance_seconds": n}`
    or `{"set": "<ISO date-time>"}`. `GET truth/<statistic>` gives the rows that exist by now, one
    JSON a line.

    Args:
        request: The request.
        clock: The simulator's clock.
        jobs: Its jobs.
        workspace: Its workspace.
    """
    now = clock.now()
    what, _, name = request.path[len(PREFIX) :].partition("/")
    if (request.method, what, name) == ("GET", "status", ""):
        seen = [
            {
                "job_identifier": job.identifier,
                "created_at_after": job.after,
                "created_at_before": job.before,
                "requested_at": _text(job.requested_at),
                "status": job.status,
            }
            for job in jobs.own
        ]
        return json_answer(
            200, {"clock": _text(now), "jobs": seen, "counts": workspace.counts(now)}
        )
    if (request.method, what, name) == ("POST", "clock", ""):
        return _moved(request, clock)
    if (request.method, what) == ("GET", "truth") and name in FILES:
        lines = (json.dumps(row, default=_text) + "\n" for row in workspace.truth(name, now))
        body = Body.of("".join(lines).encode())
        return Answer(200, {"Content-Type": "application/x-ndjson"}, body)
    return error_answer(404, "not_found", "The simulator has no such endpoint.")


def _moved(request: Request, clock: Clock) -> Answer:
    try:
        asked = json.loads(request.body)
        if "set" in asked:
            clock.set(datetime.fromisoformat(asked["set"].replace("Z", "+00:00")))
        clock.advance(float(asked.get("advance_seconds", 0)))
    except (ValueError, TypeError, AttributeError) as error:
        return error_answer(400, "bad_request", str(error))
    return json_answer(200, {"clock": _text(clock.now())})


def _text(instant: Any) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
