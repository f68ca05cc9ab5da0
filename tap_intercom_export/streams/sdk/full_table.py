"""Base class of lists, which are read completely: versions of their table.

Private parts of the SDK:

- `_sync_records`, `_stream_version`, `_initialized_at`, `_write_activate_version_message`: the
  version of a list is activated after its last record, not before the first one.
- `_stream_maps`: the SDK's dry run selects streams after their maps were made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_intercom_export.streams.sdk.base import TapStream

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from singer_sdk.singerlib import Catalog


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

        Args:
            value: Whether the stream is selected; None for its default.
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
