"""A process of Meltano: its lines while it runs, and how it is stopped."""

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
"""What the target gets, once the tap has ended, to load what it has, and Meltano to store the
state."""

GRACE_SECONDS = 25.0
"""What all of it gets to end: less than the 30 s of Kubernetes' default."""


def run(
    command: Sequence[str], environment: Mapping[str, str], on_line: Callable[[str], None]
) -> int:
    """Run Meltano to its end, and stop it if this process is told to stop.

    Dagster and Airflow raise an exception then, wherever the code is.

    Args:
        command: Its command line.
        environment: Its environment variables.
        on_line: Gets every line that it writes.

    Returns:
        Its exit status; negative if a signal ended it.
    """
    with subprocess.Popen(  # noqa: S603 - the configured program
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # signals are ours to hand on, in the order that keeps the state
    ) as process:
        try:
            return _read(process, on_line)
        except BaseException:
            with _stopping(process):
                _read(process, on_line)
            raise
        finally:
            _kill_group(process)  # a plugin may outlive a Meltano that was killed


def _read(process: subprocess.Popen[str], on_line: Callable[[str], None]) -> int:
    for line in process.stdout or ():
        on_line(line)
    return process.wait()


@contextmanager
def _stopping(process: subprocess.Popen[str]) -> Generator[None]:
    """Stop Meltano and its plugins, by SIGTERM to the tap.

    Meltano would hand SIGTERM to the target, too, and store no state any more. When the tap alone
    gets it, the target loads what the tap wrote last, and Meltano stores the state, in which the
    export job is that the next run goes on with.
    """
    ended = threading.Event()

    def insist() -> None:
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
    thread = threading.Thread(target=insist, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _taps(meltano: int) -> list[psutil.Process]:
    """Return the processes of the tap that a Meltano has started."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(meltano).children(recursive=True):
            with suppress(psutil.Error):
                if TAP in {Path(word).name for word in child.cmdline()}:
                    found.append(child)
    return found


def _kill_group(process: subprocess.Popen[str]) -> None:
    """Kill what is left of a process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
