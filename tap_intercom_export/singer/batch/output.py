"""The batches of a run: where they go, how their files are named, and the messages about them."""

from __future__ import annotations

import re
import sys
from datetime import datetime, timezone
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from singer_sdk.helpers._batch import BaseBatchFileEncoding, SDKBatchMessage
from singer_sdk.singerlib.json import serialize_json

from tap_intercom_export.formatting import counted
from tap_intercom_export.schemas import record_key
from tap_intercom_export.singer.batch.records import JsonRecords, TableRecords
from tap_intercom_export.singer.batch.writer import BatchWriter

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa
    from singer_sdk.singerlib import Message, SchemaMessage

    from tap_intercom_export.config import BatchSettings
    from tap_intercom_export.singer.batch.storage import Storage


GIL_SWITCH_SECONDS = 0.001
"""Maximum time that the thread that compresses files waits for Python's global lock each time. With
Python's default of 5 ms it could not keep up with the main thread."""


class BatchOutput:
    """Creates the batch files of a run and writes their BATCH messages.

    Args:
        settings: The setting `batch_config`.
        tap_name: Begins the name of each file.
        write_message: Writes a message to stdout.
        logger: Gets one line for each manifest.
    """

    def __init__(
        self,
        settings: BatchSettings,
        tap_name: str,
        write_message: Callable[[Message], None],
        logger: logging.Logger,
    ) -> None:
        self._settings = settings
        self._tap_name = tap_name
        self._write_message = write_message
        self._logger = logger
        sys.setswitchinterval(GIL_SWITCH_SECONDS)
        started = datetime.now(timezone.utc)
        self._day = f"{started:%Y-%m-%d}"
        self._run = f"{started:%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
        self._numbers = count(1)
        self._streams: list[StreamBatches] = []
        self._is_checked = False

    def table_types(self, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the Arrow types of the columns of a file; None if the format has no columns.

        Args:
            schema: JSON schema of a record.
        """
        if self._settings.format != "parquet":
            return None
        from tap_intercom_export.singer.batch.parquet import arrow_type  # noqa: PLC0415 - pyarrow

        return {name: arrow_type(column) for name, column in schema["properties"].items()}

    @cached_property
    def _storage(self) -> Storage:
        from tap_intercom_export.singer.batch.storage import Storage  # noqa: PLC0415 - fsspec

        return Storage(self._settings.root, self._settings.params)

    def check(self) -> None:
        """Check once per run that files can be written.

        Raises:
            TapError: They cannot.
        """
        if not self._is_checked:
            self._storage.check()
            self._is_checked = True

    def stream_batches(self) -> StreamBatches:
        """Return the batches of one stream of the tap."""
        self._streams.append(StreamBatches(self))
        return self._streams[-1]

    def discard(self) -> None:
        """Delete the batch files of all streams that no BATCH message refers to yet."""
        for stream in self._streams:
            stream.discard()

    def discard_local_files(self) -> None:
        """Delete the files on the local disk; for the end of the process by a signal."""
        storage: Storage | None = vars(self).get("_storage")
        if storage is not None:
            storage.discard_all()

    def writer(self, stream: str, schema: Mapping[str, Any], key: Sequence[str]) -> BatchWriter:
        """Return a writer for the records of a stream.

        Args:
            stream: Its name.
            schema: JSON schema of a record.
            key: Names of the properties that identify a record.
        """

        def send(urls: list[str], rows: int) -> None:
            encoding = BaseBatchFileEncoding(self._settings.format, self._settings.compression)
            self._write_message(SDKBatchMessage(stream=stream, encoding=encoding, manifest=urls))
            self._logger.info(
                "'%s': %s in a batch of %s",
                stream,
                counted(rows, "row"),
                counted(len(urls), "file"),
            )

        return BatchWriter(
            stream, schema, key, self._settings, self._storage, self._names(stream), send
        )

    def _names(self, stream: str) -> Iterator[str]:
        """Yield file names that are unique in a run and sort in the order of loading."""
        stream = re.sub(r"[^\w.-]", "_", stream)
        prefix = self._settings.prefix.format(stream=stream, day=self._day)
        for number in self._numbers:
            yield f"{prefix}{self._tap_name}--{stream}-{self._run}-{number:06d}"


class StreamBatches:
    """The batches of one stream of the tap, and of the streams that stream maps derive from it.

    Args:
        output: Creates the writers.
    """

    def __init__(self, output: BatchOutput) -> None:
        self._output = output
        self._writers: dict[str, BatchWriter] = {}

    def table_types(self, stream: str) -> dict[str, Any] | None:
        """Return the Arrow types of the columns of a stream that takes tables, else None.

        Args:
            stream: Name of the stream, as in its SCHEMA.

        Returns:
            The types; None in place of one whose values become JSON text.
        """
        return self._output.table_types(self._writers[stream].schema)

    def announce(self, schemas: Iterable[SchemaMessage]) -> None:
        """Start new writers for SCHEMA messages; the batches of earlier ones are finished."""
        self._writers = {
            message.stream: self._output.writer(
                message.stream, message.schema, message.key_properties or ()
            )
            for message in schemas
        }

    def write(
        self, stream: str, data: bytes, keys: Sequence[str], table: pa.Table | None = None
    ) -> None:
        """Write records.

        Args:
            stream: Name of the stream, as in its SCHEMA.
            data: JSON objects, each with its line end; not used if there is a table.
            keys: The key of each record (`schemas.keys`).
            table: The records as a table.
        """
        if table is None:
            self._writers[stream].write(JsonRecords(data, len(keys)), keys)
        else:
            self._writers[stream].write(TableRecords(table), keys)

    def write_record(self, stream: str, record: Mapping[str, Any]) -> None:
        """Write one record.

        Args:
            stream: Name of the stream, as in its SCHEMA.
            record: The record.
        """
        writer = self._writers[stream]
        line = f"{serialize_json(record)}\n".encode()
        writer.write(JsonRecords(line, 1), (record_key(record, writer.key),))

    def finish(self) -> None:
        """Complete all files and send the messages that name them."""
        for writer in self._writers.values():
            writer.finish()

    def discard(self) -> None:
        """Delete the batch files that no BATCH message refers to yet."""
        for writer in self._writers.values():
            writer.discard()
