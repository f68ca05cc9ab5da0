"""Writes the records of one stream to files, and groups them into manifests without equal keys."""

from __future__ import annotations

from array import array
from itertools import islice
from typing import TYPE_CHECKING, Any

from tap_intercom_export.singer.batch.batch_file import BatchFile
from tap_intercom_export.singer.batch.jsonl import EXTENSIONS
from tap_intercom_export.singer.batch.records import JsonRecords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_intercom_export.config import BatchSettings
    from tap_intercom_export.singer.batch.records import Records
    from tap_intercom_export.singer.batch.storage import Storage

MAX_MANIFEST_ROWS = 2_000_000
"""Maximum rows in the files of one manifest; 8 bytes of each are held in memory."""

MAX_REPEATS_BYTES = 8 * 1024 * 1024
"""Maximum size of rows that repeat a key; they are held in memory until the manifest is sent."""


class BatchWriter:
    """Writes the records of one stream to files.

    A target that loads a manifest with one MERGE, such as target-snowflake, needs each key only
    once in it. So a row that repeats a key of its file is held back (only the last one of each
    key) and follows in another manifest, and a file that repeats a key of an earlier file
    begins the next manifest. In both cases the row that was written last is loaded last.

    Args:
        stream: Name of the stream.
        schema: The JSON schema of a record.
        key: Names of the properties that identify a record; empty if the stream has no key.
        settings: The setting `batch_config`.
        storage: Where the finished files go.
        names: Yields the name of each file, without its extension.
        send: Called with the URLs of a manifest's files, in order, and their number of rows.

    Attributes:
        schema: The JSON schema of a record.
        key: Names of the properties that identify a record.
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
        self.schema = schema
        self.key = tuple(key)
        self._settings = settings
        self._storage = storage
        self._names = names
        self._send = send
        parquet = settings.format == "parquet"
        self._extension = "parquet" if parquet else EXTENSIONS[settings.compression]
        self._file: BatchFile | None = None
        self._manifest: dict[str, str] = {}
        """Names and URLs of the finished files that no message refers to yet."""
        self._manifest_keys: list[array[int]] = []
        self._manifest_rows = 0
        self._repeats: dict[str, bytes] = {}
        self._repeats_bytes = 0

    def write(self, records: Records, keys: Sequence[str]) -> None:
        """Write records.

        Args:
            records: The records.
            keys: The key of each of them (`record_key`); any text if the stream has no key.

        Raises:
            TapError: A file cannot be written.
        """
        room = self._room()
        if len(keys) <= room:
            self._add(records, keys)
            return
        start = 0
        while start < len(keys):
            places = range(start, min(start + room, len(keys)))
            self._add(records.take(places), keys[start : places.stop])
            start, room = places.stop, self._room()

    def _room(self) -> int:
        """Return the number of rows that still fit into the file."""
        return self._settings.batch_size - (self._file.rows if self._file else 0)

    def finish(self) -> None:
        """Complete all files and send the messages that name them."""
        self._close_file()
        self._send_manifest()
        lines = list(self._repeats.values())
        self._repeats, self._repeats_bytes = {}, 0
        for start in range(0, len(lines), self._settings.batch_size):
            some = lines[start : start + self._settings.batch_size]
            self._file = self._new_file()
            self._file.write(JsonRecords(b"".join(some), len(some)))
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

    def _add(self, records: Records, keys: Sequence[str]) -> None:
        """Add records that fit into the file; hold back those that repeat a key."""
        file = self._file = self._file or self._new_file()
        if not self.key:
            file.write(records)
        else:
            before = len(file.keys)
            file.keys |= dict.fromkeys(map(hash, keys))
            new = len(file.keys) - before
            if new == len(keys) and self._repeats.keys().isdisjoint(keys):
                file.write(records)
            else:
                self._add_first(file, records, keys, set(islice(reversed(file.keys), new)))
        if file.rows >= self._settings.batch_size:
            self._close_file()
        if self._repeats_bytes > MAX_REPEATS_BYTES:
            self.finish()

    def _add_first(
        self, file: BatchFile, records: Records, keys: Sequence[str], new: set[int]
    ) -> None:
        """Add the first record of each new key; hold back the others.

        Args:
            file: The file.
            records: The records.
            keys: Their keys.
            new: The hashes of the keys that the file did not have before.
        """
        first, repeated = [], []
        for place, key in enumerate(keys):
            if hash(key) in new and key not in self._repeats:
                new.remove(hash(key))
                first.append(place)
            else:
                repeated.append(place)
        for unwritten in new:  # of a key that is held back, from an earlier file
            del file.keys[unwritten]
        if first:
            file.write(records.take(first))
        for place, line in zip(repeated, records.lines(repeated), strict=True):
            self._repeats_bytes += len(line) - len(self._repeats.get(keys[place], b""))
            self._repeats[keys[place]] = line

    def _new_file(self) -> BatchFile:
        return BatchFile(self._settings, self._storage, self._stream, self.schema)

    def _close_file(self) -> None:
        """Put the file in place and add it to the manifest, or to a new one if a key repeats."""
        file, self._file = self._file, None
        if file is None:
            return
        if not file.rows:
            file.discard()
            return
        full = self._manifest_rows + file.rows > MAX_MANIFEST_ROWS
        if full or not all(map(file.keys.keys().isdisjoint, self._manifest_keys)):
            self._send_manifest()
        name = f"{next(self._names)}.{self._extension}"
        self._manifest[name] = file.put(name)
        self._manifest_keys.append(array("q", file.keys))
        self._manifest_rows += file.rows

    def _send_manifest(self) -> None:
        if self._manifest:
            self._send(list(self._manifest.values()), self._manifest_rows)
        self._manifest, self._manifest_keys, self._manifest_rows = {}, [], 0
