"""Progress of a run: log lines, summary, metrics, progress bar."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import subprocess
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import ApiVariant, Fault, JobFault
from intercom_simulator.api_variant import Member
from tests.harness.singer import clean_environment, command, discover_in_process, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.fixture_types import Configure, Simulate

TAP_PREFIX = "tap-intercom-export            | "
"""Prefix of the tap's log lines."""


def log_lines(log: str) -> list[str]:
    return [line.partition(TAP_PREFIX)[2] for line in log.splitlines() if TAP_PREFIX in line]


def metrics_of(log: str) -> list[dict[str, Any]]:
    lines = [line.partition("METRIC: ")[2] for line in log.splitlines() if "METRIC: " in line]
    return [json.loads(line) for line in lines]


def test_run_logs_plan_progress_and_summary(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(
        receipts=250, days=40, job_faults=[JobFault(job_number=2, ends_as="failed")]
    )
    output = run_tap(configure(simulator, window_days=14))
    lines = log_lines(output.log)
    assert len(simulator.jobs) == 4
    (begin,) = [line for line in lines if line.startswith("Exporting")]
    assert begin.endswith("in 3 windows of up to 14 d, with 7 d of lookback; 41 streams")
    written = [line for line in lines if line.startswith("Everything up to")]
    assert [re.findall(r"window \d of \d \(\d+ %\)", line) for line in written] == [
        ["window 1 of 3 (34 %)"],
        ["window 2 of 3 (68 %)"],
        ["window 3 of 3 (100 %)"],
    ]
    assert all("left" in line for line in written[:2])
    assert "left" not in written[2]
    (done,) = [line for line in lines if line.startswith("Done after")]
    assert done.endswith("3 windows written, 0 shortened; 4 jobs created, 0 resumed, 1 failed")
    counts = Counter(m["stream"] for m in output.messages if m["type"] == "RECORD")
    table = dict(re.findall(r"(?m)^  (\w+) +([\d,]+)$", "\n".join(lines)))
    assert {name: int(text.replace(",", "")) for name, text in table.items()} == counts
    (total,) = [line for line in lines if line.startswith("Written:")]
    assert f"{counts.total():,} rows in {len(counts)} streams" in total
    of_files = counts.total() - counts["content_export"]
    assert written[2].endswith(f"{of_files:,} rows so far")
    assert log_lines(output.log.splitlines()[-1]) == [lines[-1]], "the summary comes last"
    assert lines[-1].startswith("Bookmark of 41 streams")


def test_metrics_have_one_line_per_stream_and_run(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=250, days=40)
    output = run_tap(configure(simulator, window_days=7))
    found = metrics_of(output.log)
    names = Counter((point["metric"], point["tags"].get("stream")) for point in found)
    assert names["record_count", "receipt"] == 1
    counts = Counter(m["stream"] for m in output.messages if m["type"] == "RECORD")
    recorded = {
        point["tags"]["stream"]: point["value"]
        for point in found
        if point["metric"] == "record_count" and point["value"]
    }
    assert recorded == counts
    assert ("export_job_count", "content_export") in names
    (size,) = [point["value"] for point in found if point["metric"] == "download_bytes"]
    assert size == sum(e["download_bytes"] for e in output.records("content_export")) > 0


def test_debug_has_all_metrics_and_metrics_have_separate_level(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=50, days=20)
    config = configure(simulator, window_days=7)
    for variables, expected in (
        ({"TAP_INTERCOM_EXPORT_METRICS_LOGLEVEL": "warning"}, 0),
        ({"TAP_INTERCOM_EXPORT_METRICS_LOGLEVEL": "debug", "LOGLEVEL": "debug"}, 1 + 4),
    ):
        with command(config=config) as tap:
            log = subprocess.run(
                tap,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=True,
                env=clean_environment() | variables,
            ).stderr
        found = [
            point
            for point in metrics_of(log)
            if point["tags"].get("stream") == "receipt" and point["metric"] == "record_count"
        ]
        assert len(found) == expected, found
    with command(config=config) as tap:
        variables = {"TAP_INTERCOM_EXPORT_METRICS_LOGLEVEL": "loud"}
        done = subprocess.run(
            tap, capture_output=True, text=True, check=False, env=clean_environment() | variables
        )
    assert done.returncode == 2
    assert "TAP_INTERCOM_EXPORT_METRICS_LOGLEVEL: must be one of" in done.stderr


def test_report_log_lines_name_dataset(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, days=20, conversations=60)
    config = configure(simulator, reporting_datasets=["call", "tickets"])
    catalog = select(discover_in_process(config), "reporting_call", "reporting_tickets")
    output = run_tap(config, catalog=catalog)
    jobs = [line for line in log_lines(output.log) if "ob " in line and "Done" not in line]
    assert jobs
    assert all(re.match(r"reporting_(call|tickets): ", line) for line in jobs), jobs
    for name in ("reporting_call", "reporting_tickets"):
        *_, last = [
            line for line in log_lines(output.log) if line.startswith(f"{name}: Everything up")
        ]
        written = len(output.records(name))
        assert written > 1
        assert last.endswith(f" {written} rows so far"), last


def test_content_export_has_monitoring_columns(simulate: Simulate, configure: Configure) -> None:
    damaged = Member("other_{stamp}.csv", b"a,b\n1,2\n3\n4,5,6\n")
    simulator = simulate(
        receipts=50,
        days=30,
        job_seconds=0.3,
        variant=ApiVariant(extra_members=(damaged,)),
        job_faults=[JobFault(job_number=2, ends_as="failed")],
    )
    output = run_tap(configure(simulator, window_days=20, lookback_days=5))
    first, second = output.records("content_export")
    assert (first["tries"], second["tries"]) == (1, 2)
    assert first["lookback_seconds"] == 0
    assert 5 * 86_400 <= second["lookback_seconds"] <= 5 * 86_400 + 1
    assert 0.3 <= first["seconds_waited"] < 30
    assert second["seconds_waited"] >= 0.3
    rejected = Counter(row["job_identifier"] for row in output.records("rejected_row"))
    assert rejected
    for record in (first, second):
        assert record["rejected_rows"] == rejected[record["job_identifier"]]


def test_heartbeat_is_logged_every_minute(
    simulate: Simulate, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tap_intercom_export.exports import polling  # noqa: PLC0415 - to shorten its pause
    from tests.harness.singer import run_in_process  # noqa: PLC0415 - in this process

    assert polling.HEARTBEAT_SECONDS <= 60
    monkeypatch.setattr(polling, "HEARTBEAT_SECONDS", 0.2)
    simulator = simulate(receipts=10, days=5, job_seconds=1.5)
    config = configure(simulator, poll_interval_seconds=5, poll_max_interval_seconds=5)
    config["job_timeout_minutes"] = 1
    log = run_in_process(config).log
    beats = [line for line in log.splitlines() if "s so far, at most" in line]
    assert len(beats) >= 5, "though it looks at the job only every five seconds"


def test_full_disk_error_of_stdout_names_stdout(
    simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    simulator = simulate(receipts=400, days=20)
    out = tmp_path / "out"
    with command(config=configure(simulator)) as tap, out.open("w") as file:
        done = subprocess.run(
            tap,
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            preexec_fn=small_disk,
            env=clean_environment(),
        )
    (line,) = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert "cannot be written to stdout: File too large" in line
    assert "OSError" not in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("expected", [True, False])
def test_activate_version_can_be_disabled(
    simulate: Simulate, configure: Configure, *, expected: bool
) -> None:
    config = configure(simulate(receipts=10), emit_activate_version_messages=expected)
    output = run_tap(config, catalog=select(discover_in_process(config), "content_import_source"))
    kinds = Counter(message["type"] for message in output.messages)
    assert kinds["RECORD"] == 24
    assert kinds["ACTIVATE_VERSION"] == expected
    assert any("version" in m for m in output.messages if m["type"] == "RECORD") == expected


@pytest.mark.parametrize("orchestrated", [False, True], ids=["terminal", "under Meltano"])
def test_terminal_gets_bar_and_meltano_gets_lines(
    simulate: Simulate, configure: Configure, *, orchestrated: bool
) -> None:
    simulator = simulate(receipts=50, days=20, job_seconds=0.5)
    config = configure(simulator, window_days=7)
    config.pop("NO_PROXY", None)
    environment = {
        k: v for k, v in clean_environment().items() if k not in {"CI", "AIRFLOW_HOME", "NO_COLOR"}
    } | {"TERM": "xterm", "COLUMNS": "120"}
    if orchestrated:
        environment["MELTANO_EXTRACTOR_NAME"] = "tap-intercom-export"
    main, side = pty.openpty()
    shown = bytearray()

    def read() -> None:
        while True:
            try:
                data = os.read(main, 65_536)
            except OSError:
                return
            if not data:
                return
            shown.extend(data)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with command(config=config) as tap:
        status = subprocess.run(
            tap, stdout=subprocess.DEVNULL, stderr=side, check=False, env=environment
        ).returncode
    os.close(side)
    time.sleep(0.2)
    os.close(main)
    text = shown.decode()
    assert status == 0
    assert ("\u2501" in text) != orchestrated, "the bar"
    assert ("METRIC" in text) == orchestrated, "metrics are for programs"
    assert ("s so far, at most 1 d" in text) == orchestrated or "\r" in text
    assert "Done after" in text


def test_failed_run_logs_progress(simulate: Simulate, configure: Configure) -> None:
    fault = Fault("create", status=403, skip=1, times=None, body={"errors": [{"code": "no"}]})
    simulator = simulate(receipts=50, days=20, faults=[fault])
    output = run_tap(configure(simulator, window_days=7), check=False)
    lines = log_lines(output.log)
    assert output.exit_code == 3
    assert any(
        line.startswith("Ended by an error after") and "1 window written" in line for line in lines
    )
    assert "ERROR" in output.log.splitlines()[-1], "the error stays the last line"
