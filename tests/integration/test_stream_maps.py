"""Stream maps that leave out records of the stream whose children the others are."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Clock, Simulator
from tests.faults.runner import configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import run_without_waiting
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=60, days=20, end=END, clock=Clock(END, running=False)) as simulator:
        yield simulator


@pytest.mark.parametrize(
    "content_export",
    [None, "__NULL__", {"__filter__": "False"}, {"__filter__": "row_count > 1000000"}],
    ids=["null", "null as text", "filter", "filter by rows"],
)
def test_rows_are_written_if_the_record_of_their_job_is_not(
    sim: Simulator, content_export: Any
) -> None:
    """The SDK leaves out the children of a filtered record, and the bookmark would move."""
    config = configuration(sim, stream_maps={"content_export": content_export})
    run = run_without_waiting(config)
    assert run.exit_code == 0, run.log
    loaded = InMemoryTarget().load(run.lines)
    assert loaded.count("content_export") == 0
    assert ExpectedRows(sim).missing(loaded.rows()) == {}


@pytest.mark.parametrize("is_batch", [False, True], ids=["records", "batches"])
def test_only_the_mapped_stream_is_written_with_else_null(
    sim: Simulator, tmp_path: Path, *, is_batch: bool
) -> None:
    maps = {"receipt": {"receipt_id": "receipt_id"}, "__else__": None}
    config = configuration(sim, stream_maps=maps)
    if is_batch:
        config["batch_config"] = {
            "encoding": {"format": "jsonl"},
            "storage": {"root": f"file://{tmp_path}"},
        }
    run = run_without_waiting(config)
    assert run.exit_code == 0, run.log
    if is_batch:
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        rows = [gzip.decompress(path.read_bytes()).count(b"\n") for path in files]
        assert sum(rows) >= 60  # some are in both windows
    else:
        assert InMemoryTarget().load(run.lines).count("receipt") == 60
    assert {m["stream"] for m in run.messages if m["type"] != "STATE"} == {"receipt"}
