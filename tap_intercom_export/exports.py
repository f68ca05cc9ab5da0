"""Window after window, each as a verified archive: jobs resumed, tried again, and made smaller."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from tap_intercom_export.archive import Archive, open_archive
from tap_intercom_export.clock import to_text
from tap_intercom_export.containers import Limits
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
from tap_intercom_export.job import ExportJob, Progress
from tap_intercom_export.pace import Pace
from tap_intercom_export.spool import discard, new_spool
from tap_intercom_export.windows import Sizes, Stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.jobs import JobRunner
    from tap_intercom_export.ledger import StateLedger
    from tap_intercom_export.settings import Settings
    from tap_intercom_export.windows import Timeline, Window

logger = logging.getLogger(__name__)

MOST_JOBS = 3
"""Jobs for one window, as it is: a second one after a failure, a third when one was forgotten."""

MOST_DOWNLOADS = 2
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
    """Exports a stretch of time, window by window.

    Args:
        jobs: Runs jobs.
        timeline: The time to export.
        settings: The largest window and lookback, and the rows at which Intercom cuts.
        ledger: Remembers jobs from run to run.
        clock: For times in records.
    """

    def __init__(
        self,
        jobs: JobRunner,
        timeline: Timeline,
        settings: Settings,
        ledger: StateLedger,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._timeline = timeline
        self._pace = Pace(Sizes(settings.window, settings.lookback))
        self._window = settings.window
        self._row_limit = settings.export_row_limit
        self._limits = Limits(settings.max_unpacked_bytes, settings.max_compression_ratio)
        self._ledger = ledger
        self._clock = clock

    def tasks(self, bookmark: int) -> Iterator[Callable[[], Iterator[Export]]]:
        """Yield, for each stretch of time after a bookmark, what exports it when it is called.

        The jobs of an earlier run come first, each with the stretch that it covers.

        Args:
            bookmark: Everything up to this unix second is exported.
        """
        for job in self._ledger.stored():
            if job.bookmark <= bookmark and self._timeline.fits(job.window, bookmark):
                logger.info("Resuming job %s for %s", job.identifier, job.window)
                stretch = Stretch(bookmark, job.window.before)
                yield partial(self._export_all, stretch, job)
                bookmark = stretch.end
            else:
                logger.info(
                    "Leaving job %s of an earlier run: its range, %s, does not fit what is asked "
                    "for now",
                    job.identifier,
                    job.window,
                )
                self._ledger.abandoned.add(job.identifier)
        if self._ledger.abandoned:
            self._jobs.look_after(self._ledger)
        for stretch in self._timeline.stretches(bookmark, self._window):
            yield partial(self._export_all, stretch, None)

    def _export_all(self, stretch: Stretch, stored: ExportJob | None) -> Iterator[Export]:
        """Yield an export for each window of a stretch of time, most often one.

        Raises:
            TapError: It cannot go on.
        """
        while window := self._timeline.next_window(stretch, sizes := self._pace.sizes):
            try:
                export = self._export(window, stretch.bookmark, stored)
            except (
                JobFailedError,
                JobTimedOutError,
                RangeRefusedError,
                TooManyRowsError,
            ) as error:
                self._pace.shorten(sizes, window.sizes(stretch.bookmark), error)
            else:
                self._pace.succeeded()
                yield export
                stretch = Stretch(export.job.window.before, stretch.end)
            stored = None

    def _export(self, window: Window, bookmark: int, stored: ExportJob | None) -> Export:
        """Return the export of a window, with a job of an earlier run or new ones.

        Raises:
            JobFailedError, JobTimedOutError, RangeRefusedError, TooManyRowsError: Ask for less.
            TapError: Anything else.
        """
        failed = False
        for _ in range(MOST_JOBS):
            job = stored or self._jobs.create(window, bookmark, self._ledger)
            try:
                return self._finish(job)
            except NotFoundError as error:
                logger.info("Forgetting job %s, which is gone (%s)", job.identifier, error)
                self._ledger.remove(job)
            except JobFailedError as error:
                self._ledger.remove(job)
                if failed:
                    raise
                failed = not stored
                logger.warning("%s. Trying once more", error)
            except JobTimedOutError:
                if self._jobs.cancel(job):
                    self._ledger.remove(job)
                else:
                    self._ledger.abandoned.add(job.identifier)
                raise
            except TooManyRowsError:
                self._ledger.remove(job)
                raise
            stored = None
        raise TapError(f"The jobs for {window} were gone {MOST_JOBS} times before they were done")

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
        for attempt in range(MOST_DOWNLOADS):
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
                trouble = f"came damaged {MOST_DOWNLOADS} times in a row ({error})"
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
