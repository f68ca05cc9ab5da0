"""A large file that two processes encode: complete, in order, and terminated by signals.

The archive comes from the benchmark; expected rows are read from it with Python's csv module.
"""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import ways
from benchmarks.archive import archive
from benchmarks.server import serving
from benchmarks.shapes import SHAPES
from tests.harness.tap_process import running_tap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness.tap_process import TapProcess

ROWS = 40_000
"""About 11 MiB; the second process starts after the first 4 MiB."""

TIMEOUT_SECONDS = 30


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive(tmp_path_factory.mktemp("archives"), ROWS, shape=SHAPES["quoted"])


@pytest.fixture(scope="module")
def expected(packed: Path) -> list[tuple[str, str | None]]:
    with zipfile.ZipFile(packed) as pack:
        text = io.TextIOWrapper(pack.open(pack.namelist()[0]), "utf-8", newline="")
        return [(row["receipt_id"], row["content_title"] or None) for row in csv.DictReader(text)]


@pytest.fixture
def url(packed: Path) -> Iterator[str]:
    with serving(packed) as address:
        yield address


def children_of(tap: TapProcess) -> list[int]:
    """Return the ids of the child processes of the tap's main thread."""
    path = Path(f"/proc/{tap.process.pid}/task/{tap.process.pid}/children")
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def receipts(lines: list[str]) -> list[tuple[str, str | None]]:
    messages = [json.loads(line) for line in lines if '"stream":"receipt"' in line[:60]]
    return [
        (message["record"]["receipt_id"], message["record"]["content_title"])
        for message in messages
        if message["type"] == "RECORD"
    ]


@pytest.mark.parametrize("processes", [1, 2])
def test_every_row_is_written_once_and_in_order(
    url: str, tmp_path: Path, expected: list[tuple[str, str | None]], processes: int
) -> None:
    config = json.loads(ways.tap_config(tmp_path, url).read_text())
    with running_tap(config | {"encoding_processes": processes}) as tap:
        assert tap.wait() == 0, tap.log
        assert receipts(tap.lines) == expected


@pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2 if hasattr(os, "sched_getaffinity") else True,
    reason="needs two processors and a system that lists child processes",
)
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_signal_ends_both_processes(url: str, tmp_path: Path, signum: signal.Signals) -> None:
    config = json.loads(ways.tap_config(tmp_path, url).read_text())
    child_ids: list[int] = []

    def stop(_: str) -> None:
        child_ids.extend(children_of(tap) if not child_ids else [])
        if child_ids and tap.process.returncode is None:
            tap.process.send_signal(signum)

    with running_tap(config) as tap:
        tap._on_line = stop
        status = tap.wait()
    assert status == (-signum if signum is signal.SIGKILL else 128 + signum)
    assert child_ids
    end = time.monotonic() + TIMEOUT_SECONDS
    while any(map(is_running, child_ids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(is_running, child_ids))


def is_running(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
