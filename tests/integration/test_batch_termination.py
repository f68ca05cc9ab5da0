"""SIGTERM while a batch file is written, or uploaded to an object store."""

from __future__ import annotations

import json
import signal
import socket
import socketserver
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer
from typing_extensions import override

from tests.faults.runner import configuration
from tests.harness.batches import expand_batches
from tests.harness.downloads import serving
from tests.harness.singer import Output, bookmarks, run_tap
from tests.harness.stopped_simulator import stopped_simulator
from tests.harness.tap_process import TapProcess, running_tap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

GRACE_SECONDS = 2.0
"""Time within which the tap must end after a signal."""

RECEIPTS = 300
BATCH_SIZE = 100


class S3Line(socketserver.ThreadingTCPServer):
    """Passes connections on to an S3 server, and stops within the upload of a receipt file.

    Like S3, it passes no incomplete object on.

    Args:
        address: Host and port of the S3 server.

    Attributes:
        stalls: Whether uploads of receipts stop.
        is_uploading: Set when such an upload has begun.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _S3Connection)
        self.address = address
        self.stalls = True
        self.is_uploading = threading.Event()


class _S3Connection(socketserver.BaseRequestHandler):
    @override
    def handle(self) -> None:
        line = self.server
        assert isinstance(line, S3Line)
        with socket.create_connection(line.address) as there, suppress(OSError):
            threading.Thread(target=self._answer, args=(there,), daemon=True).start()
            while data := self.request.recv(65_536):
                if line.stalls and data.startswith(b"PUT ") and b"--receipt-" in data:
                    line.is_uploading.set()
                    while self.request.recv(65_536):
                        pass
                    return
                there.sendall(data)

    def _answer(self, there: socket.socket) -> None:
        with suppress(OSError):
            while data := there.recv(65_536):
                self.request.sendall(data)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[S3Line, str]]:
    """Return the line to an S3 server, which is configured in the environment, and a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    line = S3Line(server.get_host_and_port())
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{line.server_address[1]}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = f"bucket-{uuid4().hex}"  # all servers of a process share their buckets
    with serving(line):
        boto3.client("s3").create_bucket(Bucket=bucket)
        yield line, bucket
    server.stop()


def terminate(tap: TapProcess) -> float:
    """Send SIGTERM; return the seconds until the end."""
    begun = time.monotonic()
    tap.process.send_signal(signal.SIGTERM)
    assert tap.wait() == 128 + signal.SIGTERM
    return tap.ended_at - begun


def named_files(lines: list[str]) -> set[str]:
    messages = map(json.loads, lines)
    return {url for m in messages if m["type"] == "BATCH" for url in m["manifest"]}


def batch(root: str, file_format: str) -> dict[str, Any]:
    return {
        "encoding": {"format": file_format},
        "storage": {"root": root},
        "batch_size": BATCH_SIZE,
    }


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_sigterm_during_an_upload_leaves_nothing_half_done(
    file_format: str, s3: tuple[S3Line, str], tmp_path: Path
) -> None:
    line, bucket = s3
    with stopped_simulator(receipts=RECEIPTS) as sim:
        config = configuration(
            sim, window_days=60, batch_config=batch(f"s3://{bucket}", file_format)
        )
        with running_tap(config) as tap:
            assert line.is_uploading.wait(60), tap.log
            assert terminate(tap) < GRACE_SECONDS
            lines, log, left = tap.lines, tap.log, list(tap.temporary.iterdir())
        assert "Stopped by SIGTERM" in log
        assert "Traceback" not in log
        assert left == []
        assert not any("--receipt-" in url for url in named_files(lines))
        objects = boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
        assert not any("--receipt-" in each["Key"] for each in objects)
        stopped = Output(143, log, lines)
        assert "receipt" not in bookmarks(stopped.state)
        assert "job" in stopped.state["bookmarks"]["content_export"]

        line.stalls = False
        after = run_tap(config, state=stopped.state, check=False)
        assert after.exit_code == 0, after.log
        assert len(sim.jobs) == 1
    for url in named_files([*lines, *after.lines]):  # all of them are there
        name = url.rpartition("/")[2]
        boto3.client("s3").download_file(bucket, name, str(tmp_path / name))
    local = [each.replace(f"s3://{bucket}", tmp_path.as_uri()) for each in [*lines, *after.lines]]
    assert len(Output(0, "", expand_batches(local)).loaded("receipt")) == RECEIPTS


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_sigterm_within_a_file_leaves_only_complete_files(file_format: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    with stopped_simulator(receipts=5000) as sim:
        config = configuration(sim, window_days=60, batch_config=batch(str(folder), file_format))
        with running_tap(config) as tap:
            deadline = time.monotonic() + 60
            while not list(folder.glob("*--receipt-*")):
                assert time.monotonic() < deadline
                time.sleep(0.001)
            assert terminate(tap) < GRACE_SECONDS
            lines, log = tap.lines, tap.log
    assert "Stopped by SIGTERM" in log
    assert list(folder.glob(".*")) == []
    for path in folder.glob("*--receipt-*"):
        message = {
            "type": "BATCH",
            "stream": "receipt",
            "encoding": {"format": file_format, "compression": "gzip"},
            "manifest": [path.as_uri()],
        }
        schema = next(each for each in lines if '"receipt"' in each and '"SCHEMA"' in each)
        assert len(expand_batches([schema, json.dumps(message)])) == 1 + BATCH_SIZE
