"""The life cycle of an export job: create, poll, download, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_seconds, to_text
from tap_intercom_export.errors import (
    ApiError,
    AttributesRefusedError,
    JobFailedError,
    JobTimedOutError,
    NotFoundError,
    SlotTakenError,
    TapError,
    TransientError,
    UnavailableError,
    UnreadableDataError,
)
from tap_intercom_export.exports.clock_difference import current_time
from tap_intercom_export.exports.job import ExportJob
from tap_intercom_export.exports.job_status import JobStatus
from tap_intercom_export.exports.polling import PollBackoff
from tap_intercom_export.intercom import JOB_IDENTIFIER_KEYS, Downloader, absolute_url
from tap_intercom_export.progress import JobEvent, RunLog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings
    from tap_intercom_export.exports.job_tracker import JobTracker
    from tap_intercom_export.exports.window import Window
    from tap_intercom_export.intercom import Destination, ExportApi, IntercomClient
    from tap_intercom_export.progress import ExportLog

CANCEL_TIMEOUT_SECONDS = 10.0
"""Short, because canceling a job only frees its slot and must not delay the run."""

MAX_CLOCK_ERROR_SECONDS = 86_400.0
"""An `end_date` longer ago than this is in the past even if this machine's clock is wrong."""

NEW_JOB_SECONDS = 120.0
"""Age below which a 404 for a job may only mean that not all of Intercom's servers know it yet."""

UNKNOWN_JOB_ID = "taptestnosuchjob"
"""Identifier in the usual format, 16 lower-case letters, that no job has."""


class JobRunner:
    """Runs jobs of one export API.

    Args:
        client: Sends the requests.
        api: The export API.
        settings: Pauses and time limits.
        clock: Sleeps between polls.
        log: Gets the log lines and counts of this export.
    """

    def __init__(
        self,
        client: IntercomClient,
        api: ExportApi,
        settings: Settings,
        clock: Clock,
        log: ExportLog | None = None,
    ) -> None:
        self.log = log or RunLog(clock.monotonic).export(api.name)
        self._client = client
        self._api = api
        self._settings = settings
        self._clock = clock

    def _backoff(self, limit: float) -> PollBackoff:
        """Return the backoff between polls.

        Args:
            limit: Maximum total seconds.
        """
        return PollBackoff(self._clock, self._settings, limit, self.log.heartbeat)

    def check(self) -> None:
        """Check that the token may use the export API, by requesting a job that cannot exist.

        Raises:
            ApiError: It may not, or Intercom cannot be reached.
        """
        try:
            self._client.get(self._api.status_path.format(UNKNOWN_JOB_ID))
        except NotFoundError:
            return

    def answers_other_requests(self) -> bool:
        """Return whether Intercom answers and accepts the token, so that an error is about one job.

        Nobody knows whether a job can be read with another token than its own.
        """
        try:
            self.check()
        except ApiError:
            return False
        return True

    def current_time(self) -> float:
        """Return the current time to use as the end of the export, in unix seconds.

        It is the earlier of this machine's clock and Intercom's: rows that arrive after the end of
        a window by Intercom's clock would be in no window. Intercom is asked for its time unless
        `end_date` is in the past by any clock.

        Raises:
            ApiError: Intercom refuses, or cannot be reached.
        """
        now = self._clock.now()
        if self._settings.end is not None and self._settings.end < now - MAX_CLOCK_ERROR_SECONDS:
            return now
        self.check()
        return current_time(self._client, self._clock)

    def create(self, window: Window, bookmark: int, jobs: JobTracker) -> ExportJob:
        """Create a job; wait while another one holds the workspace's slot.

        Args:
            window: The range to export.
            bookmark: The unix second after which its new time begins.
            jobs: Keeps the job.

        Raises:
            RangeRefusedError: Intercom does not accept the range.
            UnavailableError: The slot stayed taken for `slot_timeout_minutes`.
            ApiError: Any other refusal, or Intercom cannot be reached.
        """
        backoff = self._backoff(self._settings.slot_timeout_seconds)
        retry_budget = self._client.retry_budget("POST", self._api.create_path)
        while True:
            body = self._api.body(window.after, window.before)
            try:
                with jobs.request(self._clock):
                    job = self._request_job(window, bookmark, body)
                    jobs.created(job)
            except TransientError as error:
                retry_budget.failed(str(error), error.headers)
            except AttributesRefusedError as error:
                # Each request has fewer attributes than the one before, so this ends
                is_possible = self._api.drop_refused_attributes(error)
                if not is_possible or self._api.body(window.after, window.before) == body:
                    raise
            except SlotTakenError as error:
                if backoff.is_expired():
                    raise UnavailableError(
                        f"Another export held the workspace's job slot for "
                        f"{backoff.elapsed} ({error}). It may be an export of a "
                        "colleague in Intercom, another app, or the job of a run that was killed; "
                        "it frees the slot when it ends, within a day at the latest. Wait for it, "
                        "cancel it in Intercom, or raise slot_timeout_minutes."
                    ) from error
                retry_budget.progressed()
                self.refresh_stored_jobs(jobs)
                backoff.pause(
                    "Another export holds the workspace's job slot (of a colleague, another app, "
                    "or a killed run); waiting for it to end"
                )
            else:
                self.log.count_job(JobEvent.CREATED)
                self.log.info("Created job %s for %s", job.identifier, window)
                return job

    def _request_job(self, window: Window, bookmark: int, body: dict[str, Any]) -> ExportJob:
        """Send one request for a job."""
        requested_at = to_text(self._clock.now())
        response = self._client.post_once(self._api.create_path, body)
        excluded_attributes = self._api.excluded_attributes(body)
        job = ExportJob(
            _parse_identifier(response.body),
            window,
            requested_at,
            bookmark,
            excluded_attributes=excluded_attributes,
            request_hash=self._api.request_hash(excluded_attributes),
        )
        return job.updated(response.body)

    def refresh_stored_jobs(self, jobs: JobTracker) -> None:
        """Poll all known jobs, and forget those that were given up and have ended.

        Intercom marks a job that runs for more than a day as failed only when it is polled; until
        then it may hold the slot.

        Args:
            jobs: The jobs of one stream.

        Raises:
            ApiError: Intercom refused, or could not be reached.
        """
        for job in jobs.jobs():
            try:
                response = self._client.get(self._api.status_path.format(job.identifier))
                running = job.updated(response.body).progress in {JobStatus.RUNNING, None}
            except NotFoundError:
                running = False
            except ApiError:
                if not self.answers_other_requests():
                    raise
                running = False  # or it may be, but this tap cannot do anything about it
            if job.given_up and not running:
                jobs.gone(job)

    def wait(self, job: ExportJob) -> ExportJob:
        """Poll a job until it ends.

        Args:
            job: The job.

        Returns:
            The job, completed or without data.

        Raises:
            NotFoundError: Intercom does not know the job, or no longer.
            JobFailedError: It failed, expired or was canceled.
            JobTimedOutError: It did not end within `job_timeout_minutes`.
        """
        backoff = self._backoff(self._settings.job_timeout_seconds)
        unknown: set[str] = set()
        is_missing = False
        while True:
            try:
                response = self._client.get(self._api.status_path.format(job.identifier))
            except NotFoundError:
                if self._is_new(job):
                    is_missing = True
                    backoff.pause(f"Intercom does not know job {job.identifier} yet")
                    continue
                if is_missing:  # it may still run, and would hold the slot
                    self.cancel(job)
                raise
            job = job.updated(response.body)
            if job.progress in {JobStatus.COMPLETED, JobStatus.EMPTY}:
                self.log.info(
                    "Job %s for %s: %s (waited %s)",
                    job.identifier,
                    job.window,
                    job.status,
                    backoff.elapsed,
                )
                if job.is_doubtful:
                    self.log.warning(
                        "The tap does not know the status '%s' and takes it for completed: job %s "
                        "may lack rows. Ask Intercom's support what it means",
                        job.status,
                        job.identifier,
                    )
                return job
            if job.progress is JobStatus.FAILED:
                raise JobFailedError(
                    f"{self.log.prefix}Job {job.identifier} for {job.window} ended as "
                    f"'{job.status}'; Intercom gives no reason"
                )
            if job.progress is None and job.status not in unknown:
                unknown.add(job.status)
                self.log.warning(
                    "Job %s has the unknown status '%s'; still waiting", job.identifier, job.status
                )
            if backoff.is_expired():
                raise JobTimedOutError(
                    f"{self.log.prefix}Job {job.identifier} for {job.window} is still "
                    f"'{job.status}' after {backoff.elapsed} (job_timeout_minutes)"
                )
            backoff.pause(f"Job {job.identifier} for {job.window} is '{job.status}'")

    def _is_new(self, job: ExportJob) -> bool:
        """Return whether a job is so new that not all of Intercom's servers may know it."""
        try:
            age = self._clock.now() - to_seconds(job.requested_at)
        except ValueError:  # the state was edited by hand
            return False
        return abs(age) < NEW_JOB_SECONDS

    def download(self, job: ExportJob, destination: Destination) -> None:
        """Download a completed job's archive.

        The path on the configured host works for every known client. The `download_url` of the job
        is requested only if that path is unknown to Intercom, and only if it is a URL.

        Args:
            job: A completed job.
            destination: Where to write the bytes; empty.

        Raises:
            NotFoundError: The archive is gone: the path is unknown, and `download_url` is of no use
                either.
            ApiError: Intercom refused, or could not be reached.
        """
        path = self._api.download_path.format(job.identifier)
        downloader = Downloader(self._client)
        try:
            downloader.download(path, destination)
        except NotFoundError as gone:
            given = absolute_url(self._settings.api_url, job.download_url)
            if given is None or given == self._settings.api_url + path:
                raise
            try:
                downloader.download(given, destination)
            except ApiError as error:  # otherwise each run would stop at this job
                raise NotFoundError(f"{gone}; download_url: {error}") from error

    def cancel(self, job: ExportJob) -> bool:
        """Cancel a job that is no longer needed, to free its slot. Never fails.

        Args:
            job: A job that this tap created.

        Returns:
            Whether it was canceled.
        """
        if not self._api.cancel_path:
            return False
        try:
            path = self._api.cancel_path.format(job.identifier)
            self._client.post(path, attempts=1, timeout=CANCEL_TIMEOUT_SECONDS)
        except TapError as error:
            self.log.warning("Job %s could not be canceled: %s", job.identifier, error)
            return False
        self.log.info("Canceled job %s for %s", job.identifier, job.window)
        return True


def _parse_identifier(body: Mapping[str, Any]) -> str:
    """Return a job's identifier."""
    for name in JOB_IDENTIFIER_KEYS:
        if body.get(name):
            return str(body[name])
    raise UnreadableDataError(f"Intercom created a job without an identifier: {sorted(body)}")
