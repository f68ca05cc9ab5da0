"""BATCH: time per row in each format, compared with the SDK's batch writer on the same records."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks import ways
from benchmarks.measure import RunMeasurement, run
from benchmarks.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FORMATS = {"jsonl": "jsonl, gzip", "parquet": "parquet"}
"""Formats and their names in tables; the compression is the default."""

ROWS = (20_000, 100_000)
"""Numbers of rows of the two archives that are compared; the SDK's writer is slow for more rows."""

MEMORY_ROWS = 400_000
"""Number of rows of the archive for memory measurements; several files."""

TIMES_SDK = 8.0
MAX_MIB = {"jsonl": 150.0, "parquet": 200.0}
"""Goals."""


@dataclass(frozen=True, slots=True)
class BatchSpeed:
    """Run times of this tap and of the SDK's writer for the same archives.

    Attributes:
        file_format: Format of the files.
        ours: Measurements of this tap, by number of rows.
        theirs: Measurements of the SDK's writer, by number of rows.
        mib: Peak memory of this tap with `MEMORY_ROWS`.
    """

    file_format: str
    ours: Mapping[int, RunMeasurement]
    theirs: Mapping[int, RunMeasurement]
    mib: float

    @property
    def micros(self) -> float:
        """Microseconds per row of this tap."""
        return _slope(self.ours)

    @property
    def sdk_micros(self) -> float:
        """Microseconds per row of the SDK's writer."""
        return _slope(self.theirs)

    @property
    def times(self) -> float:
        """Ratio of the SDK's time to the time of this tap."""
        return self.sdk_micros / self.micros


def _slope(taken: Mapping[int, RunMeasurement]) -> float:
    low, high = min(taken), max(taken)
    return (taken[high].seconds - taken[low].seconds) / (high - low) * 1e6


def batch_speeds(
    archive: Callable[[int], Path], folder: Path, repeats: int, say: Callable[[str], None]
) -> Iterator[BatchSpeed]:
    """Measure each format, alternating between both writers to equalize the load of the machine.

    Args:
        archive: Returns an archive with a number of rows.
        folder: Folder for configurations and files.
        repeats: Number of measurements of each.
        say: Called with a description of each measurement.
    """
    out = folder / "batches"
    for file_format, title in FORMATS.items():
        taken: dict[tuple[str, int], list[RunMeasurement]] = {}
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
            {rows: RunMeasurement.best(taken["ours", rows]) for rows in ROWS},
            {rows: RunMeasurement.best(taken["theirs", rows]) for rows in ROWS},
            most.mib,
        )


def tap_config(folder: Path, url: str, file_format: str, out: Path) -> Path:
    """Write a configuration of the tap with `batch_config`, and return its path.

    Args:
        folder: Folder of the configuration.
        url: URL of the server.
        file_format: Format of the batch files.
        out: Folder of the batch files.
    """
    config: dict[str, Any] = json.loads(ways.tap_config(folder, url).read_text())
    config["batch_config"] = {"encoding": {"format": file_format}, "storage": {"root": str(out)}}
    path = folder / "tap-batch.json"
    path.write_text(json.dumps(config))
    return path


def _run(command: list[Any], out: Path) -> RunMeasurement:
    shutil.rmtree(out, ignore_errors=True)
    return run(command)
