"""The files that the tap wrote: `<root>/<stream>/day=<day of export>/….parquet`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector, FileSystem, FileType, S3FileSystem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PREFIX = "{stream}/day={day}/"
"""Required value of `batch_config.storage.prefix` of the tap."""

EXPORTED = "exported_in"
"""Added column: the run and the number of the file that contains the row.

The text sorts in order of export, so that the largest value of a key is the latest.
"""

_RUN_AND_NUMBER = re.compile(r"-(\d{8}T\d{6}Z-[0-9a-f]{8}-\d{6})\.parquet$")
"""End of a file name: start of the run, random digits, number of the file."""


@dataclass(frozen=True)
class LandedFile:
    """A file of one stream.

    Args:
        path: Path in the filesystem.
        exported_in: Run and number, from the file name.
    """

    path: str
    exported_in: str


def open_folder(url: str) -> tuple[FileSystem, str]:
    """Return the filesystem of a URL, and the path in it.

    Args:
        url: A folder or `s3://…`. S3 is configured by the usual environment variables, such as
            `AWS_ENDPOINT_URL` and `AWS_ACCESS_KEY_ID`.
    """
    if not url.startswith("s3://"):
        filesystem, path = FileSystem.from_uri(str(Path(url).absolute()))
        return filesystem, path
    scheme, _, host = os.environ.get("AWS_ENDPOINT_URL", "").rpartition("://")
    options = {"endpoint_override": host, "scheme": scheme or "https"} if host else {}
    return S3FileSystem(**options), url.removeprefix("s3://").rstrip("/")


def subfolders(filesystem: FileSystem, path: str) -> list[str]:
    """Return the names of the folders in a folder, in order; none if it does not exist."""
    found = filesystem.get_file_info(FileSelector(path, allow_not_found=True))
    return sorted(one.base_name for one in found if one.type == FileType.Directory)


class Landing:
    """The folder, or the prefix in a bucket, that the tap writes batch files to.

    Args:
        url: `batch_config.storage.root`.
    """

    def __init__(self, url: str) -> None:
        self._filesystem, self._root = open_folder(url)

    def streams(self) -> list[str]:
        """Return the names of the streams that have files."""
        return subfolders(self._filesystem, self._root)

    def days(self, stream: str) -> list[str]:
        """Return the days on which a stream was exported, such as `2026-06-01`, in order."""
        found = subfolders(self._filesystem, f"{self._root}/{stream}")
        return [name.removeprefix("day=") for name in found]

    def files(self, stream: str, day: str) -> list[LandedFile]:
        """Return the files of a stream and a day of export, in the order of export.

        Raises:
            ValueError: A file was not named by the tap, so its place in the order is unknown.
        """
        folder = FileSelector(f"{self._root}/{stream}/day={day}", allow_not_found=True)
        files = []
        for info in self._filesystem.get_file_info(folder):
            if info.base_name.startswith("."):  # unfinished
                continue
            name = _RUN_AND_NUMBER.search(info.base_name)
            if name is None:
                raise ValueError(f"{info.path}: not a Parquet file of the tap")
            files.append(LandedFile(info.path, name[1]))
        return sorted(files, key=lambda file: file.exported_in)

    def read(self, files: list[LandedFile]) -> pa.RecordBatchReader:
        """Return the rows of files, with `EXPORTED`; only a batch of rows is in memory at a time.

        A column that a later export added is null in the rows of the earlier ones.
        """
        opened = [
            (file, pq.ParquetFile(self._filesystem.open_input_file(file.path))) for file in files
        ]
        schema = pa.unify_schemas([parquet.schema_arrow for _, parquet in opened])
        schema = schema.remove_metadata().append(pa.field(EXPORTED, pa.string()))
        return pa.RecordBatchReader.from_batches(schema, _batches(opened, schema))


def _batches(
    opened: Iterable[tuple[LandedFile, pq.ParquetFile]], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for file, parquet in opened:
        with parquet:
            for batch in parquet.iter_batches():
                columns = {EXPORTED: pa.array([file.exported_in] * len(batch))}
                columns |= dict(zip(batch.schema.names, batch.columns, strict=True))
                yield pa.record_batch(
                    [columns.get(field.name, pa.nulls(len(batch), field.type)) for field in schema],
                    schema=schema,
                )
