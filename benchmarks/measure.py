"""Runs a program and measures its run time, CPU time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parent.parent

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Unit of the kernel's `ru_maxrss`, in bytes."""


@dataclass(frozen=True, slots=True)
class RunMeasurement:
    """Measurements of a run of a program.

    Attributes:
        seconds: Run time.
        cpu: CPU time of all threads, in seconds.
        mib: Peak memory in MiB.
    """

    seconds: float
    cpu: float
    mib: float

    @classmethod
    def best(cls, runs: Iterable[RunMeasurement]) -> RunMeasurement:
        """Return the shortest times and the largest memory of several runs.

        Other load on the machine makes a program slower, never faster.
        """
        taken = list(runs)
        return cls(
            min(run.seconds for run in taken),
            min(run.cpu for run in taken),
            max(run.mib for run in taken),
        )


def run(command: Sequence[str | Path]) -> RunMeasurement:
    """Run a program with its output to /dev/null.

    Raises:
        RuntimeError: The program failed; the message contains its last lines.
    """
    with Path(os.devnull).open("wb") as nowhere:
        begun = time.perf_counter()
        return finish(start(command, stdout=nowhere.fileno()), begun)


def start(command: Sequence[str | Path], stdout: int, stdin: int | None = None) -> Process:
    """Start a program, for `finish`."""
    return subprocess.Popen(  # noqa: S603 - our own programs
        [str(part) for part in command],
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def finish(process: Process, begun: float) -> RunMeasurement:
    """Wait for a program.

    Args:
        process: The program.
        begun: Start time, from `time.perf_counter`.

    Raises:
        RuntimeError: The program failed; the message contains its last lines.
    """
    log = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        last = log.decode(errors="replace")[-2000:]
        raise RuntimeError(f"{process.args!r} ended with status {process.returncode}:\n{last}")
    cpu = usage.ru_utime + usage.ru_stime
    return RunMeasurement(seconds, cpu, usage.ru_maxrss * _RSS_UNIT / 1024 / 1024)


Process = subprocess.Popen[bytes]


def _environment() -> dict[str, str]:
    """Return the environment without settings of the tap, with bytecode and this repository."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("TAP_", "TARGET_", "SINGER_"))
        and key not in {"PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"}
    }
    return {**kept, "PYTHONPATH": str(ROOT)}
