"""Archives for measurements: realistic rows of a shape, equal in every run, of any length."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import zipfile
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from benchmarks.shapes import RECEIPTS

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.shapes import Shape

_BLOCK = 1000
"""Number of rows that are generated and compressed at a time."""


def archive(folder: Path, rows: int, files: int = 1, shape: Shape = RECEIPTS) -> Path:
    """Return a ZIP archive with a number of rows; it is created if it does not exist.

    Args:
        folder: Folder of the archives.
        rows: Total number of rows.
        files: Number of files.
        shape: Shape of the rows.
    """
    path = folder / f"{shape.key}-{rows}-{files}.zip"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    half_done = path.with_suffix(".new")
    lines = shape.rows(Random(f"{rows}"))  # noqa: S311 - the same in every run is the point
    with zipfile.ZipFile(half_done, "w", zipfile.ZIP_DEFLATED) as pack:
        for number in range(files):
            count = rows // files + (number < rows % files)
            with pack.open(_name(shape, number), "w", force_zip64=True) as member:
                member.write(as_csv(shape, [list(shape.columns)]))
                while count and (block := list(islice(lines, min(count, _BLOCK)))):
                    member.write(as_csv(shape, block))
                    count -= len(block)
    return half_done.rename(path)


def gzipped(path: Path) -> Path:
    """Return the single file of an archive as a gzip file, for tools that do not read ZIP."""
    packed = path.with_suffix(".csv.gz")
    if not packed.exists():
        half_done = packed.with_suffix(".new")
        with (
            zipfile.ZipFile(path) as pack,
            pack.open(pack.namelist()[0]) as source,
            gzip.open(half_done, "wb", compresslevel=6) as target,
        ):
            shutil.copyfileobj(source, target, 1024 * 1024)
        half_done.rename(packed)
    return packed


def bytes_a_row(path: Path) -> float:
    """Return the mean uncompressed length of the rows of an archive, in bytes."""
    with zipfile.ZipFile(path) as pack:
        size = sum(info.file_size for info in pack.infolist())
    return size / int(path.stem.split("-")[1])


def _name(shape: Shape, number: int) -> str:
    return f"{shape.stream}_2026013{number % 10}{f'_{number + 1}' if number else ''}.csv"


def as_csv(shape: Shape, rows: list[list[str]]) -> bytes:
    """Return rows as CSV in the format of a shape."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=shape.line_end).writerows(rows)
    return text.getvalue().encode()
