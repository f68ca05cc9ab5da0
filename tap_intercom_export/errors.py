"""Errors that end a run or a job, one class for each way to recover.

A message says what happened, to which job or window, and what to do. Users see it as it is. Each
class has an exit status that tells an orchestrator whether a retry can help.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class ExitStatus(IntEnum):
    """Exit statuses after an error. After a signal the status is 128 plus the signal number."""

    OTHER = 1
    """A problem on this machine, such as a full disk, or a bug."""
    CONFIGURATION = 2
    """A wrong setting, argument, state or environment. A retry does not help."""
    REFUSED = 3
    """Intercom refused the token, a scope or the range. A retry does not help."""
    UNAVAILABLE = 4
    """Intercom was unreachable or kept failing after all retries. Try again later."""
    UNREADABLE = 5
    """Data from Intercom cannot be read. A retry rarely helps."""


class TapError(Exception):
    """Ends the run; its message is shown to the user without a traceback."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.OTHER


class ConfigurationError(TapError):
    """A wrong setting, state or environment (a proxy, certificates, TMPDIR)."""

    exit_status = ExitStatus.CONFIGURATION


class SettingsError(ConfigurationError):
    """One or more settings are wrong.

    Args:
        lines: One message for each wrong setting.
    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class ApiError(TapError):
    """Intercom refused a request."""

    exit_status = ExitStatus.REFUSED


class UnavailableError(ApiError):
    """Intercom was unreachable or kept failing after all retries."""

    exit_status = ExitStatus.UNAVAILABLE


class TransientError(UnavailableError):
    """One failed attempt: no response, a server error, or too many requests. It can be retried.

    Args:
        message: What went wrong.
        headers: Headers of the response, if there was one; they may say how long to wait.
    """

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = headers


class UnauthorizedError(ApiError):
    """401: the token is invalid, or belongs to another region."""


class ForbiddenError(ApiError):
    """403: the token is valid but lacks a permission."""


class NotFoundError(ApiError):
    """404: the job is unknown, expired or deleted. Request a new job for its window."""


class SlotTakenError(UnavailableError):
    """429: the workspace has as many pending export jobs as it may have. Wait for one to end."""


class VersionError(ApiError):
    """400: the path does not exist in the requested version of the API."""

    exit_status = ExitStatus.CONFIGURATION


class RangeRefusedError(ApiError):
    """400: the time range is too long. Request a shorter one."""


class AttributesRefusedError(ApiError):
    """400: the dataset lacks some of the requested attributes. Request it without them.

    Args:
        message: Intercom's message.
        listed: The attributes named in it, separated by a comma and a space, which names may
            contain as well.
    """

    def __init__(self, message: str, listed: str) -> None:
        super().__init__(message)
        self.listed = listed


class JobFailedError(TapError):
    """The job ended without data: it failed or was canceled. Retry, then request less."""

    exit_status = ExitStatus.UNAVAILABLE


class JobTimedOutError(TapError):
    """The job did not end within `job_timeout_minutes`. Cancel it and request a shorter range."""

    exit_status = ExitStatus.UNAVAILABLE


class UnreadableDataError(TapError):
    """Data from Intercom cannot be read. Nothing of its window was written."""

    exit_status = ExitStatus.UNREADABLE


class DamagedArchiveError(UnreadableDataError):
    """The download is not a complete archive. Download it again."""


class RefusedArchiveError(UnreadableDataError):
    """The archive is complete but unreadable or over a limit. Another download does not help."""


class UnreadableFileError(UnreadableDataError):
    """Too many rows of a CSV file cannot be read: its format has probably changed."""


class TooManyRowsError(TapError):
    """The archive reaches Intercom's row limit, so it may be cut. Request a shorter range."""

    exit_status = ExitStatus.UNREADABLE


class MalformedListError(UnreadableDataError):
    """A response is not a page of a list. Read the list again."""


class OutputError(TapError):
    """A message could not be written to stdout although its reader is still there."""


def exit_status_of(error: BaseException) -> ExitStatus:
    """Return the exit status of an error, or of the first of its causes that has one.

    Args:
        error: What ended the run.
    """
    cause: BaseException | None = error
    while cause is not None:
        status = getattr(cause, "exit_status", ExitStatus.OTHER)
        if status is not ExitStatus.OTHER:
            return ExitStatus(status)
        cause = cause.__cause__
    return ExitStatus.OTHER
