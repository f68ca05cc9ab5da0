"""Runs the tap, as a process or in this one, and checks its output by rules that are not its own.

The checks are those of a strict target: any message that one of them could refuse, drop without a
word or take for more than it is, is a problem.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator, FormatChecker
from typing_extensions import Self, override

from tests.harness.batches import as_records

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from singer_sdk import Tap

Record = dict[str, Any]
Key = tuple[Any, ...]

NOT_BY_TIME = {"overview", "other_statistic", "answer_combined"}
"""Streams with records whose `created_at` says nothing of when they first appear in an export.

A survey response that was never completed has the time the survey arrived, and may begin later.
"""

TIMES = {"content_export": "created_at_before"}
"""Properties that a stream's bookmark speaks of, where it is not `created_at`."""

_LOGGERS = ("tap_intercom_export", "tap-intercom-export", "urllib3", "requests")
_DECIDE_STREAMS = ("reporting_datasets", "custom_object_types", "api_version", "workspace")
_catalogs: dict[str, str] = {}

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
        pauses: The pauses it made, in seconds; those of a process are not known.
    """

    exit_code: int
    log: str
    lines: list[str]
    pauses: list[float] = field(default_factory=list)

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
        """The records as a target that knows the keys ends up with.

        Of equal keys the last; of several versions the one that is activated.
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
    with command(config=config, state=state, catalog=catalog) as tap:
        done = subprocess.run(
            [*tap, *arguments],
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


@contextmanager
def command(**contents: Mapping[str, Any] | None) -> Generator[list[str]]:
    """Yield the tap's command with a file for each option that has a content."""
    with tempfile.TemporaryDirectory() as folder:
        options = []
        for name, content in contents.items():
            if content is not None:
                path = Path(folder, f"{name}.json")
                path.write_text(json.dumps(content))
                options += [f"--{name}", str(path)]
        yield [sys.executable, "-m", "tap_intercom_export", *options]


@contextmanager
def started_tap(
    config: Mapping[str, Any], catalog: Mapping[str, Any] | None = None
) -> Generator[subprocess.Popen[str]]:
    """Start the tap and wait for its end; its messages can be read from stdout."""
    with (
        command(config=config, catalog=catalog) as tap,
        subprocess.Popen(
            tap,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=clean_environment(),
        ) as process,
    ):
        yield process


def run_here(
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    *,
    catalog: Mapping[str, Any] | None = None,
) -> Output:
    """Run the tap in this process, which is faster, and check its stream as `run_tap` does.

    Args:
        config: Its configuration.
        state: The state it starts from.
        catalog: The catalog it gets.
    """
    from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415 - for this one way

    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(written), _restored_signals(), _Log() as log:
        _sync(TapIntercomExport, config, state, catalog)
    written.seek(0)
    output = Output(0, "\n".join(log.lines), written.read().splitlines())
    wrong = problems(output, bookmarks(state or {}))
    assert not wrong, "\n".join(wrong[:20])
    return output


def run_quickly(config: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> Output:
    """Run the tap in this process with clocks that do not wait; it may fail.

    Args:
        config: Its configuration.
        state: The state it starts from.

    Returns:
        What it wrote, with the exit status and the log that its command line would give.
    """
    from tap_intercom_export.cli import _tell  # noqa: PLC0415 - for this one way
    from tap_intercom_export.singer.message_writer import MessageWriter  # noqa: PLC0415
    from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415
    from tests.harness.quick_clock import QuickClock  # noqa: PLC0415

    clocks: list[QuickClock] = []
    lines: list[str] = []

    class Clock(QuickClock):
        def __init__(self) -> None:
            super().__init__()
            clocks.append(self)

    class Writer(MessageWriter):
        @override
        def _put(self, data: bytes | memoryview) -> None:
            lines.extend(bytes(data).decode().splitlines())

    class Tap(TapIntercomExport):
        clock_class = Clock
        message_writer_class = Writer

    exit_code = 0
    with _restored_signals(), _Log() as log:
        try:
            _sync(Tap, config, state)
        except Exception as error:  # noqa: BLE001 - as the command line does
            exit_code = _tell(logging.getLogger("tap-intercom-export"), error)
    pauses = [pause for clock in clocks for pause in clock.pauses]
    return Output(exit_code, "\n".join(log.lines), lines, pauses)


def _sync(
    tap: type[Tap],
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    catalog: Mapping[str, Any] | None = None,
) -> None:
    """Sync all streams, with copies, as if state and catalog had come as text."""
    copies: dict[str, Any] = json.loads(json.dumps({"state": state or {}, "catalog": catalog}))
    tap(config=dict(config), **copies).sync_all()


@contextmanager
def _restored_signals() -> Generator[None]:
    """Put the handlers of signals back that a tap in this process replaces."""
    handlers = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers:
                signal.signal(number, handler)


class _Log(logging.Handler):
    """Takes the log of the tap from INFO on, without METRIC lines, while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._loggers = [logging.getLogger(name) for name in _LOGGERS]
        self._levels = [logger.level for logger in self._loggers]

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if "METRIC" in str(record.msg):
            return
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info))
        self.lines.append(f"{record.levelname} {text}")

    def __enter__(self) -> Self:
        for logger in self._loggers:
            logger.addHandler(self)
            logger.setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        for logger, level in zip(self._loggers, self._levels, strict=True):
            logger.removeHandler(self)
            logger.setLevel(level)


def clean_environment() -> dict[str, str]:
    """The environment without settings of the tap, and with bytecode."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("TAP_INTERCOM_EXPORT_") and key != "PYTHONDONTWRITEBYTECODE"
    }


def discover(config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The catalog, as a user gets it.

    Args:
        config: The tap's configuration, for streams that depend on it.
    """
    done = run_tap(config, "--discover", check=False)
    assert done.exit_code == 0, done.log
    catalog: dict[str, Any] = json.loads("\n".join(done.lines))
    return catalog


def discover_here(config: Mapping[str, Any]) -> dict[str, Any]:
    """The catalog, discovered in this process and once for each setting it depends on.

    Args:
        config: The tap's configuration for a simulator.
    """
    from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415 - for this one way

    key = json.dumps([config.get(name) for name in _DECIDE_STREAMS])
    if key not in _catalogs:
        _catalogs[key] = json.dumps(TapIntercomExport(config=dict(config)).catalog_dict)
    catalog: dict[str, Any] = json.loads(_catalogs[key])
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
    SCHEMA does not know, and is valid against it, formats included; no STATE says that a stream
    is written up to a time of which a new record comes later; and a version is activated once, when
    all its records are written. A BATCH is the records in its files.

    Args:
        output: What the tap wrote.
        begun_at: The bookmarks that it began with. What is older may come again.
    """
    checker = _Checker(begun_at or {})
    messages = map(json.loads, as_records(output.lines))
    return list(chain.from_iterable(map(checker.wrong, count(1), messages)))


class _Checker:
    """Reads message after message and says what is wrong with each.

    Args:
        begun_at: The bookmarks that the run began with.
    """

    def __init__(self, begun_at: Mapping[str, str]) -> None:
        self._begun_at = begun_at
        self._promised = dict(begun_at)
        self._validators: dict[str, Draft7Validator] = {}
        self._known: dict[str, set[str]] = {}
        self._keys: dict[str, list[str]] = {}
        self._seen: dict[str, set[Key]] = {}
        self._versions: dict[str, set[int | None]] = {}
        self._activated: set[str] = set()

    def wrong(self, number: int, message: Mapping[str, Any]) -> list[str]:
        """What is wrong with a message, and on which line."""
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
            for stream, before in self._promised.items()
            if moved.get(stream, "") < before
        ]
        self._promised |= moved
        return found

    def _schema(self, stream: str, message: Mapping[str, Any]) -> Iterator[str]:
        self._validators[stream] = _validator(json.dumps(message["schema"]))
        self._keys[stream] = message["key_properties"]
        self._known[stream] = set(message["schema"]["properties"])
        if not set(self._keys[stream]) <= self._known[stream]:
            yield f"the key {self._keys[stream]} is not in the SCHEMA"

    def _record(self, stream: str, record: Record, version: int | None) -> Iterator[str]:
        errors = self._validators[stream].iter_errors(record)
        yield from (f"{error.json_path} {error.message}" for error in errors)
        for name in record.keys() - self._known[stream]:
            yield f"{name} is not in the SCHEMA"
        self._versions.setdefault(stream, set()).add(version)
        if stream in self._activated:
            yield "comes after ACTIVATE_VERSION"
        key = tuple(record.get(name) for name in self._keys[stream])
        if None in key:
            yield f"the key {key} has a null"
        time = record.get(TIMES.get(stream, "created_at")) or ""
        new = key not in self._seen.setdefault(stream, set())
        self._seen[stream].add(key)
        begun, end = self._begun_at.get(stream, ""), self._promised.get(stream, "")
        if new and stream not in NOT_BY_TIME and begun < time <= end:
            yield f"{time} was said to be written, up to {end}"

    def _activate(self, stream: str, version: int) -> Iterator[str]:
        self._activated.add(stream)
        if self._versions.get(stream, {version}) != {version}:
            yield f"the records have the versions {self._versions[stream]}"
