"""Window after window, each as a verified archive: jobs resumed, tried again, and made smaller."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from tap_intercom_export.archive import Archive, Limits, Spool, open_archive
from tap_intercom_export.clock import to_text
from tap_intercom_export.errors import (
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
from tap_intercom_export.exports.job import ExportJob, Progress
from tap_intercom_export.exports.window import PendingRange
from tap_intercom_export.exports.window_size import DAY_SECONDS, Measured
from tap_intercom_export.progress import JobEnd
from tap_intercom_export.wording import counted, duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings
    from tap_intercom_export.exports.job_runner import JobRunner
    from tap_intercom_export.exports.job_tracker import JobTracker
    from tap_intercom_export.exports.schedule import WindowSchedule
    from tap_intercom_export.exports.window import Window

logger = logging.getLogger(__name__)

MAX_JOBS_PER_WINDOW = 3
"""Jobs for one window, as it is: a second one after a failure, a third when one was forgotten."""

ROW_LIMIT_SLACK = 1000
"""One part in so many below the row limit counts as cut: nobody knows whether headers count."""

PAUSE_AFTER_FAILURE_POLLS = 12
"""Pause after a job that failed, in first poll intervals: a minute, with the default of 5 s."""

MAX_DOWNLOADS_PER_JOB = 2
"""Downloads of one archive that may turn out damaged; what comes broken twice stays broken."""


@dataclass(frozen=True, slots=True)
class Export:
    """One finished export job and its archive. Whoever gets it closes the archive.

    Attributes:
        job: The job.
        archive: Its verified archive; None where the window has no data.
        download_bytes: Size of the archive as it was sent.
        completed_at: When the job was first seen to be done, as a date-time text.
        measured: What the job took; None where it is not known, as with one of an earlier run.
        tries: Jobs that were asked for until one went well; 0 for one of an earlier run.
        seconds_waited: From the first of them to the verified archive, the slot included.
    """

    job: ExportJob
    archive: Archive | None
    download_bytes: int
    completed_at: str
    measured: Measured | None = None
    tries: int = 0
    seconds_waited: float = 0.0

    @property
    def range_seconds(self) -> int:
        """Length of its window, lookback included."""
        return self.job.window.before - self.job.window.after

    @property
    def before(self) -> int:
        """The last unix second of its window."""
        return self.job.window.before

    def files(self) -> Iterator[tuple[str, BinaryIO]]:
        """Yield the name of each CSV file of the archive and the file, open while it is used."""
        if self.archive:
            for member in self.archive.members:
                with self.archive.open(member) as source:
                    yield member.path, source

    def close(self) -> None:
        """Give the disk space back."""
        if self.archive:
            self.archive.close()


class Exporter:
    """Exports a range of time, window by window. Its tasks run in worker threads.

    Args:
        runner: Runs jobs.
        schedule: Decides which windows are asked for.
        settings: The rows at which Intercom cuts, and how large an archive may be.
        jobs: The stream's jobs, of earlier runs and of this one.
        clock: For times in records.
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
        self._cut_from = self._row_limit - self._row_limit // ROW_LIMIT_SLACK
        self._limits = Limits(settings.max_unpacked_bytes, settings.max_compression_ratio)
        self._max_archive_bytes = settings.max_archive_bytes
        self._jobs = jobs
        self._clock = clock
        self._pause_after_failure = min(
            settings.poll_max_interval, PAUSE_AFTER_FAILURE_POLLS * settings.poll_interval
        )

    def tasks(self, bookmark: int) -> Iterator[Callable[[], Iterator[Export]]]:
        """Yield, for each range of time after a bookmark, what exports it when it is called.

        The jobs of an earlier run come first, each with the pending that it covers.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        for stored in self._schedule.stored_jobs(bookmark):
            job = stored.job
            if stored.pending is None:
                self._log.info(
                    "Leaving job %s of an earlier run: %s", job.identifier, stored.why_not
                )
                self._jobs.give_up(job)
                continue
            self._log.count_job(JobEnd.RESUMED)
            self._log.info("Resuming job %s for %s", job.identifier, job.window)
            yield partial(self._export_all, stored.pending, job)
            bookmark = stored.pending.end
        if self._jobs.has_given_up:
            yield self._refresh_stored_jobs
        for pending in self._schedule.pending_ranges(bookmark):
            yield partial(self._export_all, pending, None)

    def _refresh_stored_jobs(self) -> Iterator[Export]:
        """Find out, as a task that exports nothing, which jobs that were given up have ended."""
        self._runner.refresh_stored_jobs(self._jobs)
        return iter(())

    def _export_all(self, pending: PendingRange, stored: ExportJob | None) -> Iterator[Export]:
        """Yield an export for each window of a range of time, most often one.

        Raises:
            TapError: It cannot go on.
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
                chosen.sizer.shorten(chosen.sizes, window.sizes(pending.bookmark), error)
                self._log.count_job(JobEnd.SHORTENED)
                self._narrow_view_if_stuck(pending, window)
            else:
                chosen.sizer.succeeded(export.measured)
                yield export
                pending = PendingRange(export.job.window.before, pending.end)
            stored = None

    def _narrow_view_if_stuck(self, pending: PendingRange, window: Window) -> None:
        """Allow a window that ends earlier than what was written, where the next is no smaller."""
        if not self._schedule.export_range.viewed:
            return
        chosen = self._schedule.next_window(pending)
        if chosen is not None and chosen.window == window:
            logger.warning(
                "Rows of %s were written by a run that did not finish it, and it is too large now: "
                "smaller windows take back what happened to its messages later than lookback_days. "
                "To have it again, raise lookback_days once",
                window,
            )
            self._schedule.allow_narrower_views()

    def _export(self, window: Window, bookmark: int, stored: ExportJob | None) -> Export:
        """Return the export of a window, with a job of an earlier run or new ones.

        Raises:
            JobFailedError, JobTimedOutError, RangeRefusedError, TooManyRowsError: Ask for less.
            TapError: Anything else.
        """
        failed, gone, tries = False, 0, 0
        begun = self._clock.monotonic()
        for _ in range(MAX_JOBS_PER_WINDOW):
            tries += not stored
            job = stored or self._runner.create(window, bookmark, self._jobs)
            try:
                export = self._finish(job)
                waited = self._clock.monotonic() - begun
                return replace(export, tries=tries, seconds_waited=waited)
            except NotFoundError as error:
                self._log.info("Forgetting job %s, which is gone (%s)", job.identifier, error)
                self._jobs.gone(job)
                gone += 1
            except JobFailedError as error:
                self._log.count_job(JobEnd.FAILED)
                self._jobs.gone(job)
                if failed:
                    raise
                if stored:
                    self._log.warning("%s. Asking anew", error)
                else:
                    failed = True
                    pause = self._clock.jitter(self._pause_after_failure)
                    self._log.warning("%s. Trying once more in %.0f s", error, pause)
                    self._clock.sleep(pause)
            except JobTimedOutError:
                self._log.count_job(JobEnd.FAILED)
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
            f"{MAX_JOBS_PER_WINDOW} jobs for {window} came to nothing; {gone} of them were gone "
            "before their data could be downloaded"
        )

    def _finish(self, job: ExportJob) -> Export:
        """Return what comes of a job.

        Raises:
            TooManyRowsError: As many rows as Intercom's silent cut leaves.
        """
        begun = None if job in self._jobs.stored else self._clock.monotonic()
        job = self._runner.wait(job)
        seconds = None if begun is None else self._clock.monotonic() - begun
        completed_at = to_text(self._clock.now())
        if job.progress is Progress.EMPTY:
            return Export(job, None, 0, completed_at, _measured(job, seconds, 0, 0.0))
        downloading = self._clock.monotonic()
        archive, size = self._download(job)
        own_seconds = self._clock.monotonic() - downloading
        if archive.lines >= self._cut_from:  # a row may be counted for none, a line never is
            archive.close()
            raise TooManyRowsError(
                f"Job {job.identifier} for {job.window} holds {archive.rows:,} rows, and Intercom "
                f"cuts an export at {self._row_limit:,} without saying so"
            )
        return Export(
            job, archive, size, completed_at, _measured(job, seconds, archive.lines, own_seconds)
        )

    def _download(self, job: ExportJob) -> tuple[Archive, int]:
        """Return a job's archive, verified, and its size in bytes as sent.

        Raises:
            UnreadableDataError: It came damaged each time.
        """
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
                trouble = f"came damaged {MAX_DOWNLOADS_PER_JOB} times in a row ({error})"
                self._log.warning("The archive of job %s is damaged (%s)", job.identifier, error)
            except RefusedArchiveError as error:  # a damaged one may look like one of these
                trouble = f"is refused: {error}"
                self._log.warning("The archive of job %s: %s", job.identifier, error)
            else:
                return archive, size
        raise UnreadableDataError(
            f"The archive of job {job.identifier} for {job.window} {trouble}. Nothing of it was "
            "written; the next run downloads it again."
        )


def _measured(
    job: ExportJob, seconds: float | None, rows: int, own_seconds: float
) -> Measured | None:
    """Return what a job took, where that is known."""
    days = (job.window.before - job.window.after) / DAY_SECONDS
    return None if seconds is None else Measured(days, seconds, rows, own_seconds)
