"""The life of an export job: create, resume, poll, download, cancel, every way it can end."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urljoin

from tap_intercom_export.clock import to_text
from tap_intercom_export.errors import (
    ApiError,
    AttributesRefusedError,
    JobFailedError,
    JobTimedOutError,
    NotFoundError,
    SlotTakenError,
    TapError,
    TransientError,
)
from tap_intercom_export.job import ExportJob, Progress
from tap_intercom_export.waiting import Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_intercom_export.client import IntercomClient
    from tap_intercom_export.clock import Clock
    from tap_intercom_export.ledger import StateLedger
    from tap_intercom_export.settings import Settings
    from tap_intercom_export.windows import Window

logger = logging.getLogger(__name__)

CANCEL_TIMEOUT = 10.0
"""Seconds; freeing the slot is a courtesy that must not hold up the run."""


NO_JOB = "taptestnosuchjob"
"""An identifier of the usual form, 16 small letters, that no job has."""


@dataclass(frozen=True, slots=True)
class ExportKind:
    """What tells one kind of export from another: paths and body.

    Attributes:
        name: For the log.
        create_path: Where a job is asked for.
        status_path: Where one is looked at; `{}` takes its identifier.
        download_path: Where its archive is.
        cancel_path: Where it is canceled, or "" where it cannot be.
        body: Makes the request's body from a window.
        without: Tells from a body which attributes it leaves out.
        mend: Told of attributes that were refused; tells whether it can ask without them.
    """

    name: str
    create_path: str
    status_path: str
    download_path: str
    cancel_path: str
    body: Callable[[Window], dict[str, Any]]
    without: Callable[[dict[str, Any]], tuple[str, ...]] = lambda _: ()
    mend: Callable[[AttributesRefusedError], bool] = lambda _: False


MESSAGE_EXPORT = ExportKind(
    name="message export",
    create_path="/export/content/data",
    status_path="/export/content/data/{}",
    download_path="/download/content/data/{}",
    cancel_path="/export/cancel/{}",
    body=lambda window: {
        "created_at_after": window.after,
        "created_at_before": window.before,
    },
)


class JobRunner:
    """Runs jobs of one kind.

    Args:
        client: Speaks to Intercom.
        kind: What is exported.
        settings: Pauses and time limits.
        clock: Waits between polls.
    """

    def __init__(
        self, client: IntercomClient, kind: ExportKind, settings: Settings, clock: Clock
    ) -> None:
        self._client = client
        self._kind = kind
        self._settings = settings
        self._clock = clock

    def check(self) -> None:
        """Find out, by looking at a job that cannot exist, whether the token is good for exports.

        Raises:
            ApiError: It is not, or Intercom cannot be reached.
        """
        try:
            self._client.get(self._kind.status_path.format(NO_JOB))
        except NotFoundError:
            return

    def create(self, window: Window, bookmark: int, ledger: StateLedger) -> ExportJob:
        """Ask for a job, and wait while another one holds the workspace's slot.

        Args:
            window: The range to export.
            bookmark: The unix second after which its new time begins.
            ledger: Where the job is written down.

        Raises:
            RangeRefusedError: Intercom does not take the range.
            ApiError: The slot stayed taken for `slot_timeout_minutes`, or any other refusal.
        """
        waited = Wait(self._clock, self._settings, self._settings.slot_timeout)
        tries = self._client.tries("POST", self._kind.create_path)
        mended = False
        while True:
            try:
                with ledger.asking():
                    job = self._ask(window, bookmark)
                    ledger.add(job)
            except TransientError as error:  # noqa: PERF203 - waits in between
                tries.failed(str(error), error.headers)
            except AttributesRefusedError as error:
                if mended or not self._kind.mend(error):
                    raise
                mended = True
            except SlotTakenError as error:
                if waited.is_over():
                    raise ApiError(
                        f"Another export held the workspace's job slot for "
                        f"{waited.minutes:.0f} minutes ({error}). It may be an export of a "
                        "colleague in Intercom, another app, or the job of a run that was killed; "
                        "it frees the slot when it ends, within a day at the latest. Wait for it, "
                        "cancel it in Intercom, or raise slot_timeout_minutes."
                    ) from error
                tries.progressed()
                self.look_after(ledger)
                waited.pause(
                    "Another export holds the workspace's job slot (a colleague's, another app's, "
                    "or that of a killed run); waiting for it to end"
                )
            else:
                logger.info("Created job %s for %s", job.identifier, window)
                return job

    def _ask(self, window: Window, bookmark: int) -> ExportJob:
        """Ask for a job once."""
        requested_at = to_text(self._clock.now())
        body = self._kind.body(window)
        reply = self._client.post_once(self._kind.create_path, body)
        without = self._kind.without(body)
        job = ExportJob(_identifier_of(reply.body), window, requested_at, bookmark, without=without)
        return job.updated(reply.body)

    def look_after(self, ledger: StateLedger) -> None:
        """Look at our other jobs, and strike out the abandoned ones that have ended.

        Intercom marks a job that runs for more than a day as failed when somebody looks at it;
        until then it may hold the slot.

        Raises:
            ApiError: Intercom refused, or could not be reached.
        """
        for job in ledger.stored():
            try:
                reply = self._client.get(self._kind.status_path.format(job.identifier))
                running = job.updated(reply.body).progress in {Progress.RUNNING, None}
            except NotFoundError:
                running = False
            if job.identifier in ledger.abandoned and not running:
                ledger.remove(job)

    def wait(self, job: ExportJob) -> ExportJob:
        """Look at a job until it ends.

        Args:
            job: A job of this kind.

        Returns:
            The job, completed or without data.

        Raises:
            NotFoundError: Intercom does not know the job, or has forgotten it.
            JobFailedError: It failed, expired, or somebody canceled it.
            JobTimedOutError: It did not end within `job_timeout_minutes`.
        """
        waited = Wait(self._clock, self._settings, self._settings.job_timeout)
        unknown: set[str] = set()
        while True:
            reply = self._client.get(self._kind.status_path.format(job.identifier))
            job = job.updated(reply.body)
            if job.progress in {Progress.COMPLETED, Progress.EMPTY}:
                logger.info("Job %s for %s: %s", job.identifier, job.window, job.status)
                return job
            if job.progress is Progress.FAILED:
                raise JobFailedError(
                    f"Job {job.identifier} for {job.window} ended as '{job.status}'; "
                    "Intercom gives no reason"
                )
            if job.progress is None and job.status not in unknown:
                unknown.add(job.status)
                logger.warning(
                    "Job %s has the unknown status '%s'; waiting on", job.identifier, job.status
                )
            if waited.is_over():
                raise JobTimedOutError(
                    f"Job {job.identifier} for {job.window} is still '{job.status}' after "
                    f"{waited.minutes:.0f} minutes (job_timeout_minutes)"
                )
            waited.pause(f"Job {job.identifier} for {job.window} is '{job.status}'")

    def download(self, job: ExportJob, spool: BinaryIO) -> None:
        """Download a completed job's archive.

        The address on the configured host works for every client that is known; what Intercom
        says in `download_url` comes first only where it is on that host too.

        Args:
            job: A completed job.
            spool: An empty file that takes the bytes.

        Raises:
            NotFoundError: The archive is gone.
            ApiError: Intercom refused, or could not be reached.
        """
        own = self._kind.download_path.format(job.identifier)
        given = urljoin(self._settings.api_url, job.download_url) if job.download_url else own
        addresses = [given, own] if self._client.is_own_host(given) else [own, given]
        for address in dict.fromkeys(addresses):
            try:
                self._client.download(address, spool)
                return  # noqa: TRY300 - in the loop
            except NotFoundError as error:  # noqa: PERF203 - two rounds at most
                gone = error
        raise gone

    def cancel(self, job: ExportJob) -> bool:
        """Free the slot of a job that is of no use any more. Never fails.

        Args:
            job: A job that this tap created.

        Returns:
            Whether it is canceled.
        """
        if not self._kind.cancel_path:
            return False
        try:
            path = self._kind.cancel_path.format(job.identifier)
            self._client.post(path, attempts=1, timeout=CANCEL_TIMEOUT)
        except TapError as error:
            logger.warning("Job %s could not be canceled: %s", job.identifier, error)
            return False
        logger.info("Canceled job %s for %s", job.identifier, job.window)
        return True


def _identifier_of(body: Mapping[str, Any]) -> str:
    """Return a job's identifier; the second spelling is that of some versions of the reference."""
    for name in ("job_identifier", "job_identfier", "id"):
        if body.get(name):
            return str(body[name])
    raise ApiError(f"Intercom created a job without an identifier: {sorted(body)}")
