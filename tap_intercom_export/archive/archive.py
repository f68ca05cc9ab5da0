"""A downloaded archive: verified whole, its CSV files counted and opened, whatever container it is.

It lies in a temporary file and is never held in memory.
"""

from __future__ import annotations

import errno
import gzip
import io
import logging
import lzma
import re
import struct
import tarfile
import zipfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from tap_intercom_export.archive.formats import Container, Limits, is_container, open_container
from tap_intercom_export.archive.inflate import INFLATE_ERRORS
from tap_intercom_export.archive.spool import discard
from tap_intercom_export.errors import DamagedArchiveError, RefusedArchiveError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

logger = logging.getLogger(__name__)

_BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    tarfile.TarError,
    *INFLATE_ERRORS,
    EOFError,
    lzma.LZMAError,
    IndexError,  # a name of no characters
    struct.error,
    ValueError,  # offsets that cannot be, text that is none
    OverflowError,
)

CHUNK_BYTES = 256 * 1024
"""Bytes read at once. Larger pieces leave the memory in holes after some dozen files."""

HEAD_BYTES = 512
"""Bytes at the beginning of a file that tell an archive: a tar's first header."""

_QUOTED = re.compile(rb'"[^"]*"?')
"""A quoted text, which may be cut off."""


@dataclass(frozen=True, slots=True)
class Member:
    """A CSV file of the archive.

    Attributes:
        index: Its place among the archive's files; two may have one name.
        path: Its name in the archive; "" where the container has no names.
        rows: Rows after the header, quoted line ends not counted; where quotes are damaged they may
            be more.
        lines: Lines after the header: never fewer than the rows that can be read.
        size: Bytes, unpacked.
    """

    index: int
    path: str
    rows: int
    lines: int
    size: int


class Archive:
    """A verified archive. Close it when its rows are written.

    Args:
        container: The container its files lie in.
        members: Its CSV files.
        opened: Closes the files it lies in.
    """

    def __init__(
        self, container: Container, members: tuple[Member, ...], opened: ExitStack
    ) -> None:
        self._container = container
        self._opened = opened
        self.members = members

    @property
    def rows(self) -> int:
        """Rows in all files together."""
        return sum(member.rows for member in self.members)

    @property
    def lines(self) -> int:
        """Lines in all files together: never fewer than the rows."""
        return sum(member.lines for member in self.members)

    @contextmanager
    def open(self, member: Member) -> Generator[BinaryIO]:
        """Open a file of the archive for reading in bytes; again and again, one at a time."""
        with (
            self._container.open(member.index) as raw,
            io.BufferedReader(cast("io.RawIOBase", raw), CHUNK_BYTES) as stream,
        ):
            yield stream

    def close(self) -> None:
        """Give the disk space back."""
        self._opened.close()


def open_archive(spool: BinaryIO, limits: Limits) -> Archive:
    """Verify a downloaded file to its last byte and return what is in it.

    Args:
        spool: The bytes as Intercom sent them. The archive closes it.
        limits: What is refused.

    Returns:
        Its CSV files; there may be none in it.

    Raises:
        DamagedArchiveError: It is empty or cut short, its check sums are wrong, or it is no
            archive. The spool is closed, as it is after any error.
        RefusedArchiveError: It is whole, but beyond the limits or encrypted.
    """
    packed = spool.seek(0, io.SEEK_END)
    with ExitStack() as opened:
        opened.callback(discard, spool)
        if not packed:
            raise DamagedArchiveError("it is empty")
        try:
            container = open_container(spool, limits, opened)
            files = container.files()
            members: list[Member] = []
            unpacked = 0
            for index, path in enumerate(files):
                size = rows = lines = 0
                for seen in _progress(container.open(index)):
                    size, rows, lines = seen
                    limits.check(unpacked + size, packed)
                unpacked += size
                if _is_csv(path) and not _is_archive(container, index, path):
                    members.append(Member(index, path, rows, lines, size))
            if not members and any(not _is_usual(path) for path in files):
                raise RefusedArchiveError("there is no CSV file among its files")
        except _BROKEN as error:
            raise DamagedArchiveError(f"{type(error).__name__}: {error}") from error
        except NotImplementedError as error:  # a method or version that zipfile does not know
            raise RefusedArchiveError(str(error)) from error
        except OSError as error:
            if error.errno not in {None, errno.EINVAL}:  # of the disk, not of the archive
                raise
            raise DamagedArchiveError(str(error)) from error
        return Archive(container, tuple(members), opened.pop_all())


def _progress(stream: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    """Read a file to its end, which checks its check sum, and close it.

    Yields:
        Bytes, rows and lines so far. Rows are the line ends outside of quotes; both are without the
        header.
    """
    line_ends, inside, size, quoted, end = 0, 0, 0, False, b"\n"
    with stream:
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            line_ends += chunk.count(b"\n")
            end = chunk[-1:]
            texts = _QUOTED.findall(b'"' + chunk if quoted else chunk)
            inside += b"".join(texts).count(b"\n")
            quoted = bool(texts) and (len(texts[-1]) == 1 or texts[-1][-1:] != b'"')
            yield size, max(0, line_ends - inside - 1), max(0, line_ends - 1)
    lines = max(0, line_ends + (end != b"\n") - 1)
    # a quote that is not closed costs its line, not the rows after it
    yield size, lines if quoted else max(0, lines - inside), lines


def _is_csv(path: str) -> bool:
    """Tell CSV files from folders, system files and anything else; say what is left out."""
    parts = path.replace("\\", "/").split("/")
    if not path:
        return True  # the one file of a container without names
    if ".." in parts or not parts[0] or parts[0][1:2] == ":":
        logger.warning("Passing over '%.200s' in the archive: a path that leads out of it", path)
        return False
    usual, base = _is_usual(path), parts[-1].lower()
    if base and (base.endswith((".csv", ".csv.gz")) or "." not in base) and not usual:
        return True
    level = logging.INFO if usual else logging.WARNING
    logger.log(level, "Passing over '%.200s' in the archive: not a CSV file", path)
    return False


def _is_archive(container: Container, index: int, path: str) -> bool:
    """Tell whether a file is an archive, whatever it is called; say that it is left out."""
    with container.open(index) as stream:
        is_archive = is_container(stream.read(HEAD_BYTES))
    if is_archive:
        logger.warning("Passing over '%.200s' in the archive: an archive inside it", path)
    return is_archive


def _is_usual(path: str) -> bool:
    """Tell what an operating system puts into archives: nobody misses it."""
    base = path.replace("\\", "/").rpartition("/")[2]
    return "__MACOSX" in path or base.startswith(".")
