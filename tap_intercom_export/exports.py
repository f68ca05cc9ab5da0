"""Window after window, each as a verified archive: jobs resumed, tried again, and made smaller."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_intercom_export.archive import Archive, Limits, open_archive
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
from tap_intercom_export.jobs import ExportJob, JobRunner, Progress
from tap_intercom_export.spool import new_spool
from tap_intercom_export.windows import Sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.settings import Settings
    from tap_intercom_export.windows import Timeline, Window

logger = logging.getLogger(__name__)

GROW_AFTER = 3
"""Windows in a row that succeed before shortened sizes are doubled again."""

MOST_JOBS = 3
"""Jobs for one window, as it is: a second one after a failure, a third when one was forgotten."""

MOST_DOWNLOADS = 2
"""Downloads of one archive that may turn out damaged; what comes broken twice stays broken."""


@dataclass(frozen=True, slots=True)
class Export:
    """One finished export job and its archive.

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


class Exporter:
    """Exports a stretch of time, window by window.

    Args:
        jobs: Runs jobs.
        timeline: The time to export.
        settings: The largest window and lookback, and the rows at which Intercom cuts.
        remember: Called with every job as soon as it exists, and with None when it is of no more
            use, so that a later run can resume it.
        clock: For times in records.
    """

    def __init__(
        self,
        jobs: JobRunner,
        timeline: Timeline,
        settings: Settings,
        remember: Callable[[ExportJob | None], None],
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._timeline = timeline
        self._largest = Sizes(settings.window, settings.lookback)
        self._row_limit = settings.export_row_limit
        self._limits = Limits(settings.max_unpacked_bytes, settings.max_compression_ratio)
        self._remember = remember
        self._clock = clock

    def run(self, bookmark: int, stored: ExportJob | None) -> Iterator[Export]:
        """Yield an export for each window after a bookmark, in order of time.

        The consumer has written all of an export when it asks for the next one; its archive is
        closed then.

        Args:
            bookmark: Everything up to this unix second is exported.
            stored: A job that an earlier run left behind, or None.

        Raises:
            TapError: It cannot go on.
        """
        sizes = self._largest
        if stored and not self._timeline.fits(stored.window, bookmark):
            logger.info(
                "Forgetting job %s of an earlier run: its range, %s, does not fit what is asked "
                "for now",
                stored.identifier,
                stored.window,
            )
            self._remember(None)
            stored = None
        steady = 0
        while window := self._timeline.next_window(bookmark, sizes):
            try:
                export = self._export(window, stored)
            except (
                JobFailedError,
                JobTimedOutError,
                RangeRefusedError,
                TooManyRowsError,
            ) as error:
                sizes = self._smaller(sizes, error)
                steady = 0
                continue
            finally:
                stored = None
            try:
                yield export
            finally:
                if export.archive:
                    export.archive.close()
            bookmark = export.job.window.before
            steady += 1
            if steady % GROW_AFTER == 0:
                sizes = sizes.doubled(self._largest)

    def _smaller(self, sizes: Sizes, error: TapError) -> Sizes:
        """Return sizes for a second try, and say what they cost."""
        halved = sizes.halved()
        if halved is None:
            raise TapError(
                f"{error}. It cannot be asked for in smaller pieces than an hour. Please try "
                "again later, and ask Intercom's support with the job's id if it stays so."
            ) from error
        if halved.window < sizes.window:
            shortened = f"window shortened to {halved.window / 3600:.1f} h: more jobs"
        else:
            shortened = (
                f"lookback shortened to {halved.lookback / 3600:.1f} h for this window: engagement "
                "that came later than that is not seen here"
            )
        logger.warning("%s. Asking for less: %s", error, shortened)
        return halved

    def _export(self, window: Window, stored: ExportJob | None) -> Export:
        """Return the export of a window, with a job of an earlier run or new ones.

        Raises:
            JobFailedError, JobTimedOutError, RangeRefusedError, TooManyRowsError: Ask for less.
            TapError: Anything else.
        """
        failed = False
        for _ in range(MOST_JOBS):
            job = stored or self._create(window)
            try:
                return self._finish(job)
            except NotFoundError as error:
                logger.info("Job %s is gone (%s); asking anew", job.identifier, error)
            except JobFailedError as error:
                if failed:
                    raise
                failed = not stored
                logger.warning("%s. Trying once more", error)
            except JobTimedOutError:
                if not stored:
                    self._jobs.cancel(job)
                raise
            finally:
                stored = None
        raise TapError(f"The jobs for {window} were gone {MOST_JOBS} times before they were done")

    def _create(self, window: Window) -> ExportJob:
        job = self._jobs.create(window)
        self._remember(job)
        return job

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
        longest = max((member.rows for member in archive.members), default=0)
        if max(longest, archive.rows) >= self._row_limit:
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
        for _ in range(MOST_DOWNLOADS):
            spool = new_spool()
            try:
                self._jobs.download(job, spool)
                size = spool.tell()
            except BaseException:
                spool.close()
                raise
            logger.info("Downloaded %s bytes of job %s", f"{size:,}", job.identifier)
            try:
                return open_archive(spool, self._limits), size
            except RefusedArchiveError as error:
                raise TapError(
                    f"The archive of job {job.identifier} for {job.window} is refused: {error}. "
                    "Nothing of it was written."
                ) from error
            except DamagedArchiveError as error:
                damage = error
                logger.warning("The archive of job %s is damaged (%s)", job.identifier, error)
        raise TapError(
            f"The archive of job {job.identifier} for {job.window} came damaged {MOST_DOWNLOADS} "
            f"times in a row ({damage}). Nothing of it was written; the next run downloads it "
            "again."
        )
