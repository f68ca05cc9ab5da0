"""Batch files, read without the code that wrote them: BATCH messages as the RECORDs they name."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Record = dict[str, Any]


def batch_config(folder: Path, file_format: str = "jsonl", **more: Any) -> dict[str, Any]:
    """The setting `batch_config` for files in a folder.

    Args:
        folder: Where they go.
        file_format: jsonl or parquet.
        more: The compression, or a batch_size.
    """
    compression = {"compression": more.pop("compression")} if "compression" in more else {}
    return {
        "encoding": {"format": file_format, **compression},
        "storage": {"root": str(folder)},
        **more,
    }


def as_records(lines: Iterable[str]) -> list[str]:
    """The messages of a run, with the records of each file in place of the BATCH that names it.

    Args:
        lines: The messages.
    """
    found: list[str] = []
    schemas: dict[str, Record] = {}
    for line in lines:
        message = json.loads(line)
        if message["type"] == "SCHEMA":
            schemas[message["stream"]] = message["schema"]
        if message["type"] != "BATCH":
            found.append(line)
            continue
        records = records_of(message, schemas[message["stream"]])
        found += [
            json.dumps({"type": "RECORD", "stream": message["stream"], "record": record})
            for record in records
        ]
    return found


def records_of(message: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Record]:
    """The records in the files of a BATCH message.

    Args:
        message: The message.
        schema: Of its stream, for what Parquet holds in another form.
    """
    for url in message["manifest"]:
        path = Path(url.removeprefix("file://"))
        if message["encoding"]["format"] == "parquet":
            import pyarrow.parquet  # noqa: PLC0415 - few tests need it

            for row in pyarrow.parquet.read_table(path).to_pylist():
                yield {name: _as_json(value, schema, name) for name, value in row.items()}
        else:
            data = path.read_bytes()
            if message["encoding"]["compression"] == "gzip":
                data = gzip.decompress(data)
            yield from map(json.loads, data.splitlines())


def _as_json(value: Any, schema: Mapping[str, Any], name: str) -> Any:
    """A value of a Parquet file as it stands in a RECORD."""
    if isinstance(value, datetime):
        assert value.tzinfo is not None
        text = value.astimezone(timezone.utc).isoformat().replace("+00:00", "")
        return f"{text.rstrip('0') if '.' in text else text}Z"
    if value is not None and "object" in schema["properties"][name]["type"]:
        return json.loads(value)
    return value
