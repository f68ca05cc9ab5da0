"""Runs the tap, as a process or in this process, and checks its Singer messages."""

from __future__ import annotations

from tests.harness.singer.catalog import discover, discover_in_process, select
from tests.harness.singer.in_process import run_in_process, run_without_waiting
from tests.harness.singer.output import Output, Record, bookmarks
from tests.harness.singer.process import clean_environment, command, run_tap, running_process
from tests.harness.singer.validation import STREAMS_NOT_ORDERED_BY_TIME, problems

__all__ = [
    "STREAMS_NOT_ORDERED_BY_TIME",
    "Output",
    "Record",
    "bookmarks",
    "clean_environment",
    "command",
    "discover",
    "discover_in_process",
    "problems",
    "run_in_process",
    "run_tap",
    "run_without_waiting",
    "running_process",
    "select",
]
