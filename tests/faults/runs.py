"""The tap, run in this process with a clock that does not wait, and what came of it."""

from __future__ import annotations

import json
import logging
import signal
import threading
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import Self, override

from tap_intercom_export.singer.message_writer import MessageWriter
from tap_intercom_export.tap import TapIntercomExport
from tests.faults.clock import QuickClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


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
        for line in lines:
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


@dataclass
class Run:
    """One run of the tap.

    Args:
        exit_code: Its exit status.
        lines: What it wrote.
        log: The lines of its log, each with its level in front.
        pauses: The pauses it made, in seconds; those of a process are not known.
    """

    exit_code: int
    lines: list[str]
    log: list[str]
    pauses: list[float] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The log as one text."""
        return "\n".join(self.log)


def run_here(config: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> Run:
    """Run the tap in this process to its end.

    Args:
        config: Its configuration.
        state: The state it starts from.
    """
    clocks: list[QuickClock] = []
    lines: list[str] = []

    class Clock(QuickClock):
        def __init__(self) -> None:
            super().__init__()
            clocks.append(self)

    class Writer(MessageWriter):
        @override
        def write(self, data: bytes) -> None:
            lines.extend(data.decode().splitlines())

    class Tap(TapIntercomExport):
        clock_class = Clock
        message_writer_class = Writer

    with _Log() as log:
        handlers = [(number, signal.getsignal(number)) for number in _SIGNALS]
        try:
            exit_code = _sync(Tap, config, state, log)
        finally:
            if threading.current_thread() is threading.main_thread():
                for number, handler in handlers:
                    signal.signal(number, handler)
    pauses = [pause for clock in clocks for pause in clock.pauses]
    return Run(exit_code, lines, log.lines, pauses)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOGGERS = ("tap_intercom_export", "tap-intercom-export", "singer_sdk", "urllib3", "requests")


def _sync(
    tap: type[TapIntercomExport],
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    log: _Log,
) -> int:
    from tap_intercom_export.cli import _tell  # noqa: PLC0415 - its only use

    try:
        # a copy, as a state that came as text would be
        tap(config=dict(config), state=json.loads(json.dumps(state or {}))).sync_all()
    except Exception as error:  # noqa: BLE001 - as the command line does
        _tell(logging.getLogger("tap-intercom-export"), error)
        log.traceback = traceback.format_exc()
        return 1
    return 0


class _Log(logging.Handler):
    """Takes the tap's log, from INFO on, without the SDK's lines for each stream."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.traceback = ""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if "METRIC" in str(record.msg) or "as child stream" in str(record.msg):
            return
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info))
        self.lines.append(f"{record.levelname} {text}")

    def __enter__(self) -> Self:
        self._levels = [logging.getLogger(name).level for name in _LOGGERS]
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self)
            logging.getLogger(name).setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        for name, level in zip(_LOGGERS, self._levels, strict=True):
            logging.getLogger(name).removeHandler(self)
            logging.getLogger(name).setLevel(level)


def tries(pauses: Iterable[float]) -> Iterator[float]:
    """Give the pauses between tries, without those between polls, which are shorter."""
    return (pause for pause in pauses if pause >= 0.5)
