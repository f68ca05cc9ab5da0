"""A progress bar on stderr, for interactive use."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from tap_intercom_export.formatting import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Progress, TaskID

NO_BAR_VARIABLES = ("MELTANO_EXTRACTOR_NAME", "AIRFLOW_HOME", "DAGSTER_HOME", "CI", "NO_PROGRESS")
"""Environment variables that ask for log lines, even if stderr looks like a terminal."""


def wants_progress_bar(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether stderr is a terminal that can show a progress bar.

    Args:
        environment: The environment variables.
    """
    if any(environment.get(name) for name in NO_BAR_VARIABLES) or environment.get("TERM") == "dumb":
        return False
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # none, or closed
        return False


class ProgressBar:
    """Shows one line for each export: its progress, and the job that it waits for.

    Log lines appear above it.
    """

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._current = ""
        self._handlers: list[tuple[logging.StreamHandler[Any], Any]] = []

    def begin(self, name: str, seconds: int) -> None:
        """Add a line.

        Args:
            name: Name of the export.
            seconds: Length of the range to export.
        """
        progress = self._progress or self._start()
        self._current = name
        self._tasks[name] = progress.add_task(name.rstrip(": "), total=seconds, rows="", doing="")

    def show_wait(self, text: str) -> None:
        """Show that the export waits for a job.

        Args:
            text: The job and its status.
        """
        if self._progress is not None and self._current:
            self._progress.update(self._tasks[self._current], doing=text)

    def advance(self, seconds: int, rows: int) -> None:
        """Show the progress.

        Args:
            seconds: Length of the range that is written.
            rows: Rows that are written.
        """
        if self._progress is not None and self._current:
            self._progress.update(
                self._tasks[self._current],
                completed=seconds,
                rows=counted(rows, "row", rounded=True),
                doing="",
            )

    def close(self) -> None:
        """Stop the bar and restore the terminal."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            for handler, stream in self._handlers:
                handler.setStream(stream)
            self._handlers.clear()

    def _start(self) -> Progress:
        from rich.console import Console  # noqa: PLC0415 - for a terminal only
        from rich.progress import (  # noqa: PLC0415 - likewise
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        # rich shows output to sys.stderr above the bar; stdout is for messages only
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[rows]}"),
            TextColumn("{task.fields[doing]}", markup=False),
            console=Console(stderr=True),
            redirect_stdout=False,
            redirect_stderr=True,
        )
        before = sys.stderr
        self._progress.start()
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is before:
                handler.setStream(sys.stderr)  # the replacement by rich
                self._handlers.append((handler, before))
        return self._progress
