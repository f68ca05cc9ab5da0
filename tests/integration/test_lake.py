"""examples/lake for real: tap, an S3, Delta tables, and marts by DuckDB and by Spark."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.example import PYTHON, Lake, run_python, why_no_spark
from lake.exports import NEW_COLUMN, SECOND_EXPORT, run_tap, running_workspace
from lake.object_store import running_s3
from tests.dbt.compare import differences as mart_differences
from tests.dbt.expected_marts import ENGAGEMENT, MARTS, STATISTICS, ExpectedMarts
from tests.harness.expected_rows import differences, expected
from tests.harness.singer import clean_environment, discover_in_process, select

if TYPE_CHECKING:
    from pathlib import Path

    from lake.exports import Workspace

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not PYTHON.exists(), reason="needs the environment of examples/lake: make pytest makes it"
    ),
]

Row = dict[str, Any]

STREAMS = ("receipt", *{*ENGAGEMENT, *(name for of in STATISTICS.values() for name in of)})
"""What `messages` and `content_daily` are made of."""

_RECEIPT = {"tap_stream_id": "receipt", "key_properties": ["receipt_id"]}

READ_TABLE = """
import os
import sys
import pyarrow.parquet
from intercom_lake.tables import open_table, stream_names

tables, stream, path = sys.argv[1:]
assert stream in stream_names(tables)
pyarrow.parquet.write_table(open_table(tables, stream).to_pyarrow_table(), path)
os._exit(0)  # threads of Arrow may still call delta-rs, and abort an interpreter that ends
"""


def export_and_merge(
    lake: Lake, workspace: Workspace, *streams: str, **settings: Any
) -> list[dict[str, Counter[str]]]:
    """Export a workspace twice, and merge each export; returns what was done, by stream."""
    done: list[dict[str, Counter[str]]] = []
    state: Row | None = None
    for config in workspace.exports(**settings):
        catalog = select(discover_in_process(config), *streams)
        environment = {**clean_environment(), **lake.environment}
        state = run_tap({**config, "batch_config": lake.batch_config}, state, environment, catalog)
        merged = lake.merge(catalog)
        totals: dict[str, Counter[str]] = defaultdict(Counter)
        for entry in merged:  # two for a stream if the day ends between the exports
            counts = {name: value for name, value in entry.items() if isinstance(value, int)}
            totals[entry["stream"]].update(counts)
        done.append(totals)
    return done


def table(lake: Lake, stream: str) -> list[Row]:
    """The rows of a Delta table."""
    path = lake.folder / f"{stream}.parquet"
    run_python(["-c", READ_TABLE, lake.tables, stream, str(path)], lake.environment)
    rows: list[Row] = pq.read_table(path).to_pylist()
    return rows


def assert_marts(workspace: Workspace, marts: dict[str, list[Row]]) -> None:
    """Both marts hold what the simulator says, every column of every row."""
    expected_marts = ExpectedMarts(workspace.simulator, SECOND_EXPORT, "tap_intercom_export")
    for mart, rows in marts.items():
        wanted = getattr(expected_marts, mart)
        assert len(wanted) > 90
        assert mart_differences(wanted, rows, MARTS[mart]) == []


def test_overlapping_exports_in_s3_become_one_row_a_key(tmp_path: Path) -> None:
    streams = ("receipt", "open", "answer_combined")
    with (
        running_s3() as (bucket, environment),
        running_workspace(receipts=300, days=6, max_delay_days=2) as workspace,
    ):
        lake = Lake(bucket, environment, tmp_path)
        first, second = export_and_merge(lake, workspace, *streams, lookback_days=3)
        assert set(first) == set(streams)
        assert first["receipt"]["updated"] == 0
        assert first["receipt"]["inserted"] == first["receipt"]["keys"] > 200
        assert second["receipt"]["inserted"] > 5
        assert second["receipt"]["updated"] > 50
        assert second["receipt"]["rows"] > second["receipt"]["keys"]

        receipts = table(lake, "receipt")
        expected_rows = expected(workspace.simulator, "receipt", SECOND_EXPORT)
        assert differences("receipt", expected_rows, receipts) == []
        columns = Counter(row[NEW_COLUMN] for row in receipts)
        updated = second["receipt"]["updated"] + second["receipt"]["inserted"]
        assert columns == {"sunny": updated, None: len(receipts) - updated}
        assert {row["created_on"] for row in receipts} == {
            row["created_at"].date() for row in receipts
        }

        again = lake.merge({"streams": [_RECEIPT]}, "--streams", "receipt")
        assert {(one["inserted"], one["updated"], one["rewritten"]) for one in again} == {(0, 0, 0)}

        client = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="key",
            aws_secret_access_key="secret",  # noqa: S106 - moto takes any
            region_name="us-east-1",
        )
        found = client.list_objects_v2(Bucket=bucket.removeprefix("s3://"), Prefix="landing/open/")
        assert len(found["Contents"]) >= 2
        assert all(one["Key"].startswith("landing/open/day=2") for one in found["Contents"])


def test_duckdb_builds_the_marts(tmp_path: Path) -> None:
    """From tables in a folder, because each of the thousand requests of an S3 takes time."""
    with running_workspace(receipts=300, days=8) as workspace:
        lake = Lake(str(tmp_path), {}, tmp_path)
        *_, config = workspace.exports()
        catalog = select(discover_in_process(config), *STREAMS)
        run_tap({**config, "batch_config": lake.batch_config}, None, clean_environment(), catalog)
        lake.merge(catalog)
        assert_marts(workspace, lake.build_in_duckdb())


def test_spark_builds_the_same_marts_on_two_workers(tmp_path: Path) -> None:
    if reason := why_no_spark():
        pytest.skip(reason)
    with (
        running_s3() as (bucket, environment),
        running_workspace(receipts=400, days=15) as workspace,
    ):
        lake = Lake(bucket, environment, tmp_path)
        export_and_merge(lake, workspace, *STREAMS)
        assert_marts(workspace, lake.build_in_spark())


def land(lake: Lake, stream: str, name: str, day: str, rows: list[Row]) -> None:
    """Write a batch file by hand."""
    folder = lake.folder / "landing" / stream / f"day={day}"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / name)


AT = datetime(2026, 1, 1, 23, 59, 59, tzinfo=timezone.utc)


@pytest.mark.parametrize("stream", ["receipt", "answer_combined"], ids=["partitioned", "not"])
@pytest.mark.parametrize("first", ["2026-01-05", "2026-01-06"])
def test_the_latest_export_wins_in_whatever_order_days_are_merged(
    first: str, stream: str, tmp_path: Path
) -> None:
    lake = Lake(str(tmp_path), {}, tmp_path)

    def row(key: str, name: str, **more: Any) -> Row:
        return {"workspace": "eu", "receipt_id": key, "created_at": AT, "name": name, **more}

    prefix = f"tap-intercom-export--{stream}-"
    # two windows of a run; the later file's name sorts first, but for the run and the number
    land(
        lake,
        stream,
        f"b--{prefix}20260105T030000Z-ffffffff-000002.parquet",
        "2026-01-05",
        [
            row("a", "first"),
            row("b", "first"),
        ],
    )
    land(
        lake,
        stream,
        f"a--{prefix}20260105T030000Z-ffffffff-000010.parquet",
        "2026-01-05",
        [
            row("b", "second"),
        ],
    )
    land(
        lake,
        stream,
        f"{prefix}20260106T030000Z-00000000-000001.parquet",
        "2026-01-06",
        [
            row("a", "third", mood="sunny"),
            row("c", "third", mood=None, created_at=AT + timedelta(days=3)),
            row("b", "another's", workspace="us"),
        ],
    )
    (tmp_path / "landing" / stream / "day=2026-01-06" / ".x.parquet.unfinished").write_bytes(b"x")
    catalog = {
        "streams": [{"tap_stream_id": stream, "key_properties": ["workspace", "receipt_id"]}]
    }
    lake.merge(catalog, f"--day={first}")
    merged = lake.merge(catalog)
    if stream == "receipt":  # the file of a day that 2026-01-05 has no rows of is not opened
        assert merged[0]["skipped"] == (1 if first == "2026-01-06" else 0)
    names = ("workspace", "receipt_id", "name", "mood")
    assert sorted(tuple(row[name] for name in names) for row in table(lake, stream)) == [
        ("eu", "a", "third", "sunny"),
        ("eu", "b", "second", None),
        ("eu", "c", "third", None),
        ("us", "b", "another's", None),
    ]
    log = tmp_path / "tables" / stream / "_delta_log" / f"{0:020d}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    (columns,) = (one["metaData"]["partitionColumns"] for one in actions if "metaData" in one)
    assert columns == (["created_on"] if stream == "receipt" else [])


def test_a_file_whose_place_in_the_order_is_unknown_stops_the_merge(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path), {}, tmp_path)
    land(lake, "open", "part-0.parquet", "2026-01-05", [{"event_id": "a", "created_at": AT}])
    catalog = {"streams": [{"tap_stream_id": "open", "key_properties": ["event_id"]}]}
    with pytest.raises(RuntimeError, match=r"part-0\.parquet: not a Parquet file of the tap"):
        lake.merge(catalog)
    assert not (tmp_path / "tables").exists()
