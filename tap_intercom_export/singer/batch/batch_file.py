"""A batch file while it is written: another thread compresses it, so that both cores are used."""

from __future__ import annotations

import contextlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from tap_intercom_export.errors import TapError
from tap_intercom_export.singer.batch.jsonl import JsonLinesFile

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from concurrent.futures import Future

    from tap_intercom_export.config import BatchSettings
    from tap_intercom_export.singer.batch.records import Records
    from tap_intercom_export.singer.batch.storage import Storage

BLOCK_BYTES = 4 * 1024 * 1024
"""Size from which on collected records are passed to the other thread.

That thread waits up to a millisecond for Python's global lock a few times for each block, whatever
its size.
"""

MAX_WAITING_BLOCKS = 2
"""Maximum blocks that wait for the other thread, which takes longer for some: a row group."""


class FileFormat(Protocol):
    """Writes records in one format. Only one thread uses it at a time."""

    def write(self, block: Sequence[Records]) -> None:
        """Write records."""

    def close(self) -> None:
        """Write the remaining bytes. The file that takes them stays open."""


class BatchFile:
    """A batch file on the local disk that is still being written.

    Records are collected into blocks. Another thread encodes and compresses a block while the
    caller prepares the next ones; gzip and Arrow release Python's global lock for that. Only few
    blocks wait, so memory is bounded.

    Args:
        settings: The setting `batch_config`.
        storage: Where the finished file goes.
        stream: Name of the stream.
        schema: The JSON schema of a record.

    Attributes:
        rows: Number of records written.
        keys: Hashes of their keys, in the order of the records; the values mean nothing.
    """

    def __init__(
        self, settings: BatchSettings, storage: Storage, stream: str, schema: Mapping[str, Any]
    ) -> None:
        self.rows = 0
        self.keys: dict[int, None] = {}
        self._storage = storage
        self._path = storage.new_path()
        self._out: BinaryIO = self._path.open("wb")
        self._format = _file_format(self._out, settings, stream, schema)
        self._block: list[Records] = []
        self._block_bytes = 0
        self._worker = ThreadPoolExecutor(1, "batch-file")
        self._waiting: deque[Future[None]] = deque()

    def write(self, records: Records) -> None:
        """Write records.

        Raises:
            TapError: The disk is full, or an earlier record does not fit the SCHEMA.
        """
        self._block.append(records)
        self._block_bytes += records.size
        self.rows += records.count
        if self._block_bytes >= BLOCK_BYTES:
            self._submit_block()

    def put(self, name: str) -> str:
        """Finish the file and put it in place; after an error it is deleted.

        Args:
            name: Its final name.

        Returns:
            Its URL.

        Raises:
            TapError: The disk is full, a record does not fit the SCHEMA, or the storage refuses
                the file.
        """
        try:
            self._submit_block()
            self._wait(0)
            with self._full_disk_explained():
                self._format.close()
                self._out.close()
            self._worker.shutdown()
            return self._storage.put(self._path, name)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Delete the file."""
        self._worker.shutdown(cancel_futures=True)
        with contextlib.suppress(Exception):  # else it would report that it is not closed
            self._format.close()
        with contextlib.suppress(OSError):  # the last bytes, if the disk is full
            self._out.close()
        self._storage.discard(self._path)

    def _submit_block(self) -> None:
        """Pass the collected records to the other thread when few blocks wait for it."""
        block, self._block, self._block_bytes = self._block, [], 0
        self._wait(MAX_WAITING_BLOCKS - 1)
        if block:
            self._waiting.append(self._worker.submit(self._format.write, block))

    def _wait(self, blocks: int) -> None:
        """Wait until at most a number of blocks wait for the other thread.

        Raises:
            TapError: It failed.
        """
        while len(self._waiting) > blocks:
            with self._full_disk_explained():
                self._waiting.popleft().result()

    @contextlib.contextmanager
    def _full_disk_explained(self) -> Generator[None]:
        """Explain errors of the local disk."""
        try:
            yield
        except OSError as error:
            raise TapError(
                f"A batch file does not fit into {self._path.parent} ({error.strerror}): make room "
                "there, or lower batch_config.batch_size"
            ) from error


def _file_format(
    out: BinaryIO, settings: BatchSettings, stream: str, schema: Mapping[str, Any]
) -> FileFormat:
    """Return the writer of the configured format."""
    if settings.format == "parquet":
        # Here, because the import takes a fifth of a second and many megabytes
        from tap_intercom_export.singer.batch.parquet import ParquetFile  # noqa: PLC0415

        return ParquetFile(out, settings.compression, schema, stream)
    return JsonLinesFile(out, settings.compression)
