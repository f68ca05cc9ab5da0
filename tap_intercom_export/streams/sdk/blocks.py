"""Base class of streams of CSV rows: blocks of records, and schemas that grow.

Private parts of the SDK:

- `_sync_records`, `_write_state_message`: records are written in blocks, which is many times
  faster; the state is written after them as in the SDK.
- `_increment_stream_state`: a bookmark is never taken from a record, because late events have
  earlier times; it moves with whole windows only.
- `_write_starting_replication_value`: would write an unused value into the state, and a log line
  for every stream and window.
- `_process_record`: the SDK does not sync the children of a record that a stream map leaves out;
  the rows of a window would be lost, as its bookmarks move all the same.
- `_sync_children`: a child without rows in the window is not synced; it would only write four log
  lines.
- `_write_record_message`, `_write_schema_message`: write a rejected row while another stream is
  read.
- `_stream_maps`, `_schema`, `_input_schema`, `_write_schema_message`: announce new columns in the
  middle of a stream.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

from tap_intercom_export.schemas import json_schema
from tap_intercom_export.streams.sdk.base import TapStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk import Tap

    from tap_intercom_export.rows import EncodedBlock
    from tap_intercom_export.schemas import Column
    from tap_intercom_export.streams.context import SyncContext


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

    def record_lines(self) -> Iterator[EncodedBlock] | None:
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
                        self.batches.write(self.name, lines.data, lines.keys, lines.table)
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
    def _process_record(
        self,
        record: dict[str, Any],
        child_context: Mapping[str, Any] | None = None,
        partition_context: Mapping[str, Any] | None = None,
    ) -> None:
        """Sync the children of a record, even if a stream map leaves the record itself out."""
        for context in self.generate_child_contexts(record=record, context=child_context):
            self._sync_children(context)

    @override
    def _sync_children(self, child_context: Mapping[str, Any] | None) -> None:
        """Sync the children that have rows in this window; the others once, for their SCHEMA."""
        for child in self.child_streams:
            if isinstance(child, BlockStream):
                child.sync_as_child(child_context)

    @override
    def _write_starting_replication_value(self, context: Mapping[str, Any] | None) -> None:
        pass
