"""Runs the tap in this process, which is faster."""

from __future__ import annotations

import io
import json
import logging
import signal
import threading
import traceback
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

from typing_extensions import Self, override

from tests.harness.singer.output import Output, bookmarks
from tests.harness.singer.validation import problems

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from singer_sdk import Tap

_LOGGERS = ("tap_intercom_export", "tap-intercom-export", "urllib3", "requests")


def run_in_process(
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    *,
    catalog: Mapping[str, Any] | None = None,
    check: bool = True,
) -> Output:
    """Run the tap in this process, which is faster, with the checks of `run_tap`.

    Args:
        config: Configuration.
        state: State from which it starts.
        catalog: Catalog of the run.
        check: Whether to assert success and valid messages.
    """
    from tap_intercom_export.cli import log_error  # noqa: PLC0415 - only needed here
    from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415 - only needed here

    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    exit_code = 0
    with redirect_stdout(written), _restored_signals(), _Log() as log:
        try:
            _sync(TapIntercomExport, config, state, catalog)
        except Exception as error:
            if check:
                raise
            exit_code = log_error(logging.getLogger("tap-intercom-export"), error)
    written.seek(0)
    output = Output(exit_code, "\n".join(log.lines), written.read().splitlines())
    if check:
        found = problems(output, bookmarks(state or {}))
        assert not found, "\n".join(found[:20])
    return output


def run_without_waiting(
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    *,
    catalog: Mapping[str, Any] | None = None,
) -> Output:
    """Run the tap in this process with clocks that skip pauses; the run may fail.

    Args:
        config: Configuration.
        state: State from which it starts.
        catalog: Catalog of the run.

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
            _sync(Tap, config, state, catalog)
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
