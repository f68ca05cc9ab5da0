"""The compared programs that read an export: names and commands."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.archive import gzipped
from benchmarks.server import TOKEN
from benchmarks.shapes import DAYS, FIRST_SECOND, REPORT
from tap_intercom_export.clock import to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.shapes import Shape

CONTENDERS = Path(__file__).parent / "contenders"

TAP, STANDARD, LOOP, AIRBYTE = "tap", "standard", "loop", "airbyte"
LIMIT, LINES = "limit", "lines"


@dataclass(frozen=True, slots=True)
class Way:
    """A program that reads an export.

    Attributes:
        key: Short name.
        title: Name in the tables.
        command: Returns the command line for an archive and the URL that serves it.
    """

    key: str
    title: str
    command: Callable[[Path, str], list[str | Path]]


def tap_config(folder: Path, url: str, *, is_report: bool = False) -> Path:
    """Write a configuration of the tap for one window of thirty days, and return its path."""
    path = folder / "tap.json"
    config = {
        "access_token": TOKEN,
        "api_url": url,
        "start_date": to_text(FIRST_SECOND),
        "end_date": to_text(FIRST_SECOND + DAYS * 86_400 - 1),
        "window_days": DAYS,
        "poll_interval_seconds": 0.02,
        "export_row_limit": 100_000_000,
    }
    if is_report:
        config["reporting_datasets"] = [REPORT]
    path.write_text(json.dumps(config))
    return path


def tap(folder: Path, *, is_report: bool = False) -> Way:
    """Return this tap: a complete run from creating a job to the last STATE.

    Args:
        folder: Folder of its configuration.
        is_report: Whether it exports the reporting dataset.
    """
    return Way(
        TAP,
        "this tap",
        lambda _, url: [
            *(sys.executable, "-m", "tap_intercom_export"),
            *("--config", tap_config(folder, url, is_report=is_report)),
        ],
    )


def standard_sdk(shape: Shape) -> Way:
    """Return the standard stream of the SDK.

    Args:
        shape: Shape of the rows.
    """
    return Way(
        STANDARD,
        "the standard SDK stream",
        lambda archive, _: [
            *(sys.executable, CONTENDERS / "standard_sdk.py"),
            *(archive, shape.key),
        ],
    )


COUNT = Way(
    LIMIT,
    "the limit: decompress, count line ends",
    lambda archive, _: [sys.executable, CONTENDERS / "limit.py", archive],
)
COUNT_LINE_BY_LINE = Way(
    LINES,
    "the same with `for line in member`",
    lambda archive, _: [sys.executable, CONTENDERS / "limit.py", archive, "--line-by-line"],
)


def csv_loop(folder: Path) -> Way:
    """Return the loop over `csv.DictReader`, with singer-python if it can be installed."""
    python = environment(folder, "singer-python", "requests")
    note = "" if python else " (its lines copied)"
    return Way(
        LOOP,
        f"singer-python over `csv.DictReader`{note}",
        lambda _, url: [
            *(python or sys.executable, CONTENDERS / "csv_loop.py"),
            f"{url}/download/content/data/archive",
        ],
    )


def airbyte(folder: Path) -> Way | None:
    """Return Airbyte's CDK, or None if it cannot be installed."""
    python = environment(folder, "airbyte-cdk")
    if python is None:
        return None
    return Way(
        AIRBYTE,
        "Airbyte's CDK (gzip and CSV decoders)",
        lambda archive, _: [python, CONTENDERS / "airbyte.py", gzipped(archive)],
    )


def environment(folder: Path, *packages: str) -> Path | None:
    """Return the Python of an environment with packages; it is created if it does not exist.

    Args:
        folder: Where environments are kept.
        packages: Packages that pip installs.

    Returns:
        None if the packages cannot be installed.
    """
    place = folder / "environments" / packages[0]
    python, stamp = place / "bin" / "python", place / "installed"
    if stamp.exists():
        return python
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(place)],
        [str(python), "-m", "pip", "install", "--quiet", *packages],
    ):
        if subprocess.run(command, check=False, capture_output=True).returncode:  # noqa: S603
            return None
    stamp.touch()
    return python
