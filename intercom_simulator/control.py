"""Endpoints Intercom does not have: looking at the simulator and moving its clock from outside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from intercom_simulator.columns import FILES
from intercom_simulator.messages import Answer, Body, error_answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from intercom_simulator.clock import Clock
    from intercom_simulator.jobs import Job, Jobs
    from intercom_simulator.lists import AiContent, CustomObjects
    from intercom_simulator.messages import Request
    from intercom_simulator.reporting import Reporting, ReportJob
    from intercom_simulator.workspace import Workspace

    Rows: TypeAlias = Iterable[dict[str, Any]]

PREFIX = "/simulator/"
"""How the paths of these endpoints begin. They need no token and meet no faults."""

_REPORT = "reporting_"


@dataclass(frozen=True)
class Control:
    """Everything that can be looked at from outside.

    Args:
        clock: The simulator's clock.
        workspace: What the message export is about.
        jobs: Its jobs.
        reporting: What reports are about.
        reports: The jobs that make reports.
        ai_content: Sources and pages.
        custom_objects: Instances of custom objects.
    """

    clock: Clock
    workspace: Workspace
    jobs: Jobs[Job]
    reporting: Reporting
    reports: Jobs[ReportJob]
    ai_content: AiContent
    custom_objects: CustomObjects

    def answer(self, request: Request) -> Answer:
        """Answer a request to one of the control endpoints.

        `GET status` tells clock, jobs and numbers of rows. `POST clock` takes
        `{"advance_seconds": n}` or `{"set": "<ISO date-time>"}`. `GET truth/<name>` gives the rows
        that exist by now, one JSON a line: of a statistic, of `reporting_<dataset>`,
        `content_import_source`, `external_page` or `custom_object_instance`.

        Args:
            request: The request.
        """
        what, _, name = request.path[len(PREFIX) :].partition("/")
        if (request.method, what, name) == ("GET", "status", ""):
            return json_answer(200, self._status())
        if (request.method, what, name) == ("POST", "clock", ""):
            return _moved(request, self.clock)
        rows = self._truth(name) if (request.method, what) == ("GET", "truth") else None
        if rows is None:
            return error_answer(404, "not_found", "The simulator has no such endpoint.")
        body = Body.of("".join(json.dumps(row, default=_text) + "\n" for row in rows).encode())
        return Answer(200, {"Content-Type": "application/x-ndjson"}, body)

    def _status(self) -> dict[str, Any]:
        now = self.clock.now()
        seen = [
            {
                "job_identifier": job.identifier,
                "created_at_after": job.after,
                "created_at_before": job.before,
                "requested_at": _text(job.requested_at),
                "status": job.status,
            }
            for job in self.jobs.own
        ]
        reports = [
            {
                "job_identifier": job.identifier,
                "dataset_id": job.order.dataset.id if job.order else None,
                "start_time": job.after,
                "end_time": job.before,
                "requested_at": _text(job.requested_at),
                "status": job.status,
            }
            for job in self.reports.own
        ]
        return {
            "clock": _text(now),
            "jobs": seen,
            "counts": self.workspace.counts(now),
            "reporting_jobs": reports,
            "reporting_counts": self.reporting.counts(now),
            "ai_content_counts": {
                "content_import_source": len(self.ai_content.sources()),
                "external_page": len(self.ai_content.pages()),
            },
            "custom_object_counts": {
                name: len(self.custom_objects.instances(name)) for name in self.custom_objects.types
            },
        }

    def _truth(self, name: str) -> Rows | None:
        now = self.clock.now()
        dataset = name[len(_REPORT) :]
        if name.startswith(_REPORT) and dataset in self.reporting.datasets:
            return self.reporting.truth(dataset, now)
        if name in FILES:
            return self.workspace.truth(name, now)
        if name == "content_import_source":
            return self.ai_content.sources()
        if name == "external_page":
            return self.ai_content.pages()
        if name == "custom_object_instance":
            types = self.custom_objects.types
            return [one for each in types for one in self.custom_objects.instances(each)]
        return None


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
