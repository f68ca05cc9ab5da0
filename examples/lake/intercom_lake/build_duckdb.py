"""Builds the marts with DuckDB, on one machine with enough disk space for the data.

    python -m intercom_lake.build_duckdb s3://lake/tables marts.duckdb

Each Delta table is copied once, in batches of rows; then dbt runs in the DuckDB file. delta-rs
reads the tables, because DuckDB would have to download its extension for Delta at run time.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import duckdb

from intercom_lake.dbt import RAW, SELECT, build
from intercom_lake.tables import open_table, stream_names


def copy_tables(tables: str, database: Path) -> None:
    """Copy the Delta tables into a DuckDB file.

    Args:
        tables: Folder or URL of the tables.
        database: Path of the DuckDB file.
    """
    with duckdb.connect(str(database)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {RAW}")
        for stream in stream_names(tables):
            connection.register("delta", open_table(tables, stream).to_pyarrow_dataset())
            connection.execute(f'CREATE OR REPLACE TABLE {RAW}."{stream}" AS FROM delta')


def main() -> int:
    """Run the command.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m intercom_lake.build_duckdb")
    parser.add_argument("tables", help="folder or URL that contains the tables")
    parser.add_argument("database", type=Path, help="DuckDB file; not named like a schema")
    parser.add_argument("--select", nargs="+", default=SELECT, help="as in dbt run --select")
    arguments = parser.parse_args()
    copy_tables(arguments.tables, arguments.database)
    os.environ["INTERCOM_LAKE_DUCKDB"] = str(arguments.database)
    build("duckdb", arguments.database.parent / "dbt-duckdb", arguments.select)
    return 0


if __name__ == "__main__":
    sys.exit(main())
