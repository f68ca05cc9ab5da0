"""Runs the tap, as a process or in this process, and checks its Singer messages.

The checks are those of a strict target: every message that a target could refuse, silently drop or
misinterpret is a problem.
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

from tests.harness.batches import expand_batches

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from singer_sdk import Tap

Record = dict[str, Any]
Key = tuple[Any, ...]

STREAMS_NOT_ORDERED_BY_TIME = {"overview", "other_statistic", "answer_combined"}
"""Streams with records that can appear in an export later than their `created_at` suggests.

The `created_at` of an incomplete survey response is the arrival of the survey, not of the answers.
"""

BOOKMARK_PROPERTIES = {"content_export": "created_at_before"}
"""Property to which the bookmark of a stream refers, if it is not `created_at`."""

_LOGGERS = ("tap_intercom_export", "tap-intercom-export", "urllib3", "requests")
_CATALOG_SETTINGS = ("reporting_datasets", "custom_object_types", "api_version", "workspace")
_catalogs: dict[str, str] = {}

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    """Check a UTC date-time; jsonschema needs additional packages for this format."""
    if isinstance(value, str):
        if not _RFC_3339.fullmatch(value):
            return False
        datetime.strptime(value[:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z")
    return True


@cache
def _validator(schema: str) -> Draft7Validator:
    """Create a validator, cached by schema because creating it is slow."""
    content = json.loads(schema)
    Draft7Validator.check_schema(content)
    return Draft7Validator(content, format_checker=_FORMATS)


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


def run_tap(
    config: Mapping[str, Any] | None = None,
    *arguments: str,
    state: Mapping[str, Any] | None = None,
    catalog: Mapping[str, Any] | None = None,
    check: bool = True,
) -> Output:
    """Run the tap as a process until it ends.

    Args:
        config: Configuration; None to run without `--config`.
        arguments: Additional command-line arguments.
        state: State from which it starts.
        catalog: Catalog for `--catalog`.
        check: Whether to assert success and valid messages.
    """
    with command(config=config, state=state, catalog=catalog) as tap:
        completed = subprocess.run(
            [*tap, *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env=clean_environment(),
        )
    output = Output(completed.returncode, completed.stderr, completed.stdout.splitlines())
    if check:
        assert output.exit_code == 0, output.log
        found = problems(output, bookmarks(state or {}))
        assert not found, "\n".join(found[:20])
    return output


@contextmanager
def command(**contents: Mapping[str, Any] | None) -> Generator[list[str]]:
    """Yield the command line of the tap, with a temporary file for each option."""
    with tempfile.TemporaryDirectory() as folder:
        options = []
        for name, content in contents.items():
            if content is not None:
                path = Path(folder, f"{name}.json")
                path.write_text(json.dumps(content))
                options += [f"--{name}", str(path)]
        yield [sys.executable, "-m", "tap_intercom_export", *options]


@contextmanager
def running_process(
    config: Mapping[str, Any], catalog: Mapping[str, Any] | None = None
) -> Generator[subprocess.Popen[str]]:
    """Start the tap as a process whose stdout the caller reads; wait for it at the end."""
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


def run_in_process(
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    *,
    catalog: Mapping[str, Any] | None = None,
) -> Output:
    """Run the tap in this process, which is faster, with the checks of `run_tap`.

    Args:
        config: Configuration.
        state: State from which it starts.
        catalog: Catalog of the run.
    """
    from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415 - only needed here

    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(written), _restored_signals(), _Log() as log:
        _sync(TapIntercomExport, config, state, catalog)
    written.seek(0)
    output = Output(0, "\n".join(log.lines), written.read().splitlines())
    found = problems(output, bookmarks(state or {}))
    assert not found, "\n".join(found[:20])
    return output


def run_without_waiting(
    config: Mapping[str, Any], state: Mapping[str, Any] | None = None
) -> Output:
    """Run the tap in this process with clocks that skip pauses; the run may fail.

    Args:
        config: Configuration.
        state: State from which it starts.

    Returns:
        The output, with the exit status and the log of the command line.
    """
    from tap_intercom_export.cli import log_error  # noqa: PLC0415 - only needed here
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
        def _write_to_stdout(self, data: bytes | memoryview) -> None:
            lines.extend(bytes(data).decode().splitlines())

    class Tap(TapIntercomExport):
        clock_class = Clock
        message_writer_class = Writer

    exit_code = 0
    with _restored_signals(), _Log() as log:
        try:
            _sync(Tap, config, state)
        except Exception as error:  # noqa: BLE001 - as the command line does
            exit_code = log_error(logging.getLogger("tap-intercom-export"), error)
    pauses = [pause for clock in clocks for pause in clock.pauses]
    return Output(exit_code, "\n".join(log.lines), lines, pauses)


def _sync(
    tap: type[Tap],
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    catalog: Mapping[str, Any] | None = None,
) -> None:
    """Sync all streams, with copies of state and catalog, as if they were read from files."""
    copies: dict[str, Any] = json.loads(json.dumps({"state": state or {}, "catalog": catalog}))
    tap(config=dict(config), **copies).sync_all()


@contextmanager
def _restored_signals() -> Generator[None]:
    """Restore the signal handlers that a tap in this process replaces."""
    handlers = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers:
                signal.signal(number, handler)


class _Log(logging.Handler):
    """Context manager that collects log records from INFO on, without METRIC lines."""

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
    """Return the environment without settings of the tap, and with bytecode enabled."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("TAP_INTERCOM_EXPORT_") and key != "PYTHONDONTWRITEBYTECODE"
    }


def discover(config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run discovery as a process.

    Args:
        config: Configuration, for streams that depend on it.

    Returns:
        The catalog.
    """
    completed = run_tap(config, "--discover", check=False)
    assert completed.exit_code == 0, completed.log
    catalog: dict[str, Any] = json.loads("\n".join(completed.lines))
    return catalog


def discover_in_process(config: Mapping[str, Any]) -> dict[str, Any]:
    """Run discovery in this process; the result is cached by the settings it depends on.

    Args:
        config: Configuration for a simulator.

    Returns:
        The catalog.
    """
    from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415 - only needed here

    key = json.dumps([config.get(name) for name in _CATALOG_SETTINGS])
    if key not in _catalogs:
        _catalogs[key] = json.dumps(TapIntercomExport(config=dict(config)).catalog_dict)
    catalog: dict[str, Any] = json.loads(_catalogs[key])
    return catalog


def select(
    catalog: dict[str, Any], *streams: str, deselected: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a copy of a catalog with the given streams selected.

    Args:
        catalog: A catalog.
        streams: Names of streams; none to select all streams.
        deselected: Properties to deselect, as `stream.property`.
    """
    copy: dict[str, Any] = json.loads(json.dumps(catalog))
    for entry in copy["streams"]:
        name = entry["tap_stream_id"]
        for part in entry["metadata"]:
            breadcrumb, metadata = part["breadcrumb"], part["metadata"]
            if not breadcrumb:
                metadata["selected"] = not streams or name in streams
            elif f"{name}.{breadcrumb[-1]}" in deselected:
                metadata["selected"] = False
    return copy


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
