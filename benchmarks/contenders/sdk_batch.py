"""The SDK's batch writer with the typed records of this tap.

Arguments: the archive, the format (jsonl or parquet), and the folder for the files.
"""

from __future__ import annotations

import sys
import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, cast

from singer_sdk import Stream, Tap
from typing_extensions import override

from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.columns import json_schema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RECEIPT = MESSAGE_FILES["receipt"]


class Receipts(Stream):
    """Rows of the archive, as records of this tap."""

    name = "receipt"
    primary_keys = RECEIPT.key
    schema: ClassVar[dict[str, Any]] = json_schema(RECEIPT.properties, RECEIPT.key)

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        with zipfile.ZipFile(self.config["archive"]) as pack:
            for name in pack.namelist():
                with pack.open(name) as source:
                    yield from RowReader(cast("BinaryIO", source), RECEIPT, {}, lambda _: None)


class BatchTap(Tap):
    """A tap with this stream."""

    name = "tap-batch"
    config_jsonschema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"archive": {"type": "string"}},
    }

    @override
    def discover_streams(self) -> Sequence[Stream]:
        return [Receipts(self)]


if __name__ == "__main__":
    archive, file_format, folder = sys.argv[1:]
    batch = {
        "encoding": {"format": file_format, "compression": "gzip"},
        "storage": {"root": folder},
    }
    BatchTap(config={"archive": archive, "batch_config": batch}).sync_all()
