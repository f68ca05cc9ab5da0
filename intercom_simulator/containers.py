"""Writes files into a container: ZIP, tar.gz, gzip or plain."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zipfile
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from io import BufferedIOBase
    from pathlib import Path

    from intercom_simulator.api_variant import ApiVariant, Container

_FAST_COMPRESSION_LEVEL = 1


class Entry(NamedTuple):
    """A file of an archive, as chunks of bytes."""

    name: str
    chunks: Iterable[bytes]


def write_container(
    path: Path, entries: Iterable[Entry], container: Container, variant: ApiVariant
) -> None:
    """Write files into a container.

    Args:
        path: Path of the container.
        entries: The files.
        container: Format of the container.
        variant: Other properties of the format.
    """
    with path.open("wb") as file:
        _CONTAINERS[container](file, entries, variant)
    for _ in range(variant.gzip_layers):
        _add_gzip_layer(path)


def _add_gzip_layer(path: Path) -> None:
    inner = path.with_suffix(".inner")
    path.replace(inner)
    with (
        inner.open("rb") as source,
        path.open("wb") as file,
        gzip.GzipFile("", "wb", _FAST_COMPRESSION_LEVEL, file, mtime=0) as layer,
    ):
        shutil.copyfileobj(source, layer)
    inner.unlink()


def _zip(file: IO[bytes], entries: Iterable[Entry], _: ApiVariant) -> None:
    with zipfile.ZipFile(
        file, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST_COMPRESSION_LEVEL
    ) as archive:
        for entry in entries:
            with archive.open(entry.name, "w", force_zip64=True) as member:
                _write(member, entry)


def _tar(file: IO[bytes], entries: Iterable[Entry], _: ApiVariant) -> None:
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_FAST_COMPRESSION_LEVEL) as archive:
        for entry in entries:
            # the header of a tar member contains its size
            with tempfile.TemporaryFile() as spool:
                _write(spool, entry)
                info = tarfile.TarInfo(entry.name)
                info.size = spool.tell()
                spool.seek(0)
                archive.addfile(info, spool)


def _gzip(file: IO[bytes], entries: Iterable[Entry], variant: ApiVariant) -> None:
    for entry in entries:
        name = entry.name if variant.gzip_name else ""
        with gzip.GzipFile(name, "wb", _FAST_COMPRESSION_LEVEL, file, mtime=0) as layer:
            _write(layer, entry)


def _csv(file: IO[bytes], entries: Iterable[Entry], _: ApiVariant) -> None:
    for entry in entries:
        _write(file, entry)


def _write(file: IO[bytes] | BufferedIOBase, entry: Entry) -> None:
    for chunk in entry.chunks:
        file.write(chunk)


_CONTAINERS: dict[Container, Callable[[IO[bytes], Iterable[Entry], ApiVariant], None]] = {
    "zip": _zip,
    "tar.gz": _tar,
    "gzip": _gzip,
    "encoded": _gzip,
    "csv": _csv,
}
