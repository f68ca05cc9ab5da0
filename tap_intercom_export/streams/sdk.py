"""The seam with the SDK: records written in blocks, schemas that grow, versions of whole lists.

This is the only module that overrides or calls private methods of `singer_sdk.Stream`:

- `_increment_stream_state`: a bookmark never comes from a record, because late events come before
  it; it moves with whole windows only.
- `_write_starting_replication_value`: writes a value into the state that no one reads here, and a
  line into the log for every stream and window.
- `_sync_records`, `_write_state_message`: records are written many at a time, which is many times
  as fast; the state is sent after them as the SDK does it.
- `_stream_version`, `_initialized_at`, `_write_activate_version_message`: rows that are gone from a
  list that is read whole go when all the others are written, not before.
- `_sync_children`: a child without rows in this window has nothing to do, and would leave four
  lines in the log.
- `_write_record_message`: a damaged row is written while another stream is read.
- `_write_schema_message`, `_stream_maps`, `_schema`, `_input_schema`: a column that nobody knew is
  announced in the middle of a stream.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

from tap_intercom_export.progress.metric_points import SummedCounter, SummedTimer
from tap_intercom_export.schemas.columns import json_schema

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk import Tap

    from tap_intercom_export.progress.run_log import RunLog
    from tap_intercom_export.rows.encoder import Lines
    from tap_intercom_export.schemas.columns import Column
    from tap_intercom_export.streams.context import SyncContext


class QuietStream(Stream):
    """A stream of which the SDK says little: it would say the same of every stream and window."""

    _sync: SyncContext
    """What the streams of a run share."""

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log what the SDK says of every stream and window only at DEBUG; errors are told once."""
        super().log(message, *args, level=min(level, logging.DEBUG), **kwargs)

    @property
    def run_log(self) -> RunLog:
        """What follows the run."""
        return self._sync.run_log

    @override
    def get_record_counter(self, **_: Any) -> SummedCounter:
        return SummedCounter(self.name, self.run_log.totals)

    @override
    def get_sync_timer(self) -> SummedTimer:
        return SummedTimer(self.name, self.run_log.totals)


class FullTableStream(QuietStream):
    """A stream that is read whole: the version of its rows is activated when all are written.

    The SDK would activate it before the first one, which empties the table until the last.
    """

    emit_activate_version_messages = False

    is_whole = True
    """Whether all rows came. Where not, no version is activated, which would delete the rest."""

    @property
    def selected(self) -> bool:
        """Whether the stream is written."""
        return super().selected

    @selected.setter
    def selected(self, value: bool | None) -> None:
        """Select the stream, as the SDK does with all of them for `--test`.

        The mapper has pruned the schema of a stream that is not selected by default.
        """
        Stream.selected.fset(self, value)  # type: ignore[attr-defined]
        if value:
            self._tap.mapper.register_raw_stream_schema(self.name, self.schema, self.primary_keys)
            self._stream_maps = None

    @override
    def _sync_records(
        self, context: Mapping[str, Any] | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Write the records with a version, and then the version."""
        wanted = self.config["emit_activate_version_messages"]
        if wanted and self.ABORT_AT_RECORD_COUNT is None and write_messages:
            self._stream_version = self._initialized_at
        yield from super()._sync_records(context, write_messages=write_messages)
        if self._stream_version is not None and self.selected and self.is_whole:
            self._write_activate_version_message(self._stream_version)


class BlockStream(QuietStream):
    """A stream whose records are written in blocks and whose schema may grow.

    Args:
        tap: The tap.
        sync: What the streams of a run share.
        name: Name of the stream.
        columns: Its properties.
        key: Names of the properties that identify a record.
        replication_key: Name of the property that the bookmark speaks of.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records are made by the schema

    def __init__(
        self,
        tap: Tap,
        sync: SyncContext,
        name: str,
        columns: Iterable[Column],
        key: tuple[str, ...],
        replication_key: str,
    ) -> None:
        super().__init__(tap=tap, name=name, schema=json_schema(columns, key))
        self._sync = sync
        self.primary_keys = key
        self.replication_key = replication_key
        self.state_partitioning_keys = ()  # one bookmark a stream, whatever the parent's record
        self._announced = False

    def has_rows(self) -> bool:
        """Tell whether there is anything to write in this window."""
        return True

    def write_record(self, record: dict[str, Any]) -> None:
        """Write a record now, in the middle of another stream; its SCHEMA first if need be."""
        if not self._announced:
            self._announced = True
            self._write_schema_message()
        self._write_record_message(record)
        self.run_log.add_rows(self.name, 1)

    def add_columns(self, columns: Iterable[Column], level: int = logging.INFO) -> None:
        """Announce properties that are not in the schema yet, in a new SCHEMA message.

        Args:
            columns: Properties of the records to come; those already known do not matter.
            level: Of the line in the log.
        """
        known = self.effective_schema["properties"]
        new = {
            name: schema
            for name, schema in json_schema(columns, ())["properties"].items()
            if name not in known
        }
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
        """Return RECORD messages, many at a time; None where there is no such way."""
        return None

    def deselected(self) -> set[str]:
        """Return the names of the properties that the user does not want."""
        names = self.effective_schema["properties"]
        return {name for name in names if not self.mask["properties", name]}

    def _goes_out_as_it_is(self) -> bool:
        """Tell whether the SDK has nothing to do with the records but to write them."""
        stream_map = self.stream_maps[0]
        plain = len(self.stream_maps) == 1 and type(stream_map) is SameRecordTransform
        return plain and not stream_map.flattening_enabled and self.ABORT_AT_RECORD_COUNT is None

    @override
    def _sync_records(
        self, context: Mapping[str, Any] | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Write records many at a time, unless the user's configuration needs the SDK's way."""
        messages = self.record_lines() if write_messages and self._goes_out_as_it_is() else None
        if messages is None:
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        with self.get_record_counter() as counter, self.get_sync_timer() as timer:
            counter.with_context(context)
            timer.with_context(context)
            for lines in messages:
                if lines.columns:
                    self.add_columns(lines.columns)
                self._sync.writer.write(lines.data)
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
            if not isinstance(child, BlockStream) or not child.selected:
                continue
            if child.has_rows() or not child._announced:  # noqa: SLF001 - of this class
                child._announced = True  # noqa: SLF001
                child.sync(context=child_context)

    @override
    def _write_starting_replication_value(self, context: Mapping[str, Any] | None) -> None:
        pass
