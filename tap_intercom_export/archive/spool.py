"""The temporary file that a download lies in: private, bounded, and gone after every exit."""

from __future__ import annotations

import contextlib
import io
import tempfile
from typing import TYPE_CHECKING, BinaryIO, cast

from typing_extensions import override

from tap_intercom_export.errors import ConfigurationError, TapError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PREFIX = "tap-intercom-export-"
"""How the names of temporary files begin, where they have one."""


def new_spool() -> BinaryIO:
    """Return an empty file that only this user can read and that has no name to be left behind."""
    return cast("BinaryIO", tempfile.TemporaryFile(prefix=PREFIX))


def discard(spool: BinaryIO) -> None:
    """Close a spool. Bytes that a full disk did not take are of no use any more."""
    with contextlib.suppress(OSError):
        spool.close()


def append(spool: BinaryIO, data: bytes, limit: int) -> None:
    """Write to the end of a spool.

    Args:
        spool: Where to.
        data: What.
        limit: Bytes that the spool may hold.

    Raises:
        ConfigurationError: The limit is reached.
        TapError: The disk is full.
    """
    if spool.tell() + len(data) > limit:
        raise ConfigurationError(
            f"An archive is larger than {limit:,} bytes; raise max_archive_gigabytes if that is "
            "right, or lower window_days"
        )
    try:
        spool.write(data)
        spool.flush()
    except OSError as error:
        raise TapError(
            f"The archive does not fit into {tempfile.gettempdir()} ({error.strerror}): make room "
            "there, or let TMPDIR name a larger place"
        ) from error


class Spool:
    """A spool that a download is written into.

    Args:
        limit: Bytes that it may hold.

    Attributes:
        file: The file.
    """

    def __init__(self, limit: int) -> None:
        self.file = new_spool()
        self._limit = limit

    @property
    def size(self) -> int:
        """Bytes in it."""
        return self.file.tell()

    def restart(self) -> None:
        """Throw away what is in it."""
        self.file.seek(0)
        self.file.truncate()

    def append(self, data: bytes) -> None:
        """Write to its end.

        Raises:
            TapError: The disk is full, or the limit is reached.
        """
        append(self.file, data, self._limit)

    def discard(self) -> None:
        """Close it."""
        discard(self.file)


class Part(io.RawIOBase):
    """Reads a part of a spool, which stays open when this is closed.

    Args:
        spool: Where to read. Other readers may take turns with this one.
        start: The first byte of the part.
        end: The byte after its last one; None for the end of the spool.
    """

    def __init__(self, spool: BinaryIO, start: int = 0, end: int | None = None) -> None:
        super().__init__()
        self._spool = spool
        self._place = start
        self._end = spool.seek(0, io.SEEK_END) if end is None else end

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        self._spool.seek(self._place)
        data = self._spool.read(min(len(view), self._end - self._place))
        view[: len(data)] = data
        self._place += len(data)
        return len(data)
