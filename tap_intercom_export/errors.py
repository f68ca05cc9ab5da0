"""What can go wrong, one class for each way of going on from it.

A text says what happened, to which job or window, and what to do; it is shown to users as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class TapError(Exception):
    """The run cannot go on; the text is for the user, without a traceback."""


class ApiError(TapError):
    """Intercom refused a request, or could not be reached after every retry."""


class TransientError(ApiError):
    """A try was in vain: no answer, one of the server's errors, too many requests. Try again.

    Args:
        message: What went wrong.
        headers: Of the answer, if there was one; they may say when.
    """

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = headers


class ForbiddenError(ApiError):
    """403: the token is good, but not for this."""


class NotFoundError(ApiError):
    """404: the job is unknown, expired or deleted. Ask for its window anew."""


class SlotTakenError(ApiError):
    """429: as many export jobs are pending as the workspace allows. Wait for one to end."""


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


class JobTimedOutError(TapError):
    """The job did not end within `job_timeout_minutes`. Cancel it and ask for a smaller range."""


class DamagedArchiveError(TapError):
    """The downloaded bytes are not a whole archive. Download them again."""


class RefusedArchiveError(TapError):
    """The archive is whole but hostile or unreadable. Downloading it again does not help."""


class UnreadableFileError(TapError):
    """Most rows of a CSV file cannot be read: it is not written as this tap knows it."""


class TooManyRowsError(TapError):
    """The archive is as long as Intercom's silent cut. Ask for a smaller range."""


class MalformedListError(TapError):
    """An answer is no page of a list. Read the list once more."""
