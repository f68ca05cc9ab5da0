"""A target in memory: what the tap's messages leave behind, run after run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.harness.batches import as_records

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass
class Loaded:
    """Messages as a target that knows the keys takes them: of equal keys the last."""

    keys: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[str, set[str]] = field(default_factory=dict)
    records: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)

    def take(self, lines: Iterable[str]) -> Loaded:
        """Take the messages of a run, after those of earlier ones.

        Args:
            lines: Its output.

        Raises:
            ValueError: A RECORD comes before its SCHEMA, or has what its SCHEMA does not know.
        """
        for line in as_records(lines):
            message = json.loads(line)
            stream = message.get("stream")
            if message["type"] == "STATE":
                self.state = message["value"]
            elif message["type"] == "SCHEMA":
                self.keys[stream] = message["key_properties"]
                self.columns.setdefault(stream, set()).update(message["schema"]["properties"])
            elif message["type"] == "RECORD":
                record = message["record"]
                if not set(record) <= self.columns.get(stream, set()):
                    raise ValueError(f"A record of {stream} does not fit its SCHEMA")
                key = tuple(record[name] for name in self.keys[stream])
                self.records.setdefault(stream, {})[key] = record
        return self

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Give the records of each stream."""
        return {stream: list(found.values()) for stream, found in self.records.items()}

    def count(self, stream: str) -> int:
        """Count the records of a stream."""
        return len(self.records.get(stream, ()))

    @property
    def bookmarks(self) -> dict[str, str]:
        """The time each stream is written up to, by the last STATE."""
        return {
            stream: entry["replication_key_value"]
            for stream, entry in self.state.get("bookmarks", {}).items()
            if "replication_key_value" in entry
        }
