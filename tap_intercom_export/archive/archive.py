"""A downloaded archive: verified completely, its CSV files counted and opened, in any format.

It is stored in a temporary file and never held in memory.
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

from tap_intercom_export.archive.csv_text import looks_like_csv, looks_like_json_or_html
from tap_intercom_export.archive.formats import (
    ArchiveFormat,
    ArchiveLimits,
    is_packed,
    open_format,
)
from tap_intercom_export.archive.spool import discard
from tap_intercom_export.compression import INFLATE_ERRORS
from tap_intercom_export.errors import DamagedArchiveError, RefusedArchiveError
from tap_intercom_export.schemas import UNKNOWN_FILE, schema_by_file_name

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

logger = logging.getLogger(__name__)

_DAMAGE_ERRORS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    tarfile.TarError,
    *INFLATE_ERRORS,
    EOFError,
    lzma.LZMAError,
    IndexError,  # an empty name
    struct.error,
    ValueError,  # impossible offsets, invalid text
    OverflowError,
)

CHUNK_BYTES = 256 * 1024
"""Bytes read at once. Larger chunks fragment the memory after dozens of files."""

HEAD_BYTES = 512
"""Bytes at the start of a file by which an archive is recognized: the first header of a tar."""

_QUOTED = re.compile(rb'"[^"]*"?')
"""A quoted text, which may be cut off."""


@dataclass(frozen=True, slots=True)
class Member:
    """A CSV file of the archive.

    Attributes:
        index: Its position among the archive's files; two files may have the same name.
        path: Its path in the archive; "" if the format has no names.
        rows: Rows after the header, not counting line ends in quotes; an upper bound if quotes are
            damaged.
        lines: Lines after the header; never less than the number of rows that can be read.
        size: Unpacked size in bytes.
    """

    index: int
    path: str
    rows: int
    lines: int
    size: int


class Archive:
    """A verified archive. Close it when its rows are written.

    Args:
        archive_format: Gives access to the archive's files.
        members: The CSV files.
        resources: Open files, closed with the archive.
    """

    def __init__(
        self, archive_format: ArchiveFormat, members: tuple[Member, ...], resources: ExitStack
    ) -> None:
        self._format = archive_format
        self._resources = resources
        self.members = members

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(member.rows for member in self.members)

    @property
    def lines(self) -> int:
        """Lines in all files; never less than the rows."""
        return sum(member.lines for member in self.members)

    def unique_name(self, member: Member) -> str:
        """Return the path of a file, with a number if earlier files have the same path.

        Args:
            member: A file in `members`.
        """
        copies = sum(
            other.path == member.path and other.index < member.index for other in self.members
        )
        return f"{member.path} ({copies + 1})" if copies else member.path

    @contextmanager
    def open(self, member: Member) -> Generator[BinaryIO]:
        """Open a file for reading bytes. Files can be opened repeatedly, one at a time.

        Args:
            member: A file in `members`.
        """
        with (
            self._format.open(member.index) as raw,
            io.BufferedReader(cast("io.RawIOBase", raw), CHUNK_BYTES) as stream,
        ):
            yield stream

    def close(self) -> None:
        """Close the archive and free its disk space."""
        self._resources.close()


def open_archive(spool: BinaryIO, limits: ArchiveLimits) -> Archive:
    """Verify a downloaded file to its last byte and return its contents.

    Args:
        spool: The bytes as Intercom sent them. The archive closes it.
        limits: Maximum sizes.

    Returns:
        The archive; it may have no CSV files.

    Raises:
        DamagedArchiveError: The file is empty, incomplete or not an archive, or a checksum is
            wrong. The spool is closed, as after any error.
        RefusedArchiveError: The archive is complete but over a limit, encrypted, or without CSV
            files.
    """
    packed = spool.seek(0, io.SEEK_END)
    with ExitStack() as resources:
        resources.callback(discard, spool)
        if not packed:
            raise DamagedArchiveError("it is empty")
        try:
            archive_format = open_format(spool, limits, resources)
            files = archive_format.files()
            members: list[Member] = []
            unpacked = 0
            for index, path in enumerate(files):
                size = rows = lines = 0
                for counts in _scan(archive_format.open(index)):
                    size, rows, lines = counts
                    limits.check(unpacked + size, packed)
                unpacked += size
                with archive_format.open(index) as stream:
                    head = stream.read(HEAD_BYTES)
                if _is_csv(path, head):
                    members.append(Member(index, path, rows, lines, size))
            if not members and any(not _is_system_file(path) for path in files):
                raise RefusedArchiveError("there is no CSV file among its files")
        except _DAMAGE_ERRORS as error:
            raise DamagedArchiveError(f"{type(error).__name__}: {error}") from error
        except NotImplementedError as error:  # a compression method that zipfile does not support
            raise RefusedArchiveError(str(error)) from error
        except OSError as error:
            if error.errno not in {None, errno.EINVAL}:  # a disk error, not a damaged archive
                raise
            raise DamagedArchiveError(str(error)) from error
        return Archive(archive_format, tuple(members), resources.pop_all())


def _scan(stream: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    """Read a file to its end, which verifies its checksum, and close it.

    Yields:
        Bytes, rows and lines so far, without the header. Rows are the line ends outside of quotes.
    """
    line_ends, line_ends_in_quotes, size, in_quotes, end = 0, 0, 0, False, b"\n"
    with stream:
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            line_ends += chunk.count(b"\n")
            end = chunk[-1:]
            texts = _QUOTED.findall(b'"' + chunk if in_quotes else chunk)
            line_ends_in_quotes += b"".join(texts).count(b"\n")
            in_quotes = bool(texts) and (len(texts[-1]) == 1 or texts[-1][-1:] != b'"')
            yield size, max(0, line_ends - line_ends_in_quotes - 1), max(0, line_ends - 1)
    lines = max(0, line_ends + (end != b"\n") - 1)
    # an unclosed quote rejects its line, not the rows after it
    yield size, lines if in_quotes else max(0, lines - line_ends_in_quotes), lines


def _is_csv(path: str, head: bytes) -> bool:
    """Return whether a file is a CSV file; log what is skipped.

    The path does not matter, as no file is ever written under it: `../receipt.csv` is read too.

    Args:
        path: Its path in the archive.
        head: Its first bytes, which decide if its extension is another one.

    Raises:
        DamagedArchiveError: It has the name of a CSV file, but is a web page or JSON.
        RefusedArchiveError: It may hold rows, but in a format that the tap does not read.
    """
    if not path:
        return True  # the only file of a format without names
    if _is_system_file(path) and not looks_like_csv(head):
        logger.info("Skipping '%.200s' in the archive: not a CSV file", path)
        return False
    if is_packed(head):
        raise RefusedArchiveError(
            f"'{path:.200}' in it is an archive itself, or compressed in a format that this "
            "version of the tap does not read. Please report it"
        )
    base = _base_name(path).lower()
    is_named = base.endswith((".csv", ".csv.gz")) or "." not in base
    if base and is_named and looks_like_json_or_html(head):
        raise DamagedArchiveError(f"'{path:.200}' in it is a JSON or HTML text")
    if base and (is_named or looks_like_csv(head)):
        return True
    if head and schema_by_file_name(base.rpartition(".")[0]) not in (None, UNKNOWN_FILE):
        raise RefusedArchiveError(
            f"'{path:.200}' in it has the name of a CSV file, but is none. Please report it"
        )
    logger.warning("Skipping '%.200s' in the archive: not a CSV file", path)
    return False


def _base_name(path: str) -> str:
    """Return the name of a file without its folder."""
    return path.replace("\\", "/").rpartition("/")[2]


def _is_system_file(path: str) -> bool:
    """Return whether an operating system adds such files to archives."""
    return "__MACOSX" in path or _base_name(path).startswith(".")
