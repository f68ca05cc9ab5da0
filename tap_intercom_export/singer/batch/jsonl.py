"""JSON Lines: one record per line, as the encoder wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from tap_intercom_export.compression import open_gzip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_intercom_export.singer.batch.records import Records

GZIP_LEVEL = 1
"""Measured: a fifteenth of the time of level 9 (with zlib a third); files 1.5 times as large."""

EXTENSIONS = {"gzip": "jsonl.gz", "none": "jsonl"}
"""File name extension by compression; some targets recognize gzip by it."""


class JsonLinesFile:
    """Writes one JSON Lines file.

    Args:
        out: File for the bytes.
        compression: `gzip` or `none`.
    """

    def __init__(self, out: BinaryIO, compression: str) -> None:
        self._gzip = (
            open_gzip(fileobj=out, mode="wb", compresslevel=GZIP_LEVEL)
            if compression == "gzip"
            else None
        )
        self._write: Callable[[bytes], int] = (self._gzip or out).write

    def write(self, block: Sequence[Records]) -> None:
        """Write records."""
        self._write(b"".join(records.as_lines() for records in block))

    def close(self) -> None:
        """Write the remaining bytes. The file `out` stays open."""
        if self._gzip:
            self._gzip.close()
