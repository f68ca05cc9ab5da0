"""The command-line interface of the simulator."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = [sys.executable, "-m", "intercom_simulator"]


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    running: list[subprocess.Popen[str]] = []

    def run(*options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def startup_text(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != "}\n":
        lines.append(process.stdout.readline())
        assert lines[-1], "the simulator ended early"
    return "".join(lines)


@pytest.mark.parametrize("stop_signal", [signal.SIGINT, signal.SIGTERM])
def test_command_prints_url_and_stops_on_signal(
    start: Callable[..., subprocess.Popen[str]], stop_signal: signal.Signals
) -> None:
    process = start("--receipts", "50", "--token", "t0ken", "--verbose", "--end", "2026-03-01")
    text = startup_text(process)
    found = re.search(r"http://127\.0\.0\.1:\d+", text)
    assert found
    assert '"access_token": "t0ken"' in text
    assert "Messages: 50," in text
    url = found[0]
    assert requests.get(f"{url}/simulator/status", timeout=10).json()["counts"]["receipt"] == 50
    requests.get(f"{url}/export/content/data/x", timeout=10)
    process.send_signal(stop_signal)
    out, err = process.communicate(timeout=5)
    assert process.returncode == 0
    assert re.fullmatch(r"2026-03-01T00:00:\d\dZ GET /export/content/data/x 401\n", out)
    assert err == ""


def test_command_serves_reports_and_lists_with_options(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    options = {"conversations": "7", "ai-pages": "3", "reporting-timezone": "America/Sao_Paulo"}
    process = start(*(f"--{name}={value}" for name, value in options.items()))
    found = re.search(r"http://127\.0\.0\.1:\d+", startup_text(process))
    assert found
    status = requests.get(f"{found[0]}/simulator/status", timeout=10).json()
    assert status["reporting_counts"]["conversation"] == 7
    assert status["ai_content_counts"]["external_page"] == 3


def error_of(*options: str) -> str:
    """Run the simulator with invalid options and return its error message."""
    done = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1].removeprefix("intercom-simulator: error: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--reporting-timezone Atlantis/Capital", "Atlantis/Capital"),
        ("--port 65536", "argument --port: 65536 is more than 65535"),
        ("--port -1", "argument --port: -1 is less than 0"),
        ("--port http", "argument --port: 'http' is not a whole number"),
        ("--receipts -5", "argument --receipts: -5 is less than 0"),
        ("--conversations -5", "argument --conversations: -5 is less than 0"),
        ("--ai-pages -5", "argument --ai-pages: -5 is less than 0"),
        ("--days 0", "argument --days: 0 is less than 1"),
        ("--days 36501", "argument --days: 36501 is more than 36500"),
        ("--job-seconds -1", "argument --job-seconds: '-1' is not a number of seconds"),
        ("--job-seconds nan", "argument --job-seconds: 'nan' is not a number of seconds"),
        ("--job-seconds soon", "argument --job-seconds: 'soon' is not a number"),
        ("--start yesterday", "argument --start: 'yesterday' is not a time: "),
        ("--end 2026-13-01", "argument --end: '2026-13-01' is not a time: "),
        ("--end 9999-12-31", "argument --end: '9999-12-31' is not between 1970 and 2199"),
        (
            "--start 2026-03-02 --end 2026-03-01",
            "argument --start: must be earlier than --end, which is 2026-03-01T00:00:00Z",
        ),
        (
            "--start 2026-03-01 --end 2026-03-01T01:00+01:00",
            "argument --start: must be earlier than --end, which is 2026-03-01T00:00:00Z",
        ),
        ("--start 2199-12-31", "argument --start: must be earlier than --end, which is 20"),
    ],
)
def test_invalid_options_are_refused(options: str, message: str) -> None:
    assert message in error_of(*options.split())


def test_occupied_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        message = error_of("--port", str(port))
    assert message.startswith(f"argument --port: cannot listen on {port}: ")


def test_start_may_have_any_hour(start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start("--start", "2026-02-27T18:00:00Z", "--end", "2026-03-01", "--receipts", "0")
    text = startup_text(process)
    assert "Messages: 0," in text
    assert "from 2026-02-27 to 2026-03-01 00:00:00 UTC" in text


def test_unknown_variant_is_refused() -> None:
    helped = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)
    assert "documented_2_17" in helped.stdout
    assert "--container" in helped.stdout


def test_help_mentions_how_to_stop() -> None:
    helped = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)
    assert "runs until Ctrl-C" in " ".join(helped.stdout.split())
