"""Archive formats (containers), recognized by their first bytes: ZIP, tar, gzip, or a plain CSV.

No size that an archive declares is trusted before it is checked: not the length of its file list,
not that of its headers, and not its unpacked size.
"""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol, cast

from tap_intercom_export.archive import csv_text
from tap_intercom_export.archive.spool import SpoolSection, append, discard, new_spool
from tap_intercom_export.archive.zip_member import open_member
from tap_intercom_export.compression import open_gzip
from tap_intercom_export.errors import DamagedArchiveError, RefusedArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

CHUNK_BYTES = 1024 * 1024
"""Bytes read at once."""

MIN_RATIO_CHECK_BYTES = 100_000_000
"""Unpacked size from which the compression ratio is checked."""

MAX_MEMBERS = 10_000
"""Maximum files in an archive. Intercom's have about forty; a list of millions would fill the
memory."""

MAX_DIRECTORY_ENTRY_BYTES = 1024
"""Maximum average size of an entry in a ZIP's central directory; usual are about 70 bytes."""

MAX_DATA_DESCRIPTOR_BYTES = 24
"""Maximum bytes between two files of a ZIP (APPNOTE.TXT, 4.3.9)."""

MAX_NESTING_DEPTH = 3
"""Maximum formats inside one another, e.g. a ZIP inside gzip."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_TAR = (b"ustar", 257)
_OTHER_PACKED = (
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",  # Zstandard
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"PAR1",  # Parquet
)
"""First bytes of other formats that may hold rows, and that the tap cannot read."""

_EXTENSION_HEADERS = {b"x", b"g", b"X", b"L", b"K"}
"""Types of tar headers that extend the next one (pax, and GNU's long names)."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Maximum sizes, so that a decompression bomb cannot fill the disk or take hours.

    Attributes:
        unpacked_bytes: Maximum size of all files, unpacked.
        compression_ratio: Maximum ratio of unpacked to packed size, from an unpacked size of
            `MIN_RATIO_CHECK_BYTES` on.
    """

    unpacked_bytes: int
    compression_ratio: float

    def check(self, unpacked: int, packed: int) -> None:
        """Raise an error if an archive exceeds a limit.

        Args:
            unpacked: Bytes of all files so far, unpacked.
            packed: Bytes of the archive as downloaded.

        Raises:
            RefusedArchiveError: It does.
        """
        if unpacked > self.unpacked_bytes:
            raise RefusedArchiveError(
                f"its files are larger than {self.unpacked_bytes:,} bytes (max_unpacked_gigabytes)"
            )
        if unpacked > MIN_RATIO_CHECK_BYTES and unpacked > packed * self.compression_ratio:
            raise RefusedArchiveError(
                f"its files are more than {self.compression_ratio:g} times as large as the archive "
                "(max_compression_ratio)"
            )


class ArchiveFormat(Protocol):
    """An opened archive format."""

    def files(self) -> list[str]:
        """Return the names of all files."""

    def open(self, index: int) -> IO[bytes]:
        """Open a file by its position in `files`.

        Args:
            index: Position in `files`, from 0.
        """


def open_format(spool: BinaryIO, limits: ArchiveLimits, resources: ExitStack) -> ArchiveFormat:
    """Recognize the format of a file by its first bytes, also inside gzip.

    Intercom's reference calls it a gzipped CSV, real clients get a ZIP, and the changelog mentions
    .tgz.

    Args:
        spool: The file.
        limits: Maximum sizes.
        resources: Gets the temporary files that must be closed at the end.

    Raises:
        DamagedArchiveError: It is not complete, or too many formats are inside one another.
        RefusedArchiveError: It is over a limit.
    """
    packed = _size(spool)
    for _ in range(MAX_NESTING_DEPTH):
        head = _head(spool)
        if head.startswith(_ZIP):
            return _Zip(spool)
        if _is_tar(head):
            return _Tar(spool)
        if not head.startswith(_GZIP):
            return _SingleFile(spool, path="", compressed=False)
        with open_gzip(fileobj=spool) as unpacked:
            inner = unpacked.read(512)
            if not (inner.startswith((*_ZIP, _GZIP)) or _is_tar(inner)):
                return _SingleFile(spool, path=_gzip_name(head), compressed=True)
            unpacked.seek(0)
            inner_spool = new_spool()
            resources.callback(discard, inner_spool)
            while chunk := unpacked.read(CHUNK_BYTES):
                limits.check(inner_spool.tell() + len(chunk), packed)
                append(inner_spool, chunk, limits.unpacked_bytes)
        spool = inner_spool
    raise DamagedArchiveError(f"more than {MAX_NESTING_DEPTH} archive formats inside one another")


def _size(spool: BinaryIO) -> int:
    return spool.seek(0, io.SEEK_END)


def _head(spool: BinaryIO) -> bytes:
    spool.seek(0)
    head = spool.read(512)
    spool.seek(0)
    return head


def _without_gzip(open_file: Callable[[], IO[bytes]]) -> IO[bytes]:
    """Return the content of a file, decompressed if it is gzipped, whatever its name.

    Args:
        open_file: Opens the file. Its first bytes are read before it is opened again.
    """
    with open_file() as stream:
        is_wrapped = stream.read(len(_GZIP)) == _GZIP
    stream = open_file()
    return cast("IO[bytes]", open_gzip(fileobj=stream, mode="rb")) if is_wrapped else stream


def is_packed(head: bytes) -> bool:
    """Return whether a file is an archive or compressed, by its first 512 bytes.

    gzip does not count: it is already removed.

    Args:
        head: The first 512 bytes of the file.
    """
    return head.startswith((*_ZIP, *_OTHER_PACKED)) or _is_tar(head)


def _is_tar(head: bytes) -> bool:
    magic, offset = _TAR
    return head[offset : offset + len(magic)] == magic


def _gzip_name(head: bytes) -> str:
    """Return the file name in a gzip header (RFC 1952), or "" if there is none."""
    flags, start = head[3], 10
    if flags & 4:  # an extra field comes before the name
        start += 2 + int.from_bytes(head[10:12], "little")
    if not flags & 8:
        return ""
    return head[start:].split(b"\0", 1)[0].decode("latin-1")


class _Zip:
    """A ZIP, the format that Intercom actually sends."""

    def __init__(self, spool: BinaryIO) -> None:
        count, size = _read_directory_size(spool)
        if count > MAX_MEMBERS or size > MAX_MEMBERS * MAX_DIRECTORY_ENTRY_BYTES:
            raise RefusedArchiveError(
                f"its list of files is too long: {count:,} entries in {size:,} bytes"
            )
        self._spool = spool
        self._zip = zipfile.ZipFile(spool)
        has_no_list = not count and _head(spool).startswith(_ZIP[0])
        # the first file of two archives in a row is in the list of the first one only
        begins_later = min((info.header_offset for info in self._zip.infolist()), default=0) > 0
        has_other_count = len(self._zip.infolist()) != count
        if has_other_count or has_no_list or begins_later or self._has_unlisted_file():
            raise DamagedArchiveError("its list of files is incomplete")
        self._infos: list[zipfile.ZipInfo] = []

    def _has_unlisted_file(self) -> bool:
        """Return whether behind a file is one that is not in the list (APPNOTE.TXT, 4.3.6)."""
        infos = self._zip.infolist()
        listed = {info.header_offset for info in infos}
        for info in infos:
            self._spool.seek(info.header_offset + 26)
            name, extra = struct.unpack("<HH", self._spool.read(4))
            end = info.header_offset + 30 + name + extra + info.compress_size
            self._spool.seek(end)
            place = self._spool.read(MAX_DATA_DESCRIPTOR_BYTES + len(_ZIP[0])).find(_ZIP[0])
            if place >= 0 and end + place not in listed:
                return True
        return False

    def files(self) -> list[str]:
        # a folder with data is a file
        self._infos = [one for one in self._zip.infolist() if not one.is_dir() or one.file_size]
        for info in self._infos:
            if info.flag_bits & 1:
                raise RefusedArchiveError(f"'{info.filename:.200}' in it is encrypted")
        return [info.filename.rstrip("/") or info.filename for info in self._infos]

    def open(self, index: int) -> IO[bytes]:
        info = self._infos[index]
        return _without_gzip(lambda: open_member(self._spool, self._zip, info))


def _read_directory_size(spool: BinaryIO) -> tuple[int, int]:
    """Return the entry count and size of a ZIP's central directory, before zipfile reads it.

    The end record is in the last 64 KiB (APPNOTE.TXT, 4.3.16); a ZIP64 end record precedes it if
    the numbers do not fit into it (4.3.14).
    """
    tail_start = max(0, _size(spool) - 65_557)
    spool.seek(tail_start)
    tail = spool.read()
    end = tail.rfind(b"PK\5\6")
    count, size = struct.unpack_from("<HL", tail, end + 10) if end >= 0 else (0, 0)
    large = tail.rfind(b"PK\6\6", 0, max(0, end))
    if large >= 0 and tail[max(0, end - 20) : end].startswith(b"PK\6\7"):  # points to it
        count, size = struct.unpack_from("<QQ", tail, large + 32)
    spool.seek(0)
    return count, size


class _Tar:
    """A tar archive, already without its gzip."""

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        _check_headers(spool)
        self._tar = tarfile.open(fileobj=spool, mode="r:")  # noqa: SIM115 - the spool is closed
        self._infos: list[tarfile.TarInfo] = []

    def files(self) -> list[str]:
        self._infos = [info for info in self._tar if info.isfile()]
        names = [info.name.rstrip("/") if info.size else info.name for info in self._infos]
        return [name.encode(errors="surrogateescape").decode(errors="replace") for name in names]

    def open(self, index: int) -> IO[bytes]:
        info = self._infos[index]
        return _without_gzip(lambda: cast("IO[bytes]", self._tar.extractfile(info)))


def _check_headers(spool: BinaryIO) -> None:
    """Check the headers of a tar before tarfile reads extended ones into memory.

    Raises:
        DamagedArchiveError: It is cut off, or goes on after its end. tarfile notices neither.
        RefusedArchiveError: It has too many files, a header over 1 MiB, or data outside of files.
    """
    for _ in range(2 * MAX_MEMBERS):  # each file may have an extended header before its own
        header = spool.read(tarfile.BLOCKSIZE)
        if len(header) < tarfile.BLOCKSIZE:
            raise DamagedArchiveError("it ends before the end of a tar")
        if not header.strip(b"\0"):
            while chunk := spool.read(CHUNK_BYTES):
                if chunk.strip(b"\0"):
                    raise DamagedArchiveError("there is data after the end of the tar")
            spool.seek(0)
            return
        info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        if info.type in _EXTENSION_HEADERS and info.size > CHUNK_BYTES:
            raise RefusedArchiveError(f"it has a header of {info.size:,} bytes")
        if info.size and not info.isfile() and info.type not in _EXTENSION_HEADERS:
            # tarfile takes the data after a folder or link for the next header, and ends there
            raise RefusedArchiveError(
                f"'{info.name:.200}' in it is no file, but has data. Please report it"
            )
        spool.seek(-(-info.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE, io.SEEK_CUR)
    raise RefusedArchiveError(f"it holds more than {MAX_MEMBERS:,} files")


class _SingleFile:
    """A single CSV file, plain or with gzip, with any extension."""

    def __init__(self, spool: BinaryIO, *, path: str, compressed: bool) -> None:
        self._spool = spool
        name = path.replace("\\", "/").rpartition("/")[2].strip(".")
        self._path = f"{name}.csv" if name and not name.lower().endswith(".csv") else name
        self._compressed = compressed

    def files(self) -> list[str]:
        with self.open(0) as stream:
            start = csv_text.to_utf_8(stream.read(512)).lstrip()
        if csv_text.looks_like_json_or_html(start):
            raise DamagedArchiveError("it is a JSON or HTML text, not an archive")
        if start and not csv_text.may_be_csv(start):
            raise DamagedArchiveError("it is neither an archive nor a CSV file")
        if not start and not self._compressed:
            raise DamagedArchiveError("it is empty")
        if not self._compressed and csv_text.ends_within_row(self._spool):
            raise DamagedArchiveError("it is a CSV file that ends within a row")
        return [self._path] if start else []

    def open(self, index: int) -> IO[bytes]:  # noqa: ARG002 - there is only one
        part = SpoolSection(self._spool)
        return cast("IO[bytes]", open_gzip(fileobj=part) if self._compressed else part)
