"""What can go wrong, as data: with an answer (`Fault`) and with an export job (`JobFault`)."""

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
"""The requests a fault may be about.

The first four are those of the message export; `storage` is a download from the storage host.
"""

Export = Literal["content", "reporting"]
"""The two kinds of export that have jobs."""


@dataclass(frozen=True)
class Fault:
    """What happens to the answer of a request. Everything that is set happens to the same answer.

    Args:
        on: The requests concerned; `*` for all of them.
        times: How many of them; None for all that come.
        skip: How many to let pass before.
        handled: Whether the API still does what was asked for, such as creating the job. When left
            out: not if `status`, `body` or `redirect` replaces its answer, else yes.
        status: The HTTP status instead of the right one.
        headers: Headers to set; None takes one away.
        body: The body instead of the right one; what is neither bytes nor text is sent as JSON.
        no_body: Whether the body is left out, with a `Content-Length` of 0.
        redirect: A `Location` to send people to, with status 302 unless `status` says otherwise.
        delay: Seconds to wait before the head.
        corrupt_at: The position of a byte of the body to change; negative from its end.
        stall_after: After how many bytes of the body to pause.
        stall_seconds: How long that pause is.
        cut_after: After how many bytes of the body to stop.
        cut_fraction: The same as a share of the body, from 0 to 1.
        clean: Whether a cut is hidden: the length announced fits, or the chunks end as they should.
            If not, the connection ends in the middle.
        reset: Whether the connection is reset: before any answer, or at the cut if there is one.
        hang_up: Whether the connection is closed, in order, before any answer.
    """

    on: Route = "*"
    times: int | None = 1
    skip: int = 0
    handled: bool | None = None
    status: int | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = None
    no_body: bool = False
    redirect: str | None = None
    delay: float = 0.0
    corrupt_at: int | None = None
    stall_after: int | None = None
    stall_seconds: float = 30.0
    cut_after: int | None = None
    cut_fraction: float | None = None
    clean: bool = False
    reset: bool = False
    hang_up: bool = False

    @property
    def reaches_api(self) -> bool:
        """Whether the API does what was asked for."""
        if self.handled is not None:
            return self.handled
        return self.status is None and self.body is None and self.redirect is None


@dataclass(frozen=True)
class JobFault:
    """What becomes of an export job.

    Args:
        job: The number of the job concerned, counting from 1; whichever comes when left out.
        times: How many jobs; None for all that come.
        skip: How many to let pass before.
        longer_than: Only jobs whose range is longer than this many seconds are concerned.
        ends_as: The status it ends with, such as `failed`, or `canceled` by somebody else.
        never_ends: Whether it stays in progress.
        status_word: The status it shows instead of `in_progress`, from the start.
        seconds: How long it takes, in real seconds.
        rows: How many rows a file of it has at most, as with the cut at ten million.
        expired: Whether its data is gone as soon as it is done: the download answers 404.
        forgotten: Whether the API answers 404 about it from the start.
        export: The kind of job concerned; each kind numbers its jobs from 1.
        dataset: Only jobs for this reporting dataset are concerned.
    """

    job: int | None = None
    times: int | None = 1
    skip: int = 0
    longer_than: int | None = None
    ends_as: Literal["failed", "canceled", "no_data"] | None = None
    never_ends: bool = False
    status_word: str | None = None
    seconds: float | None = None
    rows: int | None = None
    expired: bool = False
    forgotten: bool = False
    export: Export = "content"
    dataset: str | None = None

    def concerns(
        self, export: Export, number: int, seconds: int, dataset: str | None = None
    ) -> bool:
        """Tell whether a job is one of those concerned.

        Args:
            export: Its kind.
            number: Its number, counting from 1.
            seconds: The length of its range.
            dataset: Its reporting dataset, if it has one.
        """
        return (
            self.export == export
            and self.job in {None, number}
            and (self.longer_than is None or seconds > self.longer_than)
            and self.dataset in {None, dataset}
        )


class _Counted(Protocol):
    @property
    def times(self) -> int | None: ...
    @property
    def skip(self) -> int: ...


FaultType = TypeVar("FaultType", bound=_Counted)


@dataclass
class _Pending(Generic[FaultType]):
    fault: FaultType
    skip: int
    left: int | None


class Faults(Generic[FaultType]):
    """Faults waiting for what they are about. Each thing meets one fault: the first that is due.

    Args:
        faults: Those waiting from the start.
    """

    def __init__(self, faults: Iterable[FaultType] = ()) -> None:
        self._lock = threading.Lock()
        self._pending: list[_Pending[FaultType]] = []
        self.add(*faults)

    def add(self, *faults: FaultType) -> None:
        """Let more faults wait, after those that do.

        Args:
            faults: What shall happen.
        """
        with self._lock:
            self._pending += [_Pending(fault, fault.skip, fault.times) for fault in faults]

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._pending.clear()

    def next(self, concerned: Callable[[FaultType], bool]) -> FaultType | None:
        """Give the fault that happens now, and count it.

        Args:
            concerned: Tells whether a fault is about what happens.
        """
        with self._lock:
            found: FaultType | None = None
            for pending in self._pending:
                if pending.left == 0 or not concerned(pending.fault):
                    continue
                if pending.skip:
                    pending.skip -= 1
                elif found is None:
                    found = pending.fault
                    pending.left = None if pending.left is None else pending.left - 1
            return found
