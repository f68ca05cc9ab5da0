"""Reads batch files independently of the tap: replaces BATCH messages by RECORD messages."""

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
    """Return a `batch_config` setting that writes to a local folder.

    Args:
        folder: Folder of the files.
        file_format: `jsonl` or `parquet`.
        more: `compression`, or other keys such as `batch_size`.
    """
    compression = {"compression": more.pop("compression")} if "compression" in more else {}
    return {
        "encoding": {"format": file_format, **compression},
        "storage": {"root": str(folder)},
        **more,
    }


def expand_batches(lines: Iterable[str]) -> list[str]:
    """Return the messages of a run, with BATCH messages replaced by their records.

    Args:
        lines: The messages, one JSON object each.
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
        records = batch_records(message, schemas[message["stream"]])
        found += [
            json.dumps({"type": "RECORD", "stream": message["stream"], "record": record})
            for record in records
        ]
    return found


def batch_records(message: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Record]:
    """Yield the records in the files of a BATCH message.

    Args:
        message: The message.
        schema: JSON schema of the stream, to convert Parquet values.
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
    """Convert a value of a Parquet file to its form in a RECORD message."""
    if isinstance(value, datetime):
        assert value.tzinfo is not None
        text = value.astimezone(timezone.utc).isoformat().replace("+00:00", "")
        return f"{text.rstrip('0') if '.' in text else text}Z"
    if value is not None and "object" in schema["properties"][name]["type"]:
        return json.loads(value)
    return value
