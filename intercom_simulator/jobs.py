"""Export jobs: slots, status over time, expiry."""

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

    from intercom_simulator.api_variant import ApiVariant
    from intercom_simulator.clock import Clock

ACTIVE = ("pending", "in_progress")
"""Statuses of a job that occupies a slot."""

_ALPHABET = string.ascii_lowercase + string.digits
_IDENTIFIER_LENGTH = 16
_PENDING_SHARE = 1 / 3
# "A job left in progress for more than a day is marked failed when polled" (reference 2.17).
_MAX_RUN_TIME = timedelta(days=1)


@dataclass
class Job:
    """An export job.

    Args:
        number: Number in order of creation, from 1; 0 for a job of another client.
        after: First second of the range, in unix seconds.
        before: Last second of the range, in unix seconds.
        requested_at: Creation time, by the simulator's clock.
        variant: The variant at the creation, which applies to the archive.
        seconds: Run time, in the seconds of `elapsed`.
        outcome: Status at the end.
        elapsed: Returns the time that passes for jobs, in seconds.
        fault: The fault of the job.
        identifier: Job identifier of the API.
    """

    number: int
    after: int
    before: int
    requested_at: datetime
    variant: ApiVariant
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
    archive_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _final_status: str | None = None

    def __post_init__(self) -> None:
        """Record the start."""
        self.started = self.elapsed()

    @property
    def status(self) -> str:
        """Current status as in the API reference, independent of the variant."""
        if self._final_status is not None:
            return self._final_status
        age = self.elapsed() - self.started
        if self.fault.never_ends or age < self.seconds:
            pending = age < self.seconds * _PENDING_SHARE
            return "pending" if pending and not self.fault.never_ends else "in_progress"
        return self.outcome

    @property
    def active(self) -> bool:
        """Whether the job occupies a slot."""
        return self.status in ACTIVE

    @property
    def downloadable(self) -> bool:
        """Whether the archive exists and has not expired."""
        return self.status == "completed" and not self.fault.expired

    @property
    def ended_at(self) -> datetime:
        """End of the job: its creation time by the simulator's clock plus its run time."""
        return self.requested_at + timedelta(seconds=self.seconds)

    @property
    def expires_at(self) -> datetime:
        """Time at which the archive expires, by the simulator's clock."""
        return self.ended_at + timedelta(seconds=self.variant.expires_after_seconds)

    def end(self, status: str) -> None:
        """End the job now.

        Args:
            status: The final status.
        """
        self._final_status = status

    def cancel(self) -> None:
        """Cancel the job, if it is active."""
        if self.active:
            self.cancelled = True
            self.end("canceled")


class NoFreeSlotError(Exception):
    """All job slots are occupied."""


JobType = TypeVar("JobType", bound=Job)


class Jobs(Generic[JobType]):
    """The jobs of one kind of export, of which only a limited number may be active.

    Args:
        clock: The simulator's clock.
        slots: Maximum number of active jobs.

    Attributes:
        own: Jobs created through the API, in order.
        foreign: Jobs of other clients.
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
            make: Creates the job with a given number.

        Raises:
            NoFreeSlotError: All slots are occupied.
        """
        with self._lock:
            if sum(job.active for job in (*self.own, *self.foreign)) >= self._slots:
                raise NoFreeSlotError
            job = make(len(self.own) + 1)
            self.own.append(job)
            return job

    def add_foreign(self, job: JobType) -> None:
        """Add a job of another client.

        Args:
            job: The job.
        """
        with self._lock:
            self.foreign.append(job)

    def find(self, identifier: str) -> JobType | None:
        """Return a job that the API still knows, or None.

        Args:
            identifier: Job identifier.
        """
        for job in (*self.own, *self.foreign):
            if job.identifier == identifier and not self._is_gone(job):
                return job
        return None

    def poll(self, job: JobType) -> str:
        """Return the status of a job, and count the poll.

        Args:
            job: The job.
        """
        job.polls += 1
        run_time = timedelta(seconds=job.elapsed() - job.started)
        age = self._clock.now() - job.requested_at
        if job.active and max(run_time, age) > _MAX_RUN_TIME:
            job.end("failed")
        return job.status

    def _is_gone(self, job: JobType) -> bool:
        expired = not job.active and self._clock.now() >= job.expires_at
        return job.fault.not_found or expired
