"""The parts of the SDK that are overridden: blocks of records, growing schemas, table versions.

This is the only module that overrides or calls private methods of `singer_sdk.Stream`:

- `_increment_stream_state`: a bookmark is never taken from a record, because late events have
  earlier times; it moves with whole windows only.
- `_write_starting_replication_value`: would write an unused value into the state, and a log line
  for every stream and window.
- `_sync_records`, `_write_state_message`: records are written in blocks, which is many times
  faster; the state is written after them as in the SDK.
- `_stream_version`, `_initialized_at`, `_write_activate_version_message`: the version of a
  full-table list is activated after its last record, not before the first one.
- `_sync_children`: a child without rows in the window is not synced; it would only write four log
  lines.
- `_write_record_message`: writes a rejected row while another stream is read; with `batch_config`
  writes records to files, after selection, stream maps and flattening
  (`_generate_record_messages`), which the SDK's own batches do not support.
- `_generate_record_messages`: removes the keys inside objects that match `excluded_columns`.
- `_write_schema_message`, `_stream_maps`, `_schema`, `_input_schema`: announces new columns in the
  middle of a stream; all rows of a batch file have the columns of one SCHEMA
  (`_generate_schema_messages`).
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, Metadata
from singer_sdk.singerlib.schema import Schema
from typing_extensions import override

from tap_intercom_export.progress import SummedCounter, SummedTimer
from tap_intercom_export.schemas import json_schema
from tap_intercom_export.singer import stdout
from tap_intercom_export.streams.column_selection import ColumnSelection

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk import Tap
    from singer_sdk.singerlib import Catalog, RecordMessage

    from tap_intercom_export.progress import RunLog
    from tap_intercom_export.rows import Lines
    from tap_intercom_export.schemas import Column
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
        return SummedCounter(self.name, self.run_log.totals)

    @override
    def get_sync_timer(self) -> SummedTimer:
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


class FullTableStream(TapStream):
    """A stream that is read completely. Its version is activated after its last record.

    The SDK would activate it before the first one, which empties the table until the last. Rows of
    a batch have no version, so activating one would delete them (target-postgres 0.8).
    """

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        super().apply_catalog(catalog)
        self.forced_replication_method = REPLICATION_FULL_TABLE  # there is no other one

    is_complete = True
    """Whether all rows were read. Otherwise no version is activated, as it would delete the
    others."""

    @property
    def selected(self) -> bool:
        """Whether the stream is written."""
        return super().selected

    @selected.setter
    def selected(self, value: bool | None) -> None:
        """Select the stream, as the SDK's dry run does with all streams.

        The mapper removed the properties of streams that are not selected by default.
        """
        Stream.selected.fset(self, value)  # type: ignore[attr-defined]
        if value:
            self._tap.mapper.register_raw_stream_schema(self.name, self.schema, self.primary_keys)
            self._stream_maps = None

    @override
    def _sync_records(
        self, context: Mapping[str, Any] | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Write the records with a version, then activate the version."""
        wanted = self.config["emit_activate_version_messages"] and self.batches is None
        if wanted and self.ABORT_AT_RECORD_COUNT is None and write_messages:
            self._stream_version = self._initialized_at
        with self._finishing_batches():
            yield from super()._sync_records(context, write_messages=write_messages)
        if self._stream_version is not None and self.selected and self.is_complete:
            self._write_activate_version_message(self._stream_version)


class BlockStream(TapStream):
    """A stream whose records are written in blocks and whose schema may grow.

    Args:
        tap: The tap.
        sync: Objects that all streams of a run share.
        name: Name of the stream.
        columns: The properties.
        key: Names of the properties that identify a record.
        replication_key: Name of the replication key.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records conform to their schema

    def __init__(
        self,
        tap: Tap,
        sync: SyncContext,
        name: str,
        columns: Iterable[Column],
        key: tuple[str, ...],
        replication_key: str,
    ) -> None:
        columns = tuple(columns)
        super().__init__(tap=tap, name=name, schema=json_schema(columns, key))
        self._sync = sync
        self.primary_keys = key
        self.replication_key = replication_key
        self.state_partitioning_keys = ()  # one bookmark for the stream, not one for each parent
        self._announced = False
        self._headers = {column.name: column.headers for column in columns}

    @override
    def property_headers(self) -> Mapping[str, tuple[str, ...]]:
        return self._headers

    def has_rows(self) -> bool:
        """Return whether there is anything to write in this window."""
        return True

    def sync_as_child(self, context: Mapping[str, Any] | None) -> None:
        """Sync the stream if it has rows in this window; the first time also for its SCHEMA.

        Args:
            context: The context from the parent's record.
        """
        if self.selected and (self.has_rows() or not self._announced):
            self._announced = True
            self.sync(context=context)

    def write_record(self, record: dict[str, Any]) -> None:
        """Write a record while another stream is synced; first the SCHEMA if necessary.

        Args:
            record: The record. `RejectedRowWriter` is the only caller.
        """
        if not self._announced:
            self._announced = True
            self._write_schema_message()
        self._write_record_message(record)
        self.run_log.add_rows(self.name, 1)

    def add_columns(self, columns: Iterable[Column], level: int = logging.INFO) -> None:
        """Announce new properties in a new SCHEMA message; deselect those that are not written.

        Args:
            columns: Properties of the following records; known ones are ignored.
            level: Level of the log line.
        """
        columns = tuple(columns)
        new = json_schema(self.column_selection.deselect_unwanted(columns), ())["properties"]
        self.column_selection.warn(columns)
        if not new:
            return
        if level >= logging.INFO:
            self.run_log.add_columns(self.name, new)
        self.logger.log(level, "New columns in '%s': %s", self.name, ", ".join(new))
        raw = self.stream_maps[0].raw_schema
        raw = {**raw, "properties": {**raw["properties"], **new}}
        for schema in (self._schema, self._input_schema):
            if schema is not None:
                schema["properties"].update(new)
        self._tap.mapper.register_raw_stream_schema(self.name, raw, self.primary_keys)
        self._stream_maps = None
        self._write_schema_message()

    def record_lines(self) -> Iterator[Lines] | None:
        """Return encoded RECORD messages in blocks, or None if the stream has no such encoding.

        With `batch_config` the lines are records only.
        """
        return None

    def deselected(self) -> set[str]:
        """Return the names of the deselected properties."""
        known = {("properties", name) for name in self.effective_schema["properties"]}
        places = known | {place for place in self.mask if len(place) == 2}  # noqa: PLR2004
        return {place[1] for place in places if not self.mask[place]}

    def _needs_no_processing(self) -> bool:
        """Return whether the SDK has no stream maps or flattening to apply to the records."""
        stream_map = self.stream_maps[0]
        plain = len(self.stream_maps) == 1 and type(stream_map) is SameRecordTransform
        return plain and not stream_map.flattening_enabled and self.ABORT_AT_RECORD_COUNT is None

    @override
    def _sync_records(
        self, context: Mapping[str, Any] | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Write records in blocks, unless the configuration needs the SDK's processing."""
        messages = self.record_lines() if write_messages and self._needs_no_processing() else None
        if messages is None:
            with self._finishing_batches():
                yield from super()._sync_records(context, write_messages=write_messages)
            return
        with self.get_record_counter() as counter, self.get_sync_timer() as timer:
            counter.with_context(context)
            timer.with_context(context)
            with self._finishing_batches():
                for lines in messages:
                    if lines.columns:
                        self.add_columns(lines.columns)
                    if self.batches is None:
                        self._sync.writer.write(lines.data)
                    else:
                        self.batches.write(self.name, lines.data, lines.keys)
                        self._handle_events_and_reader()
                    self.state_manager.is_flushed = False
                    counter.increment(lines.count)
        self._write_state_message()

    @override
    def get_replication_key_signpost(self, context: Mapping[str, Any] | None = None) -> None:
        return None

    @override
    def _increment_stream_state(
        self, latest_record: Mapping[str, Any], *, context: Mapping[str, Any] | None = None
    ) -> None:
        pass

    @override
    def _sync_children(self, child_context: Mapping[str, Any] | None) -> None:
        """Sync the children that have rows in this window; the others once, for their SCHEMA."""
        for child in self.child_streams:
            if isinstance(child, BlockStream):
                child.sync_as_child(child_context)

    @override
    def _write_starting_replication_value(self, context: Mapping[str, Any] | None) -> None:
        pass
