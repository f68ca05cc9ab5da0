"""Checks Singer messages as a strict target does.

Every message that a target could refuse, silently drop or misinterpret is a problem.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator, FormatChecker

from tests.harness.batches import expand_batches
from tests.harness.singer.output import Key, Output, Record, bookmarks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


STREAMS_NOT_ORDERED_BY_TIME = {"overview", "other_statistic", "answer_combined"}
"""Streams with records that can appear in an export later than their `created_at` suggests.

The `created_at` of an incomplete survey response is the arrival of the survey, not of the answers.
"""

BOOKMARK_PROPERTIES = {"content_export": "created_at_before"}
"""Property to which the bookmark of a stream refers, if it is not `created_at`."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    """Check a UTC date-time; jsonschema needs additional packages for this format."""
    if isinstance(value, str):
        if not _RFC_3339.fullmatch(value):
            return False
        datetime.fromisoformat(value[:19] + "+00:00")
    return True


@cache
def _validator(schema: str) -> Draft7Validator:
    """Create a validator, cached by schema because creating it is slow."""
    content = json.loads(schema)
    Draft7Validator.check_schema(content)
    return Draft7Validator(content, format_checker=_FORMATS)


def problems(output: Output, initial_bookmarks: Mapping[str, str] | None = None) -> list[str]:
    """Return the problems of a tap's output, one line each.

    Every line is a message. Every RECORD comes after its SCHEMA, has all keys and no property that
    is not in the SCHEMA, and is valid including formats. No new record comes after a STATE whose
    bookmark is later than the record. A version is activated once, after all its records. A BATCH
    is checked by the records in its files.

    Args:
        output: Output of the tap.
        initial_bookmarks: Bookmarks at the start; earlier records may be written again.
    """
    checker = _Checker(initial_bookmarks or {})
    messages = map(json.loads, expand_batches(output.lines))
    return list(chain.from_iterable(map(checker.check, count(1), messages)))


class _Checker:
    """Checks the messages of a run, one after the other.

    Args:
        initial_bookmarks: Bookmarks at the start of the run.
    """

    def __init__(self, initial_bookmarks: Mapping[str, str]) -> None:
        self._initial_bookmarks = initial_bookmarks
        self._bookmarks = dict(initial_bookmarks)
        self._validators: dict[str, Draft7Validator] = {}
        self._properties: dict[str, set[str]] = {}
        self._keys: dict[str, list[str]] = {}
        self._seen: dict[str, set[Key]] = {}
        self._versions: dict[str, set[int | None]] = {}
        self._activated: set[str] = set()

    def check(self, number: int, message: Mapping[str, Any]) -> list[str]:
        """Return the problems of a message, with its line number."""
        stream = message.get("stream", "")
        found: Iterable[str]
        if message["type"] == "STATE":
            found = self._state(bookmarks(message["value"]))
        elif message["type"] == "SCHEMA":
            found = self._schema(stream, message)
        elif stream not in self._validators:
            found = ["comes before its SCHEMA"]
        elif message["type"] == "RECORD":
            found = self._record(stream, message["record"], message.get("version"))
        elif message["type"] == "ACTIVATE_VERSION":
            found = self._activate(stream, message["version"])
        else:
            found = ["an unknown type"]
        return [f"line {number} ({message['type']} {stream}): {text}" for text in found]

    def _state(self, moved: Mapping[str, str]) -> list[str]:
        found = [
            f"the bookmark of {stream} goes back to {moved.get(stream)}"
            for stream, before in self._bookmarks.items()
            if moved.get(stream, "") < before
        ]
        self._bookmarks |= moved
        return found

    def _schema(self, stream: str, message: Mapping[str, Any]) -> Iterator[str]:
        self._validators[stream] = _validator(json.dumps(message["schema"]))
        self._keys[stream] = message["key_properties"]
        self._properties[stream] = set(message["schema"]["properties"])
        if not set(self._keys[stream]) <= self._properties[stream]:
            yield f"the key {self._keys[stream]} is not in the SCHEMA"

    def _record(self, stream: str, record: Record, version: int | None) -> Iterator[str]:
        errors = self._validators[stream].iter_errors(record)
        yield from (f"{error.json_path} {error.message}" for error in errors)
        for name in record.keys() - self._properties[stream]:
            yield f"{name} is not in the SCHEMA"
        self._versions.setdefault(stream, set()).add(version)
        if stream in self._activated:
            yield "comes after ACTIVATE_VERSION"
        key = tuple(record.get(name) for name in self._keys[stream])
        if None in key:
            yield f"the key {key} has a null"
        time = record.get(BOOKMARK_PROPERTIES.get(stream, "created_at")) or ""
        new = key not in self._seen.setdefault(stream, set())
        self._seen[stream].add(key)
        begun, end = self._initial_bookmarks.get(stream, ""), self._bookmarks.get(stream, "")
        if new and stream not in STREAMS_NOT_ORDERED_BY_TIME and begun < time <= end:
            yield f"{time} is not after the bookmark {end} of an earlier STATE"

    def _activate(self, stream: str, version: int) -> Iterator[str]:
        self._activated.add(stream)
        if self._versions.get(stream, {version}) != {version}:
            yield f"the records have the versions {self._versions[stream]}"
