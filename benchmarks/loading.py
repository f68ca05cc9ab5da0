"""Run time of the tap and target-postgres into a real PostgreSQL, with several target settings."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import RunMeasurement, finish, start
from demo.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.measure import Process

SETTINGS: dict[str, dict[str, Any]] = {
    "its defaults": {},
    "`validate_records: false`": {"validate_records": False},
    "`use_copy: true`": {"use_copy": True},
    "both": {"use_copy": True, "validate_records": False},
    "both, `batch_size_rows: 50000`": {
        "use_copy": True,
        "validate_records": False,
        "batch_size_rows": 50_000,
    },
    "both, `add_record_metadata: false`": {
        "use_copy": True,
        "validate_records": False,
        "add_record_metadata": False,
        "activate_version": False,  # needs the metadata
    },
    "all of these": {
        "use_copy": True,
        "validate_records": False,
        "batch_size_rows": 50_000,
        "add_record_metadata": False,
        "activate_version": False,
    },
}
"""Settings of target-postgres, by name in the table; `use_copy` needs psycopg."""


@dataclass(frozen=True, slots=True)
class Load:
    """Measurements of the tap and of the target."""

    settings: str
    tap: RunMeasurement
    target: RunMeasurement


def loads(tap: Sequence[str | Path], folder: Path) -> Iterator[Load]:
    """Yield the measurements of loading an archive into a new table, for each of the settings.

    Args:
        tap: Command line of the tap.
        folder: Folder for the configuration of the target.
    """
    with running_postgres() as postgres:
        for number, (name, settings) in enumerate(SETTINGS.items()):
            config = {
                "sqlalchemy_url": postgres.url(
                    driver="postgresql+psycopg" if "use_copy" in settings else "postgresql"
                ),
                "default_target_schema": f"load_{number}",
                **settings,
            }
            yield Load(name, *pipe(tap, _target(folder, config)))


def _target(folder: Path, config: Mapping[str, Any]) -> list[str | Path]:
    path = folder / "target.json"
    path.write_text(json.dumps(config))
    return [Path(sys.executable).with_name("target-postgres"), "--config", path]


def pipe(
    tap: Sequence[str | Path], target: Sequence[str | Path]
) -> tuple[RunMeasurement, RunMeasurement]:
    """Run `tap | target` and return the measurements of both."""
    begun = time.perf_counter()
    reader = start(target, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    if reader.stdin is None:
        raise RuntimeError("the target has no stdin")
    writer = start(tap, stdout=reader.stdin.fileno())
    reader.stdin.close()
    taken: dict[str, RunMeasurement] = {}

    def wait(name: str, process: Process) -> None:
        taken[name] = finish(process, begun)

    threads = [
        threading.Thread(target=wait, args=("tap", writer)),
        threading.Thread(target=wait, args=("target", reader)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(taken) < len(threads):
        raise RuntimeError("the tap or the target failed, see above")
    return taken["tap"], taken["target"]
