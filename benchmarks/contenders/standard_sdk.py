"""A stream of the Meltano SDK as its documentation shows: `get_records` yields a dict for a row.

Give the archive as the argument. It lies on disk already, which spares this one the download.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream, Tap
from typing_extensions import override

from tap_intercom_export.schemas.columns import json_schema
from tap_intercom_export.schemas.statistics import FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RECEIPT = FILES["receipt"]


class Receipts(Stream):
    """The rows of the archive's files."""

    name = "receipt"
    primary_keys = RECEIPT.key
    schema: ClassVar[dict[str, Any]] = json_schema(RECEIPT.columns, RECEIPT.key)

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        with zipfile.ZipFile(self.config["archive"]) as pack:
            for name in pack.namelist():
                with io.TextIOWrapper(pack.open(name), "utf-8", newline="") as text:
                    for row in csv.DictReader(text):
                        yield {column: cell or None for column, cell in row.items()}


class StandardTap(Tap):
    """A tap with that stream."""

    name = "tap-standard"
    config_jsonschema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"archive": {"type": "string"}},
    }

    @override
    def discover_streams(self) -> Sequence[Stream]:
        return [Receipts(self)]


if __name__ == "__main__":
    if sys.argv[1].startswith("--"):
        StandardTap.cli()  # to see how long a bare tap takes to start
    StandardTap(config={"archive": sys.argv[1]}).sync_all()
