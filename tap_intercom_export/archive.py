"""A downloaded archive: verified whole, its CSV files counted and opened, whatever container it is.

Intercom's reference calls it a gzipped CSV, real clients get a ZIP, the changelog speaks of .tgz;
so its first bytes tell what it is. It lies in a temporary file and is never held in memory.
"""

from __future__ import annotations

import gzip
import io
import logging
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol, cast

from typing_extensions import override

from tap_intercom_export.errors import DamagedArchiveError, RefusedArchiveError
from tap_intercom_export.spool import append, new_spool

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from _typeshed import WriteableBuffer

logger = logging.getLogger(__name__)

CHUNK = 1024 * 1024
"""Bytes read at once."""

SMALL = 100_000_000
"""Bytes, unpacked, below which the compression ratio does not matter."""

MOST_MEMBERS = 10_000
"""Files in an archive. Intercom's have about forty; a list of millions would fill the memory."""

DEEPEST = 3
"""Containers inside one another that are opened, e.g. a ZIP sent with gzip on top."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_TAR = (b"ustar", 257)
_NOT_CSV = (b"<", b"{", b"[")
"""How an error page or a JSON answer begins."""

_BROKEN = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may be, so that a bomb fills neither the disk nor the day.

    Attributes:
        unpacked: Bytes of all its files together, unpacked.
        ratio: Unpacked to packed size; looked at from `SMALL` bytes on.
    """

    unpacked: int
    ratio: float

    def check(self, unpacked: int, packed: int) -> None:
        """Raise where an archive goes beyond.

        Raises:
            RefusedArchiveError: It does.
        """
        if unpacked > self.unpacked:
            raise RefusedArchiveError(
                f"its files are larger than {self.unpacked:,} bytes (max_unpacked_gigabytes)"
            )
        if unpacked > SMALL and unpacked > packed * self.ratio:
            raise RefusedArchiveError(
                f"its files are more than {self.ratio:g} times as large as itself "
                "(max_compression_ratio)"
            )


@dataclass(frozen=True, slots=True)
class Member:
    """A CSV file of the archive.

    Attributes:
        index: Its place among the archive's CSV files; two may have one name.
        path: Its name in the archive; "" where the container has no names.
        rows: Rows after the header, quoted line ends not counted.
        size: Bytes, unpacked.
    """

    index: int
    path: str
    rows: int
    size: int


class Archive:
    """A verified archive. Close it when its rows are written.

    Args:
        container: The container its files lie in.
        members: Its CSV files.
    """

    def __init__(self, container: _Container, members: tuple[Member, ...]) -> None:
        self._container = container
        self.members = members

    @property
    def rows(self) -> int:
        """Rows in all files together."""
        return sum(member.rows for member in self.members)

    @contextmanager
    def open(self, member: Member) -> Generator[BinaryIO]:
        """Open a file of the archive for reading in bytes; again and again, one at a time."""
        with (
            self._container.open(member.index) as raw,
            io.BufferedReader(cast("io.RawIOBase", raw), CHUNK) as stream,
        ):
            yield stream

    def close(self) -> None:
        """Give the disk space back."""
        self._container.close()


def open_archive(spool: BinaryIO, limits: Limits) -> Archive:
    """Verify a downloaded file to its last byte and return what is in it.

    Args:
        spool: The bytes as Intercom sent them. The archive closes it.
        limits: What is refused.

    Returns:
        Its CSV files; none where the file is empty.

    Raises:
        DamagedArchiveError: It is cut short, its check sums are wrong, or it is no archive. The
            spool is closed, as it is after any error.
        RefusedArchiveError: It is whole, but beyond the limits or encrypted.
    """
    packed = _size(spool)
    try:
        container = _container(spool, limits)
        members: list[Member] = []
        unpacked = 0
        for index, path in enumerate(container.csv_paths()):
            size = rows = 0
            for seen in _progress(container.open(index)):
                size, rows = seen
                limits.check(unpacked + size, packed)
            unpacked += size
            members.append(Member(index, path, rows, size))
    except _BROKEN as error:
        spool.close()
        raise DamagedArchiveError(f"{type(error).__name__}: {error}") from error
    except BaseException:
        spool.close()
        raise
    return Archive(container, tuple(members))


def _progress(stream: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Read a file to its end, which checks its check sum, and close it.

    Yields:
        Bytes and rows so far: line ends outside of quotes, without the header.
    """
    lines, size, quoted, end = 0, 0, False, b"\n"
    with stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            end = chunk[-1:]
            if not quoted and b'"' not in chunk:
                lines += chunk.count(b"\n")
            else:
                for index, part in enumerate(chunk.split(b'"')):
                    quoted ^= index > 0
                    if not quoted:
                        lines += part.count(b"\n")
            yield size, max(0, lines - 1)
    yield size, max(0, lines + (end != b"\n") - 1)


class _Container(Protocol):
    """Something that holds CSV files."""

    def csv_paths(self) -> list[str]:
        """Return the names of the CSV files in it."""

    def open(self, index: int) -> IO[bytes]:
        """Open one of them, by its place in `csv_paths`."""

    def close(self) -> None:
        """Close the container and the file it lies in."""


def _container(spool: BinaryIO, limits: Limits) -> _Container:
    """Tell by the first bytes which container a file is, through gzip that wraps another one."""
    packed = _size(spool)
    for _ in range(DEEPEST):
        head = _head(spool)
        if head.startswith(_ZIP):
            return _Zip(spool)
        if _is_tar(head):
            return _Tar(spool)
        if not head.startswith(_GZIP):
            return _Single(spool, path="", compressed=False)
        with gzip.GzipFile(fileobj=spool) as unpacked:
            inner = unpacked.read(512)
            if not (inner.startswith((*_ZIP, _GZIP)) or _is_tar(inner)):
                return _Single(spool, path=_gzip_name(head), compressed=True)
            unpacked.seek(0)
            bare = new_spool()
            while chunk := unpacked.read(CHUNK):
                append(bare, chunk, limits.unpacked)
                limits.check(bare.tell(), packed)
        spool.close()
        spool = bare
    raise DamagedArchiveError(f"more than {DEEPEST} containers inside one another")


def _size(spool: BinaryIO) -> int:
    return spool.seek(0, io.SEEK_END)


def _head(spool: BinaryIO) -> bytes:
    spool.seek(0)
    head = spool.read(512)
    spool.seek(0)
    return head


def _is_tar(head: bytes) -> bool:
    magic, offset = _TAR
    return head[offset : offset + len(magic)] == magic


def _gzip_name(head: bytes) -> str:
    """Return the file name in a gzip header (RFC 1952), or "" where there is none."""
    flags, start = head[3], 10
    if flags & 4:  # an extra field stands before the name
        start += 2 + int.from_bytes(head[10:12], "little")
    if not flags & 8:
        return ""
    return head[start:].split(b"\0", 1)[0].decode("latin-1")


def _is_csv(path: str) -> bool:
    """Tell the CSV files from folders, system files and anything else; say what is left out."""
    parts = path.replace("\\", "/").split("/")
    base = parts[-1]
    if ".." in parts or not parts[0] or parts[0][1:2] == ":":
        logger.warning("Passing over '%.200s' in the archive: a path that leads out of it", path)
        return False
    if base.lower().endswith(".csv") and not base.startswith(".") and "__MACOSX" not in path:
        return True
    logger.info("Passing over '%.200s' in the archive: not a CSV file", path)
    return False


class _Zip:
    """A ZIP, what Intercom really sends."""

    def __init__(self, spool: BinaryIO) -> None:
        _check_directory(spool)
        self._spool = spool
        self._zip = zipfile.ZipFile(spool)
        self._infos: list[zipfile.ZipInfo] = []

    def csv_paths(self) -> list[str]:
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        for info in infos:
            if info.flag_bits & 1:
                raise RefusedArchiveError(f"'{info.filename:.200}' in it is encrypted")
        self._infos = [info for info in infos if _is_csv(info.filename)]
        return [info.filename for info in self._infos]

    def open(self, index: int) -> IO[bytes]:
        try:
            return self._zip.open(self._infos[index])
        except NotImplementedError as error:
            name = self._infos[index].filename
            raise RefusedArchiveError(f"'{name:.200}' in it: {error}") from error

    def close(self) -> None:
        self._zip.close()
        self._spool.close()


def _check_directory(spool: BinaryIO) -> None:
    """Look at the size of a ZIP's list of files before zipfile reads it into memory.

    The end record stands in the last 64 KiB (APPNOTE.TXT, 4.3.16); where the list is longer than
    that record can say, another one stands before it (4.3.14).

    Raises:
        RefusedArchiveError: It has more than `MOST_MEMBERS` files.
    """
    tail_start = max(0, _size(spool) - 65_557)
    spool.seek(tail_start)
    tail = spool.read()
    end = tail.rfind(b"PK\5\6")
    count = int.from_bytes(tail[end + 10 : end + 12], "little") if end >= 0 else 0
    large = tail.rfind(b"PK\6\6")
    if large >= 0:
        count = max(count, int.from_bytes(tail[large + 32 : large + 40], "little"))
    spool.seek(0)
    if count > MOST_MEMBERS:
        raise RefusedArchiveError(f"it holds {count:,} files, more than {MOST_MEMBERS:,}")


class _Tar:
    """A tar archive, already without its gzip."""

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        self._tar = tarfile.open(fileobj=spool, mode="r:")  # noqa: SIM115 - closed below
        self._infos: list[tarfile.TarInfo] = []

    def csv_paths(self) -> list[str]:
        for count, info in enumerate(self._tar):
            if count >= MOST_MEMBERS:
                raise RefusedArchiveError(f"it holds more than {MOST_MEMBERS:,} files")
            if info.isfile() and _is_csv(info.name):
                self._infos.append(info)
        return [info.name for info in self._infos]

    def open(self, index: int) -> IO[bytes]:
        return cast("IO[bytes]", self._tar.extractfile(self._infos[index]))

    def close(self) -> None:
        self._tar.close()
        self._spool.close()


class _Single:
    """One CSV file, with gzip or as it is."""

    def __init__(self, spool: BinaryIO, *, path: str, compressed: bool) -> None:
        self._spool = spool
        self._path = path
        self._compressed = compressed

    def csv_paths(self) -> list[str]:
        with self.open(0) as stream:
            start = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(_NOT_CSV):
            raise DamagedArchiveError("it is a JSON or HTML text, not an archive")
        return [self._path] if start else []

    def open(self, index: int) -> IO[bytes]:  # noqa: ARG002 - there is only one
        self._spool.seek(0)
        if self._compressed:
            return cast("IO[bytes]", gzip.GzipFile(fileobj=self._spool))
        return cast("IO[bytes]", _Kept(self._spool))

    def close(self) -> None:
        self._spool.close()


class _Kept(io.RawIOBase):
    """Reads a file that stays open when its reader is closed."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)
