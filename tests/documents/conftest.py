"""Fixtures that run commands of the documentation unchanged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.harness.singer import clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

BIN = Path(sys.executable).parent
"""Folder of the programs of the tap, Meltano and the simulator."""


class Shell(Protocol):
    """Runs shell commands and returns their output."""

    def __call__(self, *lines: str, **environment: str) -> str: ...


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a new folder, with the tap and Meltano in `.venv/bin` and in PATH.

    A command that fails also fails the test.
    """
    (tmp_path / ".venv").symlink_to(BIN.parent)

    def run(*lines: str, **environment: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", "\n".join(lines)],
            cwd=tmp_path,
            env={**shell_environment(), **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def shell_environment() -> Mapping[str, str]:
    """Return the environment without settings of this machine, with the programs in PATH."""
    return {
        **{k: v for k, v in clean_environment().items() if not k.startswith("MELTANO_")},
        "PATH": os.pathsep.join((str(BIN), os.environ["PATH"])),
        "PYTHONIOENCODING": "utf-8",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
    }
