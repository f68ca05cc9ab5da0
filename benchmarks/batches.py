"""BATCH: what a row costs in each format, beside the SDK's own batch writer on the same records."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks import ways
from benchmarks.measure import Taken, run
from benchmarks.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FORMATS = {"jsonl": "jsonl, gzip", "parquet": "parquet"}
"""The formats, and how tables call them; the compression is the default one."""

ROWS = (20_000, 100_000)
"""Rows of the archives whose difference counts. The SDK's writer takes long for more."""

MEMORY_ROWS = 400_000
"""Rows of the archive with which memory is measured: several files."""

TIMES_SDK = 8.0
MOST_MIB = {"jsonl": 150.0, "parquet": 200.0}
"""The goals."""


@dataclass(frozen=True, slots=True)
class BatchSpeed:
    """What this tap and the SDK's writer took for the same archives.

    Attributes:
        file_format: The format.
        ours: What this tap took, by rows.
        theirs: What the SDK's writer took, by rows.
        mib: Peak memory of this tap with `MEMORY_ROWS`, of both processes.
    """

    file_format: str
    ours: Mapping[int, Taken]
    theirs: Mapping[int, Taken]
    mib: float

    @property
    def micros(self) -> float:
        """Microseconds a row of this tap."""
        return _slope(self.ours)

    @property
    def sdk_micros(self) -> float:
        """Microseconds a row of the SDK's writer."""
        return _slope(self.theirs)

    @property
    def times(self) -> float:
        """How many times as fast this tap is."""
        return self.sdk_micros / self.micros


def _slope(taken: Mapping[int, Taken]) -> float:
    low, high = min(taken), max(taken)
    return (taken[high].seconds - taken[low].seconds) / (high - low) * 1e6


def batch_speeds(
    archive: Callable[[int], Path], folder: Path, repeats: int, say: Callable[[str], None]
) -> Iterator[BatchSpeed]:
    """Measure each format, both writers in turn, so that both see the same machine.

    Args:
        archive: Returns an archive with this many rows.
        folder: Where configurations and files go.
        repeats: How many turns each has.
        say: Told what is measured.
    """
    out = folder / "batches"
    for file_format, title in FORMATS.items():
        taken: dict[tuple[str, int], list[Taken]] = {}
        for turn in range(repeats):
            for rows in ROWS:
                path = archive(rows)
                say(f"BATCH, {title}: {rows:,} rows, turn {turn + 1}")
                with serving(path) as url:
                    config = tap_config(folder, url, file_format, out)
                    ours = [sys.executable, "-m", "tap_intercom_export", "--config", config]
                    taken.setdefault(("ours", rows), []).append(_run(ours, out))
                script = ways.CONTENDERS / "sdk_batch.py"
                theirs = [sys.executable, script, path, file_format, out]
                taken.setdefault(("theirs", rows), []).append(_run(theirs, out))
        say(f"BATCH, {title}: memory with {MEMORY_ROWS:,} rows")
        with serving(archive(MEMORY_ROWS)) as url:
            config = tap_config(folder, url, file_format, out)
            most = _run([sys.executable, "-m", "tap_intercom_export", "--config", config], out)
        yield BatchSpeed(
            file_format,
            {rows: Taken.best(taken["ours", rows]) for rows in ROWS},
            {rows: Taken.best(taken["theirs", rows]) for rows in ROWS},
            most.mib + most.children_mib,
        )


def tap_config(folder: Path, url: str, file_format: str, out: Path) -> Path:
    """Write a configuration of the tap with `batch_config`, and return its path.

    Args:
        folder: Where it goes.
        url: The server's address.
        file_format: Of the files.
        out: Where these go.
    """
    config: dict[str, Any] = json.loads(ways.tap_config(folder, url).read_text())
    config["batch_config"] = {"encoding": {"format": file_format}, "storage": {"root": str(out)}}
    path = folder / "tap-batch.json"
    path.write_text(json.dumps(config))
    return path


def _run(command: list[Any], out: Path) -> Taken:
    shutil.rmtree(out, ignore_errors=True)
    return run(command)
