"""The simulator: a generated workspace, the API and the storage host, in this process."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from intercom_simulator.api import AccessRules, Api, api_version_of
from intercom_simulator.api_variant import ApiVariant
from intercom_simulator.clock import Clock
from intercom_simulator.content_export.export import SCOPE, ContentExport
from intercom_simulator.control import CONTROL_PATH_PREFIX, Control
from intercom_simulator.downloads import job_identifier_of
from intercom_simulator.faults import Fault, FaultQueue, JobFault
from intercom_simulator.lists import AiContent, CustomObjects
from intercom_simulator.lists.custom_objects import TYPES
from intercom_simulator.reporting import Reporting, ReportingExport, ReportJob
from intercom_simulator.reporting.export import SCOPE as REPORTING_SCOPE
from intercom_simulator.reporting.export import SLOTS
from intercom_simulator.server import Listener
from intercom_simulator.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from typing_extensions import Self

    from intercom_simulator.http_messages import Request, Response
    from intercom_simulator.jobs import Job
    from intercom_simulator.reporting.labels import Language


class Simulator:
    """A simulated Intercom workspace behind a local HTTP server.

    Use it in a `with` statement, or call `start` and `stop`. Its clock starts at `end` and keeps
    running; messages and events after the clock's current time are not visible yet.

    Args:
        receipts: Number of messages sent in the `days` before `end`.
        days: Length of the history, in days.
        seed: Seed of the generated data.
        end: The simulated present at the start, with a time zone; the current time by default.
        future_days: For how many days after `end` messages are generated. They become visible when
            the clock reaches them.
        max_delay_days: Time after a message within which people engage with it.
        late_share: Share of messages, from 0 to 1, whose engagement comes after `max_delay_days`.
        late_days: Time after a message within which late engagement comes.
        variant: How the API responds. A job keeps the variant in which it was created.
        faults: Faults of responses; add more with `sim.faults.add(Fault(...))`.
        job_faults: Faults of jobs; add more with `sim.job_faults.add(JobFault(...))`.
        job_seconds: Run time of a job, in seconds. The default is zero with a `Clock`, and 9
            minutes for 5 days of the range with a `VirtualClock`.
        token: The only valid access token.
        scopes: OAuth scopes of the token.
        region: Region that this host serves.
        token_region: Region of the token; if it differs from `region`, the token is refused.
        app_version: API version of requests that do not name one.
        rate_limit: Number of requests allowed in ten seconds.
        port: Port of the API; 0 for any free port.
        conversations: Number of conversations started in the `days` before `end`, for reports.
        reporting_timezone: Time zone of the workspace, used for the times in reports.
        reporting_language: Language of the workspace, used for the labels in reports.
        ai_sources: Number of content import sources.
        ai_pages: Number of external pages.
        custom_objects: Number of instances by custom object type.
        clock: A clock to use instead of one that starts at `end`.
        on_request: Called with every request once its response is known, in the thread that
            serves it.
    """

    def __init__(  # noqa: PLR0913  - these are the simulator's settings, each with a default
        self,
        *,
        receipts: int = 500,
        days: int = 90,
        seed: int = 1,
        end: datetime | None = None,
        future_days: int = 14,
        max_delay_days: float = 6.0,
        late_share: float = 0.0,
        late_days: float = 20.0,
        variant: ApiVariant | None = None,
        faults: Iterable[Fault] = (),
        job_faults: Iterable[JobFault] = (),
        job_seconds: float | None = None,
        token: str = "sim-token",  # noqa: S107  - not a real secret
        scopes: tuple[str, ...] = (SCOPE, REPORTING_SCOPE),
        region: str = "us",
        token_region: str = "us",  # noqa: S107  - a region, not a secret
        app_version: str = "2.14",
        rate_limit: int = 1_666,
        port: int = 0,
        conversations: int = 300,
        reporting_timezone: str = "UTC",
        reporting_language: Language = "en",
        ai_sources: int = 24,
        ai_pages: int = 400,
        custom_objects: Mapping[str, int] | None = None,
        clock: Clock | None = None,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        self.workspace = Workspace(
            receipts, days, seed, end, future_days, max_delay_days, late_share, late_days
        )
        self.clock = clock or Clock(self.workspace.end)
        self.variant = variant or ApiVariant()
        self.faults = FaultQueue(faults)
        self.job_faults = FaultQueue(job_faults)
        self.token = token
        self.requests: list[Request] = []
        self._on_request = on_request
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="intercom-simulator-")
        self.content_export = ContentExport(
            workspace=self.workspace,
            clock=self.clock,
            variant=lambda: self.variant,
            job_seconds=job_seconds,
            folder=Path(self._folder.name),
            job_faults=self.job_faults,
            api_url=lambda: self.url,
            storage_url=lambda: self.storage_url,
        )
        self.reporting = Reporting(
            self.workspace, conversations, reporting_timezone, reporting_language
        )
        self.reporting_export = ReportingExport(
            reporting=self.reporting,
            clock=self.clock,
            variant=lambda: self.variant,
            job_seconds=lambda: self.job_seconds,
            folder=Path(self._folder.name),
            job_faults=self.job_faults,
            version=self._version,
            api_url=lambda: self.url,
            storage_url=lambda: self.storage_url,
        )
        self.ai_content = AiContent(self.workspace, self.clock, ai_sources, ai_pages, self._version)
        self.custom_objects = CustomObjects(self.workspace, custom_objects or TYPES, self._version)
        self._control = Control(
            clock=self.clock,
            workspace=self.workspace,
            jobs=self.content_export.jobs,
            reporting=self.reporting,
            reports=self.reporting_export.jobs,
            ai_content=self.ai_content,
            custom_objects=self.custom_objects,
        )
        self._access = access = AccessRules(
            token, scopes, region, token_region, app_version, rate_limit
        )
        routes = [
            *self.content_export.routes(),
            *self.reporting_export.routes(),
            *self.ai_content.routes(),
            *self.custom_objects.routes(),
        ]
        self._api = Api(routes, access)
        self._api_listener = self._create_listener("api", port, self._respond)
        self._storage_listener = self._create_listener("storage", 0, self._respond_from_storage)

    @property
    def url(self) -> str:
        """URL of the API."""
        return f"http://127.0.0.1:{self._api_listener.port}"

    @property
    def storage_url(self) -> str:
        """URL of the storage host, which differs from the host of the API."""
        return f"http://localhost:{self._storage_listener.port}"

    @property
    def jobs(self) -> list[Job]:
        """Jobs of the message export that were created through the API, in order of creation."""
        return self.content_export.jobs.own

    @property
    def reporting_jobs(self) -> list[ReportJob]:
        """Jobs of the reporting export that were created through the API, in order of creation."""
        return self.reporting_export.jobs.own

    @property
    def job_seconds(self) -> float | None:
        """Run time of jobs created from now on, in seconds; None for the default of the clock."""
        return self.content_export.job_seconds

    @job_seconds.setter
    def job_seconds(self, seconds: float | None) -> None:
        self.content_export.job_seconds = seconds

    def hold_slot(self, seconds: float | None = None) -> Job:
        """Occupy the only job slot with a job of another client.

        Args:
            seconds: Real seconds until the job ends; by default it runs until it is canceled.

        Returns:
            The job. Its `cancel` method or a cancel request frees the slot.
        """
        return self.content_export.hold_slot(seconds)

    def hold_reporting_slots(
        self, seconds: float | None = None, number: int = SLOTS
    ) -> list[ReportJob]:
        """Occupy reporting job slots with jobs of another client.

        Args:
            seconds: Real seconds until the jobs end; by default they run until they are canceled.
            number: Number of slots to occupy; by default all of them.

        Returns:
            The jobs. The `cancel` method of a job frees its slot; the API cannot cancel it.
        """
        return [self.reporting_export.hold_slot(seconds) for _ in range(number)]

    def start(self) -> Self:
        """Start both HTTP servers."""
        self._api_listener.start()
        self._storage_listener.start()
        return self

    def stop(self) -> None:
        """Close all connections and remove all files."""
        self._api_listener.stop()
        self._storage_listener.stop()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        """Start both HTTP servers."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Close all connections and remove all files."""
        self.stop()

    def _create_listener(
        self, host: str, port: int, respond: Callable[[Request], Response]
    ) -> Listener:
        return Listener(
            host,
            port,
            now=self.clock.now,
            fault=self._next_fault,
            respond=respond,
            log=self._record_request,
        )

    def _respond(self, request: Request) -> Response:
        if request.path.startswith(CONTROL_PATH_PREFIX):
            return self._control.respond(request)
        return self._api.respond(request)

    def _respond_from_storage(self, request: Request) -> Response:
        if self.reporting_export.jobs.find(job_identifier_of(request)):
            return self.reporting_export.downloads.respond_from_storage(request)
        return self.content_export.downloads.respond_from_storage(request)

    def _version(self, request: Request) -> str:
        return api_version_of(request, self._access.app_version)

    def _next_fault(self, request: Request) -> Fault | None:
        if request.path.startswith(CONTROL_PATH_PREFIX):
            return None
        if request.host == "storage":
            name = "storage"
        else:
            match = self._api.find_route(request)
            name = match[0].name if match else ""
        return self.faults.next(lambda fault: fault.route in {"*", name})

    def _record_request(self, request: Request) -> None:
        if request.path.startswith(CONTROL_PATH_PREFIX):
            return
        with self._lock:
            self.requests.append(request)
        if self._on_request is not None:
            self._on_request(request)
