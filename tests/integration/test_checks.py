"""Checks before the first export job, and the output of `--test`."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Fault
from tests.harness.singer import clean_environment, command, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.fixture_types import Configure, Simulate
    from tests.harness.singer import Output


SCOPES = ("export_content_data", "export_reporting_data")
FORBIDDEN = {"type": "error.list", "errors": [{"code": "forbidden", "message": "Not allowed."}]}


def warnings_of(output: Output) -> list[str]:
    return [line for line in output.log.splitlines() if "WARNING" in line]


def errors_of(log: str) -> list[str]:
    return [line for line in log.splitlines() if "ERROR" in line or "CRITICAL" in line]


def run_with(
    config: dict[str, Any],
    *arguments: str,
    catalog: dict[str, Any] | None = None,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    with command(config=config, catalog=catalog) as tap:
        return subprocess.run(
            [*tap, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment() | variables,
        )


# What is selected


def test_no_selected_stream_is_a_warning(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(receipts=10, days=5)
    output = run_tap(configure(simulator), catalog=select(catalog, "no such stream"))
    assert simulator.requests == []
    assert any("No stream is selected" in line for line in warnings_of(output))


def test_selected_stream_or_property_that_does_not_exist_is_a_warning(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    chosen = select(catalog, "receipt")
    entry = next(e for e in chosen["streams"] if e["tap_stream_id"] == "receipt")
    entry["metadata"].append(
        {"breadcrumb": ["properties", "recieved_at"], "metadata": {"selected": True}}
    )
    chosen["streams"].append(
        {**json.loads(json.dumps(entry)), "tap_stream_id": "clik", "stream": "clik"}
    )
    output = run_tap(configure(simulate(receipts=10, days=5)), catalog=chosen)
    found = "\n".join(warnings_of(output))
    assert "the stream 'clik', which does not exist; did you mean click" in found
    assert "'recieved_at' of the stream 'receipt', which does not exist; did you mean" in found
    assert "received_at" in found


def test_select_rule_of_meltano_that_matches_nothing_is_a_warning(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    rules = ["receipt.*", "opn.*", "!receipt.user_eid", "*.created_at", "*.*"]
    done = run_with(
        configure(simulate(receipts=10, days=5)),
        catalog=select(catalog, "receipt"),
        TAP_INTERCOM_EXPORT__SELECT=json.dumps(rules),
    )
    assert done.returncode == 0
    found = [line for line in done.stderr.splitlines() if "select rule" in line]
    assert len(found) == 2
    assert "'opn.*' matches nothing; did you mean open" in found[0]
    assert "'!receipt.user_eid' matches nothing; did you mean" in found[1]
    assert "user_id" in found[1]


def test_bookmark_later_than_now_is_a_warning(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    state = {
        "bookmarks": {
            "receipt": {"replication_key": "created_at", "replication_key_value": "2199-01-01"}
        }
    }
    config = configure(simulate(receipts=10, days=5))
    output = run_tap(config, state=state, catalog=select(catalog, "receipt"))
    (line,) = [line for line in warnings_of(output) if "later than now" in line]
    assert "The bookmark of receipt, 2199-01-01" in line


# Stream maps


@pytest.mark.parametrize(
    "stream_maps",
    [
        pytest.param({"click": {"user_id": "None"}}, id="of a deselected stream"),
        pytest.param({"*": {"added": "'text'"}}, id="of all streams"),
    ],
)
def test_stream_maps_apply_only_to_selected_streams(
    simulate: Simulate,
    configure: Configure,
    catalog: dict[str, Any],
    stream_maps: dict[str, Any],
) -> None:
    simulator = simulate(receipts=20, days=5)
    config = configure(simulator, stream_maps=stream_maps)
    output = run_tap(config, catalog=select(catalog, "receipt"))
    records = output.records("receipt")
    assert len(records) == simulator.workspace.counts(simulator.clock.now())["receipt"] > 0
    assert all(record.get("added") == "text" for record in records) == ("*" in stream_maps)


def test_map_for_all_streams_does_not_select_more_streams(
    simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(receipts=20, days=5), stream_maps={"*": {"added": "'text'"}})
    assert "external_page" not in run_tap(config).streams


def test_invalid_stream_map_is_configuration_error(
    simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(receipts=20, days=5), stream_maps={"receipt": {"x": "1 +"}})
    output = run_tap(config, check=False)
    (line,) = errors_of(output.log)
    assert "stream_maps" in line
    assert output.exit_code == 2


# Before the first job


def test_unusable_temporary_directory_is_an_error_that_names_it(
    simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=10, days=5)
    done = run_with(configure(simulator), TMPDIR=str(tmp_path / "nowhere"))
    (line,) = errors_of(done.stderr)
    assert "TMPDIR" in line
    assert str(tmp_path / "nowhere") in line
    assert done.returncode == 2
    assert simulator.jobs == []


@pytest.mark.parametrize(
    ("batch_format", "root", "module", "package"),
    [
        pytest.param(
            "parquet", "file:///tmp", "pyarrow", "tap-intercom-export[parquet]", id="parquet"
        ),
        pytest.param("jsonl", "s3://bucket/x", "s3fs", "tap-intercom-export[s3]", id="s3"),
    ],
)
def test_missing_batch_package_is_reported_before_first_job(
    simulate: Simulate,
    configure: Configure,
    tmp_path: Path,
    batch_format: str,
    root: str,
    module: str,
    package: str,
) -> None:
    if importlib.util.find_spec(module):  # hide it from the process
        hidden = f"import sys\nsys.modules[{module!r}] = None\n"
        (tmp_path / "sitecustomize.py").write_text(hidden)
    simulator = simulate(receipts=10, days=5)
    batch = {"encoding": {"format": batch_format}, "storage": {"root": root}}
    done = run_with(configure(simulator, batch_config=batch), PYTHONPATH=str(tmp_path))
    (line,) = errors_of(done.stderr)
    assert module in line
    assert package in line
    assert done.returncode == 2
    assert simulator.jobs == []


def test_unknown_custom_object_type_is_reported_before_first_job(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10, days=5)
    config = configure(simulator, custom_object_types=["Order", "Odrer"])
    output = run_tap(config, check=False)
    (line,) = errors_of(output.log)
    assert "custom_object_types" in line
    assert "'Odrer'" in line
    assert output.exit_code == 2
    assert simulator.jobs == []


def test_forbidden_list_is_reported_before_first_job(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(
        receipts=10, days=5, faults=[Fault("ai_pages", times=None, status=403, body=FORBIDDEN)]
    )
    output = run_tap(
        configure(simulator), catalog=select(catalog, "receipt", "external_page"), check=False
    )
    (line,) = errors_of(output.log)
    assert "external_page" in line
    assert output.exit_code == 3
    assert simulator.jobs == []


def test_deselected_lists_are_not_requested(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(receipts=10, days=5)
    config = configure(simulator, custom_object_types=["Odrer"])
    run_tap(config, catalog=select(catalog, "receipt"))
    assert {request.path.split("/")[1] for request in simulator.requests} == {"export", "download"}


# --test


def test_test_option_reports_each_part(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, days=5)
    config = configure(simulator, reporting_datasets=["*"], custom_object_types=["Order"])
    done = run_with(config, "--test", PYTHONIOENCODING="utf-8")
    assert done.returncode == 0, done.stderr
    rows = {line[2:35].split("  ")[0].strip(): line for line in done.stdout.splitlines()}
    for name in (
        "Host",
        "Token",
        "Message export",
        "Reporting export",
        "AI content: external_page",
        "Custom object: Order",
        "API version",
        "Temporary space",
    ):
        assert rows[name].startswith("\u2713"), rows[name]
    assert "GB free" in rows["Temporary space"]
    assert simulator.jobs == []
    assert simulator.reporting_jobs == []
    assert {request.method for request in simulator.requests} == {"GET"}


class _SlowClockServer(BaseHTTPRequestHandler):
    """A server whose clock is two hours behind and that responds with 404."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) - 7200)

    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b'{"errors": [{"code": "not_found"}]}')

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - name of the base class
        """Log nothing."""


def test_test_option_reports_clock_skew() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _SlowClockServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        config = {"access_token": "t", "start_date": "2026-01-01", "api_url": url}
        done = run_with(config, "--test", PYTHONIOENCODING="utf-8", NO_PROXY="127.0.0.1")
        server.shutdown()
    (line,) = [line for line in done.stdout.splitlines() if line[2:].startswith("Clock")]
    assert line.startswith("!")
    assert re.search(r"7(19\d|20\d) s ahead of Intercom's", line)
    assert done.returncode == 0, done.stdout + done.stderr


def test_test_option_uses_ascii_on_ascii_terminals(
    simulate: Simulate, configure: Configure
) -> None:
    done = run_with(configure(simulate(receipts=10, days=5)), "--test", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "ok" in done.stdout


@pytest.mark.parametrize(
    ("scopes", "settings", "status", "failing"),
    [
        pytest.param((), {}, 3, ["Message export"], id="nothing allowed"),
        pytest.param(SCOPES[:1], {}, 0, [], id="messages alone"),
        pytest.param(
            SCOPES[:1],
            {"reporting_datasets": ["call"]},
            3,
            ["Reporting export"],
            id="reports wanted and not allowed",
        ),
        pytest.param(SCOPES[1:], {"reporting_datasets": ["call"]}, 0, [], id="reports alone"),
        pytest.param(
            SCOPES,
            {"reporting_datasets": ["cal"]},
            2,
            ["Reporting export"],
            id="a dataset that does not exist",
        ),
        pytest.param(
            SCOPES,
            {"custom_object_types": ["Order", "Odrer"]},
            2,
            ["Custom object: Odrer"],
            id="a type that does not exist",
        ),
        pytest.param(SCOPES, {"api_version": "1.9"}, 2, ["API version"], id="a wrong version"),
    ],
)
def test_exit_status_depends_on_selected_streams(
    simulate: Simulate,
    configure: Configure,
    scopes: tuple[str, ...],
    settings: dict[str, Any],
    status: int,
    failing: list[str],
) -> None:
    simulator = simulate(receipts=10, days=5, scopes=scopes)
    done = run_with(configure(simulator, **settings), "--test", PYTHONIOENCODING="utf-8")
    assert done.returncode == status, done.stdout + done.stderr
    marked = [line for line in done.stdout.splitlines() if line.startswith("\u2717")]
    for name in failing:
        assert any(line[2:].startswith(name) for line in marked), done.stdout
        assert any(name in line for line in errors_of(done.stderr))
    assert bool(marked) == bool(failing)


@pytest.mark.parametrize("order", [("--catalog", "--test"), ("--test", "--catalog")])
def test_test_option_checks_selected_streams(
    simulate: Simulate,
    configure: Configure,
    catalog: dict[str, Any],
    tmp_path: Path,
    order: tuple[str, str],
) -> None:
    simulator = simulate(receipts=10, days=5, scopes=())
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(select(catalog, "external_page")))
    options = {"--catalog": ["--catalog", str(file)], "--test": ["--test"]}
    arguments = [part for name in order for part in options[name]]
    done = run_with(configure(simulator), *arguments, PYTHONIOENCODING="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_invalid_token_is_one_log_line(simulate: Simulate, configure: Configure) -> None:
    config = configure(simulate(receipts=10, days=5), access_token="wrong")  # noqa: S106 - not a real token
    done = run_with(config, "--test")
    (line,) = errors_of(done.stderr)
    assert "Token: Intercom refused the token" in line
    assert done.returncode == 3
