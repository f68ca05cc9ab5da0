"""Stdout: written whole, and whoever reads it: whether they are there, and whether they keep up."""

from __future__ import annotations

import select
import sys


def write_all(data: bytes) -> None:
    """Write all of some data and flush it.

    A text stream loses the rest of a long text when a signal's handler interrupts the write: the
    buffer below it then says that it took only a part, which the stream does not look at.

    Raises:
        BrokenPipeError: Nobody reads any more.
    """
    out = getattr(sys.stdout, "buffer", None)
    if out is None:  # a stream in memory
        sys.stdout.write(data.decode())
        return
    sys.stdout.flush()
    rest = memoryview(data)
    while rest:
        rest = rest[out.write(rest) :]
    out.flush()


def is_reader_gone() -> bool:
    """Tell whether nobody can read any more; False where that cannot be told."""
    return _is_gone(wait_until_writable=False)


def wait_until_writable() -> None:
    """Wait until a short line can be written without blocking, where that can be told.

    A pipe tells it when at least a page of it is free.

    Raises:
        BrokenPipeError: Nobody can read any more.
    """
    if _is_gone(wait_until_writable=True):
        raise BrokenPipeError


def _is_gone(*, wait_until_writable: bool) -> bool:
    """Tell whether the reader is gone, at once or when there is room."""
    try:
        poll = select.poll()
        # errors and hang-ups are reported unasked
        poll.register(sys.stdout.fileno(), select.POLLOUT if wait_until_writable else 0)
        found = poll.poll(None if wait_until_writable else 0)
    except (AttributeError, OSError, ValueError):  # Windows; no real stdout; a closed one
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in found)
