"""What can go wrong, one class for each way of going on from it.

A text says what happened, to which job or window, and what to do; it is shown to users as it is.
Each class has an exit status, which tells an orchestrator whether trying again can help.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class ExitStatus(IntEnum):
    """How the process ends after an error; after a signal it is 128 and the signal's number."""

    OTHER = 1
    """Something on this machine, such as a full disk, or a bug."""
    CONFIGURATION = 2
    """A setting, an argument, the state, or the environment. Trying again does not help."""
    REFUSED = 3
    """Intercom refused: the token, a scope, the range. Trying again does not help."""
    UNAVAILABLE = 4
    """Intercom could not be reached, or failed, after every retry. Try again later."""
    UNREADABLE = 5
    """What Intercom sent cannot be read. Trying again rarely helps."""


class TapError(Exception):
    """The run cannot go on; the text is for the user, without a traceback."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.OTHER


class ConfigurationError(TapError):
    """A setting, the state, or the environment (a proxy, certificates, TMPDIR) is wrong."""

    exit_status = ExitStatus.CONFIGURATION


class SettingsError(ConfigurationError):
    """Several settings are wrong.

    Args:
        lines: What is wrong with each.
    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class ApiError(TapError):
    """Intercom refused a request."""

    exit_status = ExitStatus.REFUSED


class UnavailableError(ApiError):
    """Intercom could not be reached, or failed, after every retry."""

    exit_status = ExitStatus.UNAVAILABLE


class TransientError(UnavailableError):
    """A try was in vain: no answer, one of the server's errors, too many requests. Try again.

    Args:
        message: What went wrong.
        headers: Of the answer, if there was one; they may say when.
    """

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = headers


class UnauthorizedError(ApiError):
    """401: the token is not good, or not for this region."""


class ForbiddenError(ApiError):
    """403: the token is good, but not for this."""


class NotFoundError(ApiError):
    """404: the job is unknown, expired or deleted. Ask for its window anew."""


class SlotTakenError(UnavailableError):
    """429: as many export jobs are pending as the workspace allows. Wait for one to end."""


class VersionError(ApiError):
    """400: the path does not exist in the version of the API that was asked for."""

    exit_status = ExitStatus.CONFIGURATION


class RangeRefusedError(ApiError):
    """400 that names the range. Ask for a smaller one."""


class AttributesRefusedError(ApiError):
    """400 that names attributes the dataset does not have. Ask without them.

    Args:
        message: What Intercom says.
        names: The attributes it names.
    """

    def __init__(self, message: str, names: list[str]) -> None:
        super().__init__(message)
        self.names = names


class JobFailedError(TapError):
    """The job ended without data: failed, or canceled by somebody. Try again, then smaller."""

    exit_status = ExitStatus.UNAVAILABLE


class JobTimedOutError(TapError):
    """The job did not end within `job_timeout_minutes`. Cancel it and ask for a smaller range."""

    exit_status = ExitStatus.UNAVAILABLE


class UnreadableDataError(TapError):
    """What Intercom sent cannot be read; nothing of its window was written."""

    exit_status = ExitStatus.UNREADABLE


class DamagedArchiveError(UnreadableDataError):
    """The downloaded bytes are not a whole archive. Download them again."""


class RefusedArchiveError(UnreadableDataError):
    """The archive is whole but hostile or unreadable. Downloading it again does not help."""


class UnreadableFileError(UnreadableDataError):
    """Most rows of a CSV file cannot be read: it is not written as this tap knows it."""


class TooManyRowsError(TapError):
    """The archive is as long as Intercom's silent cut. Ask for a smaller range."""

    exit_status = ExitStatus.UNREADABLE


class MalformedListError(UnreadableDataError):
    """A response is no page of a list. Read the list once more."""


class OutputError(TapError):
    """A message cannot be written to stdout, where a reader still is."""


def exit_status_of(error: BaseException) -> ExitStatus:
    """Return the exit status for an error: its own, or that of the error it was raised from."""
    cause: BaseException | None = error
    while cause is not None:
        status = getattr(cause, "exit_status", ExitStatus.OTHER)
        if status is not ExitStatus.OTHER:
            return ExitStatus(status)
        cause = cause.__cause__
    return ExitStatus.OTHER
