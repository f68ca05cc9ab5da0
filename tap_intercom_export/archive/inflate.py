"""Decompression: by ISA-L where its package installs, twice as fast as zlib; else by zlib."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from typing_extensions import override

from tap_intercom_export.archive.spool import Part

try:
    from isal import igzip, isal_zlib
except ImportError:  # no wheel for this platform
    isal_zlib = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

INFLATE_ERRORS = (zlib.error, cast("type[Exception]", isal_zlib.error) if isal_zlib else zlib.error)
"""What damaged data raises, besides the errors that gzip and zipfile have."""

open_gzip: Callable[..., gzip.GzipFile] = igzip.IGzipFile if isal_zlib else gzip.GzipFile
"""Opens a gzip, with the arguments of `gzip.GzipFile`."""


def open_member(spool: BinaryIO, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """Open a file of a ZIP for reading.

    zipfile lets nobody choose the decompressor, but what it would inflate is a gzip without its
    first and last bytes, and the archive's list of files tells what these are.

    Args:
        spool: The file that the archive lies in.
        archive: The archive.
        member: The file to open, not encrypted.
    """
    stream = archive.open(member)  # which compares the file's own header with the list
    deflated = member.compress_type == zipfile.ZIP_DEFLATED and member.compress_size
    if isal_zlib is None or not deflated:
        return stream
    stream.close()
    return cast("IO[bytes]", open_gzip(fileobj=_AsGzip(spool, member)))


class _AsGzip(io.RawIOBase):
    """A deflated file of a ZIP (APPNOTE.TXT, 4.3.7) as a gzip (RFC 1952): the same data inside.

    Args:
        spool: The file that the archive lies in.
        member: The file.
    """

    def __init__(self, spool: BinaryIO, member: zipfile.ZipInfo) -> None:
        super().__init__()
        spool.seek(member.header_offset)
        name, extra = struct.unpack("<26xHH", spool.read(30))
        start = member.header_offset + 30 + name + extra
        end = struct.pack("<LL", member.CRC, member.file_size & 0xFFFFFFFF)
        self._parts: tuple[io.BytesIO | Part, ...] = (
            io.BytesIO(b"\x1f\x8b\x08" + bytes(7)),
            Part(spool, start, start + member.compress_size),
            io.BytesIO(end),
        )

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return next(filter(None, (part.readinto(buffer) for part in self._parts)), 0)
