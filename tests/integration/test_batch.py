"""BATCH: the files hold what RECORD messages would, whole, in time, and each key once."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow.parquet
import pytest

from intercom_simulator.columns import FILES
from tests.harness.batches import as_records, batch_config
from tests.harness.singer import (
    Output,
    bookmarks,
    run_here,
)
from tests.harness.truth import differences, expected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from intercom_simulator import Simulator

    Simulate = Callable[..., Simulator]
    Configure = Callable[..., dict[str, Any]]

ENCODINGS = [
    ("jsonl", "gzip"),
    ("jsonl", "none"),
    ("parquet", "zstd"),
    ("parquet", "snappy"),
    ("parquet", "gzip"),
    ("parquet", "none"),
]


def run(config: dict[str, Any], **options: Any) -> tuple[Output, Output]:
    """Run the tap in this process, its output checked as a target would.

    Returns:
        Its output, and the same with the records of the files.
    """
    output = run_here(config, **options)
    return output, Output(output.exit_code, output.log, as_records(output.lines))


def batches(output: Output) -> Iterator[dict[str, Any]]:
    return (message for message in output.messages if message["type"] == "BATCH")


@pytest.mark.parametrize(("file_format", "compression"), ENCODINGS)
def test_the_files_hold_every_row_of_every_stream(
    file_format: str,
    compression: str,
    simulate: Simulate,
    configure: Configure,
    tmp_path: Path,
) -> None:
    simulator = simulate(receipts=300, days=50)
    batch = batch_config(tmp_path, file_format, compression=compression, batch_size=40)
    output, expanded = run(configure(simulator, window_days=20, batch_config=batch))
    now = simulator.clock.now()
    for statistic in FILES:
        loaded = expanded.loaded(statistic)
        assert differences(statistic, expected(simulator, statistic, now), loaded) == []
    assert len(expanded.loaded("content_export")) == len(simulator.jobs) == 3
    assert not [m for m in output.messages if m["type"] == "RECORD"]
    encoding = {"format": file_format, "compression": compression}
    assert all(message["encoding"] == encoding for message in batches(output))
    named = [url for message in batches(output) for url in message["manifest"]]
    assert len(named) == len(set(named))
    assert {path.as_uri() for path in tmp_path.iterdir()} == set(named)


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_a_stream_has_one_manifest_a_window_with_files_of_batch_size(
    file_format: str, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=300, days=50)
    plain = run_here(configure(simulator, window_days=20))
    batch = batch_config(tmp_path, file_format, batch_size=40)
    output, _ = run(configure(simulator, window_days=20, batch_config=batch))
    rows = [record["rows"]["receipt"] for record in plain.records("content_export")]
    manifests = [m["manifest"] for m in batches(output) if m["stream"] == "receipt"]
    assert [len(manifest) for manifest in manifests] == [-(-count // 40) for count in rows]
    assert all(count <= 3 for count in Counter(m["stream"] for m in batches(output)).values())
    names = [url for manifest in manifests for url in manifest]
    assert names == sorted(names)


def test_parquet_files_of_a_stream_have_the_types_of_its_schema(
    simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    batch = batch_config(tmp_path, "parquet", batch_size=1)
    output, _ = run(configure(simulate(receipts=60, days=20), batch_config=batch))
    of_kind = {
        ("string", "date-time"): "timestamp[us, tz=UTC]",
        ("string", None): "string",
        ("integer", None): "int64",
        ("number", None): "double",
        ("object", None): "string",
    }
    streams = set()
    for message in batches(output):
        schema = output.schemas(message["stream"])[-1]["properties"]
        wanted = {
            name: of_kind[column["type"][0], column.get("format")]
            for name, column in schema.items()
        }
        for url in message["manifest"]:
            found = pyarrow.parquet.read_schema(url.removeprefix("file://"))
            assert dict(zip(found.names, map(str, found.types), strict=True)) == wanted
        streams.add(message["stream"])
    assert {"receipt", "checkpoint", "overview", "answer_combined", "content_export"} <= streams


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_state_never_passes_a_batch_that_is_not_out(
    file_format: str, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=300, days=50)
    batch = batch_config(tmp_path, file_format, batch_size=40)
    output, _ = run(configure(simulator, window_days=20, batch_config=batch))
    rows, moves, promised = 0, 0, 0
    totals = iter(run_here(configure(simulator, window_days=20)).records("content_export"))
    last = ""
    for message in output.messages:
        if message["type"] == "BATCH" and message["stream"] == "receipt":
            rows += len(as_records([json.dumps(_schema_of(output)), json.dumps(message)])) - 1
        elif message["type"] == "STATE":
            moved = bookmarks(message["value"]).get("receipt", "")
            if moved != last:
                last, moves = moved, moves + 1
                promised += next(totals)["rows"]["receipt"]
            assert rows >= promised
    assert moves == 3
    assert rows == promised


def _schema_of(output: Output) -> dict[str, Any]:
    return next(m for m in output.messages if m["type"] == "SCHEMA" and m["stream"] == "receipt")
