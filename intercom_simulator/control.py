"""Control endpoints, which Intercom does not have: inspect the simulator and set its clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from intercom_simulator.content_export.columns import FILES
from intercom_simulator.http_messages import Body, Response, error_response, json_response

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from intercom_simulator.clock import Clock
    from intercom_simulator.http_messages import Request
    from intercom_simulator.jobs import Job, Jobs
    from intercom_simulator.lists import AiContent, CustomObjects
    from intercom_simulator.reporting import Reporting, ReportJob
    from intercom_simulator.workspace import Workspace

    Rows: TypeAlias = Iterable[dict[str, Any]]

CONTROL_PATH_PREFIX = "/simulator/"
"""Path prefix of the control endpoints. They need no token, and faults do not apply to them."""

_REPORT_PREFIX = "reporting_"


@dataclass(frozen=True)
class Control:
    """The control endpoints.

    Args:
        clock: The simulator's clock.
        workspace: The data of the message export.
        jobs: The jobs of the message export.
        reporting: The data of the reporting export.
        reports: The jobs of the reporting export.
        ai_content: Content import sources and external pages.
        custom_objects: Custom object instances.
    """

    clock: Clock
    workspace: Workspace
    jobs: Jobs[Job]
    reporting: Reporting
    reports: Jobs[ReportJob]
    ai_content: AiContent
    custom_objects: CustomObjects

    def respond(self, request: Request) -> Response:
        """Respond to a request to a control endpoint.

        - `GET status` returns the clock, the jobs and row counts.
        - `POST clock` takes `{"advance_seconds": n}` or `{"set": "<ISO date-time>"}`.
        - `GET expected_rows/<name>` returns the rows that exist now, one JSON object per line. The
          name is a statistic, `reporting_<dataset>`, `content_import_source`, `external_page` or
          `custom_object_instance`.

        Args:
            request: The request.
        """
        action, _, name = request.path[len(CONTROL_PATH_PREFIX) :].partition("/")
        if (request.method, action, name) == ("GET", "status", ""):
            return json_response(200, self._status())
        if (request.method, action, name) == ("POST", "clock", ""):
            return _set_clock(request, self.clock)
        rows = (
            self._expected_rows(name)
            if (request.method, action) == ("GET", "expected_rows")
            else None
        )
        if rows is None:
            return error_response(404, "not_found", "The simulator has no such endpoint.")
        body = Body.from_source(
            "".join(json.dumps(row, default=_format_time) + "\n" for row in rows).encode()
        )
        return Response(200, {"Content-Type": "application/x-ndjson"}, body)

    def _status(self) -> dict[str, Any]:
        now = self.clock.now()
        jobs = [
            {
                "job_identifier": job.identifier,
                "created_at_after": job.after,
                "created_at_before": job.before,
                "requested_at": _format_time(job.requested_at),
                "status": job.status,
            }
            for job in self.jobs.own
        ]
        reports = [
            {
                "job_identifier": job.identifier,
                "dataset_id": job.report_request.dataset.id if job.report_request else None,
                "start_time": job.after,
                "end_time": job.before,
                "requested_at": _format_time(job.requested_at),
                "status": job.status,
            }
            for job in self.reports.own
        ]
        return {
            "clock": _format_time(now),
            "jobs": jobs,
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

    def _expected_rows(self, name: str) -> Rows | None:
        now = self.clock.now()
        dataset = name[len(_REPORT_PREFIX) :]
        if name.startswith(_REPORT_PREFIX) and dataset in self.reporting.datasets:
            return self.reporting.expected_rows(dataset, now)
        if name in FILES:
            return self.workspace.expected_rows(name, now)
        if name == "content_import_source":
            return self.ai_content.sources()
        if name == "external_page":
            return self.ai_content.pages()
        if name == "custom_object_instance":
            types = self.custom_objects.types
            return [entry for name in types for entry in self.custom_objects.instances(name)]
        return None


def _set_clock(request: Request, clock: Clock) -> Response:
    try:
        parameters = json.loads(request.body)
        if "set" in parameters:
            clock.set(datetime.fromisoformat(parameters["set"].replace("Z", "+00:00")))
        clock.advance(float(parameters.get("advance_seconds", 0)))
    except (ValueError, TypeError, AttributeError) as error:
        return error_response(400, "bad_request", str(error))
    return json_response(200, {"clock": _format_time(clock.now())})


def _format_time(instant: Any) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
