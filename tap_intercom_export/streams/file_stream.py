"""Base class of streams whose records are the rows of CSV files."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.streams.window_stream import WindowStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_intercom_export.rows import EncodedBlock, RowReader


class FileStream(WindowStream):
    """A stream whose records are the rows of CSV files."""

    _has_logged_slow_path = False

    @abstractmethod
    def readers(self) -> Iterator[RowReader]:
        """Yield a reader for each file of the run; the file's columns are announced."""

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Yield the records one by one; used if the SDK has to process them."""
        if not self._has_logged_slow_path and self.ABORT_AT_RECORD_COUNT is None:
            self._has_logged_slow_path = True
            self.logger.info(
                "'%s' is written record by record by the SDK, which is slower, because of stream "
                "maps or flattening",
                self.name,
            )
        for reader in self.readers():
            for record in reader:
                self.add_columns(reader.format.text_columns(record))
                yield record

    @override
    def record_lines(self) -> Iterator[EncodedBlock]:
        """Yield encoded RECORD messages in blocks; for batches, the records alone, or tables."""
        from tap_intercom_export.rows import Encoder, record_envelope  # noqa: PLC0415 - not for --discover

        for reader in self.readers():
            self.column_selection.deselect_unwanted(reader.format.text_columns())
            now = datetime.now(timezone.utc).isoformat()
            batches = self.batches
            envelope = record_envelope(self.name, now) if batches is None else ("", "\n")
            yield from Encoder(
                reader,
                *envelope,
                self.deselected(),
                with_keys=batches is not None,
                table_types=batches.table_types(self.name) if batches is not None else None,
            ).lines()
