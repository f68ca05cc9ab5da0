"""Builds the file of a download: file names, folders and the container, in a variant of the API."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zipfile
from datetime import datetime, timezone
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple

from intercom_simulator.columns import RECEIPT
from intercom_simulator.csv_rendering import render_csv_files
from intercom_simulator.tables import select_table, select_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import BufferedIOBase
    from pathlib import Path

    from intercom_simulator.api_variant import ApiVariant, Container
    from intercom_simulator.history import History
    from intercom_simulator.tables import Selection, Table

_FAST_COMPRESSION_LEVEL = 1


class Entry(NamedTuple):
    """A file of an archive, as chunks of bytes."""

    name: str
    chunks: Iterable[bytes]


def build_archive(
    path: Path, history: History, selection: Selection, variant: ApiVariant, max_rows: int | None
) -> None:
    """Write the archive of a job.

    Args:
        path: Path of the archive.
        history: The workspace's history.
        selection: Range and simulated present of the job.
        variant: Format of the archive.
        max_rows: Maximum number of rows in a file. Further rows are silently dropped, as Intercom
            does beyond ten million rows. None for no limit.
    """
    stamp = datetime.fromtimestamp(selection.until, timezone.utc).strftime(variant.timestamp_format)
    if variant.container in {"gzip", "csv"}:
        chosen: Iterable[Table] = [select_table(history, RECEIPT.name, selection)]
    else:
        chosen = _selected_tables(history, selection, variant)
    entries = _entries((_limit_rows(table, max_rows) for table in chosen), variant, stamp)
    write_container(path, entries, variant.container, variant)


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


def _selected_tables(
    history: History, selection: Selection, variant: ApiVariant
) -> Iterator[Table]:
    for table in select_tables(history, selection, empty=variant.empty_files):
        if table.statistic not in variant.omitted_statistics:
            yield table


def _limit_rows(table: Table, max_rows: int | None) -> Table:
    return table if max_rows is None else table._replace(rows=islice(table.rows, max_rows))


def _entries(tables: Iterable[Table], variant: ApiVariant, stamp: str) -> Iterator[Entry]:
    for table in tables:
        for csv_file in render_csv_files(table, variant):
            name = csv_file.statistic
            if name == RECEIPT.name and variant.plural_receipts:
                name += "s"
            part = f"_{csv_file.part}" if csv_file.part else ""
            name = f"{name}{stamp}{part}.csv"
            yield Entry(
                variant.folder + (name.upper() if variant.uppercase_names else name),
                csv_file.chunks,
            )
    if variant.container in {"zip", "tar.gz"}:
        for member in variant.extra_members:
            yield Entry(member.name.format(stamp=stamp), [member.body])


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
