"""The records of one stream to files, and the files to manifests, in which no key comes twice."""

from __future__ import annotations

import contextlib
import json
from array import array
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from tap_intercom_export.errors import TapError
from tap_intercom_export.singer.batch.jsonl import EXTENSIONS, JsonLinesFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_intercom_export.config import BatchSettings
    from tap_intercom_export.singer.batch.storage import Storage

MAX_MANIFEST_ROWS = 2_000_000
"""Rows in the files of one manifest, of which 8 bytes each are held in memory."""

MAX_REPEATS_BYTES = 8 * 1024 * 1024
"""Rows that repeat a key and are held in memory until the manifest with the others is out."""


class RecordFile(Protocol):
    """A file of records."""

    def write(self, data: bytes, count: int) -> None:
        """Write records, each with its line end."""

    def close(self) -> None:
        """Write what is left; the file below stays open."""

    def discard(self) -> None:
        """Stop; the file is of no use."""


class OpenFile:
    """A file that is being made on the local disk.

    Args:
        settings: Say of which format it is.
        storage: Where it goes.
        stream: Name of the stream.
        schema: The JSON schema of a record.

    Attributes:
        rows: Records in it.
        keys: Hashes of their keys.
    """

    def __init__(
        self, settings: BatchSettings, storage: Storage, stream: str, schema: Mapping[str, Any]
    ) -> None:
        self.rows = 0
        self.keys: set[int] = set()
        self._storage = storage
        self._path = storage.new_path()
        self._out: BinaryIO = self._path.open("wb")
        self._file: RecordFile
        if settings.format == "parquet":
            # Here, because it takes a fifth of a second and many megabytes
            from tap_intercom_export.singer.batch.parquet import ParquetFile  # noqa: PLC0415

            self._file = ParquetFile(self._out, settings.compression, schema, stream)
        else:
            self._file = JsonLinesFile(self._out, settings.compression)

    def write(self, data: bytes, count: int) -> None:
        """Write records, each with its line end."""
        try:
            self._file.write(data, count)
        except OSError as error:
            raise TapError(
                f"A batch file does not fit into {self._path.parent} ({error.strerror}): make room "
                "there, or lower batch_config.batch_size"
            ) from error
        self.rows += count

    def put(self, name: str) -> str:
        """Finish the file, put it in place and return its URL."""
        self._file.close()
        self._out.close()
        return self._storage.put(self._path, name)

    def discard(self) -> None:
        """Forget the file."""
        self._file.discard()
        with contextlib.suppress(OSError):  # of bytes that a full disk does not take
            self._out.close()
        self._path.unlink(missing_ok=True)


class BatchWriter:
    """Writes the records of one stream to files.

    What loads a manifest with one MERGE, as target-snowflake does, wants each key once in it. A row
    that repeats a key of its file is therefore held back, only the last of each key, and follows in
    a manifest of its own; a file that repeats a key of an earlier one begins the next manifest.
    Either way the row that was written last is loaded last.

    Args:
        stream: Name of the stream.
        schema: The JSON schema of a record.
        key: Names of the properties that identify a record; none where nothing does.
        settings: The setting `batch_config`.
        storage: Takes the files.
        names: Yields the name of each file, without its extension.
        send: Called with the URLs of a manifest's files, in order, and their number of rows.
    """

    def __init__(
        self,
        stream: str,
        schema: Mapping[str, Any],
        key: Sequence[str],
        settings: BatchSettings,
        storage: Storage,
        names: Iterator[str],
        send: Callable[[list[str], int], None],
    ) -> None:
        self._stream = stream
        self._schema = schema
        self._read_keys = key_reader(schema, key) if key else None
        self._settings = settings
        self._storage = storage
        self._names = names
        self._send = send
        parquet = settings.format == "parquet"
        self._extension = "parquet" if parquet else EXTENSIONS[settings.compression]
        self._file: OpenFile | None = None
        self._manifest: dict[str, str] = {}
        """Names of the finished files that no message names yet, and their URLs."""
        self._manifest_keys: list[array[int]] = []
        self._manifest_rows = 0
        self._repeats: dict[bytes, bytes] = {}
        self._repeats_bytes = 0

    def write(self, data: bytes, count: int) -> None:
        """Write records.

        Args:
            data: JSON objects without line ends in them, each with its line end.
            count: How many they are.
        """
        room = self._room()
        if count <= room:
            self._add(data, count)
            return
        lines = data.splitlines(keepends=True)
        while lines:
            some, lines = lines[:room], lines[room:]
            self._add(b"".join(some), len(some))
            room = self._room()

    def _room(self) -> int:
        """Return how many rows the file still takes."""
        return self._settings.batch_size - (self._file.rows if self._file else 0)

    def finish(self) -> None:
        """Put everything in files and send the messages that name them."""
        self._close_file()
        self._send_manifest()
        lines = list(self._repeats.values())
        self._repeats, self._repeats_bytes = {}, 0
        for start in range(0, len(lines), self._settings.batch_size):
            some = lines[start : start + self._settings.batch_size]
            self._file = self._new_file()
            self._file.write(b"".join(some), len(some))
            self._close_file()
        self._send_manifest()

    def discard(self) -> None:
        """Delete the batch files that no BATCH message refers to yet."""
        if self._file:
            self._file.discard()
            self._file = None
        for name in self._manifest:
            self._storage.remove(name)
        self._manifest, self._manifest_keys, self._manifest_rows = {}, [], 0
        self._repeats, self._repeats_bytes = {}, 0

    def _add(self, data: bytes, count: int) -> None:
        """Add records for which the file has room; those that repeat a key are held back."""
        file = self._file = self._file or self._new_file()
        if self._read_keys is None:
            file.write(data, count)
        else:
            keys = self._read_keys(data, count)
            hashes = set(map(hash, keys))
            are_new = len(hashes) == count and hashes.isdisjoint(file.keys)
            if are_new and self._repeats.keys().isdisjoint(keys):
                file.keys |= hashes
                file.write(data, count)
            else:
                self._add_one_by_one(file, data.splitlines(keepends=True), keys)
        if file.rows >= self._settings.batch_size:
            self._close_file()
        if self._repeats_bytes > MAX_REPEATS_BYTES:
            self.finish()

    def _add_one_by_one(self, file: OpenFile, lines: list[bytes], keys: list[bytes]) -> None:
        """Add records some of which repeat a key."""
        first = []
        for line, key in zip(lines, keys, strict=True):
            if key in self._repeats or hash(key) in file.keys:
                self._repeats_bytes += len(line) - len(self._repeats.get(key, b""))
                self._repeats[key] = line
            else:
                file.keys.add(hash(key))
                first.append(line)
        if first:
            file.write(b"".join(first), len(first))

    def _new_file(self) -> OpenFile:
        return OpenFile(self._settings, self._storage, self._stream, self._schema)

    def _close_file(self) -> None:
        """Put the file in place, and into the manifest unless that has a key of it."""
        file, self._file = self._file, None
        if file is None:
            return
        if not file.rows:
            file.discard()
            return
        full = self._manifest_rows + file.rows > MAX_MANIFEST_ROWS
        if full or not all(map(file.keys.isdisjoint, self._manifest_keys)):
            self._send_manifest()
        name = f"{next(self._names)}.{self._extension}"
        self._manifest[name] = file.put(name)
        self._manifest_keys.append(array("q", file.keys))
        self._manifest_rows += file.rows

    def _send_manifest(self) -> None:
        if self._manifest:
            self._send(list(self._manifest.values()), self._manifest_rows)
        self._manifest, self._manifest_keys, self._manifest_rows = {}, [], 0


def key_reader(
    schema: Mapping[str, Any], key: Sequence[str]
) -> Callable[[bytes, int], list[bytes]]:
    """Return a function that reads what identifies each of some records, as JSON text.

    Args:
        schema: The JSON schema of a record.
        key: Names of the properties that identify it.

    Returns:
        It takes the records, a line each, and their number.
    """
    markers = [f'{json.dumps(name)}:"'.encode() for name in key]
    # Where no value is an object, each name stands once in a line: quotes in texts are escaped.
    kinds = [column.get("type", "object") for column in schema["properties"].values()]
    is_flat = not any("object" in kind for kind in kinds)

    def read(data: bytes, count: int) -> list[bytes]:
        if is_flat:
            columns = [_texts_after(marker, data) for marker in markers]
            if all(len(texts) == count for texts in columns):
                keys = list(map(b'","'.join, zip(*columns, strict=True)))
                if not any(b"\\" in text for text in keys):  # else a quote in it may be escaped
                    return keys
        return [_key(json.loads(line), key) for line in data.splitlines()]

    return read


def _texts_after(marker: bytes, data: bytes) -> list[bytes]:
    """Return the texts after a marker, without quotes; whole where no quote is escaped."""
    return [rest[: rest.index(b'"')] for rest in data.split(marker)[1:]]


def _key(record: Mapping[str, Any], key: Sequence[str]) -> bytes:
    """Return the same for one record: equal where no text needs an escape, else like none of them.

    What is read fast has no backslash, so that one in front sets a null or a number apart.
    """
    text = ",".join(json.dumps(record.get(name)) for name in key).encode()
    are_texts = all(isinstance(record.get(name), str) for name in key)
    return text[1:-1] if are_texts else b"\\" + text
