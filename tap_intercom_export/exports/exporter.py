"""Window after window, each as a verified archive: jobs resumed, tried again, and made smaller."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from tap_intercom_export.archive.archive import Archive, open_archive
from tap_intercom_export.archive.formats import Limits
from tap_intercom_export.archive.spool import discard, new_spool
from tap_intercom_export.clock import to_text
from tap_intercom_export.errors import (
    DamagedArchiveError,
    JobFailedError,
    JobTimedOutError,
    NotFoundError,
    RangeRefusedError,
    RefusedArchiveError,
    TapError,
    TooManyRowsError,
)
from tap_intercom_export.exports.job import ExportJob, Progress
from tap_intercom_export.exports.window import PendingRange, Sizes
from tap_intercom_export.exports.window_size import WindowSizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config.settings import Settings
    from tap_intercom_export.exports.job_runner import JobRunner
    from tap_intercom_export.exports.job_state import JobState
    from tap_intercom_export.exports.window import ExportRange, Window

logger = logging.getLogger(__name__)

MAX_JOBS_PER_WINDOW = 3
"""Jobs for one window, as it is: a second one after a failure, a third when one was forgotten."""

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
    """

    job: ExportJob
    archive: Archive | None
    download_bytes: int
    completed_at: str

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
    """Exports a range of time, window by window.

    Args:
        jobs: Runs jobs.
        export_range: The time to export.
        settings: The largest window and lookback, and the rows at which Intercom cuts.
        job_state: Remembers jobs from run to run.
        clock: For times in records.
    """

    def __init__(
        self,
        jobs: JobRunner,
        export_range: ExportRange,
        settings: Settings,
        job_state: JobState,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._export_range = export_range
        self._window_sizer = WindowSizer(Sizes(settings.window, settings.lookback))
        self._window = settings.window
        self._row_limit = settings.export_row_limit
        self._limits = Limits(settings.max_unpacked_bytes, settings.max_compression_ratio)
        self._job_state = job_state
        self._clock = clock

    def tasks(self, bookmark: int) -> Iterator[Callable[[], Iterator[Export]]]:
        """Yield, for each range of time after a bookmark, what exports it when it is called.

        The jobs of an earlier run come first, each with the pending that it covers.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        for job in self._job_state.stored():
            if not self._jobs.asks_for_the_same(job):
                logger.info(
                    "Leaving job %s of an earlier run: it was asked for other attributes than the "
                    "dataset has now",
                    job.identifier,
                )
                self._job_state.abandoned.add(job.identifier)
            elif job.bookmark <= bookmark and self._export_range.fits(job.window, bookmark):
                logger.info("Resuming job %s for %s", job.identifier, job.window)
                pending = PendingRange(bookmark, job.window.before)
                yield partial(self._export_all, pending, job)
                bookmark = pending.end
            else:
                logger.info(
                    "Leaving job %s of an earlier run: its range, %s, does not fit what is asked "
                    "for now",
                    job.identifier,
                    job.window,
                )
                self._job_state.abandoned.add(job.identifier)
        if self._job_state.abandoned:
            self._jobs.refresh_stored_jobs(self._job_state)
        for pending in self._export_range.pending_ranges(bookmark, self._window):
            yield partial(self._export_all, pending, None)

    def _export_all(self, pending: PendingRange, stored: ExportJob | None) -> Iterator[Export]:
        """Yield an export for each window of a range of time, most often one.

        Raises:
            TapError: It cannot go on.
        """
        while window := self._export_range.next_window(pending, sizes := self._window_sizer.sizes):
            try:
                export = self._export(window, pending.bookmark, stored)
            except (
                JobFailedError,
                JobTimedOutError,
                RangeRefusedError,
                TooManyRowsError,
            ) as error:
                self._window_sizer.shorten(sizes, window.sizes(pending.bookmark), error)
            else:
                self._window_sizer.succeeded()
                yield export
                pending = PendingRange(export.job.window.before, pending.end)
            stored = None

    def _export(self, window: Window, bookmark: int, stored: ExportJob | None) -> Export:
        """Return the export of a window, with a job of an earlier run or new ones.

        Raises:
            JobFailedError, JobTimedOutError, RangeRefusedError, TooManyRowsError: Ask for less.
            TapError: Anything else.
        """
        failed = False
        for _ in range(MAX_JOBS_PER_WINDOW):
            job = stored or self._jobs.create(window, bookmark, self._job_state)
            try:
                return self._finish(job)
            except NotFoundError as error:
                logger.info("Forgetting job %s, which is gone (%s)", job.identifier, error)
                self._job_state.remove(job)
            except JobFailedError as error:
                self._job_state.remove(job)
                if failed:
                    raise
                failed = not stored
                logger.warning("%s. Trying once more", error)
            except JobTimedOutError:
                if self._jobs.cancel(job):
                    self._job_state.remove(job)
                else:
                    self._job_state.abandoned.add(job.identifier)
                raise
            except TooManyRowsError:
                self._job_state.remove(job)
                raise
            stored = None
        raise TapError(
            f"The jobs for {window} were gone {MAX_JOBS_PER_WINDOW} times before they were done"
        )

    def _finish(self, job: ExportJob) -> Export:
        """Return what comes of a job.

        Raises:
            TooManyRowsError: As many rows as Intercom's silent cut leaves.
        """
        job = self._jobs.wait(job)
        completed_at = to_text(self._clock.now())
        if job.progress is Progress.EMPTY:
            return Export(job, None, 0, completed_at)
        archive, size = self._download(job)
        if archive.lines >= self._row_limit:  # a row may be counted for none, a line never is
            archive.close()
            raise TooManyRowsError(
                f"Job {job.identifier} for {job.window} holds {archive.rows:,} rows, and Intercom "
                f"cuts an export at {self._row_limit:,} without saying so"
            )
        return Export(job, archive, size, completed_at)

    def _download(self, job: ExportJob) -> tuple[Archive, int]:
        """Return a job's archive, verified, and its size in bytes as sent.

        Raises:
            TapError: It came damaged each time.
        """
        for attempt in range(MAX_DOWNLOADS_PER_JOB):
            spool = new_spool()
            try:
                self._jobs.download(job, spool)
                size = spool.tell()
            except BaseException:
                discard(spool)
                raise
            logger.info("Downloaded %s bytes of job %s", f"{size:,}", job.identifier)
            try:
                archive = open_archive(spool, self._limits)
            except DamagedArchiveError as error:
                trouble = f"came damaged {MAX_DOWNLOADS_PER_JOB} times in a row ({error})"
                logger.warning("The archive of job %s is damaged (%s)", job.identifier, error)
            except RefusedArchiveError as error:  # a damaged one may look like one of these
                trouble = f"is refused: {error}"
                logger.warning("The archive of job %s: %s", job.identifier, error)
            else:
                if size or attempt:
                    return archive, size
                logger.warning("The archive of job %s came empty; once more", job.identifier)
        raise TapError(
            f"The archive of job {job.identifier} for {job.window} {trouble}. Nothing of it was "
            "written; the next run downloads it again."
        )
