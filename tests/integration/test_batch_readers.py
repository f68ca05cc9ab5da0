"""Readers of batches: a Singer target, an S3 server, and query engines on a Parquet folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import duckdb
import polars as pl
import psycopg
import pytest
from moto.server import ThreadedMotoServer
from psycopg.rows import dict_row

from lake.example import run_python, why_no_spark
from tests.conftest import configuration, create_database
from tests.harness.batches import batch_config
from tests.harness.singer import (
    clean_environment,
    discover_in_process,
    run_in_process,
    run_tap,
    select,
)
from tests.harness.stopped_simulator import stopped_simulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from demo.postgres import Postgres
    from tests.harness.fixture_types import Configure, Simulate
    from tests.harness.singer import Record


FORMATS = ["jsonl", "parquet"]
OF_A_JOB = {"job_identifier", "created_at", "completed_at", "seconds_waited"}
"""Properties of `content_export` that differ between jobs of the same range."""


class Warehouse:
    """A database that target-postgres loads into.

    Args:
        url: Its address.
        folder: Where the target's configuration goes.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder

    def load(self, lines: Sequence[str], schema: str, **settings: Any) -> None:
        """Load messages into a database schema."""
        url = self._url.replace("postgresql:", "postgresql+psycopg:")  # required by use_copy
        config = {"sqlalchemy_url": url, "default_target_schema": schema, **settings}
        path = self._folder / "target.json"
        path.write_text(json.dumps(config))
        done = subprocess.run(
            [Path(sys.executable).with_name("target-postgres"), "--config", path],
            input="\n".join(lines) + "\n",
            text=True,
            capture_output=True,
            check=False,
            env=clean_environment(),
        )
        assert done.returncode == 0, done.stderr[-3000:]

    def tables(self, schema: str) -> dict[str, list[Record]]:
        """Return the sorted rows of all tables of a schema, without the columns of the target."""
        with (
            psycopg.connect(self._url) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            names = cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]
            ).fetchall()
            found = {}
            for name in (row["tablename"] for row in names):
                rows = cursor.execute(f'SELECT * FROM "{schema}"."{name}"'.encode()).fetchall()
                found[name] = sorted((_bare(name, row) for row in rows), key=repr)
        return found


def _bare(table: str, row: Record) -> Record:
    unwanted = OF_A_JOB if table == "content_export" else set()
    return {k: v for k, v in row.items() if k not in unwanted and not k.startswith("_sdc_")}


@pytest.fixture
def warehouse(postgres: Postgres, database: str, tmp_path: Path) -> Warehouse:
    """A new database, for a target with its default driver."""
    return Warehouse(postgres.url(database), tmp_path)


@dataclass(frozen=True)
class Loaded:
    """A database with what target-postgres loaded from RECORD messages, and the same as batches.

    Args:
        warehouse: The database; the records are in its schema `records`.
        batches: Messages of the tap with batches, by their format.
    """

    warehouse: Warehouse
    batches: dict[str, list[str]]


@pytest.fixture(scope="module")
def loaded(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Every stream, with its records loaded."""
    folder = tmp_path_factory.mktemp("bat ches")  # a path may contain a space
    warehouse = Warehouse(postgres.url(create_database(postgres)), folder)
    with stopped_simulator(receipts=200, days=20) as simulator:
        config = configuration(simulator)
        warehouse.load(run_tap(config).lines, "records")
        batches = {
            file_format: run_tap(
                {**config, "batch_config": batch_config(folder, file_format, batch_size=50)}
            ).lines
            for file_format in FORMATS
        }
    return Loaded(warehouse, batches)


@pytest.mark.parametrize("use_copy", [False, True])
@pytest.mark.parametrize("file_format", FORMATS)
def test_target_postgres_loads_the_same_rows_from_batches(
    file_format: str,
    use_copy: bool,  # noqa: FBT001
    loaded: Loaded,
) -> None:
    schema = f"{file_format}_{use_copy}"
    loaded.warehouse.load(loaded.batches[file_format], schema, use_copy=use_copy)
    records, batches = loaded.warehouse.tables("records"), loaded.warehouse.tables(schema)
    assert records.keys() == batches.keys()
    assert len(records["receipt"]) == 200
    if file_format == "parquet":  # objects are JSON text in Parquet, which jsonb stores as a string
        for table, column in (("answer_combined", "answers"), ("content_export", "rows")):
            for row in batches[table]:
                row[column] = json.loads(row[column])
            batches[table].sort(key=repr)
    for table, rows in records.items():
        assert batches[table] == rows, table


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of a bucket of a local S3 server, configured in the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    name = f"bucket-{uuid4().hex}"  # all servers of a process share their buckets
    boto3.client("s3").create_bucket(Bucket=name)
    yield f"s3://{name}"
    server.stop()


@pytest.mark.parametrize("file_format", FORMATS)
def test_s3_is_written_by_the_tap_and_read_by_target_postgres(
    file_format: str,
    bucket: str,
    simulate: Simulate,
    configure: Configure,
    warehouse: Warehouse,
) -> None:
    config = configure(simulate(receipts=150, days=20))
    batch = {
        "encoding": {"format": file_format},
        "storage": {"root": f"{bucket}/intercom", "prefix": "some "},
        "batch_size": 60,
    }
    output = run_tap({**config, "batch_config": batch}, check=False)
    assert output.exit_code == 0, output.log
    named = [url for m in output.messages if m["type"] == "BATCH" for url in m["manifest"]]
    there = boto3.client("s3").list_objects_v2(Bucket=bucket.removeprefix("s3://"))["Contents"]
    assert {f"{bucket}/{entry['Key']}" for entry in there} == set(named)
    assert all(url.startswith(f"{bucket}/intercom/some tap-intercom-export--") for url in named)
    warehouse.load(output.lines, "by_batch")
    assert len(warehouse.tables("by_batch")["receipt"]) == 150


def test_missing_bucket_is_reported_before_first_job(
    bucket: str, simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=5, days=5)
    batch = {"encoding": {"format": "jsonl"}, "storage": {"root": f"{bucket}-of-nobody/x"}}
    output = run_tap(configure(simulator, batch_config=batch), check=False)
    assert output.exit_code == 1
    assert f"batch_config.storage.root: {bucket}-of-nobody/x" in output.log
    assert "Traceback" not in output.log
    assert simulator.jobs == []


@dataclass(frozen=True)
class Lake:
    """A folder of Parquet files, and the records of RECORD messages.

    Args:
        folder: The folder.
        records: The records of each stream.
        schemas: Their properties.
    """

    folder: Path
    records: dict[str, list[Record]]
    schemas: dict[str, Record]

    def files(self, stream: str) -> str:
        """Return a pattern for the files of a stream."""
        return str(self.folder / f"tap-intercom-export--{stream}-*.parquet")

    def assert_equal(self, stream: str, rows: list[Record]) -> None:
        """Check that rows of a query engine equal the records, including types."""
        properties = self.schemas[stream]
        wanted = [
            {name: _typed(value, properties[name]) for name, value in record.items()}
            for record in self.records[stream]
        ]
        assert sorted(rows, key=repr) == sorted(wanted, key=repr)
        assert rows


def _typed(value: Any, schema: Record) -> Any:
    """Convert a value of a RECORD message to the Python type of a query engine."""
    if value is None:
        return None
    if schema.get("format") == "date-time":
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    if "object" in schema["type"]:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return float(value) if "number" in schema["type"] else value


READ = ("receipt", "click", "checkpoint", "overview", "answer_combined")


@pytest.fixture
def lake(simulate: Simulate, configure: Configure, tmp_path: Path) -> Lake:
    """The Parquet files and records of two windows."""
    config = configure(simulate(receipts=200, days=50), window_days=30)
    catalog = select(discover_in_process(config), *READ)
    plain = run_in_process(config, catalog=catalog)
    batch = batch_config(tmp_path, "parquet", batch_size=40)
    run_in_process({**config, "batch_config": batch}, catalog=catalog)
    schemas = {stream: plain.schemas(stream)[-1]["properties"] for stream in READ}
    return Lake(tmp_path, {stream: plain.records(stream) for stream in READ}, schemas)


def test_duckdb_reads_the_folder(lake: Lake) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for stream in READ:
            table = connection.sql(f"FROM read_parquet('{lake.files(stream)}')").arrow()
            rows = table.read_all().to_pylist() if hasattr(table, "read_all") else table.to_pylist()
            lake.assert_equal(stream, rows)
        types = dict(
            connection.sql(
                f"SELECT column_name, column_type FROM (DESCRIBE FROM '{lake.files('overview')}')"
            ).fetchall()
        )
    assert types["created_at_after"] == "TIMESTAMP WITH TIME ZONE"
    assert types["open_total"] == "DOUBLE"
    assert types["content_id"] == "VARCHAR"


def test_query_of_the_documentation_gives_the_last_row_of_each_key(lake: Lake) -> None:
    page = Path(__file__).parents[2] / "docs" / "targets.md"
    text = page.read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n([^`]*read_parquet[^`]*)```", text)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(query.replace("'out/", f"'{lake.folder}/"))
        rows = connection.sql("FROM receipt ORDER BY receipt_id").fetchall()
        names = [column[0] for column in connection.sql("DESCRIBE receipt").fetchall()]
    last = {record["receipt_id"]: record for record in lake.records["receipt"]}
    assert len(last) < len(lake.records["receipt"])
    found = [dict(zip(names, row, strict=True)) for row in rows]
    properties = lake.schemas["receipt"]
    assert found == [
        {name: _typed(record[name], properties[name]) for name in names}
        for _, record in sorted(last.items())
    ]


def test_polars_reads_the_folder(lake: Lake) -> None:
    for stream in READ:
        frame = pl.read_parquet(lake.files(stream))
        lake.assert_equal(stream, frame.to_dicts())
    types = pl.read_parquet(lake.files("receipt")).schema
    assert types["received_at"] == pl.Datetime("us", "UTC")
    assert types["first_dismissal"] == pl.Datetime("us", "UTC")
    assert types["receipt_id"] == pl.String


READ_IN_SPARK = """
import json, os, sys
from pyspark.sql import SparkSession

os.environ["PYSPARK_PYTHON"] = sys.executable
spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)
result = {}
for files in sys.argv[1:]:
    frame = spark.read.parquet(files)
    rows = [json.loads(line) for line in frame.toJSON().collect()]
    result[files] = {"rows": rows, "types": dict(frame.dtypes)}
spark.stop()
print("RESULT " + json.dumps(result))
"""
"""Run by the Python that has PySpark; Spark's JSON has no nulls, and times with milliseconds."""


@pytest.mark.timeout(600)
def test_spark_reads_the_folder(lake: Lake) -> None:
    if reason := why_no_spark():
        pytest.skip(reason)
    output = run_python(["-c", READ_IN_SPARK, *map(lake.files, READ)])
    result = json.loads(next(line[7:] for line in output.splitlines() if line[:7] == "RESULT "))
    for stream in READ:
        properties = lake.schemas[stream]
        found = [
            {name: _typed(row.get(name), _as_read(properties[name])) for name in properties}
            for row in result[lake.files(stream)]["rows"]
        ]
        lake.assert_equal(stream, found)
    types = result[lake.files("overview")]["types"]
    assert types["created_at_after"] == "timestamp"
    assert types["open_total"] == "double"
    assert types["content_id"] == "string"


def _as_read(schema: Record) -> Record:
    """A property whose values are JSON text, as Spark reads them: a text."""
    return {"type": ["string", "null"]} if "object" in schema["type"] else schema
