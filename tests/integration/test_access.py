"""Access to a workspace: `--test`, refused tokens and scopes, and no token in any output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness.singer import Output, run_tap

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


def error_lines(output: Output) -> list[str]:
    return [line for line in output.log.splitlines() if "ERROR" in line]


def test_test_option_requests_each_part_once_and_starts_no_job(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10, days=5)
    output = run_tap(configure(simulator), "--test", check=False)
    assert output.exit_code == 0
    assert simulator.jobs == []
    paths = [request.path for request in simulator.requests]
    assert len(paths) == len(set(paths)) == 4
    assert {request.method for request in simulator.requests} == {"GET"}
    assert not any("RECORD" in line for line in output.lines)


@pytest.mark.parametrize("arguments", [("--test",), ()], ids=["test", "sync"])
def test_invalid_token_is_reported_in_one_line(
    simulate: Simulate, configure: Configure, arguments: tuple[str, ...]
) -> None:
    simulator = simulate(receipts=10, days=5)
    config = configure(simulator, access_token="not-the-token")  # noqa: S106 - not a real token
    output = run_tap(config, *arguments, check=False)
    assert output.exit_code == 3
    (line,) = error_lines(output)
    assert "access_token" in line
    assert "as here, api_url (now http://127.0.0.1:" in line
    assert "not-the-token" not in output.log
    assert "Traceback" not in output.log
    assert simulator.jobs == []


def test_missing_scope_is_reported_in_one_line(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, days=5, scopes=())
    output = run_tap(configure(simulator), "--test", check=False)
    assert output.exit_code == 3
    (line,) = error_lines(output)
    assert "export_content_data" in line


def test_token_is_not_in_log_or_output(simulate: Simulate, configure: Configure) -> None:
    secret = "very-secret-token"  # noqa: S105 - not a real token
    simulator = simulate(receipts=60, days=5, token=secret)
    output = run_tap(configure(simulator))
    assert secret not in output.log
    assert not any(secret in line for line in output.lines)
