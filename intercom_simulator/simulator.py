"""The simulator as a whole: a workspace, its API and the storage host, running in this process."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from intercom_simulator.api import Access, Api, version_of
from intercom_simulator.clock import Clock
from intercom_simulator.content_export import SCOPE, ContentExport
from intercom_simulator.control import PREFIX, Control
from intercom_simulator.dialect import Dialect
from intercom_simulator.downloads import identifier_of
from intercom_simulator.faults import Fault, Faults, JobFault
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

    from intercom_simulator.jobs import Job
    from intercom_simulator.messages import Answer, Request
    from intercom_simulator.reporting.labels import Language


class Simulator:
    """An Intercom on this machine. Use it in a `with` statement, or call `start` and `stop`.

    Its clock starts at `end` and goes on by itself; messages and events that are later do not exist
    yet.

    Args:
        receipts: How many messages were sent in the days before `end`.
        days: How far the history goes back.
        seed: Chooses one of the possible histories.
        end: The instant between past and future, with a time zone; the present when left out.
        future_days: How long messages go on after `end`, to be seen once the clock has been moved.
        max_delay_days: The time within which people do something with a message.
        late_share: How many messages, from 0 to 1, are taken notice of only later than that.
        late_days: The time within which those are.
        dialect: How it answers. A job keeps the dialect it was created in.
        faults: What goes wrong with answers; later `sim.faults.add(Fault(...))`.
        job_faults: What goes wrong with jobs; later `sim.job_faults.add(JobFault(...))`.
        job_seconds: How long a job takes. When left out, no time with a clock that runs or stands
            still, and 9 minutes for 5 days of its range with a `VirtualClock`.
        token: The only good access token.
        scopes: The scopes it has.
        region: The region the host serves.
        token_region: The region the token belongs to; if another, it is refused.
        app_version: The API version of requests that name none.
        rate_limit: How many requests are answered in ten seconds.
        port: The port; 0 for any free one.
        conversations: How many conversations were started in the days before `end`, for reports.
        reporting_timezone: The workspace's time zone, in which reports give their times.
        reporting_language: The workspace's language, in which reports give their labels.
        ai_sources: How many import sources there are.
        ai_pages: How many external pages.
        custom_objects: The types of custom objects, and how many instances of each.
        clock: A clock to use instead of one that starts at `end`.
        on_request: Gets every request once its answer is known, from the thread that answers it.
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
        dialect: Dialect | None = None,
        faults: Iterable[Fault] = (),
        job_faults: Iterable[JobFault] = (),
        job_seconds: float | None = None,
        token: str = "sim-token",  # noqa: S107  - it opens nothing
        scopes: tuple[str, ...] = (SCOPE, REPORTING_SCOPE),
        region: str = "us",
        token_region: str = "us",  # noqa: S107  - nor does this
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
        self.dialect = dialect or Dialect()
        self.faults = Faults(faults)
        self.job_faults = Faults(job_faults)
        self.token = token
        self.requests: list[Request] = []
        self._on_request = on_request
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="intercom-simulator-")
        self.content_export = ContentExport(
            workspace=self.workspace,
            clock=self.clock,
            dialect=lambda: self.dialect,
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
            dialect=lambda: self.dialect,
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
        self._access = access = Access(token, scopes, region, token_region, app_version, rate_limit)
        routes = [
            *self.content_export.routes(),
            *self.reporting_export.routes(),
            *self.ai_content.routes(),
            *self.custom_objects.routes(),
        ]
        self._api = Api(routes, access)
        self._listener = self._listen("api", port, self._answer)
        self._storage = self._listen("storage", 0, self._stored)

    @property
    def url(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def storage_url(self) -> str:
        """The address of the storage host, which is another one than the API's."""
        return f"http://localhost:{self._storage.port}"

    @property
    def jobs(self) -> list[Job]:
        """The jobs of the message export created through the API, in order."""
        return self.content_export.jobs.own

    @property
    def reporting_jobs(self) -> list[ReportJob]:
        """The jobs of the reporting export created through the API, in order."""
        return self.reporting_export.jobs.own

    @property
    def job_seconds(self) -> float | None:
        """How long a job created from now on takes; None for as long as the clock says."""
        return self.content_export.job_seconds

    @job_seconds.setter
    def job_seconds(self, seconds: float | None) -> None:
        self.content_export.job_seconds = seconds

    def hold_slot(self, seconds: float | None = None) -> Job:
        """Let somebody else have a job pending, so that no other can be created.

        Args:
            seconds: For how many real seconds; until the job is cancelled when left out.

        Returns:
            That job. Its `cancel` frees the slot, as does a request to cancel it.
        """
        return self.content_export.hold_slot(seconds)

    def hold_reporting_slots(
        self, seconds: float | None = None, number: int = SLOTS
    ) -> list[ReportJob]:
        """Let somebody else have reports pending.

        Args:
            seconds: For how many real seconds; until the jobs are cancelled when left out.
            number: How many reports; with as many as there are slots, no other can be asked for.

        Returns:
            Their jobs. The `cancel` of each frees a slot; the API has no request for it.
        """
        return [self.reporting_export.hold_slot(seconds) for _ in range(number)]

    def start(self) -> Self:
        """Begin to answer."""
        self._listener.start()
        self._storage.start()
        return self

    def stop(self) -> None:
        """End all connections and remove all files."""
        self._listener.stop()
        self._storage.stop()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        """Begin to answer."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """End all connections and remove all files."""
        self.stop()

    def _listen(self, host: str, port: int, answer: Callable[[Request], Answer]) -> Listener:
        return Listener(
            host, port, now=self.clock.now, fault=self._fault, answer=answer, log=self._log
        )

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        return self._api.answer(request)

    def _stored(self, request: Request) -> Answer:
        if self.reporting_export.jobs.find(identifier_of(request)):
            return self.reporting_export.downloads.stored(request)
        return self.content_export.downloads.stored(request)

    def _version(self, request: Request) -> str:
        return version_of(request, self._access.app_version)

    def _fault(self, request: Request) -> Fault | None:
        if request.path.startswith(PREFIX):
            return None
        if request.host == "storage":
            name = "storage"
        else:
            found = self._api.route(request)
            name = found[0].name if found else ""
        return self.faults.next(lambda fault: fault.on in {"*", name})

    def _log(self, request: Request) -> None:
        if request.path.startswith(PREFIX):
            return
        with self._lock:
            self.requests.append(request)
        if self._on_request is not None:
            self._on_request(request)
