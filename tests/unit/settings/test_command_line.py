"""The command line with invalid settings: exit status, one line of error, no request, no token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tests.unit.settings.configurations import GOOD, PREFIX, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANY_HOST = "0.0.0.0"  # noqa: S104 - reaches this machine, but is not loopback by name


class Recorder(BaseHTTPRequestHandler):
    """Responds with 404 and counts requests by User-Agent, which differs between runs."""

    request_counts: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        self.request_counts[self.headers["User-Agent"]] += 1
        body = b'{"type":"error.list","errors":[{"code":"not_found"}]}'
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - name of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the base class
        pass


@dataclass(frozen=True)
class Run:
    """A run of the tap as a process, and its expected output."""

    config: dict[str, Any]
    named: str = ""
    allowed: str = ""
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] | None = None
    host: str = "127.0.0.1"


def file_run(named: str, allowed: str, *arguments: str, **config: Any) -> Run:
    return Run(config, named, allowed, arguments)


def env_run(named: str, allowed: str, value: str) -> Run:
    return Run({}, named, allowed, (), {named: value})


RUNS = {
    "unparsable start": file_run("start_date", "ISO 8601", start_date="soon"),
    "reversed dates": file_run("end_date", "before start_date", end_date="2025-12-31"),
    "window of zero": file_run("window_days", "1 or more", window_days=0),
    "negative lookback": file_run("lookback_days", "0 or more", lookback_days=-1),
    "unknown region": file_run("region", "us, eu, au", region="mars"),
    "missing token": file_run("access_token", "required", access_token=None),
    "http to another host": Run({}, "api_url", "https://HOST", host=ANY_HOST),
    "fraction of a day": file_run("window_days", "integer", window_days=1.5),
    "token with a line end": file_run("access_token", "", "--test", access_token=f"{TOKEN}\n"),
    "window of zero, --test": file_run("window_days", "1 or more", "--test", window_days=0),
    "no number in the environment": env_run("window_days", "whole number", "ten"),
    "fraction in the environment": env_run("lookback_days", "whole number", "2.5"),
    "unknown region in the environment": env_run("region", "us, eu, au", "mars"),
}


@dataclass(frozen=True)
class Outcome:
    """Result of a run."""

    status: int
    stdout: str
    stderr: str
    requests: int
    errors: list[str] = field(default_factory=list)


def start(name: str, run: Run, port: int, folder: Path) -> Outcome:
    """Run the tap as a process in a separate folder."""
    agent = name.replace(" ", "-")
    config = {**GOOD, "api_url": f"http://{run.host}:{port}", "user_agent": agent, **run.config}
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(PREFIX) and name != "PYTHONDONTWRITEBYTECODE"
    }
    if run.environment is None:
        file = folder / f"{agent}.json"
        file.write_text(json.dumps(config))
        source = str(file)
    else:
        source = "ENV"
        settings = {**config, **run.environment}
        clean |= {PREFIX + name.upper(): value for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "tap_intercom_export", f"--config={source}", *run.arguments],
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = done.stderr.splitlines()
    errors = [line for line in lines if "ERROR" in line or "CRITICAL" in line]
    return Outcome(
        done.returncode, done.stdout, done.stderr, Recorder.request_counts[agent], errors
    )


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Start a server that records requests."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module", params=RUNS)
def invalid_run(
    request: pytest.FixtureRequest, port: int, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Outcome]:
    """Return a run with an invalid setting, and its result."""
    run = RUNS[request.param]
    return run, start(request.param, run, port, tmp_path_factory.mktemp("configuration"))


def test_invalid_setting_stops_the_command_with_one_line(invalid_run: tuple[Run, Outcome]) -> None:
    run, outcome = invalid_run
    assert outcome.status == 2
    assert len(outcome.errors) == 1, outcome.stderr
    assert f"{run.named}: " in outcome.errors[0]
    assert run.allowed in outcome.errors[0]


def test_invalid_setting_shows_no_traceback(invalid_run: tuple[Run, Outcome]) -> None:
    assert "Traceback" not in invalid_run[1].stderr


def test_invalid_setting_writes_no_message(invalid_run: tuple[Run, Outcome]) -> None:
    assert invalid_run[1].stdout == ""


def test_invalid_setting_makes_no_request(invalid_run: tuple[Run, Outcome]) -> None:
    assert invalid_run[1].requests == 0


def test_invalid_setting_does_not_show_the_token(invalid_run: tuple[Run, Outcome]) -> None:
    assert TOKEN not in invalid_run[1].stderr + invalid_run[1].stdout


def test_valid_configuration_makes_requests_without_showing_token(
    port: int, tmp_path: Path
) -> None:
    outcome = start("valid", Run({}, arguments=("--test",)), port, tmp_path)
    assert (outcome.status, outcome.requests > 0) == (0, True), outcome.stderr
    assert TOKEN not in outcome.stderr + outcome.stdout
