"""A large file, which two processes encode: complete, in order, and ended by a signal as any run.

The archive is the benchmark's; what is expected is read from it with Python's csv module.
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
from tests.harness.process import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness.process import Tap

ROWS = 40_000
"""Some 11 MiB; the second process helps after the first four."""

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


def children_of(tap: Tap) -> list[int]:
    """Return the processes that the tap's main thread has started and not waited for."""
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
def test_every_row_comes_once_and_in_order(
    url: str, tmp_path: Path, expected: list[tuple[str, str | None]], processes: int
) -> None:
    config = json.loads(ways.tap_config(tmp_path, url).read_text())
    with running(config | {"encoding_processes": processes}) as tap:
        assert tap.wait() == 0, tap.log
        assert receipts(tap.lines) == expected


@pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2 if hasattr(os, "sched_getaffinity") else True,
    reason="needs two processors, and a system that tells of child processes",
)
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_both_processes(url: str, tmp_path: Path, signum: signal.Signals) -> None:
    config = json.loads(ways.tap_config(tmp_path, url).read_text())
    helpers: list[int] = []

    def stop(_: str) -> None:
        helpers.extend(children_of(tap) if not helpers else [])
        if helpers and tap.process.returncode is None:
            tap.process.send_signal(signum)

    with running(config) as tap:
        tap._on_line = stop
        status = tap.wait()
    assert status == (-signum if signum is signal.SIGKILL else 128 + signum)
    assert helpers
    end = time.monotonic() + TIMEOUT_SECONDS
    while any(map(is_running, helpers)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(is_running, helpers))


def is_running(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is not waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
