"""The jobs in a stream's state, which later runs resume; `job_status` has their status words."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_seconds, to_text
from tap_intercom_export.exports.job import ExportJob
from tap_intercom_export.exports.job_measurement import MAX_MEASUREMENTS, JobMeasurement
from tap_intercom_export.exports.schedule import RunHistory
from tap_intercom_export.exports.window import PendingRange

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from singer_sdk.helpers._state import StateWriter
    from singer_sdk.helpers.types import TapState

CURRENT_JOB_KEY = "job"
"""Key of the job that runs, or whose window is being written."""

NEXT_JOBS_KEY = "next_jobs"
"""Key of the jobs that were prefetched, in order of time."""


WRITING_KEY = "writing"
"""Key of windows that are partly written: windows that end earlier must not follow."""


RECENT_WINDOWS_KEY = "recent_windows"
"""Key of the measurements of the last jobs, from which the sizes of the next windows are
planned."""

DEEP_LOOKBACK_KEY = "deep_lookback_at"
"""Key of the end of the last window that reached back `deep_lookback_days`."""


class JobState:
    """Keeps jobs in a stream's state and writes the state at once. Main thread only.

    Args:
        stream_state: The stream's entry in the state.
        tap_state: The whole state.
        state_writer: Writes STATE messages.
    """

    def __init__(
        self,
        stream_state: MutableMapping[str, Any],
        tap_state: TapState,
        state_writer: StateWriter,
    ) -> None:
        self._stream_state = stream_state
        self._tap_state = tap_state
        self._state_writer = state_writer

    def stored(self) -> list[ExportJob]:
        """Return the jobs in the state, in order of time, without invalid entries."""
        jobs = [ExportJob.from_state(entry) for entry in self._entries()]
        return [job for job in jobs if job is not None]

    def unreadable(self) -> list[str]:
        """Return the keys whose entries cannot all be read, and are not used."""
        known = self._stream_state.get
        jobs = [known(CURRENT_JOB_KEY) or None, *(known(NEXT_JOBS_KEY) or [])]
        unread = [one for one in jobs if one is not None and ExportJob.from_state(one) is None]
        keys = [f"{CURRENT_JOB_KEY} or {NEXT_JOBS_KEY}"] if unread else []
        if len(self.partly_written()) < len(known(WRITING_KEY) or []):
            keys.append(WRITING_KEY)
        return keys

    def add(self, job: ExportJob) -> None:
        """Add a job and write the state.

        Args:
            job: The job.
        """
        self._write([*self._entries(), job.to_state()])

    def update(self, job: ExportJob) -> None:
        """Update a job, if it is still in the state, and write the state.

        Args:
            job: The job, with its new values.
        """
        if any(str(entry["job_identifier"]) == job.identifier for entry in self._entries()):
            self.add(job)

    def remove(self, job: ExportJob) -> None:
        """Remove a job and write the state.

        Args:
            job: The job.
        """
        self._write(
            [entry for entry in self._entries() if str(entry["job_identifier"]) != job.identifier]
        )

    def begin_writing(self, job: ExportJob) -> None:
        """Record that rows of a job's window are about to be written, and write the state.

        Args:
            job: The job of the window.
        """
        entry = {"bookmark": to_text(job.bookmark), "created_at_before": to_text(job.window.before)}
        known = [one for one in self._stream_state.get(WRITING_KEY) or [] if one != entry]
        self._stream_state[WRITING_KEY] = [*known, entry]
        self._state_writer.write_state(self._tap_state)

    def finish_writing(self, job: ExportJob, measured: JobMeasurement | None) -> None:
        """Remove a job whose rows are all written, and write the state.

        Args:
            job: The job.
            measured: Duration and rows of the job, if known.
        """
        if measured is not None:
            last = [*self.measured(), measured][-MAX_MEASUREMENTS:]
            self._stream_state[RECENT_WINDOWS_KEY] = [one.to_state() for one in last]
        before = job.window.before
        left = [one for one in self.partly_written() if one.end > before]
        if left:
            self._stream_state[WRITING_KEY] = [
                {"bookmark": to_text(one.bookmark), "created_at_before": to_text(one.end)}
                for one in left
            ]
        else:
            self._stream_state.pop(WRITING_KEY, None)
        self.remove(job)

    def measured(self) -> list[JobMeasurement]:
        """Return the measurements of the last jobs, the latest last."""
        entries = self._stream_state.get(RECENT_WINDOWS_KEY) or []
        found = [JobMeasurement.from_state(entry) for entry in entries]
        return [one for one in found if one is not None]

    def history(self) -> RunHistory:
        """Return the facts about earlier runs."""
        try:
            deep_lookback_at = to_seconds(self._stream_state[DEEP_LOOKBACK_KEY])
        except (KeyError, TypeError, ValueError):
            deep_lookback_at = None
        return RunHistory(tuple(self.stored()), tuple(self.measured()), deep_lookback_at)

    def note_deep_lookback(self, job: ExportJob) -> None:
        """Record a deep lookback; the next call that writes the state includes it.

        Args:
            job: The job of the window with the deep lookback.
        """
        self._stream_state[DEEP_LOOKBACK_KEY] = to_text(job.window.before)

    def partly_written(self) -> tuple[PendingRange, ...]:
        """Return the new time of the windows that are partly written."""
        found = []
        for entry in self._stream_state.get(WRITING_KEY) or []:
            with contextlib.suppress(KeyError, TypeError, ValueError):  # edited by hand
                found.append(
                    PendingRange(
                        to_seconds(entry["bookmark"]), to_seconds(entry["created_at_before"])
                    )
                )
        return tuple(found)

    def _entries(self) -> list[Any]:
        current = self._stream_state.get(CURRENT_JOB_KEY)
        return _in_order(
            [*([current] if current else []), *(self._stream_state.get(NEXT_JOBS_KEY) or [])]
        )

    def _write(self, entries: list[Any]) -> None:
        entries = _in_order(entries)
        # A signal handler may write the state between any two steps: each job is always in it,
        # once or twice.
        current = entries[0] if entries else None
        for key, value in (
            (NEXT_JOBS_KEY, entries),
            (CURRENT_JOB_KEY, current),
            (NEXT_JOBS_KEY, entries[1:]),
        ):
            if value:
                self._stream_state[key] = value
            else:
                self._stream_state.pop(key, None)
        self._state_writer.write_state(self._tap_state)


def _in_order(entries: list[Any]) -> list[Any]:
    """Return the entries of jobs in order of time; for duplicates only the last entry."""
    jobs = {
        str(entry["job_identifier"]): entry
        for entry in entries
        if isinstance(entry, dict) and "job_identifier" in entry
    }
    return sorted(jobs.values(), key=lambda job: str(job.get("created_at_before")))
