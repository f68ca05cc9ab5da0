"""The jobs of the message export in one run: their schedule, their plan and their exports."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from tap_intercom_export.exports import (
    DeepLookback,
    Exporter,
    ExportRange,
    JobRunner,
    JobState,
    JobTracker,
    Prefetcher,
    WindowSchedule,
    plan_export,
)
from tap_intercom_export.intercom import MESSAGE_EXPORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.exports import Export, ExportPlan
    from tap_intercom_export.progress import ExportLog
    from tap_intercom_export.streams.context import SyncContext
    from tap_intercom_export.streams.window_stream import WindowStream

MAX_PENDING_JOBS = 1
"""Number of pending jobs that Intercom allows a workspace, and so of exports to prefetch."""


class MessageRun:
    """The jobs of the message export in one run.

    Args:
        stream: `content_export`, whose state has the jobs.
        selected: The streams that the run writes.
        sync: Objects that all streams of a run share.

    Attributes:
        job_state: The jobs in the state.
    """

    def __init__(
        self, stream: WindowStream, selected: Sequence[WindowStream], sync: SyncContext
    ) -> None:
        self.job_state = JobState(stream.stream_state, stream.tap_state, sync.state_writer)
        self._name = stream.name
        self._selected = selected
        self._sync = sync
        self._history = self.job_state.history()

    def check(self) -> None:
        """Check that the token may export messages.

        Raises:
            ForbiddenError: It may not.
        """
        self._runner(self._sync.new_clock()).check()

    def plan(self, now: float) -> ExportPlan:
        """Return what the run would export, without failures.

        Args:
            now: The current time in unix seconds.
        """
        return self._plan(*self._schedule(now))

    @cached_property
    def jobs(self) -> JobTracker:
        """The jobs of the run, each until its window is written."""
        return JobTracker(self.job_state, self._sync.events)

    def begin(self, clock: Clock, log: ExportLog) -> tuple[Prefetcher[Export], WindowSchedule]:
        """Log what the run exports, and return its exports.

        Args:
            clock: Clock of the worker threads.
            log: Log lines and counts of the export.

        Returns:
            The exports in order of time, and their schedule.
        """
        now = self._runner(self._sync.new_clock()).current_time()
        schedule, bookmark = self._schedule(now)
        runner = self._runner(clock, log)
        exporter = Exporter(runner, schedule, self._sync.settings, self.jobs, clock)
        plan = self._plan(schedule, bookmark)
        log.begin(bookmark, plan.end, plan.first_log_line(), schedule.remaining)
        exports = Prefetcher(exporter.tasks(bookmark), MAX_PENDING_JOBS, self._sync.events)
        return exports, schedule

    def _plan(self, schedule: WindowSchedule, bookmark: int) -> ExportPlan:
        """Return what the run would export, without failures."""
        streams = [stream.name for stream in self._selected]
        return plan_export(self._name, streams, schedule, bookmark, self._history)

    def _schedule(self, now: float) -> tuple[WindowSchedule, int]:
        """Return the schedule of windows, and the unix second up to which all is written."""
        settings = self._sync.settings
        export_range, bookmark = self._range(now)
        deep_lookback = None
        if settings.deep_lookback_seconds > settings.lookback_seconds:
            deep_lookback = DeepLookback(
                settings.deep_lookback_seconds,
                settings.deep_lookback_every_seconds,
                self._history.deep_lookback_at,
            )
        return WindowSchedule(export_range, settings, self._history, deep_lookback), bookmark

    def _range(self, now: float) -> tuple[ExportRange, int]:
        """Return the range to export, and the unix second up to which all of it is written."""
        settings = self._sync.settings
        export_range = replace(
            ExportRange.until_now(settings.start, settings.end, now),
            partly_written=self.job_state.partly_written(),
        )
        bookmarks = [
            stream.bookmark(otherwise=export_range.initial_bookmark) for stream in self._selected
        ]
        # start_date may be later than in earlier runs
        return export_range, max(min(bookmarks), export_range.initial_bookmark)

    def _runner(self, clock: Clock, log: ExportLog | None = None) -> JobRunner:
        """Return a job runner for the thread that owns this clock."""
        client = self._sync.new_client(clock)
        return JobRunner(client, MESSAGE_EXPORT, self._sync.settings, clock, log)
