"""Decompression: by ISA-L where its package installs, twice as fast as zlib; else by zlib."""

from __future__ import annotations

import gzip
import zlib
from typing import IO, TYPE_CHECKING, cast

try:
    from isal import igzip, isal_zlib
except ImportError:  # no wheel for this platform
    isal_zlib = None  # type: ignore[assignment]

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable

DAMAGED = (zlib.error, cast("type[Exception]", isal_zlib.error) if isal_zlib else zlib.error)
"""What damaged data raises, besides the errors that gzip and zipfile have."""

open_gzip: Callable[..., gzip.GzipFile] = igzip.IGzipFile if isal_zlib else gzip.GzipFile
"""Opens a gzip, with the arguments of `gzip.GzipFile`."""


def open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """Open a file of a ZIP for reading.

    zipfile lets nobody choose the decompressor: the one that it made with zlib is exchanged before
    the first byte. Should a later Python keep it elsewhere, it stays.
    """
    stream = archive.open(member)
    made = getattr(stream, "_decompressor", None)
    if isal_zlib and isinstance(made, type(zlib.decompressobj())):
        setattr(stream, "_decompressor", isal_zlib.decompressobj(-zlib.MAX_WBITS))  # noqa: B010
    return stream
