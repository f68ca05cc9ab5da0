"""A downloaded archive: verified whole, its CSV files counted and opened, whatever container it is.

Intercom's reference calls it a gzipped CSV, real clients get a ZIP, the changelog speaks of .tgz;
so its first bytes tell what it is. It lies in a temporary file and is never held in memory.
"""

from __future__ import annotations

import gzip
import io
import logging
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol, cast

from typing_extensions import override

from tap_intercom_export.errors import DamagedArchiveError

if TYPE_CHECKING:
    from collections.abc import Generator

    from _typeshed import WriteableBuffer

logger = logging.getLogger(__name__)

CHUNK = 1024 * 1024
"""Bytes read at once."""

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
    NotImplementedError,  # a compression method that zipfile does not know
    RuntimeError,  # an encrypted member
)


def new_spool() -> BinaryIO:
    """Return a temporary file that only this user can read and that no exit leaves behind."""
    return cast("BinaryIO", tempfile.TemporaryFile(prefix="tap-intercom-export-"))


@dataclass(frozen=True, slots=True)
class Member:
    """A CSV file of the archive.

    Attributes:
        path: Its name in the archive; "" where the container has no names.
        rows: Rows after the header, quoted line ends not counted.
        size: Bytes, unpacked.
    """

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
            self._container.open(member.path) as raw,
            io.BufferedReader(cast("io.RawIOBase", raw), CHUNK) as stream,
        ):
            yield stream

    def close(self) -> None:
        """Give the disk space back."""
        self._container.close()


def open_archive(spool: BinaryIO) -> Archive:
    """Verify a downloaded file to its last byte and return what is in it.

    Args:
        spool: The bytes as Intercom sent them. The archive closes it.

    Returns:
        Its CSV files; none where the file is empty.

    Raises:
        DamagedArchiveError: It is cut short, its check sums are wrong, or it is no archive. The
            spool is closed.
    """
    try:
        container = _container(spool)
        members = tuple(_verified(container, path) for path in container.csv_paths())
    except _BROKEN as error:
        spool.close()
        raise DamagedArchiveError(f"{type(error).__name__}: {error}") from error
    except BaseException:
        spool.close()
        raise
    return Archive(container, members)


def _verified(container: _Container, path: str) -> Member:
    """Read a file to its end, which checks its check sum, and count its rows."""
    lines, size, quoted, end = 0, 0, False, b"\n"
    with container.open(path) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            end = chunk[-1:]
            if not quoted and b'"' not in chunk:
                lines += chunk.count(b"\n")
                continue
            for index, part in enumerate(chunk.split(b'"')):
                quoted ^= index > 0
                if not quoted:
                    lines += part.count(b"\n")
    lines += end != b"\n"
    return Member(path, max(0, lines - 1), size)


class _Container(Protocol):
    """Something that holds CSV files."""

    def csv_paths(self) -> list[str]:
        """Return the names of the CSV files in it."""

    def open(self, path: str) -> IO[bytes]:
        """Open one of them."""

    def close(self) -> None:
        """Close the container and the file it lies in."""


def _container(spool: BinaryIO) -> _Container:
    """Tell by the first bytes which container a file is, through gzip that wraps another one."""
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
            shutil.copyfileobj(unpacked, bare, CHUNK)
        spool.close()
        spool = bare
    raise DamagedArchiveError(f"more than {DEEPEST} containers inside one another")


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
    base = path.replace("\\", "/").rsplit("/", 1)[-1]
    if base.lower().endswith(".csv") and not base.startswith(".") and "__MACOSX" not in path:
        return True
    logger.info("Passing over '%s' in the archive: not a CSV file", path)
    return False


class _Zip:
    """A ZIP, what Intercom really sends."""

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        self._zip = zipfile.ZipFile(spool)

    def csv_paths(self) -> list[str]:
        infos = (info for info in self._zip.infolist() if not info.is_dir())
        return [info.filename for info in infos if _is_csv(info.filename)]

    def open(self, path: str) -> IO[bytes]:
        return self._zip.open(path)

    def close(self) -> None:
        self._zip.close()
        self._spool.close()


class _Tar:
    """A tar archive, already without its gzip."""

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        self._tar = tarfile.open(fileobj=spool, mode="r:")  # noqa: SIM115 - closed below

    def csv_paths(self) -> list[str]:
        return [info.name for info in self._tar if info.isfile() and _is_csv(info.name)]

    def open(self, path: str) -> IO[bytes]:
        stream = self._tar.extractfile(path)
        if stream is None:
            raise DamagedArchiveError(f"'{path}' is not a file of the archive")
        return stream

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
        with self.open(self._path) as stream:
            start = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(_NOT_CSV):
            raise DamagedArchiveError("it is a JSON or HTML text, not an archive")
        return [self._path] if start else []

    def open(self, path: str) -> IO[bytes]:  # noqa: ARG002 - there is only one
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
