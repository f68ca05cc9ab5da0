"""Merges the exports of a day into Delta tables, which keep the latest row of each key.

    python -m intercom_lake.merge s3://lake/landing s3://lake/tables --catalog catalog.json

Merging a day twice, or days in another order, changes nothing: a row is replaced only by one that
was exported later.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
from deltalake import DeltaTable, write_deltalake

from intercom_lake.landing import EXPORTED, Landing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARTITION = "created_on"
"""Added column of partitioned tables: the day (UTC) of `created_at`."""


class Merged(NamedTuple):
    """Result of merging one stream and day.

    Attributes:
        files: Batch files that were read.
        rows: Rows in them.
        keys: Different keys of the rows.
        inserted: New keys.
        updated: Keys whose earlier row was replaced.
        rewritten: Files of the table that were replaced.
        skipped: Files of the table that were not opened, because they are of other days.
    """

    files: int
    rows: int
    keys: int
    inserted: int
    updated: int
    rewritten: int
    skipped: int


def is_partitioned(stream: str, key: Sequence[str]) -> bool:
    """Return whether the key of a stream determines `created_at`.

    If so, a merge only has to read the days of its rows. The id of an event is a hash of its row,
    and a receipt is created when the message is sent.
    """
    return "event_id" in key or stream == "receipt"


def merge(landing: Landing, tables: str, stream: str, day: str, key: Sequence[str]) -> Merged:
    """Merge the rows of a stream that were exported on one day.

    Args:
        landing: Folder of the batch files.
        tables: Folder or URL of the tables, one per stream.
        stream: The stream.
        day: The day of export.
        key: Names of the columns that identify a row.
    """
    files = landing.files(stream, day)
    if not files:
        return Merged(0, 0, 0, 0, 0, 0, 0)
    partitioned = is_partitioned(stream, key)
    url = f"{tables}/{stream}"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("landed", landing.read(files))
        connection.execute(_ranked(key, partitioned=partitioned))
        ((rows, keys),) = connection.execute(
            "SELECT count(*), count(*) FILTER (place = 1) FROM ranked"
        ).fetchall()
        latest = connection.sql("SELECT * EXCLUDE (place) FROM ranked WHERE place = 1")
        if not DeltaTable.is_deltatable(url):
            write_deltalake(url, latest, partition_by=[PARTITION] if partitioned else None)
            return Merged(len(files), rows, keys, keys, 0, 0, 0)
        same = [f'target."{name}" = source."{name}"' for name in key]
        if partitioned:
            ((first, last),) = connection.execute(
                f"SELECT min({PARTITION}), max({PARTITION}) FROM ranked"
            ).fetchall()
            # so that delta-rs opens files of these days only
            same += [
                f"target.{PARTITION} BETWEEN DATE '{first}' AND DATE '{last}'",
                f"target.{PARTITION} = source.{PARTITION}",
            ]
        done = (
            DeltaTable(url)
            .merge(
                latest,
                predicate=" AND ".join(same),
                source_alias="source",
                target_alias="target",
                merge_schema=True,
            )
            .when_matched_update_all(predicate=f"source.{EXPORTED} > target.{EXPORTED}")
            .when_not_matched_insert_all()
            .execute()
        )
    return Merged(
        files=len(files),
        rows=rows,
        keys=keys,
        inserted=done["num_target_rows_inserted"],
        updated=done["num_target_rows_updated"],
        rewritten=done["num_target_files_removed"],
        skipped=done["num_target_files_skipped_during_scan"],
    )


def _ranked(key: Sequence[str], *, partitioned: bool) -> str:
    """Return the SQL for a table of the exported rows; the latest of each key has `place` 1.

    A MERGE needs each key once. DuckDB sorts on disk if the rows do not fit into memory.
    """
    columns = ", ".join(f'"{name}"' for name in key)
    day = f"coalesce(CAST(created_at AS DATE), DATE '1970-01-01') AS {PARTITION}, "
    return (
        f"CREATE TEMP TABLE ranked AS SELECT *, {day if partitioned else ''}"
        f"row_number() OVER (PARTITION BY {columns} ORDER BY {EXPORTED} DESC) AS place "
        "FROM landed"
    )


def keys_of(catalog: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the key of each stream of a Singer catalog."""
    return {entry["tap_stream_id"]: entry["key_properties"] for entry in catalog["streams"]}


def main() -> int:
    """Run the command.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m intercom_lake.merge")
    parser.add_argument("landing", help="batch_config.storage.root of the tap")
    parser.add_argument("tables", help="folder or URL that contains the tables")
    parser.add_argument("--catalog", required=True, help="output of tap-intercom-export --discover")
    parser.add_argument("--day", help="a day of export, such as 2026-06-01 (default: all)")
    parser.add_argument("--streams", nargs="+", metavar="STREAM", help="merge only these")
    arguments = parser.parse_args()
    landing = Landing(arguments.landing)
    keys = keys_of(json.loads(Path(arguments.catalog).read_text(encoding="utf-8")))
    for stream in arguments.streams or landing.streams():
        for day in [arguments.day] if arguments.day else landing.days(stream):
            merged = merge(landing, arguments.tables.rstrip("/"), stream, day, keys[stream])
            if merged.files:
                done = {"stream": stream, "day": day, **merged._asdict()}
                sys.stdout.write(f"{json.dumps(done)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
