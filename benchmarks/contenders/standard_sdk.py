"""A stream as in the documentation of the Meltano SDK: `get_records` yields a dict per row.

Arguments: the archive and the key of its shape. The archive is on disk, so this program does not
have to download it.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream, Tap
from typing_extensions import override

from benchmarks.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Rows(Stream):
    """Rows of the archive.

    Args:
        tap: The tap.
    """

    def __init__(self, tap: Tap) -> None:
        shape = SHAPES[tap.config["shape"]]
        text = {"type": ["string", "null"]}
        time = {**text, "format": "date-time"}
        properties = {name: time if _is_time(name) else text for name in shape.columns}
        schema = {"type": "object", "properties": properties}
        super().__init__(tap, name=shape.stream, schema=schema)
        self.primary_keys = [name for name in shape.columns if name.endswith("_id")][:1]

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        with zipfile.ZipFile(self.config["archive"]) as pack:
            for name in pack.namelist():
                with io.TextIOWrapper(pack.open(name), "utf-8", newline="") as text:
                    for row in csv.DictReader(text):
                        yield {column: cell or None for column, cell in row.items()}


def _is_time(name: str) -> bool:
    return name.startswith(("first_", "ticket_time_")) or name.endswith("_at")


class StandardTap(Tap):
    """A tap with this stream."""

    name = "tap-standard"
    config_jsonschema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "archive": {"type": "string"},
            "shape": {"type": "string", "default": "zeros"},
        },
    }

    @override
    def discover_streams(self) -> Sequence[Stream]:
        return [Rows(self)]


if __name__ == "__main__":
    if sys.argv[1].startswith("--"):
        StandardTap.cli()  # to measure the start-up time of a bare tap
    StandardTap(config={"archive": sys.argv[1], "shape": sys.argv[2]}).sync_all()
