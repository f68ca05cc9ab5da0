"""The jobs of one stream, shared with worker threads; posts changes of the state as events."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tap_intercom_export.errors import UnreadableDataError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.exports.events import EventQueue
    from tap_intercom_export.exports.job import ExportJob
    from tap_intercom_export.exports.job_measurement import JobMeasurement
    from tap_intercom_export.exports.job_state import JobState

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobCreated:
    """Intercom has created a job: it must be in the state at once.

    Attributes:
        state: The jobs in the state.
        job: The new job.
    """

    state: JobState
    job: ExportJob

    def apply(self) -> None:
        """Add the job to the state."""
        self.state.add(self.job)


@dataclass(frozen=True, slots=True)
class JobGone:
    """A job has ended or is unknown to Intercom, and is of no further use.

    Attributes:
        state: The jobs in the state.
        job: The job.
    """

    state: JobState
    job: ExportJob

    def apply(self) -> None:
        """Remove the job from the state."""
        self.state.remove(self.job)


@dataclass(frozen=True, slots=True)
class JobGivenUp:
    """A job's result will not be used, although the job may still run: it is not resumed.

    Attributes:
        state: The jobs in the state.
        job: The job, marked as given up.
    """

    state: JobState
    job: ExportJob

    def apply(self) -> None:
        """Mark the job in the state."""
        self.state.update(self.job)


class WrittenExport(Protocol):
    """An export whose rows are all written."""

    @property
    def job(self) -> ExportJob:
        """The job."""

    @property
    def measured(self) -> JobMeasurement | None:
        """Duration and rows of the job, if known."""


class JobTracker:
    """The jobs of one stream. Worker threads may share it.

    Args:
        state: The stream's jobs in the state, used by the main thread only.
        events: Carries changes to the main thread.

    Attributes:
        stored: Jobs of earlier runs, in order of time.
        measured: Measurements of the last jobs of earlier runs.
    """

    def __init__(self, state: JobState, events: EventQueue) -> None:
        self.stored = state.stored()
        for key in state.unreadable():
            logger.warning(
                "The state has something in %s that cannot be read, and is not used: it is damaged "
                "or was edited. A job there may hold the workspace's slot until it ends; a window "
                "there is exported again, and may overwrite later events. To get those back, "
                "raise lookback_days for one run",
                key,
            )
        self._state = state
        self._events = events
        self._lock = threading.Lock()
        self._jobs = {job.identifier: job for job in self.stored}
        self._windows = {job.identifier: job.window for job in self.stored}
        """Of all jobs, also of those that are of no further use."""

    def request(self, clock: Clock) -> AbstractContextManager[None]:
        """Return the context in which a job may be created, with permission of the main thread.

        Args:
            clock: Clock of the worker thread.
        """
        return self._events.job_request(clock)

    def created(self, job: ExportJob) -> None:
        """Add a new job.

        Args:
            job: The job.

        Raises:
            UnreadableDataError: It has the identifier of a job for another window, whose rows would
                be written in place of its own.
        """
        with self._lock:
            window = self._windows.setdefault(job.identifier, job.window)
            if window != job.window:
                raise UnreadableDataError(
                    f"Intercom gave the new job for {job.window} the identifier of the one for "
                    f"{window}, {job.identifier}. Its archive is not read, as it may have the rows "
                    "of the other window. Try again later, and check whether a proxy repeats "
                    "responses."
                )
            self._jobs[job.identifier] = job
        self._events.post(JobCreated(self._state, job))

    def gone(self, job: ExportJob) -> None:
        """Remove a job that is of no further use.

        Args:
            job: The job.
        """
        self._forget(job)
        self._events.post(JobGone(self._state, job))

    def give_up(self, job: ExportJob) -> None:
        """Mark a job whose result will not be used, although it may still run.

        It stays in the state until it has ended, because polling it may be needed to free its slot.

        Args:
            job: The job.
        """
        job = replace(job, given_up=True)
        with self._lock:
            self._jobs[job.identifier] = job
        self._events.post(JobGivenUp(self._state, job))

    def written(self, export: WrittenExport, seconds: float) -> None:
        """Remove a job whose rows are all written. Called by the main thread.

        Args:
            export: The export of the job.
            seconds: Duration of writing its rows.
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
