"""The temporary file of a download: private, limited in size, and removed on every exit."""

from __future__ import annotations

import contextlib
import io
import tempfile
from typing import TYPE_CHECKING, BinaryIO, cast

from typing_extensions import override

from tap_intercom_export.errors import ConfigurationError, TapError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FILE_NAME_PREFIX = "tap-intercom-export-"
"""Prefix of the names of temporary files, on systems where they have one."""


def new_spool() -> BinaryIO:
    """Return an empty temporary file without a name, readable by this user only."""
    return cast("BinaryIO", tempfile.TemporaryFile(prefix=FILE_NAME_PREFIX))


def discard(spool: BinaryIO) -> None:
    """Close a spool; errors about unwritten bytes do not matter any more.

    Args:
        spool: The file.
    """
    with contextlib.suppress(OSError):
        spool.close()


def append(spool: BinaryIO, data: bytes, limit: int) -> None:
    """Append data to a spool.

    Args:
        spool: The file.
        data: Bytes to append.
        limit: Maximum size of the spool in bytes.

    Raises:
        ConfigurationError: The limit is exceeded.
        TapError: The disk is full.
    """
    if spool.tell() + len(data) > limit:
        raise ConfigurationError(
            f"An archive is larger than {limit:,} bytes. Raise max_archive_gigabytes if that is "
            "expected, or lower window_days."
        )
    try:
        spool.write(data)
        spool.flush()
    except OSError as error:
        raise TapError(
            f"The archive does not fit into {tempfile.gettempdir()} ({error.strerror}). Free disk "
            "space there, or set TMPDIR to a larger disk."
        ) from error


class Spool:
    """Destination of a download.

    Args:
        limit: Maximum size in bytes.

    Attributes:
        file: The temporary file.
    """

    def __init__(self, limit: int) -> None:
        self.file = new_spool()
        self._limit = limit

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self.file.tell()

    def restart(self) -> None:
        """Discard everything written so far."""
        self.file.seek(0)
        self.file.truncate()

    def append(self, data: bytes) -> None:
        """Append data.

        Args:
            data: Bytes to append.

        Raises:
            TapError: The disk is full, or the limit is exceeded.
        """
        append(self.file, data, self._limit)

    def discard(self) -> None:
        """Close the file, which removes it."""
        discard(self.file)


class SpoolSection(io.RawIOBase):
    """A readable section of a spool. Closing it leaves the spool open.

    Args:
        spool: The spool. It can have several sections that are read alternately.
        start: First byte of the section.
        end: Byte after its last one; None for the end of the spool.
    """

    def __init__(self, spool: BinaryIO, start: int = 0, end: int | None = None) -> None:
        super().__init__()
        self._spool = spool
        self._position = start
        self._end = spool.seek(0, io.SEEK_END) if end is None else end

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        self._spool.seek(self._position)
        data = self._spool.read(min(len(view), self._end - self._position))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
