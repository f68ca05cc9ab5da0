"""Starts the local S3 server as a process, and stops and restarts it during the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fleet.engine import MELTANO_BIN
from fleet.state_store import HOST


class StateStore:
    """The process of `fleet.state_store`.

    Args:
        port: Port on which it listens.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        script = Path(__file__).with_name("state_store.py")
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [str(MELTANO_BIN / "python"), str(script), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a line for each request
            text=True,
            start_new_session=True,
        )
        self._wait()

    def send(self, command: str) -> int:
        """Send a command.

        Args:
            command: `stop`, `start` or `count`.

        Returns:
            The number of connections that were closed while the server was stopped.
        """
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return int(self._wait())

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _wait(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        response = self._process.stdout.readline()
        if not response:
            raise RuntimeError("The state store does not start")
        return response
