"""Stdout: written whole, and its reader: whether it is there, and whether it keeps up."""

from __future__ import annotations

import os
import select
import stat
import struct
import sys

FREE_SHARE_OF_PIPE = 2
"""A pipe whose reader keeps up has at least one part in so many free; a STATE fits into it."""


def write_all(data: bytes | memoryview) -> None:
    """Write all of some data and flush it.

    A text stream loses the rest of a long text when a signal's handler interrupts the write: the
    buffer below it then says that it took only a part, which the stream does not look at.

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
    """Tell whether stdout was closed by its reader; False where that cannot be told."""
    return bool(_poll(0) & (select.POLLERR | select.POLLHUP)) if hasattr(select, "poll") else False


def raise_if_reader_gone() -> None:
    """Raise an error when stdout was closed by its reader.

    Raises:
        BrokenPipeError: It was.
    """
    if is_reader_gone():
        raise BrokenPipeError


def keeps_up(size: int = 0) -> bool | None:
    """Tell whether the reader of stdout keeps up with what is written.

    Args:
        size: Bytes about to be written.

    Returns:
        Whether half of the pipe is free after `size` more bytes, so that a STATE can be written
        without waiting for the reader. True where stdout is no pipe; None where the system does
        not tell how much is in a pipe (any but Linux).
    """
    try:
        descriptor = sys.stdout.fileno()
        mode = os.fstat(descriptor).st_mode
    except (AttributeError, OSError, ValueError):  # in memory; closed
        return True
    if stat.S_ISFIFO(mode):
        return _keeps_up(descriptor, size)
    return None if stat.S_ISSOCK(mode) else True


def is_writable() -> bool:
    """Tell whether a short line can be written without waiting, where that can be told."""
    return bool(_poll(select.POLLOUT)) if hasattr(select, "poll") else True


def _keeps_up(descriptor: int, size: int) -> bool | None:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
        import termios  # noqa: PLC0415 - likewise

        capacity = fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ)
        answer = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4)
    except (ImportError, AttributeError, OSError):  # macOS has no F_GETPIPE_SZ
        return None
    (unread,) = struct.unpack("i", answer)
    return bool(unread + size <= capacity // FREE_SHARE_OF_PIPE)


def _poll(event: int) -> int:
    """Return the events that poll(2) reports for stdout without waiting; 0 where it cannot."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), event)  # errors and hang-ups are reported unasked
        found = poll.poll(0)
    except (AttributeError, OSError, ValueError):  # Windows; no real stdout; a closed one
        return event
    return found[0][1] if found else 0
