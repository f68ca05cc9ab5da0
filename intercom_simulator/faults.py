"""Faults as data: of responses (`Fault`) and of export jobs (`JobFault`).

`delivery` applies those of responses, `jobs` those of jobs; `mutation` damages rows of CSV files.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Route = Literal[
    "create",
    "status",
    "cancel",
    "download",
    "storage",
    "reporting_datasets",
    "reporting_create",
    "reporting_status",
    "reporting_download",
    "ai_sources",
    "ai_source",
    "ai_pages",
    "ai_page",
    "custom_objects",
    "custom_object",
    "*",
]
"""Names of the routes to which a fault can apply; `*` means all of them.

The first four belong to the message export; `storage` is a download from the storage host.
"""

Export = Literal["content", "reporting"]
"""The kinds of export that have jobs."""


@dataclass(frozen=True)
class Fault:
    """A fault of the response to a request. All fields that are set apply to the same response.

    Args:
        route: Route of the affected requests; `*` for all routes.
        times: Number of affected requests; None for all.
        skip: Number of requests to leave unaffected before.
        handled: Whether the API still processes the request, for example creates the job. By
            default it does not if `status`, `body` or `redirect` replaces the response.
        status: HTTP status of the response.
        headers: Headers to set; a value of None removes the header.
        body: Body of the response; a value other than bytes or text is sent as JSON.
        empty_body: Whether the body is empty, with a `Content-Length` of 0.
        redirect: `Location` of a redirect, with status 302 unless `status` is set.
        delay_seconds: Delay before the response.
        corrupt_at: Offset of a byte of the body to change; negative offsets count from the end.
        stall_after_bytes: Number of bytes of the body after which the transfer pauses.
        stall_seconds: Length of that pause.
        cut_after_bytes: Number of bytes of the body after which the transfer ends.
        cut_fraction: The same as a fraction of the body, from 0 to 1.
        hide_cut: Whether the announced length or the last chunk hides the cut. If not, the
            connection ends in the middle of the body.
        reset: Whether the connection is reset: before the response, or at the cut if there is one.
        close_connection: Whether the connection is closed normally, without a response.
    """

    route: Route = "*"
    times: int | None = 1
    skip: int = 0
    handled: bool | None = None
    status: int | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = None
    empty_body: bool = False
    redirect: str | None = None
    delay_seconds: float = 0.0
    corrupt_at: int | None = None
    stall_after_bytes: int | None = None
    stall_seconds: float = 30.0
    cut_after_bytes: int | None = None
    cut_fraction: float | None = None
    hide_cut: bool = False
    reset: bool = False
    close_connection: bool = False

    @property
    def reaches_api(self) -> bool:
        """Whether the API processes the request."""
        if self.handled is not None:
            return self.handled
        return self.status is None and self.body is None and self.redirect is None


@dataclass(frozen=True)
class JobFault:
    """A fault of an export job.

    Args:
        job_number: Number of the affected job, counting from 1; None for the next job.
        times: Number of affected jobs; None for all.
        skip: Number of jobs to leave unaffected before.
        range_longer_than_seconds: Affect only jobs with a longer range than this.
        ends_as: Final status of the job, such as `failed`, or `canceled` by another client.
        never_ends: Whether the job stays in progress.
        status_word: Status of the job while it is in progress, instead of `in_progress`.
        duration_seconds: Run time of the job, in real seconds.
        max_rows: Maximum number of rows in a file of the job, like Intercom's limit of ten million.
        expired: Whether the archive is gone once the job is completed: downloads return 404.
        not_found: Whether the API responds with 404 about the job from the start.
        export: Kind of the job; each kind numbers its jobs from 1.
        dataset: Affect only jobs of this reporting dataset.
    """

    job_number: int | None = None
    times: int | None = 1
    skip: int = 0
    range_longer_than_seconds: int | None = None
    ends_as: Literal["failed", "canceled", "no_data"] | None = None
    never_ends: bool = False
    status_word: str | None = None
    duration_seconds: float | None = None
    max_rows: int | None = None
    expired: bool = False
    not_found: bool = False
    export: Export = "content"
    dataset: str | None = None

    def applies_to(
        self, export: Export, number: int, seconds: int, dataset: str | None = None
    ) -> bool:
        """Return whether the fault applies to a job.

        Args:
            export: Kind of the job.
            number: Number of the job, counting from 1.
            seconds: Length of the job's range.
            dataset: Reporting dataset of the job, if it has one.
        """
        return (
            self.export == export
            and self.job_number in {None, number}
            and (self.range_longer_than_seconds is None or seconds > self.range_longer_than_seconds)
            and self.dataset in {None, dataset}
        )


class _Repeating(Protocol):
    @property
    def times(self) -> int | None: ...
    @property
    def skip(self) -> int: ...


FaultType = TypeVar("FaultType", bound=_Repeating)


@dataclass
class _PendingFault(Generic[FaultType]):
    fault: FaultType
    skip: int
    remaining: int | None


class FaultQueue(Generic[FaultType]):
    """A thread-safe queue of faults. For each request or job, the first fault that applies is used.

    Args:
        faults: The initial faults.
    """

    def __init__(self, faults: Iterable[FaultType] = ()) -> None:
        self._lock = threading.Lock()
        self._pending: list[_PendingFault[FaultType]] = []
        self.add(*faults)

    def add(self, *faults: FaultType) -> None:
        """Append faults to the queue.

        Args:
            faults: The faults.
        """
        with self._lock:
            self._pending += [_PendingFault(fault, fault.skip, fault.times) for fault in faults]

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._pending.clear()

    def next(self, applies: Callable[[FaultType], bool]) -> FaultType | None:
        """Return the fault of the current request or job, if any, and count its use.

        Args:
            applies: Returns whether a fault applies to the current request or job.
        """
        with self._lock:
            found: FaultType | None = None
            for pending in self._pending:
                if pending.remaining == 0 or not applies(pending.fault):
                    continue
                if pending.skip:
                    pending.skip -= 1
                elif found is None:
                    found = pending.fault
                    pending.remaining = None if pending.remaining is None else pending.remaining - 1
            return found
