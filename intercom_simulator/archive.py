"""Tables to the file one downloads: names, folders, and the container the dialect asks for."""

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
from intercom_simulator.render import sheets
from intercom_simulator.tables import table, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import BufferedIOBase
    from pathlib import Path

    from intercom_simulator.dialect import Container, Dialect
    from intercom_simulator.history import History
    from intercom_simulator.tables import Selection, Table

_FAST = 1


class Entry(NamedTuple):
    """A file on its way into an archive, in pieces."""

    name: str
    pieces: Iterable[bytes]


def build(
    path: Path, history: History, selection: Selection, dialect: Dialect, most_rows: int | None
) -> None:
    """Write a job's archive to a file.

    Args:
        path: Where to write it.
        history: The workspace's history.
        selection: The job's range and its present.
        dialect: How to write it.
        most_rows: How many rows a file may have; the rest is dropped without a word, as Intercom
            does beyond ten million.
    """
    stamp = datetime.fromtimestamp(selection.until, timezone.utc).strftime(dialect.stamp)
    if dialect.container in {"gzip", "csv"}:
        chosen: Iterable[Table] = [table(history, RECEIPT.name, selection)]
    else:
        chosen = _chosen(history, selection, dialect)
    entries = _entries((_cut(one, most_rows) for one in chosen), dialect, stamp)
    pack(path, entries, dialect.container, dialect)


def pack(path: Path, entries: Iterable[Entry], container: Container, dialect: Dialect) -> None:
    """Write files into a container.

    Args:
        path: Where to write it.
        entries: The files.
        container: The form of it.
        dialect: How to write it otherwise.
    """
    with path.open("wb") as file:
        _CONTAINERS[container](file, entries, dialect)
    for _ in range(dialect.wrapped):
        _wrap(path)


def _chosen(history: History, selection: Selection, dialect: Dialect) -> Iterator[Table]:
    for one in tables(history, selection, empty=dialect.empty_files):
        if one.statistic not in dialect.leave_out:
            yield one


def _cut(one: Table, most_rows: int | None) -> Table:
    return one if most_rows is None else one._replace(rows=islice(one.rows, most_rows))


def _entries(found: Iterable[Table], dialect: Dialect, stamp: str) -> Iterator[Entry]:
    for one in found:
        for sheet in sheets(one, dialect):
            name = sheet.statistic
            if name == RECEIPT.name and dialect.plural_receipts:
                name += "s"
            part = f"_{sheet.part}" if sheet.part else ""
            name = f"{name}{stamp}{part}.csv"
            yield Entry(
                dialect.folder + (name.upper() if dialect.upper_names else name), sheet.pieces
            )
    if dialect.container in {"zip", "tar.gz"}:
        for member in dialect.members:
            yield Entry(member.name.format(stamp=stamp), [member.body])


def _wrap(path: Path) -> None:
    inner = path.with_suffix(".inner")
    path.replace(inner)
    with (
        inner.open("rb") as source,
        path.open("wb") as file,
        gzip.GzipFile("", "wb", _FAST, file, mtime=0) as layer,
    ):
        shutil.copyfileobj(source, layer)
    inner.unlink()


def _zip(file: IO[bytes], entries: Iterable[Entry], _: Dialect) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as archive:
        for entry in entries:
            with archive.open(entry.name, "w", force_zip64=True) as member:
                _write(member, entry)


def _tar(file: IO[bytes], entries: Iterable[Entry], _: Dialect) -> None:
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_FAST) as archive:
        for entry in entries:
            # a tar member's size comes before its bytes
            with tempfile.TemporaryFile() as spool:
                _write(spool, entry)
                info = tarfile.TarInfo(entry.name)
                info.size = spool.tell()
                spool.seek(0)
                archive.addfile(info, spool)


def _gzip(file: IO[bytes], entries: Iterable[Entry], dialect: Dialect) -> None:
    for entry in entries:
        name = entry.name if dialect.gzip_name else ""
        with gzip.GzipFile(name, "wb", _FAST, file, mtime=0) as layer:
            _write(layer, entry)


def _csv(file: IO[bytes], entries: Iterable[Entry], _: Dialect) -> None:
    for entry in entries:
        _write(file, entry)


def _write(file: IO[bytes] | BufferedIOBase, entry: Entry) -> None:
    for piece in entry.pieces:
        file.write(piece)


_CONTAINERS: dict[Container, Callable[[IO[bytes], Iterable[Entry], Dialect], None]] = {
    "zip": _zip,
    "tar.gz": _tar,
    "gzip": _gzip,
    "encoded": _gzip,
    "csv": _csv,
}
