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
- `_write_record_message`: a damaged row is written while another stream is read; with
  `batch_config` a record goes into a file, after selection, stream maps and flattening
  (`_generate_record_messages`), none of which the SDK's own batches know.
- `_generate_record_messages`: what `excluded_columns` matches inside objects is taken out.
- `_write_schema_message`, `_stream_maps`, `_schema`, `_input_schema`: a column that nobody knew is
  announced in the middle of a stream; a batch file has the columns of one SCHEMA
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
from typing_extensions import override

from tap_intercom_export.progress import SummedCounter, SummedTimer
from tap_intercom_export.schemas import json_schema
from tap_intercom_export.singer import stdout
from tap_intercom_export.streams.column_selection import ColumnSelection

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk import Tap
    from singer_sdk.singerlib import RecordMessage

    from tap_intercom_export.progress import RunLog
    from tap_intercom_export.rows import Lines
    from tap_intercom_export.schemas import Column
    from tap_intercom_export.singer.batch.output import StreamBatches
    from tap_intercom_export.streams.context import SyncContext


class TapStream(Stream):
    """A stream of this tap: quiet, and written as RECORD messages or as batches."""

    _sync: SyncContext
    """What the streams of a run share."""

    emit_activate_version_messages = False
    """Whether the SDK sends a version before the first record, as it does with FULL_TABLE."""

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log what the SDK says of every stream and window only at DEBUG; errors are told once."""
        super().log(message, *args, level=min(level, logging.DEBUG), **kwargs)

    @cached_property
    def batches(self) -> StreamBatches | None:
        """Takes the records where `batch_config` is set; None on a dry run, which writes none."""
        output = self._sync.batch_output
        if output is None or self.ABORT_AT_RECORD_COUNT is not None:
            return None
        return output.stream_batches()

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

    @cached_property
    def column_selection(self) -> ColumnSelection:
        """Decides which columns go out."""
        return ColumnSelection(self, self.property_headers())

    def property_headers(self) -> Mapping[str, tuple[str, ...]]:
        """Return what properties are called at Intercom, where that is not their name."""
        return {}

    @override
    def _generate_record_messages(
        self, record: dict[str, Any]
    ) -> Generator[RecordMessage, None, None]:
        """Make the messages of a record without what is excluded inside its objects."""
        excluded = self.column_selection.excluded
        yield from super()._generate_record_messages(
            excluded.pruned(record) if excluded else record
        )

    def finish_batches(self) -> None:
        """Put all records that came into files that a BATCH message names."""
        if self.batches is not None:
            self.batches.finish()

    @contextmanager
    def _finishing_batches(self) -> Generator[None]:
        """Finish the batches at the end; after an error forget what no message names."""
        try:
            yield
            self.finish_batches()
        except BaseException:
            if self._sync.batch_output is not None:
                self._sync.batch_output.discard()
            raise

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """Check where batches go, before anything is exported.

        Returns:
            None: records become batches here. The SDK's way would neither know the end of a window,
            behind which the bookmark moves, nor write the records of child streams.
        """
        if self._sync.batch_output is not None:
            self._sync.batch_output.check()

    @override
    def _write_schema_message(self) -> None:
        """Write the SCHEMA; files that are begun have the columns of the one before."""
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
        self._look_around()

    def _look_around(self) -> None:
        """Do what each write to stdout does besides, while nothing but files is written.

        Raises:
            BrokenPipeError: stdout was closed by its reader.
        """
        self._sync.events.handle()
        stdout.raise_if_reader_gone()


class FullTableStream(TapStream):
    """A stream that is read whole: the version of its rows is activated when all are written.

    The SDK would activate it before the first one, which empties the table until the last. The rows
    of a batch have no version: to activate one would delete them (target-postgres 0.8).
    """

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
        wanted = self.config["emit_activate_version_messages"] and self.batches is None
        if wanted and self.ABORT_AT_RECORD_COUNT is None and write_messages:
            self._stream_version = self._initialized_at
        with self._finishing_batches():
            yield from super()._sync_records(context, write_messages=write_messages)
        if self._stream_version is not None and self.selected and self.is_whole:
            self._write_activate_version_message(self._stream_version)


class BlockStream(TapStream):
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
        columns = tuple(columns)
        super().__init__(tap=tap, name=name, schema=json_schema(columns, key))
        self._sync = sync
        self.primary_keys = key
        self.replication_key = replication_key
        self.state_partitioning_keys = ()  # one bookmark a stream, whatever the parent's record
        self._announced = False
        self._headers = {column.name: column.headers for column in columns}

    @override
    def property_headers(self) -> Mapping[str, tuple[str, ...]]:
        return self._headers

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

        Those that do not go out are deselected.

        Args:
            columns: Properties of the records to come; those already known do not matter.
            level: Of the line in the log.
        """
        columns = tuple(columns)
        new = json_schema(self.column_selection.withhold(columns), ())["properties"]
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
        """Return RECORD messages, many at a time; None where there is no such way.

        With `batch_config` the records alone, a line each.
        """
        return None

    def deselected(self) -> set[str]:
        """Return the names of the properties that the user does not want."""
        known = {("properties", name) for name in self.effective_schema["properties"]}
        places = known | {place for place in self.mask if len(place) == 2}  # noqa: PLR2004
        return {place[1] for place in places if not self.mask[place]}

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
                        self.batches.write(self.name, lines.data, lines.count)
                        self._look_around()
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
