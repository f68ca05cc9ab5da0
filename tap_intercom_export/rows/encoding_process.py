"""A second process that encodes every other block of a large file.

Encoding is work for one core, and Python runs the code of a process on one core at a time. The main
process reads the file, sends one block to the second process, encodes the next one itself, and
writes the texts of both in order. What needs the slow path (damaged rows, new columns, invalid
characters) stays in the main process: the second one answers only for a block without any of it
(`block_encoder.encode_block`), so ordering, error handling and state stay in the main process. At
most one block is in transit, and it is sent only when the other side reads, so neither side can
wait for the other forever.

When the second process cannot be started, or ends, the main process goes on alone. When the main
process ends, however it does, the second one reads the end of its stdin, and ends.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
from typing import IO, TYPE_CHECKING

from tap_intercom_export.rows.block_encoder import EncodedBlock, encode_block

if TYPE_CHECKING:
    from tap_intercom_export.rows.block_encoder import Encoding
    from tap_intercom_export.rows.compiled.row_function import RowFunction

_FRAME = struct.Struct("<cQ")
"""Begins what is sent: its type, and the length of the data that follows."""

_FILE, _BLOCK = b"F", b"B"
"""Types of what the main process sends: how a file is encoded, pickled; a block of it."""

_RESULT = struct.Struct("<QQ")
"""Begins the data of a result: the number of texts, and of lines."""

_ENCODED, _NEEDS_CARE = b"E", b"C"
"""Types of results."""

_PIPE_BYTES = 1024 * 1024
"""Size of the pipe for results: those of a block fit in, so that it need not be read meanwhile."""

_EXIT_SECONDS = 2.0


class EncodingProcess:
    """The second process, as the main process sees it; started by the first `begin_file`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_usable = hasattr(select, "poll") and cpu_count() > 1
        self._is_busy = False

    def begin_file(self, encoding: Encoding) -> bool:
        """Let the process prepare for a file; `is_ready` tells when it has.

        Args:
            encoding: How the file is encoded.

        Returns:
            Whether it does.
        """
        try:
            data = pickle.dumps(encoding)
        except (pickle.PicklingError, AttributeError, TypeError):  # a function without a name
            return False
        return self._is_usable and self._send(_FILE, data)

    def is_ready(self) -> bool:
        """Tell whether the process waits for a block."""
        if self._is_busy and self._has_answered():
            self.receive()
        return self._is_usable and not self._is_busy

    def send(self, data: bytes) -> bool:
        """Send a block to be encoded; its result has to be received before the next one.

        Args:
            data: Whole rows, with their line ends.

        Returns:
            Whether it was sent.
        """
        return self._send(_BLOCK, data)

    def receive(self) -> EncodedBlock | None:
        """Wait for the result of what was sent last.

        Returns:
            The texts; None where the block needs care, or the process has ended.
        """
        process = self._process
        self._is_busy = False
        if process is None or process.stdout is None:
            return None
        frame = read_frame(process.stdout)
        if frame is None:
            self.close()
            return None
        kind, data = frame
        if kind != _ENCODED:
            return None
        text_count, line_count = _RESULT.unpack_from(data)
        return EncodedBlock(data[_RESULT.size :], text_count, line_count)

    def close(self) -> None:
        """End the process; the main process goes on alone."""
        process, self._process, self._is_usable = self._process, None, False
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            process.wait(_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _send(self, kind: bytes, data: bytes) -> bool:
        try:
            self._process = self._process or _start()
            assert self._process.stdin  # noqa: S101 - it is a pipe
            write_frame(self._process.stdin, kind, data)
        except OSError:  # no memory, no more processes, or it has ended
            self.close()
            return False
        self._is_busy = True
        return True

    def _has_answered(self) -> bool:
        if self._process is None or self._process.stdout is None:
            return False
        poll = select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        return bool(poll.poll(0))


def cpu_count() -> int:
    """Return the number of processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _start() -> subprocess.Popen[bytes]:
    # the same places to import from, without the current folder that -c would add
    code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import main; main()"
    process = subprocess.Popen(  # noqa: S603 - this module
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=-1,
    )
    with contextlib.suppress(ImportError, AttributeError, OSError):  # Linux only; less will do
        import fcntl  # noqa: PLC0415

        assert process.stdout  # noqa: S101 - it is a pipe
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process


def write_frame(pipe: IO[bytes], kind: bytes, data: bytes) -> None:
    """Write something that `read_frame` reads.

    Args:
        pipe: Takes it.
        kind: One byte.
        data: What follows.
    """
    pipe.write(_FRAME.pack(kind, len(data)))
    pipe.write(data)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """Return the type and the data of the next frame; None at the end, or in the middle of one."""
    head = pipe.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    kind, size = _FRAME.unpack(head)
    data = pipe.read(size)
    return (kind, data) if len(data) == size else None


def serve(source: IO[bytes], out: IO[bytes]) -> None:
    """Encode blocks until there are no more: what the second process does.

    Args:
        source: Has files and blocks.
        out: Takes a result for each.
    """
    function: RowFunction | None = None
    while frame := read_frame(source):
        kind, data = frame
        if kind == _FILE:
            encoding: Encoding = pickle.loads(data)  # noqa: S301 - the main process pickled it
            function, result = encoding.row_function(), None
        else:
            result = encode_block(function, data) if function else None
        if result is None:
            write_frame(out, _NEEDS_CARE, b"")
        else:
            data, text_count, line_count = result
            write_frame(out, _ENCODED, _RESULT.pack(text_count, line_count) + data)


def main() -> None:
    """Run the second process until its stdin ends."""
    for signum in (signal.SIGINT, signal.SIGTERM):  # to a whole group: the main process ends it
        signal.signal(signum, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)
