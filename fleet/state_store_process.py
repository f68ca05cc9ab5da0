"""The process of `fleet.state_store`: the S3 on this machine, and taking it away."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fleet.engine import MELTANO_BIN
from fleet.state_store import HOST


class StateStore:
    """The process of `fleet.state_store`.

    Args:
        port: Where it listens.
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

    def tell(self, word: str) -> int:
        """Say `stop`, `start` or `count` to it.

        Args:
            word: The word.

        Returns:
            How many connections were closed while it was away.
        """
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return int(self._wait())

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _wait(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("The state store does not start")
        return answer
