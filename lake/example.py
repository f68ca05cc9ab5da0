"""Runs the programs of examples/lake with the Python of their own environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from demo.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

EXAMPLE = ROOT / "examples" / "lake"
PYTHON = EXAMPLE / ".venv" / "bin" / "python"

Row = dict[str, Any]


def why_no_spark() -> str:
    """Return why Spark cannot run on this machine; empty if it can."""
    if not PYTHON.exists() or not list(PYTHON.parents[1].glob("lib/*/site-packages/pyspark")):
        return "PySpark is not installed: make spark"
    if shutil.which("java") is None:
        return "Spark needs Java 17 or later (Debian: openjdk-17-jre-headless)"
    return ""


@dataclass(frozen=True)
class Lake:
    """The landing folder of batch files, and the Delta tables.

    Args:
        url: Folder or bucket of both.
        environment: Environment variables with which programs access it.
        folder: Local folder for the catalog and the marts.
    """

    url: str
    environment: Mapping[str, str]
    folder: Path

    @property
    def tables(self) -> str:
        """Folder or URL of the Delta tables."""
        return f"{self.url}/tables"

    @property
    def batch_config(self) -> dict[str, Any]:
        """Setting of the tap, as in the README of the example."""
        return {
            "encoding": {"format": "parquet"},
            "storage": {"root": f"{self.url}/landing", "prefix": "{stream}/day={day}/"},
        }

    def merge(self, catalog: Mapping[str, Any], *options: str) -> list[Row]:
        """Merge the batch files into the tables; returns the result for each stream and day."""
        path = self.folder / "catalog.json"
        path.write_text(json.dumps(catalog), encoding="utf-8")
        arguments = [f"{self.url}/landing", self.tables, f"--catalog={path}", *options]
        return [
            json.loads(line) for line in self.run("intercom_lake.merge", *arguments).splitlines()
        ]

    def build_in_duckdb(self) -> dict[str, list[Row]]:
        """Build the marts with DuckDB and return their rows."""
        path = self.folder / "marts.duckdb"  # another name than the schema's
        self.run("intercom_lake.build_duckdb", self.tables, str(path))
        with duckdb.connect(str(path), read_only=True) as connection:
            return {
                mart: _rows(connection, f'FROM intercom."{mart}"')
                for mart in ("messages", "content_daily")
            }

    def build_in_spark(self) -> dict[str, list[Row]]:
        """Build the marts with Spark, two workers, and return their rows."""
        warehouse = self.folder / "warehouse"
        self.run("intercom_lake.build_spark", self.tables, str(warehouse))
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return {
                mart: _rows(connection, f"FROM '{warehouse}/intercom.db/{mart}/*.parquet'")
                for mart in ("messages", "content_daily")
            }

    def run(self, module: str, *arguments: str) -> str:
        """Run a program of the example.

        Returns:
            Its stdout.

        Raises:
            RuntimeError: The program failed.
        """
        return run_python(["-m", module, *arguments], self.environment)


def run_python(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run the Python of the example; see `Lake.run`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DBT_", "AWS_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="intercom-lake-") as scratch:
        done = subprocess.run(  # noqa: S603 - our own program
            [str(PYTHON), *arguments],
            cwd=scratch,  # Spark and dbt write files into the working directory
            env={
                **kept,
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "SPARK_LOCAL_IP": "127.0.0.1",
                **(environment or {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        text = f"{done.stdout}\n{done.stderr}"[-6000:]
        raise RuntimeError(f"{' '.join(arguments[:2])} ended with {done.returncode}:\n{text}")
    return done.stdout


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    rows: list[Row] = connection.sql(query).to_arrow_table().to_pylist()
    return rows
