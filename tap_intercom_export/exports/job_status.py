"""The status of an export job: the words for it that Intercom sends, and what they mean."""

from __future__ import annotations

import re
from enum import Enum


class JobStatus(Enum):
    """Meaning of a status word."""

    RUNNING = "running"
    COMPLETED = "completed"
    EMPTY = "no data"
    FAILED = "failed"


STATUS_BY_WORD = {
    "complete": JobStatus.COMPLETED,
    "completed": JobStatus.COMPLETED,
    "pending": JobStatus.RUNNING,
    "in_progress": JobStatus.RUNNING,
    "success": JobStatus.COMPLETED,
    "done": JobStatus.COMPLETED,
    "no_data": JobStatus.EMPTY,
    "failed": JobStatus.FAILED,
    "error": JobStatus.FAILED,
    "expired": JobStatus.FAILED,
    "canceled": JobStatus.FAILED,
    "cancelled": JobStatus.FAILED,
}
"""Meaning of each word: those of Intercom's reference, and others that tolerant clients expect."""


_SEPARATORS = re.compile(r"[\s_-]+")


def status_of(status: str) -> JobStatus | None:
    """Return the meaning of a status; None if it is unknown.

    All that begin with "complete" are known: Intercom's message exports send "completed",
    reporting exports and the prose of its reference have "complete".

    Args:
        status: The `status` of a response, in any spelling.
    """
    word = _word(status)
    return JobStatus.COMPLETED if word.startswith("complete") else STATUS_BY_WORD.get(word)


def is_known(status: str) -> bool:
    """Return whether a status is one of the known words, and does not only begin with one.

    Args:
        status: The `status` of a response, in any spelling.
    """
    return _word(status) in STATUS_BY_WORD


def _word(status: str) -> str:
    return _SEPARATORS.sub("_", status.strip().lower())
