"""The output of a run: exit status, log, and Singer messages by stream."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


Record = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Output:
    """Output of a run of the tap.

    Args:
        exit_code: Exit status.
        log: Content of stderr.
        lines: Lines of stdout.
        pauses: Requested pauses, in seconds; empty if the tap ran as a process.
    """

    exit_code: int
    log: str
    lines: list[str]
    pauses: list[float] = field(default_factory=list)

    @classmethod
    def of_runs(cls, *runs: Output) -> Output:
        """Return the output of several runs as a target gets it, one after the other.

        Args:
            runs: The outputs, in order.
        """
        return cls(0, "", [line for run in runs for line in run.lines])

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    @property
    def streams(self) -> set[str]:
        """Streams with a SCHEMA message."""
        return {message["stream"] for message in self.messages if message["type"] == "SCHEMA"}

    @property
    def states(self) -> list[dict[str, Any]]:
        """Values of the STATE messages."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    @property
    def state(self) -> dict[str, Any]:
        """Value of the last STATE message."""
        return self.states[-1]

    @property
    def bookmarks(self) -> dict[str, str]:
        """Bookmarks by stream, from the last STATE message."""
        return bookmarks(self.state)

    def schemas(self, stream: str) -> list[dict[str, Any]]:
        return [
            message["schema"]
            for message in self.messages
            if message["type"] == "SCHEMA" and message["stream"] == stream
        ]

    def records(self, stream: str) -> list[Record]:
        """Return all records of a stream, in order."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def loaded(self, stream: str) -> list[Record]:
        """Return the records of a stream as a target would have them at the end.

        For each key the last record; after ACTIVATE_VERSION, records of that version only.
        """
        keys: list[str] = []
        found: dict[Key, tuple[int | None, Record]] = {}
        for message in self.messages:
            if message.get("stream") != stream:
                continue
            version = message.get("version")
            if message["type"] == "SCHEMA":
                keys = message["key_properties"]
            elif message["type"] == "RECORD":
                key = tuple(message["record"][name] for name in keys)
                found[key] = (version, message["record"])
            elif message["type"] == "ACTIVATE_VERSION":
                found = {key: entry for key, entry in found.items() if entry[0] == version}
        return [record for _, record in found.values()]


def bookmarks(state: Mapping[str, Any]) -> dict[str, str]:
    """Return the bookmarks by stream."""
    return {
        stream: entry["replication_key_value"]
        for stream, entry in state.get("bookmarks", {}).items()
        if "replication_key_value" in entry
    }
