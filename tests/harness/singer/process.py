"""Runs the tap as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.harness.singer.output import Output, bookmarks
from tests.harness.singer.validation import problems

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping


def run_tap(
    config: Mapping[str, Any] | None = None,
    *arguments: str,
    state: Mapping[str, Any] | None = None,
    catalog: Mapping[str, Any] | None = None,
    check: bool = True,
) -> Output:
    """Run the tap as a process until it ends.

    Args:
        config: Configuration; None to run without `--config`.
        arguments: Additional command-line arguments.
        state: State from which it starts.
        catalog: Catalog for `--catalog`.
        check: Whether to assert success and valid messages.
    """
    with command(config=config, state=state, catalog=catalog) as tap:
        completed = subprocess.run(
            [*tap, *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env=clean_environment(),
        )
    output = Output(completed.returncode, completed.stderr, completed.stdout.splitlines())
    if check:
        assert output.exit_code == 0, output.log
        found = problems(output, bookmarks(state or {}))
        assert not found, "\n".join(found[:20])
    return output


@contextmanager
def command(**contents: Mapping[str, Any] | None) -> Generator[list[str]]:
    """Yield the command line of the tap, with a temporary file for each option."""
    with tempfile.TemporaryDirectory() as folder:
        options = []
        for name, content in contents.items():
            if content is not None:
                path = Path(folder, f"{name}.json")
                path.write_text(json.dumps(content))
                options += [f"--{name}", str(path)]
        yield [sys.executable, "-m", "tap_intercom_export", *options]


@contextmanager
def running_process(
    config: Mapping[str, Any], catalog: Mapping[str, Any] | None = None
) -> Generator[subprocess.Popen[str]]:
    """Start the tap as a process whose stdout the caller reads; wait for it at the end."""
    with (
        command(config=config, catalog=catalog) as tap,
        subprocess.Popen(
            tap,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=clean_environment(),
        ) as process,
    ):
        yield process


def clean_environment() -> dict[str, str]:
    """Return the environment without settings of the tap, and with bytecode enabled."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("TAP_INTERCOM_EXPORT_") and key != "PYTHONDONTWRITEBYTECODE"
    }
