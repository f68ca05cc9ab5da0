"""Log lines and errors of requests: retries, insecure connections, DEBUG."""

from __future__ import annotations

import logging
import re
import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tap_intercom_export.errors import ApiError, ConfigurationError
from tap_intercom_export.intercom.client import IntercomClient
from tap_intercom_export.intercom.retry import RetryBudget
from tap_intercom_export.tap import TapIntercomExport
from tests.harness.quick_clock import QuickClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from intercom_simulator import Simulator
    from tests.harness.fixture_types import Configure, Simulate

JOB = "/export/content/data/nosuchjob"


@pytest.fixture
def connect(configure: Configure) -> Callable[..., IntercomClient]:
    """Return a function that creates a client for a simulator; it takes other settings."""

    def make(simulator: Simulator, **settings: Any) -> IntercomClient:
        tap = TapIntercomExport(config=configure(simulator, **settings), setup_mapper=False)
        return IntercomClient(tap.settings, "test", QuickClock())

    return make


def test_failed_attempt_logs_number_of_next_attempt(caplog: pytest.LogCaptureFixture) -> None:
    retry_budget = RetryBudget(QuickClock(), "GET /", max_attempts=3)
    retry_budget.failed("no answer")
    retry_budget.failed("no answer")
    assert [r.getMessage().split("(")[1] for r in caplog.records] == [
        "attempt 2 of 3)",
        "attempt 3 of 3)",
    ]


def test_no_response_error_says_what_to_check() -> None:
    with pytest.raises(ApiError, match=r"no answer\. Check the network, a proxy, api_url\."):
        RetryBudget(QuickClock(), "GET /", max_attempts=1).failed("no answer")


def test_error_response_does_not_mention_network() -> None:
    with pytest.raises(ApiError, match=r"HTTP 503$"):
        RetryBudget(QuickClock(), "GET /", max_attempts=1).failed("HTTP 503", {})


def test_firewall_that_drops_packets_is_noticed_soon(
    connect: Callable[..., IntercomClient],
    simulate: Callable[..., Simulator],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`request_timeout_seconds` is five minutes, for slow responses only."""
    monkeypatch.setattr("tap_intercom_export.intercom.client.CONNECT_TIMEOUT_SECONDS", 0.2)
    with socket.socket() as silent, ExitStack() as waiting:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        for _ in range(4):  # the kernel drops the connections that do not fit into the queue
            other = waiting.enter_context(socket.socket())
            other.settimeout(0)
            other.connect_ex(silent.getsockname())
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = connect(simulate(receipts=1), api_url=url)
        started = time.monotonic()
        with pytest.raises(ApiError, match="failed 9 times; the last time: no response"):
            client.get(JOB)
    assert time.monotonic() - started < 20


def test_port_without_tls_is_not_retried(
    simulate: Simulate,
    connect: Callable[..., IntercomClient],
    caplog: pytest.LogCaptureFixture,
) -> None:
    simulator = simulate(receipts=1, days=5)
    client = connect(simulator, api_url=simulator.url.replace("http:", "https:"))
    with pytest.raises(ConfigurationError, match=r"No secure connection to 127\.0\.0\.1:.*VERSION"):
        client.get(JOB)
    assert "retrying in" not in caplog.text


def test_request_is_logged_at_debug_without_query(
    simulate: Simulate,
    connect: Callable[..., IntercomClient],
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = connect(simulate(receipts=1, days=5))
    with (
        caplog.at_level(logging.DEBUG, "tap_intercom_export.intercom.client"),
        pytest.raises(ApiError),
    ):
        client.get(f"{JOB}?key=word")
    (line,) = [
        r.getMessage() for r in caplog.records if r.name == "tap_intercom_export.intercom.client"
    ]
    assert re.fullmatch(rf"GET {JOB}: 404 in \d+ ms", line)
