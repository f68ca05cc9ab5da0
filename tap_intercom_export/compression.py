"""gzip and zlib from ISA-L if its package is installed (twice as fast), else from Python."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Protocol, cast

try:
    from isal import igzip, isal_zlib
except ImportError:  # no wheel for this platform
    isal_zlib = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable

HAS_ISAL = isal_zlib is not None
"""Whether ISA-L is used."""

open_gzip: Callable[..., gzip.GzipFile] = igzip.IGzipFile if HAS_ISAL else gzip.GzipFile
"""Opens a gzip file for reading or writing; takes the arguments of `gzip.GzipFile`. Compression
levels are 0 to 3 with ISA-L, 0 to 9 without it."""

INFLATE_ERRORS = (zlib.error, cast("type[Exception]", isal_zlib.error) if HAS_ISAL else zlib.error)
"""Exceptions for damaged data, besides those of gzip and zipfile."""

_compressor: Callable[..., Compressor] = isal_zlib.compressobj if HAS_ISAL else zlib.compressobj


class Compressor(Protocol):
    """Compresses one stream of bytes."""

    def compress(self, data: bytes, /) -> bytes:
        """Return compressed bytes; those of the end of the data may follow later."""

    def flush(self) -> bytes:
        """Return the last compressed bytes."""


def gzip_compressor(level: int) -> Compressor:
    """Return an object that compresses data to one gzip member.

    It needs Python's global lock only once for each call; a gzip file needs it several times.

    Args:
        level: 0 to 3 with ISA-L, 0 to 9 without it.
    """
    return _compressor(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
