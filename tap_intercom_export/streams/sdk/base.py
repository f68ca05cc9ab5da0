"""Base class of all streams: log, keys of the catalog, column selection, batch files.

Private parts of the SDK:

- `_write_record_message`: with `batch_config` writes records to files, after selection, stream maps
  and flattening (`_generate_record_messages`), which the SDK's own batches do not support.
- `_generate_record_messages`: removes the keys inside objects that match `excluded_columns`.
- `_write_schema_message`: all rows of a batch file have the columns of one SCHEMA
  (`_generate_schema_messages`).
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.singerlib.catalog import Metadata
from singer_sdk.singerlib.schema import Schema
from typing_extensions import override

from tap_intercom_export.singer import stdout
from tap_intercom_export.streams.column_selection import ColumnSelection

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from singer_sdk.singerlib import Catalog, RecordMessage

    from tap_intercom_export.progress import RunLog, SummedCounter, SummedTimer
    from tap_intercom_export.singer.batch.output import StreamBatches
    from tap_intercom_export.streams.context import SyncContext


class TapStream(Stream):
    """A stream of this tap: logs little, and writes RECORD messages or batches."""

    _sync: SyncContext

    emit_activate_version_messages = False
    """The SDK would activate a version before the first record with FULL_TABLE."""

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log the SDK's messages about streams and windows at DEBUG; errors appear once."""
        super().log(message, *args, level=min(level, logging.DEBUG), **kwargs)

    has_other_key_in_catalog = False
    """Whether the catalog names other properties as the key, which is not used."""

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Apply a catalog, without its keys: what identifies a record is the tap's own.

        The catalog may be older, for example than the setting `workspace`: rows of two workspaces
        would overwrite each other by the old key. Key properties cannot be deselected.
        """
        key, replication_key = tuple(self.primary_keys), self.replication_key
        entry = catalog.get_stream(self.name)
        if entry is not None:
            properties = entry.schema.properties = entry.schema.properties or {}
            for name in {*key} - properties.keys():
                properties[name] = Schema.from_dict(self.schema["properties"][name])
        super().apply_catalog(catalog)
        given, self.primary_keys, self.replication_key = self.primary_keys, key, replication_key
        if entry is None:
            return
        self.has_other_key_in_catalog = bool(given) and {*given} != {*key}
        entry.key_properties, entry.replication_key = list(key), replication_key
        for needed in (*key, replication_key):
            if metadata := entry.metadata.get(("properties", str(needed))):
                metadata.inclusion = Metadata.InclusionType.AUTOMATIC

    @cached_property
    def batches(self) -> StreamBatches | None:
        """Batch files of the stream; None without `batch_config`, and in a dry run."""
        output = self._sync.batch_output
        if output is None or self.ABORT_AT_RECORD_COUNT is not None:
            return None
        return output.stream_batches()

    @property
    def run_log(self) -> RunLog:
        """Log lines and counts of the run."""
        return self._sync.run_log

    @override
    def get_record_counter(self, **_: Any) -> SummedCounter:
        from tap_intercom_export.progress import SummedCounter  # noqa: PLC0415 - not for --discover

        return SummedCounter(self.name, self.run_log.totals)

    @override
    def get_sync_timer(self) -> SummedTimer:
        from tap_intercom_export.progress import SummedTimer  # noqa: PLC0415 - not for --discover

        return SummedTimer(self.name, self.run_log.totals)

    @cached_property
    def column_selection(self) -> ColumnSelection:
        """Decides which columns are written."""
        return ColumnSelection(self, self.property_headers())

    def property_headers(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names of properties at Intercom, if they differ."""
        return {}

    @override
    def _generate_record_messages(
        self, record: dict[str, Any]
    ) -> Generator[RecordMessage, None, None]:
        """Generate the messages of a record, without excluded keys inside its objects."""
        excluded = self.column_selection.excluded
        yield from super()._generate_record_messages(excluded.prune(record) if excluded else record)

    def finish_batches(self) -> None:
        """Close the batch files and write the BATCH messages for all records so far."""
        if self.batches is not None:
            self.batches.finish()

    @contextmanager
    def _finishing_batches(self) -> Generator[None]:
        """Finish the batches at the end of the context; discard unfinished ones after an error."""
        try:
            yield
            self.finish_batches()
        except BaseException:
            if self._sync.batch_output is not None:
                self._sync.batch_output.discard()
            raise

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """Check the storage of batches, before anything is exported.

        Returns:
            None: the SDK's own batches know neither windows nor the records of child streams.
        """
        if self._sync.batch_output is not None:
            self._sync.batch_output.check()

    @override
    def _write_schema_message(self) -> None:
        """Write the SCHEMA, after the batch files with the columns of the last one."""
        self.finish_batches()
        super()._write_schema_message()
        if self.batches is not None:
            self.batches.announce(self._generate_schema_messages())

    @override
    def _write_record_message(self, record: dict[str, Any]) -> None:
        if self.batches is None:
            super()._write_record_message(record)
            return
        for message in self._generate_record_messages(record):
            self.batches.write_record(message.stream, message.record)
        self.state_manager.is_flushed = False
        self._handle_events_and_reader()

    def _handle_events_and_reader(self) -> None:
        """Handle events and check the reader of stdout, while records go to files only.

        Raises:
            BrokenPipeError: stdout was closed by its reader.
        """
        self._sync.events.handle()
        stdout.raise_if_reader_gone()
