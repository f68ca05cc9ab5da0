"""The simulator as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = [sys.executable, "-m", "tap_intercom_export.simulator"]


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


def greeting(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != "}\n":
        lines.append(process.stdout.readline())
        assert lines[-1], "the simulator ended early"
    return "".join(lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_stops_when_asked(
    start: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = start("--receipts", "50", "--token", "t0ken", "--verbose", "--end", "2026-03-01")
    text = greeting(process)
    found = re.search(r"http://127\.0\.0\.1:\d+", text)
    assert found
    assert '"access_token": "t0ken"' in text
    assert "Messages: 50," in text
    url = found[0]
    assert requests.get(f"{url}/simulator/status", timeout=10).json()["counts"]["receipt"] == 50
    requests.get(f"{url}/export/content/data/x", timeout=10)
    process.send_signal(number)
    out, err = process.communicate(timeout=5)
    assert process.returncode == 0
    assert re.fullmatch(r"2026-03-01T00:00:\d\dZ GET /export/content/data/x 401\n", out)
    assert err == ""


def test_it_serves_reports_and_lists_as_told(start: Callable[..., subprocess.Popen[str]]) -> None:
    options = {"conversations": "7", "ai-pages": "3", "reporting-timezone": "America/Sao_Paulo"}
    process = start(*(f"--{name}={value}" for name, value in options.items()))
    found = re.search(r"http://127\.0\.0\.1:\d+", greeting(process))
    assert found
    status = requests.get(f"{found[0]}/simulator/status", timeout=10).json()
    assert status["reporting_counts"]["conversation"] == 7
    assert status["ai_content_counts"]["external_page"] == 3


def test_it_refuses_a_zone_that_is_none() -> None:
    refused = subprocess.run(
        [*COMMAND, "--reporting-timezone", "Atlantis/Capital"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "Atlantis/Capital" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_it_knows_its_dialects() -> None:
    helped = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)
    assert "documented_2_17" in helped.stdout
    assert "--container" in helped.stdout
