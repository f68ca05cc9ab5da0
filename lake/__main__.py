"""`python -m lake`: two exports to S3, Delta tables, marts by DuckDB, Spark and PostgreSQL.

Environment variables: `RECEIPTS` (number of messages, 5000), `DAYS` (length of the history, 50).
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from demo.postgres import running_postgres
from lake.example import PYTHON, Lake, why_no_spark
from lake.exports import run_tap, running_workspace
from lake.object_store import running_s3
from lake.warehouse import Warehouse
from tests.dbt.compare import differences
from tests.dbt.expected_marts import MARTS
from tests.harness.singer import clean_environment, discover

if TYPE_CHECKING:
    from collections.abc import Generator

RECEIPTS = 5_000
DAYS = 50

Row = dict[str, Any]
Marts = dict[str, list[Row]]


def main() -> int:
    """Run the comparison.

    Returns:
        The exit status: 0 if all engines built the same rows.
    """
    if not PYTHON.exists():
        sys.exit(f"{PYTHON.parents[1]} does not exist: use 'make lake'")
    receipts = int(os.environ.get("RECEIPTS") or RECEIPTS)
    days = int(os.environ.get("DAYS") or DAYS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="intercom-lake-")))
        bucket, environment = stack.enter_context(running_s3())
        postgres = stack.enter_context(running_postgres())
        # some engagement comes after the lookback, so that only the event files contain it
        workspace = stack.enter_context(
            running_workspace(receipts=receipts, days=days, late_share=0.15, late_days=40)
        )
        lake = Lake(bucket, environment, folder)
        project = folder / "meltano"
        project.mkdir()
        warehouse = Warehouse(postgres, project)
        catalog = discover()
        state: dict[str, Any] | None = None
        for number, config in enumerate(workspace.exports(), start=1):
            with _timed(f"Export {number}: tap to S3"):
                batch = {**config, "batch_config": lake.batch_config}
                state = run_tap(batch, state, {**clean_environment(), **environment}, catalog)
            with _timed(f"Export {number}: S3 to Delta tables"):
                _show_merge(lake.merge(catalog))
            with _timed(f"Export {number}: tap to PostgreSQL, by Meltano"):
                warehouse.load(config)
        with _timed("Marts by dbt in PostgreSQL"):
            expected = warehouse.build()
        engines: dict[str, Marts] = {}
        with _timed("Marts by dbt in DuckDB"):
            engines["DuckDB"] = lake.build_in_duckdb()
        if reason := why_no_spark():
            _print(f"Spark is left out: {reason}")
        else:
            with _timed("Marts by dbt in Spark, on two workers"):
                engines["Spark"] = lake.build_in_spark()
    wrong = [line for name, marts in engines.items() for line in _compare(name, marts, expected)]
    return 1 if wrong else 0


def _show_merge(done: list[Row]) -> None:
    """Print the merged rows of the two largest streams and of all streams."""
    for entry in sorted(done, key=lambda one: -one["rows"])[:2]:
        _print(
            "  {stream}: {rows:,} rows in {files} files, {keys:,} keys; {inserted:,} inserted, "
            "{updated:,} replaced".format(**entry)
        )
    totals = {name: sum(one[name] for one in done) for name in ("rows", "inserted", "updated")}
    _print(
        "  all {} streams: {rows:,} rows; {inserted:,} inserted, {updated:,} replaced".format(
            len(done), **totals
        )
    )


def _compare(name: str, marts: Marts, expected: Marts) -> list[str]:
    """Print whether the marts of an engine equal those of PostgreSQL; return the differences."""
    wrong = []
    for mart, rows in marts.items():
        lines = differences(_in_utc(expected[mart]), _in_utc(rows), MARTS[mart])
        if not rows:
            lines.append("no rows")
        result = f"differs in {len(lines)} places, {lines[0]}" if lines else "equal, every column"
        _print(
            f"{mart}: {len(rows):,} rows in {name}, {len(expected[mart]):,} in PostgreSQL: {result}"
        )
        wrong += lines
    return wrong


def _in_utc(rows: list[Row]) -> list[Row]:
    """Return rows with time zones; times without one are in UTC."""
    return [
        {
            name: value.replace(tzinfo=timezone.utc)
            if hasattr(value, "tzinfo") and value.tzinfo is None
            else value
            for name, value in row.items()
        }
        for row in rows
    ]


@contextmanager
def _timed(step: str) -> Generator[None]:
    """Print the name of a step and its duration."""
    began = time.monotonic()
    yield
    _print(f"{step}: {time.monotonic() - began:.0f} s")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
