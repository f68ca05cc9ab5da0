"""stdout: complete writes, and whether its reader is there and keeps up."""

from __future__ import annotations

import os
import select
import stat
import struct
import sys

FREE_PIPE_DIVISOR = 2
"""Divisor: at least 1/2 of the pipe must be free for the reader to count as keeping up."""


def write_all(data: bytes | memoryview) -> None:
    """Write all of the data and flush it.

    A text stream loses the rest of a long text if a signal handler interrupts the write: the
    underlying buffer then reports a partial write, which the text stream ignores.

    Args:
        data: Complete lines.

    Raises:
        BrokenPipeError: stdout was closed by its reader.
    """
    out = getattr(sys.stdout, "buffer", None)
    if out is None:  # a stream in memory
        sys.stdout.write(bytes(data).decode())
        return
    sys.stdout.flush()
    rest = memoryview(data)
    while rest:
        rest = rest[out.write(rest) :]
    out.flush()


def is_reader_gone() -> bool:
    """Return whether stdout was closed by its reader; False if the system cannot tell."""
    return bool(_poll(0) & (select.POLLERR | select.POLLHUP)) if hasattr(select, "poll") else False


def raise_if_reader_gone() -> None:
    """Raise an error if stdout was closed by its reader.

    Raises:
        BrokenPipeError: It was closed.
    """
    if is_reader_gone():
        raise BrokenPipeError


def keeps_up(size: int = 0) -> bool | None:
    """Return whether the reader of stdout keeps up.

    Args:
        size: Bytes about to be written.

    Returns:
        Whether half of the pipe is free after `size` more bytes, so that a STATE can be written
        without waiting for the reader. True if stdout is not a pipe; None if the system cannot tell
        how full a pipe is (all but Linux).
    """
    try:
        descriptor = sys.stdout.fileno()
        mode = os.fstat(descriptor).st_mode
    except (AttributeError, OSError, ValueError):  # in memory; closed
        return True
    if stat.S_ISFIFO(mode):
        return _pipe_has_room(descriptor, size)
    return None if stat.S_ISSOCK(mode) else True


def is_writable() -> bool:
    """Return whether a line can be written without waiting; True if the system cannot tell."""
    return bool(_poll(select.POLLOUT)) if hasattr(select, "poll") else True


def can_write_state() -> bool:
    """Return whether a STATE can be written without waiting, as far as the system can tell."""
    has_room = keeps_up()
    return is_writable() if has_room is None else has_room


def _pipe_has_room(descriptor: int, size: int) -> bool | None:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
        import termios  # noqa: PLC0415 - likewise

        capacity = fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ)
        buffer = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4)
    except (ImportError, AttributeError, OSError):  # macOS has no F_GETPIPE_SZ
        return None
    (unread,) = struct.unpack("i", buffer)
    return bool(unread + size <= capacity // FREE_PIPE_DIVISOR)


def _poll(event: int) -> int:
    """Return the events that poll(2) reports for stdout without waiting; `event` if it fails."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), event)  # errors and hang-ups are reported unasked
        found = poll.poll(0)
    except (AttributeError, OSError, ValueError):  # Windows; no real stdout; a closed one
        return event
    return found[0][1] if found else 0
