"""The jobs of one stream as worker threads know them; each change reaches the state as an event."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.exports.events import EventQueue
    from tap_intercom_export.exports.job import ExportJob
    from tap_intercom_export.exports.job_state import JobState
    from tap_intercom_export.exports.window_size import Measured


@dataclass(frozen=True, slots=True)
class JobCreated:
    """Intercom has named a job: it goes into the state at once."""

    state: JobState
    job: ExportJob

    def apply(self) -> None:
        """Write the job down."""
        self.state.add(self.job)


@dataclass(frozen=True, slots=True)
class JobGone:
    """A job has ended, or is unknown, and nothing of it is used: no run needs to know it."""

    state: JobState
    job: ExportJob

    def apply(self) -> None:
        """Strike the job out."""
        self.state.remove(self.job)


@dataclass(frozen=True, slots=True)
class JobGivenUp:
    """Nothing of a job will be used, though it may still run: no run resumes it."""

    state: JobState
    job: ExportJob

    def apply(self) -> None:
        """Mark the job."""
        self.state.update(self.job)


class Written(Protocol):
    """An export whose rows are all written."""

    @property
    def job(self) -> ExportJob:
        """Its job."""

    @property
    def measured(self) -> Measured | None:
        """What the job took, where that is known."""


class JobTracker:
    """Knows the jobs of one stream. Worker threads may share it.

    Args:
        state: The stream's jobs in the state, read and changed by the main thread only.
        events: Carries changes to the main thread.

    Attributes:
        stored: The jobs of earlier runs, in order of time.
    """

    def __init__(self, state: JobState, events: EventQueue) -> None:
        self.stored = state.stored()
        self._state = state
        self._events = events
        self._lock = threading.Lock()
        self._jobs = {job.identifier: job for job in self.stored}

    def request(self, clock: Clock) -> AbstractContextManager[None]:
        """Return what is held while a job is created: permission of the main thread.

        Args:
            clock: Of the worker thread.
        """
        return self._events.job_request(clock)

    def created(self, job: ExportJob) -> None:
        """Note a new job."""
        with self._lock:
            self._jobs[job.identifier] = job
        self._events.post(JobCreated(self._state, job))

    def gone(self, job: ExportJob) -> None:
        """Forget a job of which nothing is used."""
        self._forget(job)
        self._events.post(JobGone(self._state, job))

    def give_up(self, job: ExportJob) -> None:
        """Note that nothing of a job will be used, though it may still run.

        It stays in the state until it has ended: whoever waits for its slot has to look at it.
        """
        job = replace(job, given_up=True)
        with self._lock:
            self._jobs[job.identifier] = job
        self._events.post(JobGivenUp(self._state, job))

    def written(self, export: Written, seconds: float) -> None:
        """Forget a job whose rows are all written. Called by the main thread.

        Args:
            export: Its export.
            seconds: How long writing the rows took.
        """
        self._forget(export.job)
        measured = None if export.measured is None else export.measured.with_writing(seconds)
        self._state.finish_writing(export.job, measured)

    @property
    def has_given_up(self) -> bool:
        """Whether a job that was given up may still run."""
        return any(job.given_up for job in self.jobs())

    def jobs(self) -> list[ExportJob]:
        """Return the jobs that may still run or whose rows are being written."""
        with self._lock:
            return list(self._jobs.values())

    def _forget(self, job: ExportJob) -> None:
        with self._lock:
            self._jobs.pop(job.identifier, None)
