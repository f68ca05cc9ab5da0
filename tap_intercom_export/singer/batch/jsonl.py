"""JSON Lines: a record a line, as the encoder made it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, BinaryIO

try:
    from isal import igzip
except ImportError:  # no wheel for this platform
    igzip = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable

GZIP_LEVEL = 1
"""Measured: a fifteenth of the time of level 9 (zlib: a third), and files half as large again."""

EXTENSIONS = {"gzip": "jsonl.gz", "none": "jsonl"}
"""The end of a file's name, by its compression; some targets know a gzip by it."""

_open_gzip: Callable[..., gzip.GzipFile] = igzip.IGzipFile if igzip else gzip.GzipFile


class JsonLinesFile:
    """Writes one JSON Lines file.

    Args:
        out: Takes its bytes.
        compression: `gzip` or `none`.
    """

    def __init__(self, out: BinaryIO, compression: str) -> None:
        self._gzip = (
            _open_gzip(fileobj=out, mode="wb", compresslevel=GZIP_LEVEL)
            if compression == "gzip"
            else None
        )
        self._write: Callable[[bytes], int] = (self._gzip or out).write

    def write(self, data: bytes, count: int) -> None:  # noqa: ARG002 - other formats need it
        """Write records.

        Args:
            data: JSON objects, each with its line end.
            count: How many they are.
        """
        self._write(data)

    def close(self) -> None:
        """Write what is left. The file that takes the bytes stays open."""
        if self._gzip:
            self._gzip.close()
