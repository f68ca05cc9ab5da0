"""Opens a file of a ZIP with the decompressor of `compression`, which zipfile cannot use."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from typing_extensions import override

from tap_intercom_export.archive.spool import SpoolSection
from tap_intercom_export.compression import HAS_ISAL, open_gzip

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def open_member(spool: BinaryIO, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """Open a file of a ZIP for reading.

    zipfile has no way to choose the decompressor. But a deflated file is a gzip without its first
    and last bytes, and the central directory has the values of these.

    Args:
        spool: The file that contains the archive.
        archive: The archive.
        member: The file to open, not encrypted.
    """
    stream = archive.open(member)  # verifies the file's own header against the directory
    deflated = member.compress_type == zipfile.ZIP_DEFLATED and member.compress_size
    if not HAS_ISAL or not deflated:
        return stream
    stream.close()
    return cast("IO[bytes]", open_gzip(fileobj=_AsGzip(spool, member)))


class _AsGzip(io.RawIOBase):
    """A deflated file of a ZIP (APPNOTE.TXT, 4.3.7), read as a gzip (RFC 1952) with the same data.

    Args:
        spool: The file that contains the archive.
        member: The file.
    """

    def __init__(self, spool: BinaryIO, member: zipfile.ZipInfo) -> None:
        super().__init__()
        spool.seek(member.header_offset)
        name, extra = struct.unpack("<26xHH", spool.read(30))
        start = member.header_offset + 30 + name + extra
        end = struct.pack("<LL", member.CRC, member.file_size & 0xFFFFFFFF)
        self._parts: tuple[io.BytesIO | SpoolSection, ...] = (
            io.BytesIO(b"\x1f\x8b\x08" + bytes(7)),
            SpoolSection(spool, start, start + member.compress_size),
            io.BytesIO(end),
        )

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return next(filter(None, (part.readinto(buffer) for part in self._parts)), 0)
