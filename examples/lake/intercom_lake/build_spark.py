"""Builds the marts with Spark, on any number of machines.

    python -m intercom_lake.build_spark s3://lake/tables warehouse --master spark://host:7077

The files of a Delta table are distributed over the workers, and each worker reads its files with
delta-rs, so no jar for S3 or Delta is needed. Each worker needs Python with the packages of this
example. On a cluster that has the jars of Delta and of S3, `CREATE TABLE … USING delta
LOCATION 's3a://…'` replaces `copy_tables`.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from intercom_lake.dbt import MARTS, RAW, SELECT, build
from intercom_lake.tables import open_table, stream_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASTER = "local-cluster[2,1,1024]"
"""Two worker processes on this machine, each with a core and 1,024 MiB."""

_BYTES_PER_TASK = 128 * 1024 * 1024
"""Compressed size of the files that one task reads."""


def session(master: str, warehouse: Path) -> SparkSession:
    """Start Spark.

    Args:
        master: Address of the cluster.
        warehouse: Folder of the created tables, which all workers must reach.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the Python of the workers
    return (
        SparkSession.builder.master(master)
        .appName("intercom-lake")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(warehouse.absolute()))
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        .config("spark.sql.adaptive.coalescePartitions.parallelismFirst", "false")
        .getOrCreate()
    )


def copy_tables(spark: SparkSession, tables: str) -> None:
    """Create a Spark table from each Delta table.

    Args:
        spark: The session.
        tables: Folder or URL of the tables.
    """
    for schema in (RAW, MARTS):
        spark.sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for stream in stream_names(tables):
        table = open_table(tables, stream)
        dataset = table.to_pyarrow_dataset()
        paths = [(fragment.path,) for fragment in dataset.get_fragments()]
        size = sum(pa.table(table.get_add_actions())["size_bytes"].to_pylist())
        tasks = max(spark.sparkContext.defaultParallelism, size // _BYTES_PER_TASK)
        files = spark.createDataFrame(paths, "path string").repartition(min(tasks, len(paths)))
        read = partial(read_files, tables=tables, stream=stream, version=table.version())
        rows = files.mapInArrow(read, from_arrow_schema(dataset.schema))
        rows.write.mode("overwrite").saveAsTable(f"{RAW}.{stream}")


def read_files(
    batches: Iterable[pa.RecordBatch], tables: str, stream: str, version: int
) -> Iterator[pa.RecordBatch]:
    """Read files of a Delta table; this runs in the workers.

    Args:
        batches: Rows with the path of one file each.
        tables: Folder or URL of the tables.
        stream: The stream.
        version: Version of the table, so that all workers read the same one.

    Yields:
        The rows of the files.
    """
    paths = {path for batch in batches for path in batch.column("path").to_pylist()}
    if not paths:
        return
    dataset = open_table(tables, stream, version).to_pyarrow_dataset()
    for fragment in dataset.get_fragments():
        if fragment.path in paths:
            yield from fragment.to_batches(schema=dataset.schema)


def main() -> int:
    """Run the command.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m intercom_lake.build_spark")
    parser.add_argument("tables", help="folder or URL that contains the tables")
    parser.add_argument("warehouse", type=Path, help="folder of Spark's tables")
    parser.add_argument("--master", default=MASTER, help="address of the cluster")
    parser.add_argument("--select", nargs="+", default=SELECT, help="as in dbt run --select")
    arguments = parser.parse_args()
    spark = session(arguments.master, arguments.warehouse)
    try:
        copy_tables(spark, arguments.tables)
        build("spark", arguments.warehouse.parent / "dbt-spark", arguments.select)
    finally:
        spark.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
