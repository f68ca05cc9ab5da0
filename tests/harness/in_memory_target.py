"""A Singer target that keeps records and state in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.harness.batches import expand_batches

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass
class InMemoryTarget:
    """Loads Singer messages of one or more runs, with upsert by key."""

    keys: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[str, set[str]] = field(default_factory=dict)
    records: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)

    def load(self, lines: Iterable[str]) -> InMemoryTarget:
        """Load the messages of a run.

        Args:
            lines: Output of the run.

        Returns:
            This target.

        Raises:
            ValueError: A RECORD precedes its SCHEMA or has properties that are not in it.
        """
        for line in expand_batches(lines):
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
        """Return the records by stream."""
        return {stream: list(found.values()) for stream, found in self.records.items()}

    def count(self, stream: str) -> int:
        """Return the number of records of a stream."""
        return len(self.records.get(stream, ()))

    @property
    def bookmarks(self) -> dict[str, str]:
        """Bookmarks by stream, from the last STATE message."""
        return {
            stream: entry["replication_key_value"]
            for stream, entry in self.state.get("bookmarks", {}).items()
            if "replication_key_value" in entry
        }
