"""BATCH messages: files with every row, their types, and the state that follows them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pyarrow.parquet
import pytest

from intercom_simulator import ApiVariant, Mutation
from intercom_simulator.content_export.columns import FILES
from tests.harness.batches import batch_config, expand_batches
from tests.harness.expected_rows import differences, expected
from tests.harness.singer import (
    Output,
    bookmarks,
    discover_in_process,
    run_in_process,
    select,
)
from tests.integration.batch_runs import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness.fixture_types import Configure, Simulate

ENCODINGS = [
    ("jsonl", "gzip"),
    ("jsonl", "none"),
    ("parquet", "zstd"),
    ("parquet", "snappy"),
    ("parquet", "gzip"),
    ("parquet", "none"),
]


def batches(output: Output) -> Iterator[dict[str, Any]]:
    return (message for message in output.messages if message["type"] == "BATCH")


@pytest.mark.parametrize(("file_format", "compression"), ENCODINGS)
def test_batch_files_have_every_row_of_every_stream(
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
def test_stream_has_one_manifest_per_window(
    file_format: str, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=300, days=50)
    plain = run_in_process(configure(simulator, window_days=20))
    batch = batch_config(tmp_path, file_format, batch_size=40)
    output, _ = run(configure(simulator, window_days=20, batch_config=batch))
    rows = [record["rows"]["receipt"] for record in plain.records("content_export")]
    manifests = [m["manifest"] for m in batches(output) if m["stream"] == "receipt"]
    assert [len(manifest) for manifest in manifests] == [-(-count // 40) for count in rows]
    assert all(count <= 3 for count in Counter(m["stream"] for m in batches(output)).values())
    names = [url for manifest in manifests for url in manifest]
    assert names == sorted(names)


def test_files_lie_in_folders_by_stream_and_day_of_the_run(
    simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    config = configure(simulate(receipts=100, days=10), workspace="acme")
    batch = batch_config(tmp_path, "parquet")
    batch["storage"]["prefix"] = "{stream}/day={day}/{{x}}-"
    days = {datetime.now(timezone.utc).date().isoformat()}
    output, expanded = run({**config, "batch_config": batch})
    days.add(datetime.now(timezone.utc).date().isoformat())
    assert len(expanded.loaded("receipt")) == 100
    named = [url for message in batches(output) for url in message["manifest"]]
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {f"file://{path}" for path in found} == set(named)
    for path in found:
        stream, day, name = path.relative_to(tmp_path).parts
        assert name.startswith(f"{{x}}-acme--tap-intercom-export--{stream}-2")
        assert day.removeprefix("day=") in days
        assert day.replace("-", "").removeprefix("day=") in name


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
def test_state_follows_batch_of_window(
    file_format: str, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=300, days=50)
    batch = batch_config(tmp_path, file_format, batch_size=40)
    output, _ = run(configure(simulator, window_days=20, batch_config=batch))
    rows, moves, promised = 0, 0, 0
    totals = iter(run_in_process(configure(simulator, window_days=20)).records("content_export"))
    last = ""
    for message in output.messages:
        if message["type"] == "BATCH" and message["stream"] == "receipt":
            rows += len(expand_batches([json.dumps(_schema_of(output)), json.dumps(message)])) - 1
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


def without_job(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records without properties that differ between jobs."""
    jobs = {"job_identifier", "created_at", "completed_at"}
    return [{name: value for name, value in r.items() if name not in jobs} for r in records]


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_stream_maps_flattening_and_selection_apply_to_batches(
    file_format: str, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    maps = {
        "receipt": {"email": None, "domain": "email.split('@')[-1]", "__filter__": "email"},
        "open": {"__alias__": "opened", "__else__": None, "event_id": "event_id"},
        "click": None,
        "reply": {"long": "int(receipt_id)"},
    }
    settings = {
        "stream_maps": maps,
        "flattening_enabled": True,
        "flattening_max_depth": 1,
    }
    config = configure(simulate(receipts=80, days=20), **settings)
    catalog = select(
        discover_in_process(config), deselected=["receipt.device", "checkpoint.series_id"]
    )
    plain = run_in_process(config, catalog=catalog)
    batch = batch_config(tmp_path, file_format, batch_size=7)
    output, expanded = run({**config, "batch_config": batch}, catalog=catalog)
    assert expanded.streams == plain.streams
    assert "opened" in plain.streams
    assert {"click", "open"}.isdisjoint({message["stream"] for message in batches(output)})
    for stream in plain.streams - {"content_export"}:
        assert expanded.records(stream) == plain.records(stream), stream
        assert expanded.schemas(stream) == plain.schemas(stream), stream
    assert set(plain.records("opened")[0]) == {"event_id"}
    assert {"device", "email"}.isdisjoint(plain.records("receipt")[0])
    (job,) = expanded.records("content_export")
    assert job["rows__receipt" if "rows__receipt" in job else "rows"]


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_new_column_is_in_the_files_after_its_schema(
    file_format: str, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=200, days=50)
    config = configure(simulator, window_days=20, batch_config=batch_config(tmp_path, file_format))
    first = run(config)[1]
    simulator.variant = ApiVariant(added_columns=(("receipt", "mood", "sunny"),))
    state = json.loads(json.dumps(first.state))
    state["bookmarks"]["receipt"]["replication_key_value"] = config["start_date"]
    _, second = run(config, state=state)
    assert {"mood" in record for record in first.records("receipt")} == {False}
    assert {record["mood"] for record in second.records("receipt")} == {"sunny"}
    assert len(second.schemas("receipt")) > 1
    assert "mood" not in second.schemas("receipt")[0]["properties"]


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_damaged_rows_are_in_batches_before_the_bookmark_moves(
    file_format: str, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    damage = (
        Mutation("receipt", line=3, keep_cells=4),
        Mutation("open", line=2, insert=b"\xff\xfe"),
    )
    simulator = simulate(receipts=100, days=20, variant=ApiVariant(mutations=damage))
    plain = run_in_process(configure(simulator))
    batch = batch_config(tmp_path, file_format)
    output, expanded = run(configure(simulator, batch_config=batch))
    rejected = expanded.records("rejected_row")
    assert len(rejected) >= 1
    assert without_job(rejected) == without_job(plain.records("rejected_row"))
    kinds = [(message["type"], message.get("stream")) for message in output.messages]
    moved = next(
        number
        for number, message in enumerate(output.messages)
        if message["type"] == "STATE" and "receipt" in bookmarks(message["value"])
    )
    assert kinds.index(("BATCH", "rejected_row")) < moved


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_reporting_datasets_and_lists_are_written_as_batches(
    file_format: str, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=10, conversations=60, days=50, custom_objects={"Order": 7})
    config = configure(
        simulator,
        window_days=20,
        reporting_datasets=["conversation", "conversation_state"],
        custom_object_types=["Order"],
    )
    lists = ["content_import_source", "external_page", "custom_object_instance"]
    reports = ["reporting_conversation", "reporting_conversation_state"]
    catalog = select(discover_in_process(config), *lists, *reports)
    plain = run_in_process(config, catalog=catalog)
    batch = batch_config(tmp_path, file_format, batch_size=5)
    output, expanded = run({**config, "batch_config": batch}, catalog=catalog)
    assert not [m for m in output.messages if m["type"] in {"RECORD", "ACTIVATE_VERSION"}]
    for stream in (*lists, *reports):
        assert expanded.records(stream), stream
        assert expanded.records(stream) == plain.records(stream), stream
    for stream in reports:
        assert 1 <= len([m for m in batches(output) if m["stream"] == stream]) <= 3
    assert expanded.bookmarks == plain.bookmarks
