"""The status of an export job: the words for it that Intercom sends, and what they mean."""

from __future__ import annotations

from enum import Enum


class JobStatus(Enum):
    """Meaning of a status word."""

    RUNNING = "running"
    COMPLETED = "completed"
    EMPTY = "no data"
    FAILED = "failed"


STATUS_BY_WORD = {
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


def status_of(word: str) -> JobStatus | None:
    """Return the meaning of a status word; None if it is unknown.

    All words that begin with "complete" are known: Intercom's message exports send "completed",
    reporting exports and the prose of its reference have "complete".

    Args:
        word: The `status` of a response, in any case.
    """
    word = word.lower()
    return JobStatus.COMPLETED if word.startswith("complete") else STATUS_BY_WORD.get(word)
