"""Whoever reads stdout: whether they are still there, and whether they keep up."""

from __future__ import annotations

import select
import sys


def is_gone() -> bool:
    """Tell whether nobody can read stdout any more; False where that cannot be told."""
    return _is_gone(wait_for_room=False)


def wait_for_room() -> None:
    """Wait until stdout takes a short line without blocking, where that can be told.

    A pipe tells it when at least a page of it is free.

    Raises:
        BrokenPipeError: Nobody can read it any more.
    """
    if _is_gone(wait_for_room=True):
        raise BrokenPipeError


def _is_gone(*, wait_for_room: bool) -> bool:
    """Tell whether the reader is gone, at once or when there is room."""
    try:
        poll = select.poll()
        # errors and hang-ups are reported unasked
        poll.register(sys.stdout.fileno(), select.POLLOUT if wait_for_room else 0)
        found = poll.poll(None if wait_for_room else 0)
    except (AttributeError, OSError, ValueError):  # Windows; no real stdout; a closed one
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in found)
