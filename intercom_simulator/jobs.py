"""Export jobs and their life: the slots, the statuses over time, the expiry."""

from __future__ import annotations

import secrets
import string
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from intercom_simulator.faults import JobFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from intercom_simulator.clock import Clock
    from intercom_simulator.dialect import Dialect

ACTIVE = ("pending", "in_progress")
"""The statuses of a job that holds a slot."""

_ALPHABET = string.ascii_lowercase + string.digits
_IDENTIFIER_LENGTH = 16
_PENDING_SHARE = 1 / 3
# "A job left in progress for more than a day is marked failed when polled" (reference 2.17).
_LONGEST_RUN = timedelta(days=1)


@dataclass
class Job:
    """An export job.

    Args:
        number: Its number in order of creation, from 1; 0 for a job of somebody else.
        after: The first second of its range, in unix seconds.
        before: The last second of its range.
        requested_at: When it was created, by the simulator's clock.
        dialect: The dialect spoken when it was created; its archive keeps it.
        seconds: How long it takes, by `elapsed`.
        outcome: The status it ends with.
        fault: What goes wrong with it.
        elapsed: Tells the seconds that pass for jobs.
        identifier: What the API calls it.
    """

    number: int
    after: int
    before: int
    requested_at: datetime
    dialect: Dialect
    seconds: float
    outcome: str
    elapsed: Callable[[], float]
    fault: JobFault = field(default_factory=JobFault)
    identifier: str = field(
        default_factory=lambda: "".join(
            secrets.choice(_ALPHABET) for _ in range(_IDENTIFIER_LENGTH)
        )
    )
    cancelled: bool = False
    polls: int = 0
    downloads: int = 0
    started: float = field(init=False)
    building: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _ended_as: str | None = None

    def __post_init__(self) -> None:
        """Start it."""
        self.started = self.elapsed()

    @property
    def status(self) -> str:
        """The status now, in the words of the reference: `completed`, whatever the dialect says."""
        if self._ended_as is not None:
            return self._ended_as
        age = self.elapsed() - self.started
        if self.fault.never_ends or age < self.seconds:
            pending = age < self.seconds * _PENDING_SHARE
            return "pending" if pending and not self.fault.never_ends else "in_progress"
        return self.outcome

    @property
    def active(self) -> bool:
        """Whether it holds a slot."""
        return self.status in ACTIVE

    @property
    def downloadable(self) -> bool:
        """Whether it has an archive, and still has it."""
        return self.status == "completed" and not self.fault.expired

    @property
    def ended_at(self) -> datetime:
        """When it ended or will end, by the simulator's clock as it was at the creation."""
        return self.requested_at + timedelta(seconds=self.seconds)

    @property
    def expires_at(self) -> datetime:
        """When its archive goes, by the simulator's clock."""
        return self.ended_at + timedelta(seconds=self.dialect.expires_after)

    def end(self, status: str) -> None:
        """Let it end now.

        Args:
            status: The status it ends with.
        """
        self._ended_as = status

    def cancel(self) -> None:
        """Cancel it, if it is not over."""
        if self.active:
            self.cancelled = True
            self.end("canceled")


class SlotTaken(Exception):  # noqa: N818  - it is an answer, not a mistake
    """As many other jobs are pending as may be."""


JobType = TypeVar("JobType", bound=Job)


class Jobs(Generic[JobType]):
    """All jobs of one kind of export in a workspace, of which only so many may be active.

    Args:
        clock: The simulator's clock.
        slots: How many.
    """

    def __init__(self, clock: Clock, slots: int = 1) -> None:
        self._clock = clock
        self._slots = slots
        self._lock = threading.Lock()
        self.own: list[JobType] = []
        self.foreign: list[JobType] = []

    def create(self, make: Callable[[int], JobType]) -> JobType:
        """Create a job, if a slot is free.

        Args:
            make: Makes the job of a number.

        Raises:
            SlotTaken: None is.
        """
        with self._lock:
            if sum(job.active for job in (*self.own, *self.foreign)) >= self._slots:
                raise SlotTaken
            job = make(len(self.own) + 1)
            self.own.append(job)
            return job

    def occupy(self, job: JobType) -> None:
        """Let somebody else's job hold a slot.

        Args:
            job: That job.
        """
        with self._lock:
            self.foreign.append(job)

    def find(self, identifier: str) -> JobType | None:
        """Find a job that the API still knows.

        Args:
            identifier: What the API calls it.
        """
        for job in (*self.own, *self.foreign):
            if job.identifier == identifier and not self._gone(job):
                return job
        return None

    def poll(self, job: JobType) -> str:
        """Give a job's status to somebody who asks the API.

        Args:
            job: The job.
        """
        job.polls += 1
        run = timedelta(seconds=job.elapsed() - job.started)
        if job.active and max(run, self._clock.now() - job.requested_at) > _LONGEST_RUN:
            job.end("failed")
        return job.status

    def _gone(self, job: JobType) -> bool:
        expired = not job.active and self._clock.now() >= job.expires_at
        return job.fault.forgotten or expired
