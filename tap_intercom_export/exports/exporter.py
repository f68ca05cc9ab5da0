"""Exports a range window by window, resuming jobs, retrying failures, and shrinking windows."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from tap_intercom_export.archive import Archive, ArchiveLimits, Spool, open_archive
from tap_intercom_export.clock import DAY_SECONDS, to_text
from tap_intercom_export.errors import (
    ApiError,
    DamagedArchiveError,
    JobFailedError,
    JobTimedOutError,
    NotFoundError,
    RangeRefusedError,
    RefusedArchiveError,
    TooManyRowsError,
    UnavailableError,
    UnreadableDataError,
)
from tap_intercom_export.exports.job_measurement import JobMeasurement
from tap_intercom_export.exports.job_status import JobStatus
from tap_intercom_export.exports.window import PendingRange
from tap_intercom_export.formatting import counted, duration
from tap_intercom_export.progress import JobEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings
    from tap_intercom_export.exports.job import ExportJob
    from tap_intercom_export.exports.job_runner import JobRunner
    from tap_intercom_export.exports.job_tracker import JobTracker
    from tap_intercom_export.exports.schedule import WindowSchedule
    from tap_intercom_export.exports.window import Window

logger = logging.getLogger(__name__)

MAX_JOBS_PER_WINDOW = 3
"""Maximum jobs for one window of the same size: one retry after a failure, one after a job is
gone."""

ROW_LIMIT_MARGIN_DIVISOR = 1000
"""An export within 1/1000 of the row limit is treated as truncated: the limit may count headers."""

PAUSE_AFTER_FAILURE_POLLS = 12
"""Pause after a failed job, as a multiple of the first poll interval: a minute by default."""

MAX_DOWNLOADS_PER_JOB = 2
"""Maximum downloads of one archive; an archive damaged twice stays damaged."""


@dataclass(frozen=True, slots=True)
class Export:
    """A finished export job with its archive. The receiver closes the archive.

    Attributes:
        job: The job.
        archive: The verified archive; None if the window has no data.
        download_bytes: Size of the archive as sent.
        completed_at: When the tap first saw that the job is done, as a date-time text.
        measured: Duration and rows of the job; None if unknown, as for a job of an earlier run.
        tries: Jobs requested until one succeeded; 0 for a job of an earlier run.
        seconds_waited: Time from the first request to the verified archive, including the wait for
            the job slot.
    """

    job: ExportJob
    archive: Archive | None
    download_bytes: int
    completed_at: str
    measured: JobMeasurement | None = None
    tries: int = 0
    seconds_waited: float = 0.0

    @property
    def range_seconds(self) -> int:
        """Length of its window, lookback included."""
        return self.job.window.before - self.job.window.after

    @property
    def before(self) -> int:
        """The last unix second of the window."""
        return self.job.window.before

    def files(self) -> Iterator[tuple[str, BinaryIO]]:
        """Yield a unique name and the content of each CSV file; it is closed afterwards."""
        if self.archive:
            for member in self.archive.members:
                with self.archive.open(member) as source:
                    yield self.archive.unique_name(member), source

    def close(self) -> None:
        """Free the disk space of the archive."""
        if self.archive:
            self.archive.close()


class Exporter:
    """Exports a range of time, window by window. Its tasks run in worker threads.

    Args:
        runner: Runs jobs.
        schedule: Decides which windows are exported.
        settings: Limits and timeouts.
        jobs: The stream's jobs, of earlier runs and of this one.
        clock: Clock for pauses and timestamps.
    """

    def __init__(
        self,
        runner: JobRunner,
        schedule: WindowSchedule,
        settings: Settings,
        jobs: JobTracker,
        clock: Clock,
    ) -> None:
        self._runner = runner
        self._log = runner.log
        self._schedule = schedule
        self._row_limit = settings.export_row_limit
        self._truncated_from = self._row_limit - self._row_limit // ROW_LIMIT_MARGIN_DIVISOR
        self._limits = ArchiveLimits(settings.max_unpacked_bytes, settings.max_compression_ratio)
        self._max_archive_bytes = settings.max_archive_bytes
        self._jobs = jobs
        self._clock = clock
        self._pause_after_failure = min(
            settings.poll_max_interval_seconds,
            PAUSE_AFTER_FAILURE_POLLS * settings.poll_interval_seconds,
        )

    def tasks(self, bookmark: int) -> Iterator[Callable[[], Iterator[Export]]]:
        """Yield a function for each range after the bookmark; calling it exports the range.

        The jobs of an earlier run come first, each with the range that it covers.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        for stored in self._schedule.stored_jobs(bookmark):
            job = stored.job
            if stored.pending is None:
                self._log.info(
                    "Not resuming job %s of an earlier run: %s", job.identifier, stored.why_not
                )
                self._jobs.give_up(job)
                continue
            self._log.count_job(JobEvent.RESUMED)
            self._log.info("Resuming job %s for %s", job.identifier, job.window)
            yield partial(self._export_all, stored.pending, job)
            bookmark = stored.pending.end
        if self._jobs.has_given_up:
            yield self._refresh_stored_jobs
        for pending in self._schedule.pending_ranges(bookmark):
            yield partial(self._export_all, pending, None)

    def _refresh_stored_jobs(self) -> Iterator[Export]:
        """Remove jobs that were given up and have ended. A task without exports."""
        self._runner.refresh_stored_jobs(self._jobs)
        return iter(())

    def _export_all(self, pending: PendingRange, stored: ExportJob | None) -> Iterator[Export]:
        """Yield an export for each window of a range, usually one.

        Raises:
            TapError: The export cannot continue.
        """
        while (chosen := self._schedule.next_window(pending)) is not None:
            window = chosen.window
            try:
                export = self._export(window, pending.bookmark, stored)
            except (
                JobFailedError,
                JobTimedOutError,
                RangeRefusedError,
                TooManyRowsError,
            ) as error:
                chosen.sizer.shorten(chosen.size, window.size(pending.bookmark), error)
                self._log.count_job(JobEvent.RANGE_SHORTENED)
                self._allow_overwriting_if_stuck(pending, window)
            else:
                chosen.sizer.succeeded(export.measured)
                yield export
                pending = PendingRange(export.job.window.before, pending.end)
            stored = None

    def _allow_overwriting_if_stuck(self, pending: PendingRange, window: Window) -> None:
        """Allow a window to end before already written rows, if it cannot be smaller otherwise."""
        if not self._schedule.export_range.partly_written:
            return
        chosen = self._schedule.next_window(pending)
        if chosen is not None and chosen.window == window:
            logger.warning(
                "An earlier run wrote some rows of %s, which is too large to export again: smaller "
                "windows overwrite these rows without events later than lookback_days. To get them "
                "back, raise lookback_days for one run",
                window,
            )
            self._schedule.allow_overwriting()

    def _export(self, window: Window, bookmark: int, stored: ExportJob | None) -> Export:
        """Return the export of a window, from a job of an earlier run or a new one.

        Raises:
            JobFailedError, JobTimedOutError, RangeRefusedError, TooManyRowsError: Request a shorter
                range.
            TapError: The export cannot continue.
        """
        failed, gone, tries = False, 0, 0
        begun = self._clock.monotonic()
        for _ in range(MAX_JOBS_PER_WINDOW):
            tries += not stored
            job = stored or self._runner.create(window, bookmark, self._jobs)
            try:
                export = self._finish_stored(job) if stored else self._finish(job)
                waited = self._clock.monotonic() - begun
                return replace(export, tries=tries, seconds_waited=waited)
            except NotFoundError as error:
                self._log.info("Forgetting job %s, which is gone (%s)", job.identifier, error)
                self._jobs.gone(job)
                gone += 1
            except JobFailedError as error:
                self._log.count_job(JobEvent.FAILED)
                self._jobs.gone(job)
                if failed:
                    raise
                if stored:
                    self._log.warning("%s. Requesting a new job", error)
                else:
                    failed = True
                    pause = self._clock.jitter(self._pause_after_failure)
                    self._log.warning("%s. Retrying once in %.0f s", error, pause)
                    self._clock.sleep(pause)
            except JobTimedOutError:
                self._log.count_job(JobEvent.FAILED)
                if self._runner.cancel(job):
                    self._jobs.gone(job)
                else:
                    self._jobs.give_up(job)
                raise
            except TooManyRowsError:
                self._jobs.gone(job)
                raise
            stored = None
        raise UnavailableError(
            f"{MAX_JOBS_PER_WINDOW} jobs for {window} failed; {gone} of them were gone before "
            "their data could be downloaded. Try again later"
        )

    def _finish_stored(self, job: ExportJob) -> Export:
        """Finish a job of an earlier run, which counts as gone if only that job cannot be read.

        Otherwise each run would end at it until it expires, after a week.

        Raises:
            NotFoundError: It is gone, refused, unavailable or damaged.
        """
        try:
            return self._finish(job)
        except NotFoundError:
            raise
        except (ApiError, DamagedArchiveError) as error:
            if not self._runner.answers_other_requests():
                raise
            self._log.warning(
                "Intercom accepts the token, but job %s of an earlier run cannot be read (%s). It "
                "may be the job of another app or token, or broken. Exporting its window again",
                job.identifier,
                error,
            )
            raise NotFoundError("it cannot be read") from error

    def _finish(self, job: ExportJob) -> Export:
        """Wait for a job and download its archive.

        Raises:
            TooManyRowsError: The archive reaches Intercom's row limit, so it may be cut.
        """
        begun = None if job in self._jobs.stored else self._clock.monotonic()
        job = self._runner.wait(job)
        seconds = None if begun is None else self._clock.monotonic() - begun
        completed_at = to_text(self._clock.now())
        if job.progress is JobStatus.EMPTY:
            return Export(job, None, 0, completed_at, _measure(job, seconds, 0, 0.0))
        downloading = self._clock.monotonic()
        archive, size = self._download(job)
        own_seconds = self._clock.monotonic() - downloading
        if archive.lines >= self._truncated_from:  # lines, because rows may be undercounted
            archive.close()
            raise TooManyRowsError(
                f"Job {job.identifier} for {job.window} has {archive.rows:,} rows; Intercom "
                f"silently truncates an export at {self._row_limit:,}"
            )
        return Export(
            job, archive, size, completed_at, _measure(job, seconds, archive.lines, own_seconds)
        )

    def _download(self, job: ExportJob) -> tuple[Archive, int]:
        """Return a job's verified archive and its size in bytes as sent.

        Raises:
            DamagedArchiveError: The last download was damaged.
            RefusedArchiveError: The last download was refused.
        """
        error_class: type[UnreadableDataError] = UnreadableDataError
        for _ in range(MAX_DOWNLOADS_PER_JOB):
            spool, begun = Spool(self._max_archive_bytes), self._clock.monotonic()
            try:
                self._runner.download(job, spool)
            except BaseException:
                spool.discard()
                raise
            size = spool.size
            self._log.info(
                "Downloaded %s of job %s in %s",
                counted(size, "byte"),
                job.identifier,
                duration(self._clock.monotonic() - begun),
            )
            try:
                archive = open_archive(spool.file, self._limits)
            except DamagedArchiveError as error:
                error_class = DamagedArchiveError
                problem = f"was damaged in {MAX_DOWNLOADS_PER_JOB} downloads ({error})"
                self._log.warning("The archive of job %s is damaged (%s)", job.identifier, error)
            except RefusedArchiveError as error:  # it may be a damaged one
                error_class, problem = RefusedArchiveError, f"is refused: {error}"
                self._log.warning("The archive of job %s: %s", job.identifier, error)
            else:
                return archive, size
        raise error_class(
            f"The archive of job {job.identifier} for {job.window} {problem}. Nothing of it was "
            "written; the next run downloads it again."
        )


def _measure(
    job: ExportJob, seconds: float | None, rows: int, own_seconds: float
) -> JobMeasurement | None:
    """Return the measurement of a job, if its duration is known."""
    days = (job.window.before - job.window.after) / DAY_SECONDS
    return None if seconds is None else JobMeasurement(days, seconds, rows, own_seconds)
