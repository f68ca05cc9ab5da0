"""Errors of proxies, certificates and the network: immediate, without secrets."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.singer import clean_environment, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "proxy-password"  # noqa: S105 - not a real password
CONFIG = {"access_token": "t", "start_date": "2026-01-01"}
HTTPS = {**CONFIG, "api_url": "https://api.intercom.example"}
INVALID_PROXIES = (
    "NO_PROXY",
    "no_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)


class _RefusingProxy(BaseHTTPRequestHandler):
    """A proxy that refuses all requests with 407."""

    def do_CONNECT(self) -> None:
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_CONNECT()

    def do_POST(self) -> None:
        self.do_CONNECT()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - name of the base class
        """Log nothing."""


@pytest.fixture
def refusing_proxy() -> Iterator[str]:
    """Host and port of a proxy that responds with 407."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _RefusingProxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def run(
    config: dict[str, Any], *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in clean_environment().items() if k not in INVALID_PROXIES}
    with command(config=config) as tap:
        return subprocess.run(
            [*tap, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment | variables,
            timeout=60,
        )


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if "ERROR" in line or "CRITICAL" in line]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(f"u:{PASSWORD}@proxy.example:3128", "its scheme and host", id="no scheme"),
        pytest.param(f"http://u:{PASSWORD}@proxy.example:port", "its host or port", id="bad port"),
        pytest.param(
            f"http://u:{PASSWORD}@proxy.example:99999", "its host or port", id="high port"
        ),
        pytest.param(f"socks5://u:{PASSWORD}@proxy.example:1080", "requests[socks]", id="socks"),
        pytest.param(f"ftp://u:{PASSWORD}@proxy.example:21", "http, https or socks5", id="ftp"),
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
def test_invalid_proxy_is_reported_without_retry(variable: str, value: str, reason: str) -> None:
    done = run(HTTPS, **{variable: value})
    (line,) = errors(done)
    assert variable in line
    assert reason in line
    assert PASSWORD not in done.stderr
    assert "retrying in" not in done.stderr, "it was tried again"
    assert done.returncode == 2


@pytest.mark.parametrize("url", ["https://api.intercom.example", "http://127.0.0.1:9"])
def test_refusing_proxy_is_reported_without_retry(refusing_proxy: str, url: str) -> None:
    variable = "HTTPS_PROXY" if url.startswith("https") else "http_proxy"
    done = run(
        {**CONFIG, "api_url": url}, **{variable: f"http://somebody:{PASSWORD}@{refusing_proxy}"}
    )
    (line,) = errors(done)
    assert variable in line
    assert "407" in line
    assert refusing_proxy in line
    assert PASSWORD not in done.stderr
    assert "retrying in" not in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize("content", ["no certificate\n", "", None], ids=["text", "empty", "none"])
def test_invalid_certificate_file_is_reported_without_retry(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        done = run({**CONFIG, "api_url": url}, REQUESTS_CA_BUNDLE=str(file))
    (line,) = errors(done)
    assert "REQUESTS_CA_BUNDLE" in line
    assert str(file) in line
    assert "retrying in" not in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize("reporting", [[], ["*"]], ids=["messages", "reports"])
def test_test_option_without_network_ends_within_15_seconds(reporting: list[str]) -> None:
    # accepts connections and never responds
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        done = run({**CONFIG, "api_url": url, "reporting_datasets": reporting}, "--test")
    assert time.monotonic() - started < 15
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
