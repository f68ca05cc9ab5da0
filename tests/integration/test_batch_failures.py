"""BATCH messages: invalid settings, storage that cannot be written, runs that end early."""

from __future__ import annotations

import importlib.util
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tests.harness.batches import batch_config, expand_batches
from tests.harness.singer import (
    Output,
    bookmarks,
    run_in_process,
    run_tap,
    running_process,
)
from tests.integration.batch_runs import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.fixture_types import Configure, Simulate


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (
            {"encoding": {"format": "csv"}, "storage": {"root": "x"}},
            "batch_config.encoding.format: must be one of jsonl, parquet, not 'csv'",
        ),
        (
            {"encoding": {"format": "jsonl", "compression": "zstd"}, "storage": {"root": "x"}},
            "batch_config.encoding.compression: must be one of gzip, none for jsonl, not 'zstd'",
        ),
        ({"encoding": {"format": "jsonl"}}, "batch_config.storage: is required and not set"),
        (
            {"encoding": {"format": "jsonl"}, "storage": {}},
            "batch_config.storage.root: is required and not set",
        ),
        (
            {"encoding": {"format": "jsonl"}, "storage": {"root": "x"}, "batch_size": 0},
            "batch_config.batch_size: must be 1 or more, not 0",
        ),
        (
            {"encoding": {"format": "jsonl"}, "storage": {"root": "gs://bucket/x"}},
            "gs:// needs the package gcsfs: pip install 'tap-intercom-export[gcs]'",
        ),
        (
            {"encoding": {"format": "jsonl"}, "storage": {"root": "x", "prefix": "{streem}/"}},
            "{stream} and {day} are the only placeholders, not '{streem}/'",
        ),
        (
            {"encoding": {"format": "jsonl"}, "storage": {"root": "x", "prefix": "{"}},
            "{stream} and {day} are the only placeholders, not '{'",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_batch_config_is_reported_before_first_request(
    batch: dict[str, Any], message: str, simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=5, days=5)
    output = run_tap(configure(simulator, batch_config=batch), check=False)
    assert output.exit_code == 2
    assert message in output.log
    assert "Traceback" not in output.log
    assert simulator.requests == []


def test_parquet_without_pyarrow_names_the_extra(
    simulate: Simulate, configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "pyarrow" else find(name, *a)
    )
    with pytest.raises(ConfigValidationError, match=r"tap-intercom-export\[parquet\]"):
        run_in_process(
            configure(simulate(receipts=5), batch_config=batch_config(tmp_path, "parquet"))
        )


def test_unwritable_storage_is_reported_before_first_job(
    simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    simulator = simulate(receipts=5, days=5)
    batch = batch_config(tmp_path / "file" / "folder")
    output = run_tap(configure(simulator, batch_config=batch), check=False)
    assert output.exit_code != 0
    assert "batch_config" in output.log
    assert f"{tmp_path}/file/folder" in output.log
    assert "Traceback" not in output.log
    assert simulator.jobs == []


def test_test_run_writes_no_batch(simulate: Simulate, configure: Configure, tmp_path: Path) -> None:
    simulator = simulate(receipts=5, days=5)
    batch = batch_config(tmp_path / "new")
    assert run_tap(configure(simulator, batch_config=batch), "--test", check=False).exit_code == 0
    assert list(tmp_path.rglob("*tap-intercom-export*")) == []
    assert simulator.jobs == []


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_killed_run_leaves_only_complete_files(
    file_format: str, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=3000, days=20)
    batch = batch_config(tmp_path, file_format, batch_size=50)
    config = configure(simulator, batch_config=batch)
    with running_process(config) as tap:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("tap-*--receipt-*"))) < 20:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        tap.kill()
        written = tap.stdout.read() if tap.stdout else ""
    lines = [line for line in written.splitlines() if line.endswith("}")]
    killed = Output(0, "", lines)
    assert "receipt" not in bookmarks(killed.state)
    found = list(tmp_path.glob("tap-*"))
    assert len(found) >= 20
    schema = next(m for m in killed.messages if m.get("stream") == "receipt")
    message = {
        "type": "BATCH",
        "stream": "receipt",
        "encoding": {"format": file_format, "compression": "gzip"},
        "manifest": [path.as_uri() for path in found],
    }
    rows = expand_batches([json.dumps(schema), json.dumps(message)])[1:]
    assert len(rows) == 50 * len(found)
    _, after = run(config, state=killed.state)
    assert len(after.loaded("receipt")) == 3000
    assert len(simulator.jobs) == 1


def test_closed_stdout_is_detected_while_files_are_written(
    simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=3000, days=20)
    config = configure(simulator, batch_config=batch_config(tmp_path, batch_size=1))
    with running_process(config) as tap:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("tap-*--receipt-*")):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        assert tap.stdout is not None
        tap.stdout.close()
    assert tap.returncode == 1
    assert len(list(tmp_path.glob("tap-*--receipt-*"))) < 3000
