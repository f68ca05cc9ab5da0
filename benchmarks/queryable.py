"""Time from the start of the tap until the rows can be queried."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import batches, ways
from benchmarks.loading import SETTINGS, pipe
from benchmarks.measure import run
from demo.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.postgres import Postgres

FAST = SETTINGS["both"]
"""Settings of target-postgres: `use_copy: true`, `validate_records: false`."""

POSTGRES_WAYS: dict[str, tuple[dict[str, Any], str]] = {
    "target-postgres, its defaults": ({}, ""),
    "target-postgres, `use_copy: true`, `validate_records: false`": (FAST, ""),
    "the same, BATCH jsonl": (FAST, "jsonl"),
    "the same, BATCH parquet": (FAST, "parquet"),
}
"""Settings of target-postgres and the batch format, if any, by name."""

OTHER_TARGET = "pipelinewise-target-postgres"
"""Another Singer target for PostgreSQL, which reads RECORD messages."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Time until rows can be queried.

    Attributes:
        way: Name of the way of loading.
        rows: Number of rows.
        seconds: Time from the start of the tap until all rows are in the table.
    """

    way: str
    rows: int
    seconds: float


def measure_waits(url: str, rows: int, folder: Path, environments: Path) -> Iterator[Wait]:
    """Yield the time of each way to load an archive into a new table.

    Args:
        url: URL of the server with the archive.
        rows: Number of rows of the archive.
        folder: Folder for configurations and files.
        environments: Folder for Python environments.

    Raises:
        RuntimeError: A table does not contain all rows afterwards.
    """
    out = folder / "batches"
    with running_postgres() as postgres:
        for number, (way, (settings, file_format)) in enumerate(POSTGRES_WAYS.items()):
            shutil.rmtree(out, ignore_errors=True)
            schema = f"wait_{number}"
            target = {
                "sqlalchemy_url": postgres.url(driver="postgresql+psycopg"),
                "default_target_schema": schema,
                **settings,
            }
            path = folder / "target.json"
            path.write_text(json.dumps(target))
            config = (
                batches.tap_config(folder, url, file_format, out)
                if file_format
                else ways.tap_config(folder, url)
            )
            command: list[str | Path] = [
                Path(sys.executable).with_name("target-postgres"),
                "--config",
                path,
            ]
            yield Wait(way, rows, _piped(config, command, postgres, schema, rows))
        yield from _other_target(postgres, url, rows, folder, environments)
    yield Wait("DuckDB, from BATCH parquet", rows, _duckdb(url, rows, folder, out))


def _piped(
    config: Path, target: list[str | Path], postgres: Postgres, schema: str, rows: int
) -> float:
    import psycopg  # noqa: PLC0415 - a process begins with the memory of the one that starts it

    tap: list[str | Path] = [sys.executable, "-m", "tap_intercom_export", "--config", config]
    begun = time.perf_counter()
    pipe(tap, target)
    seconds = time.perf_counter() - begun
    with psycopg.connect(postgres.url()) as connection:
        query = f'SELECT count(*) FROM "{schema}".receipt'  # noqa: S608 - our own name
        _check(connection.execute(query.encode()).fetchone(), rows)
    return seconds


def _other_target(
    postgres: Postgres, url: str, rows: int, folder: Path, environments: Path
) -> Iterator[Wait]:
    """Yield the time of the other target, if it can be installed."""
    python = ways.environment(environments, OTHER_TARGET)
    if python is None:
        return
    settings = {
        "host": str(postgres.socket_folder),
        "port": 5432,
        "user": "postgres",
        "password": "unused",  # the socket needs no password, but the target requires one
        "dbname": "postgres",
        "default_target_schema": "wait_other",
        "primary_key_required": True,
        "add_metadata_columns": False,
    }
    path = folder / "other-target.json"
    path.write_text(json.dumps(settings))
    command: list[str | Path] = [python.with_name("target-postgres"), "--config", path]
    try:
        seconds = _piped(ways.tap_config(folder, url), command, postgres, "wait_other", rows)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other ways are measured
        sys.stderr.write(f"{OTHER_TARGET} does not load here: {str(error)[-300:]}\n")
        return
    yield Wait(OTHER_TARGET, rows, seconds)


def _duckdb(url: str, rows: int, folder: Path, out: Path) -> float:
    import duckdb  # noqa: PLC0415 - see above

    shutil.rmtree(out, ignore_errors=True)
    config = batches.tap_config(folder, url, "parquet", out)
    database = folder / "rows.duckdb"
    database.unlink(missing_ok=True)
    begun = time.perf_counter()
    run([sys.executable, "-m", "tap_intercom_export", "--config", config])
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "CREATE TABLE receipt AS SELECT * EXCLUDE (filename) "  # noqa: S608 - our own folder
            f"FROM read_parquet('{out}/*--receipt-*.parquet', filename = true) "
            "QUALIFY row_number() OVER (PARTITION BY receipt_id ORDER BY filename DESC) = 1"
        )
        seconds = time.perf_counter() - begun
        _check(connection.execute("SELECT count(*) FROM receipt").fetchone(), rows)
    return seconds


def _check(found: tuple[Any, ...] | None, rows: int) -> None:
    if found != (rows,):
        raise RuntimeError(f"{found} rows were loaded instead of {rows:,}")
