"""Runs the tap as a process and reads what it wrote, checked by rules that are not the tap's own.

The checks are those of a strict target: any message that one of them could refuse, drop without a
word or take for more than it is, is a problem.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator, FormatChecker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Record = dict[str, Any]
Key = tuple[Any, ...]

NOT_BY_TIME = {"overview", "other_statistic", "answer_combined"}
"""Streams with records whose `created_at` says nothing of when they first appear in an export.

A survey response that was never completed has the time the survey arrived, and may begin later.
"""

TIMES = {"content_export": "created_at_before"}
"""Properties that a stream's bookmark speaks of, where it is not `created_at`."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    """Tell whether a text is a date-time in UTC; jsonschema checks none without more packages."""
    if isinstance(value, str):
        if not _RFC_3339.fullmatch(value):
            return False
        datetime.strptime(value[:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z")
    return True


@cache
def _validator(schema: str) -> Draft7Validator:
    """Make what validates records, once for each schema: it takes its time."""
    content = json.loads(schema)
    Draft7Validator.check_schema(content)
    return Draft7Validator(content, format_checker=_FORMATS)


@dataclass(frozen=True)
class Output:
    """What the tap wrote.

    Args:
        exit_code: Its exit status.
        log: What went to stderr.
        lines: What went to stdout.
    """

    exit_code: int
    log: str
    lines: list[str]

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    @property
    def streams(self) -> set[str]:
        """Streams that have a SCHEMA."""
        return {message["stream"] for message in self.messages if message["type"] == "SCHEMA"}

    @property
    def states(self) -> list[dict[str, Any]]:
        """Values of the STATE messages."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    @property
    def state(self) -> dict[str, Any]:
        """The last STATE: what the next run gets."""
        return self.states[-1]

    @property
    def bookmarks(self) -> dict[str, str]:
        """The time each stream is written up to, by the last STATE."""
        return bookmarks(self.state)

    def schemas(self, stream: str) -> list[dict[str, Any]]:
        return [
            message["schema"]
            for message in self.messages
            if message["type"] == "SCHEMA" and message["stream"] == stream
        ]

    def records(self, stream: str) -> list[Record]:
        """Every record of a stream, in order."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def loaded(self, stream: str) -> list[Record]:
        """The records as a target that knows the keys ends up with: of equal keys the last."""
        keys: list[str] = []
        found: dict[Key, Record] = {}
        for message in self.messages:
            if message.get("stream") != stream:
                continue
            if message["type"] == "SCHEMA":
                keys = message["key_properties"]
            elif message["type"] == "RECORD":
                found[tuple(message["record"][name] for name in keys)] = message["record"]
        return list(found.values())


def bookmarks(state: Mapping[str, Any]) -> dict[str, str]:
    """The time each stream is written up to."""
    return {
        stream: entry["replication_key_value"]
        for stream, entry in state.get("bookmarks", {}).items()
        if "replication_key_value" in entry
    }


def run_tap(
    config: Mapping[str, Any] | None = None,
    *arguments: str,
    state: Mapping[str, Any] | None = None,
    catalog: Mapping[str, Any] | None = None,
    check: bool = True,
) -> Output:
    """Run the tap to its end.

    Args:
        config: Its configuration; no `--config` when left out.
        arguments: More arguments.
        state: The state it starts from.
        catalog: The catalog it gets.
        check: Whether it must succeed, and write a stream without a problem.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = list(arguments)
        for name, content in (("config", config), ("state", state), ("catalog", catalog)):
            if content is not None:
                path = Path(folder, f"{name}.json")
                path.write_text(json.dumps(content))
                options += [f"--{name}", str(path)]
        done = subprocess.run(
            [sys.executable, "-m", "tap_intercom_export", *options],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env=clean_environment(),
        )
    output = Output(done.returncode, done.stderr, done.stdout.splitlines())
    if check:
        assert output.exit_code == 0, output.log
        wrong = problems(output, bookmarks(state or {}))
        assert not wrong, "\n".join(wrong[:20])
    return output


def run_here(config: Mapping[str, Any]) -> Output:
    """Run the tap in this process, which is faster, and check its stream as `run_tap` does.

    Args:
        config: Its configuration.
    """
    from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415 - for this one way

    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(written):
        TapIntercomExport(config=dict(config)).sync_all()
    written.seek(0)
    output = Output(0, "", written.read().splitlines())
    wrong = problems(output)
    assert not wrong, "\n".join(wrong[:20])
    return output


def clean_environment() -> dict[str, str]:
    """The environment without settings of the tap, and with bytecode."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("TAP_INTERCOM_EXPORT_") and key != "PYTHONDONTWRITEBYTECODE"
    }


def discover() -> dict[str, Any]:
    """The catalog, as a user gets it."""
    done = run_tap(None, "--discover", check=False)
    assert done.exit_code == 0, done.log
    catalog: dict[str, Any] = json.loads("\n".join(done.lines))
    return catalog


def select(catalog: dict[str, Any], *streams: str, without: Sequence[str] = ()) -> dict[str, Any]:
    """The catalog with these streams selected and no other.

    Args:
        catalog: A catalog.
        streams: Names of streams; all when there is none.
        without: Properties, as `stream.property`, that are not selected.
    """
    copy: dict[str, Any] = json.loads(json.dumps(catalog))
    for entry in copy["streams"]:
        name = entry["tap_stream_id"]
        for part in entry["metadata"]:
            breadcrumb, metadata = part["breadcrumb"], part["metadata"]
            if not breadcrumb:
                metadata["selected"] = not streams or name in streams
            elif f"{name}.{breadcrumb[-1]}" in without:
                metadata["selected"] = False
    return copy


def problems(output: Output, begun_at: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with a tap's output, a line each; empty when a strict target would be content.

    Every line is a message; every RECORD comes after its SCHEMA, has its keys, no property the
    SCHEMA does not know, and is valid against it, formats included; and no STATE says that a stream
    is written up to a time of which a new record comes later.

    Args:
        output: What the tap wrote.
        begun_at: The bookmarks that it began with. What is older may come again.
    """
    return list(_problems(output, begun_at or {}))


def _problems(output: Output, begun_at: Mapping[str, str]) -> Iterator[str]:
    validators: dict[str, Draft7Validator] = {}
    known: dict[str, set[str]] = {}
    keys: dict[str, list[str]] = {}
    seen: dict[str, set[Key]] = {}
    promised = dict(begun_at)
    for number, message in enumerate(output.messages, start=1):
        where = f"line {number} ({message['type']} {message.get('stream', '')})"
        if message["type"] == "STATE":
            moved = bookmarks(message["value"])
            yield from (
                f"{where}: the bookmark of {stream} goes back to {moved.get(stream)}"
                for stream, before in promised.items()
                if moved.get(stream, "") < before
            )
            promised |= moved
        elif message["type"] == "SCHEMA":
            stream = message["stream"]
            validators[stream] = _validator(json.dumps(message["schema"]))
            keys[stream] = message["key_properties"]
            known[stream] = set(message["schema"]["properties"])
            if not set(keys[stream]) <= known[stream]:
                yield f"{where}: the key {keys[stream]} is not in the SCHEMA"
        elif message["type"] == "RECORD":
            stream, record = message["stream"], message["record"]
            if stream not in validators:
                yield f"{where}: comes before its SCHEMA"
                continue
            yield from (
                f"{where}: {error.json_path} {error.message}"
                for error in validators[stream].iter_errors(record)
            )
            yield from (
                f"{where}: {name} is not in the SCHEMA"
                for name in record
                if name not in known[stream]
            )
            key = tuple(record.get(name) for name in keys[stream])
            if None in key:
                yield f"{where}: the key {key} has a null"
            time = record.get(TIMES.get(stream, "created_at"), "")
            new = key not in seen.setdefault(stream, set())
            seen[stream].add(key)
            begun, end = begun_at.get(stream, ""), promised.get(stream, "")
            if new and stream not in NOT_BY_TIME and begun < time <= end:
                yield f"{where}: {time} was said to be written, up to {promised[stream]}"
        else:
            yield f"{where}: an unknown type"
