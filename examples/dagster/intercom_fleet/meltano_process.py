"""Runs Meltano as a process, and stops it without losing state."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from intercom_fleet.tap_log import TAP

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

LOADING_SECONDS = 15.0
"""Time after the end of the tap in which the target loads its rows and Meltano stores the state."""

GRACE_SECONDS = 25.0
"""Time for all processes to end; less than the 30 s that Kubernetes allows by default."""


def run(
    command: Sequence[str], environment: Mapping[str, str], on_line: Callable[[str], None]
) -> int:
    """Run Meltano until it ends, and stop it if this process is to stop.

    Dagster and Airflow then raise an exception at any point of the code.

    Args:
        command: Command line.
        environment: Environment variables.
        on_line: Called with every line of output.

    Returns:
        The exit status; negative if a signal ended the process.
    """
    with subprocess.Popen(  # noqa: S603 - the configured program
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # it gets signals only from us, in the order that keeps the state
    ) as process:
        try:
            return _read(process, on_line)
        except BaseException:
            with _stopping(process):
                _read(process, on_line)
            raise
        finally:
            _kill_group(process)  # plugins may still run after Meltano was killed


def _read(process: subprocess.Popen[str], on_line: Callable[[str], None]) -> int:
    for line in process.stdout or ():
        on_line(line)
    return process.wait()


@contextmanager
def _stopping(process: subprocess.Popen[str]) -> Generator[None]:
    """Stop Meltano and its plugins with a SIGTERM to the tap.

    Meltano would pass SIGTERM to the target, too, and would not store the state. If only the tap
    gets it, the target loads the last rows, and Meltano stores the state. The state contains the
    export job that the next run resumes.
    """
    ended = threading.Event()

    def stop_remaining() -> None:
        if not ended.wait(LOADING_SECONDS):
            process.send_signal(signal.SIGTERM)
        if not ended.wait(GRACE_SECONDS - LOADING_SECONDS):
            _kill_group(process)

    taps = _taps(process.pid)
    for tap in taps:
        with suppress(psutil.NoSuchProcess):
            tap.terminate()
    if not taps:
        process.send_signal(signal.SIGTERM)
    thread = threading.Thread(target=stop_remaining, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _taps(meltano: int) -> list[psutil.Process]:
    """Return the tap processes that a Meltano process has started."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(meltano).children(recursive=True):
            with suppress(psutil.Error):
                if TAP in {Path(word).name for word in child.cmdline()}:
                    found.append(child)
    return found


def _kill_group(process: subprocess.Popen[str]) -> None:
    """Kill the remaining processes of a process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
