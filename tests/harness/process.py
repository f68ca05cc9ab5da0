"""The tap as a real process, for real signals: started, read line by line, waited for."""

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

PATIENCE = 60.0
"""Seconds that most runs need by far not."""


class Tap:
    """A running tap.

    Args:
        process: Its process.
        folder: Its own folder for temporary files, and for its log.
        on_line: Gets each line of its output, from the thread that reads it.
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
        self.ended = 0.0
        self.peak = 0
        """Most memory it had, in MiB."""
        self._on_line = on_line
        self._left = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def temporary(self) -> Path:
        """Its folder for temporary files."""
        return self.folder / "tmp"

    @property
    def log(self) -> str:
        """What it has written to stderr."""
        return (self.folder / "log").read_text(errors="replace")

    def hang_up(self) -> None:
        """Stop reading and close the pipe, as a target that dies."""
        self._left.set()

    def wait(self, on_end: Callable[[], None] | None = None, patience: float = PATIENCE) -> int:
        """Wait for its end.

        Args:
            on_end: Called when it has ended, before the rest of its output is read.
            patience: Seconds after which it is killed.

        Returns:
            Its exit status; negative after a signal that it did not handle.
        """
        killer = threading.Timer(patience, self.process.kill)
        killer.start()
        self.process.wait()
        killer.cancel()
        self.ended = time.monotonic()
        if on_end is not None:
            on_end()
        self._reader.join()
        return self.process.returncode

    def whole_lines(self) -> list[str]:
        """Give its output without a last line that was cut off."""
        return [line for line in self.lines if line.endswith("\n")]

    def _read(self) -> None:
        pipe = self.process.stdout
        if pipe is None:
            return
        rest = b""
        with pipe:
            while not self._left.is_set():
                self._look()
                # so that hanging up does not wait for something to read
                if not select.select([pipe], [], [], 0.02)[0]:
                    continue
                if not (data := os.read(pipe.fileno(), 65_536)):
                    break
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    self._take(line.decode() + "\n")
        if rest:
            self._take(rest.decode(errors="replace"))

    def _look(self) -> None:
        """Note how much memory it has had; what `wait` tells contains that of this process."""
        with suppress(OSError):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    self.peak = max(self.peak, int(line.split()[1]) // 1024)

    def _take(self, line: str) -> None:
        self.lines.append(line)
        if self._on_line is not None:
            self._on_line(line)


@contextmanager
def running(
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    *,
    quick: bool = False,
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
    before: Callable[[], None] | None = None,
) -> Generator[Tap]:
    """Start the tap; kill it at the end, if it is still there.

    Args:
        config: Its configuration.
        state: The state it starts from.
        quick: Whether its pauses are short.
        environment: More environment variables.
        on_line: Gets each line of its output.
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
                preexec_fn=before,  # noqa: PLW1509 - nothing but setrlimit
            )
        try:
            yield Tap(process, folder, on_line)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
