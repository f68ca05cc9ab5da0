"""Runs the tap as a process whose output is read line by line, for tests with signals."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

TIMEOUT_SECONDS = 60.0
"""Time after which a process is killed; most runs take a fraction of it."""


class TapProcess:
    """A running tap process.

    Args:
        process: The process.
        folder: Folder for its log and its temporary files.
        on_line: Called with each line of its output, in the reader thread.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        folder: Path,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self.process = process
        self.folder = folder
        self.lines: list[str] = []
        self.ended_at = 0.0
        self.peak_memory_mib = 0
        """Peak memory (resident set size), in MiB."""
        self._on_line = on_line
        self._closed = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def temporary(self) -> Path:
        """Folder for temporary files of the process."""
        return self.folder / "tmp"

    @property
    def log(self) -> str:
        """Content of stderr."""
        return (self.folder / "log").read_text(errors="replace")

    def close_stdout(self) -> None:
        """Stop reading and close the pipe, as when the target dies."""
        self._closed.set()

    def wait(
        self, on_end: Callable[[], None] | None = None, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> int:
        """Wait for the process to end.

        Args:
            on_end: Called when it has ended, before the rest of its output is read.
            timeout_seconds: Time after which it is killed.

        Returns:
            Exit status; negative after a signal that was not handled.
        """
        killer = threading.Timer(timeout_seconds, self.process.kill)
        killer.start()
        self.process.wait()
        killer.cancel()
        self.ended_at = time.monotonic()
        if on_end is not None:
            on_end()
        self._reader.join()
        return self.process.returncode

    def complete_lines(self) -> list[str]:
        """Return the output without an incomplete last line."""
        return [line for line in self.lines if line.endswith("\n")]

    def _read(self) -> None:
        pipe = self.process.stdout
        if pipe is None:
            return
        rest = b""
        with pipe:
            while not self._closed.is_set():
                self._sample_memory()
                # so that `close_stdout` does not have to wait for output
                if not select.select([pipe], [], [], 0.02)[0]:
                    continue
                if not (data := os.read(pipe.fileno(), 65_536)):
                    break
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    self._add_line(line.decode() + "\n")
        if rest:
            self._add_line(rest.decode(errors="replace"))

    def _sample_memory(self) -> None:
        """Record the peak memory; the value of `os.wait4` includes that of this process."""
        with suppress(OSError):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    self.peak_memory_mib = max(self.peak_memory_mib, int(line.split()[1]) // 1024)

    def _add_line(self, line: str) -> None:
        self.lines.append(line)
        if self._on_line is not None:
            self._on_line(line)


@contextmanager
def running_tap(
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    *,
    quick: bool = False,
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
    before: Callable[[], None] | None = None,
) -> Generator[TapProcess]:
    """Start the tap as a process; kill it at the end if it is still running.

    Args:
        config: Configuration of the tap.
        state: State from which it starts.
        quick: Whether to skip its pauses.
        environment: Additional environment variables.
        on_line: Called with each line of its output, in the reader thread.
        before: Called in the new process before the tap starts.
    """
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        (folder / "tmp").mkdir()
        arguments = [
            sys.executable,
            "-m",
            "tests.harness.quick_tap" if quick else "tap_intercom_export",
        ]
        for option, content in (("config", config), ("state", state)):
            if content is not None:
                (folder / option).write_text(json.dumps(content))
                arguments += [f"--{option}", str(folder / option)]
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("TAP_INTERCOM_EXPORT_") and key != "PYTHONDONTWRITEBYTECODE"
        }
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                arguments,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=Path(__file__).parents[2],
                env=kept | {"TMPDIR": str(folder / "tmp")} | dict(environment or {}),
                preexec_fn=before,  # noqa: PLW1509 - only setrlimit
            )
        try:
            yield TapProcess(process, folder, on_line)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
