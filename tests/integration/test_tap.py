"""The tap as a program: the SDK's tests, command line, selection, stream maps."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from intercom_simulator import ApiVariant, Clock, Member, Mutation, Simulator
from intercom_simulator.columns import ASSUMED_FILES
from tap_intercom_export.errors import TapError
from tap_intercom_export.tap import TapIntercomExport
from tests.harness.expected_rows import differences, expected
from tests.harness.singer import Output, clean_environment, discover_in_process, run_tap, select
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness.fixture_types import Configure, Simulate

# The SDK's tests want a configuration when this module is imported, and the streams: the simulator
# has to answer for those of the reporting datasets.
SIMULATOR = Simulator(
    receipts=250,
    days=20,
    end=END,
    conversations=30,
    clock=Clock(END, running=False),
    variant=ApiVariant(
        extra_members=(Member("hologram_view{stamp}.csv", b"receipt_id,seen_at\n1,2025-05-20\n"),),
        mutations=(Mutation("receipt", line=1, keep_cells=3),),
    ),
).start()
CONFIG = {
    "access_token": SIMULATOR.token,
    "api_url": SIMULATOR.url,
    "start_date": f"{END - timedelta(days=21):%Y-%m-%dT%H:%M:%SZ}",
    "end_date": f"{END:%Y-%m-%dT%H:%M:%SZ}",
    "poll_interval_seconds": 0.02,
    "reporting_datasets": ["admin_status_change"],  # the one with few columns: each is many tests
    "custom_object_types": ["Order"],
}


@pytest.fixture(scope="module", autouse=True)
def _simulator_ends() -> Iterator[None]:
    yield
    SIMULATOR.stop()


TestSdk = get_tap_test_class(
    TapIntercomExport,
    config=CONFIG,
    catalog=select(
        discover_in_process(CONFIG)
    ),  # the SDK's dry run selects all streams, without it
    # with a limit it would be a dry run, which starts no job and so has no records
    suite_config=SuiteConfig(max_records_limit=None),
    parse_env_config=False,
)

# The columns of these files come from the file itself, and so do their last SCHEMAs.
ASSUMED_STREAMS = {file.name for file in ASSUMED_FILES}
SAME_SCHEMA = "test_tap_stream_record_schema_matches_transformed_catalog"
TestSdk.params[SAME_SCHEMA] = [
    p for p in TestSdk.params[SAME_SCHEMA] if p.id not in ASSUMED_STREAMS
]


def offline(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Return a function that runs the tap without configuration and without a network."""
    nowhere = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere)
    return subprocess.run(
        [sys.executable, "-m", "tap_intercom_export", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**clean_environment(), **proxies, **variables},
    )


def error_lines(output: Output) -> list[str]:
    return [line for line in output.log.splitlines() if "ERROR" in line]


def test_discover_needs_no_configuration() -> None:
    done = offline("--discover")
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["streams"]) > 40


def test_about_needs_no_configuration() -> None:
    done = offline("--about", "--format=json")
    assert done.returncode == 0
    about = json.loads(done.stdout)
    assert about["name"] == "tap-intercom-export"
    assert about["settings"]["properties"]["access_token"]["secret"]


def test_every_setting_is_described() -> None:
    about = json.loads(offline("--about", "--format=json").stdout)
    for name, setting in about["settings"]["properties"].items():
        assert setting.get("description"), name


def test_version_needs_no_configuration() -> None:
    done = offline("--version")
    assert done.returncode == 0
    assert "tap-intercom-export v" in done.stdout + done.stderr


def test_console_script_equals_module() -> None:
    program = Path(sys.executable).with_name("tap-intercom-export")
    done = subprocess.run(
        [program, "--discover"], capture_output=True, text=True, check=True, env=clean_environment()
    )
    assert done.stdout == offline("--discover").stdout


def test_sync_without_configuration_names_what_is_missing() -> None:
    done = offline()
    assert done.returncode == 2
    assert "access_token" in done.stderr
    assert "start_date" in done.stderr
    assert "No --config is given" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [(), ("--test",), ("--config",)], ids=["run", "test", "file"])
def test_settings_in_the_environment_without_config_env_are_named(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"start_date": "2026-01-01"}')
    files = (str(path),) if "--config" in arguments else ()
    done = offline(*arguments, *files, TAP_INTERCOM_EXPORT_ACCESS_TOKEN=SIMULATOR.token)
    assert done.returncode == 2
    assert (
        "TAP_INTERCOM_EXPORT_ACCESS_TOKEN: set in the environment, which is read only with "
        "--config=ENV"
    ) in done.stderr.splitlines()[-1]
    assert SIMULATOR.token not in done.stderr


def test_json_that_is_no_catalog_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    path.write_text('{"bookmarks": {}}')
    config = {f"TAP_INTERCOM_EXPORT_{name.upper()}": str(value) for name, value in CONFIG.items()}
    done = offline("--config=ENV", "--catalog", str(path), **config)
    assert done.returncode == 2
    assert "The catalog has no streams" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("option", ["--config", "--state", "--catalog"])
@pytest.mark.parametrize(
    ("content", "wrong"),
    [("", "is empty"), ('{"type": "SCHEMA"}\n{"type": "STATE"}\n', "is not JSON")],
    ids=["empty", "two lines"],
)
def test_invalid_json_file_error_has_name(
    option: str, content: str, wrong: str, tmp_path: Path
) -> None:
    path = tmp_path / "given.json"
    path.write_text(content)
    done = offline(option, str(path))
    assert done.returncode == 2
    line = done.stderr.splitlines()[-1]
    assert f"The file of {option}, {path}, {wrong}" in line


def test_config_that_is_not_an_object_error_has_name(tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    path.write_text('["access_token"]')
    assert f"--config, {path}, is JSON, but not an object" in offline(f"--config={path}").stderr


@pytest.mark.parametrize(
    "state",
    [{"type": "STATE", "value": {"bookmarks": {}}}, {"bookmarks": None}, ["bookmarks"]],
    ids=["a whole line", "null", "an array"],
)
def test_state_without_bookmarks_is_refused(state: Any) -> None:
    with pytest.raises(TapError, match="The state has no bookmarks"):
        TapIntercomExport(config=dict(CONFIG), state=state)


@pytest.mark.parametrize("entry", ["2026-01-01T00:00:00Z", None, ["x"], 5])
def test_state_with_damaged_bookmark_is_refused(entry: Any) -> None:
    state = {"bookmarks": {"receipt": entry, "open": {}}}
    with pytest.raises(TapError, match="The state has no object for receipt,"):
        TapIntercomExport(config=dict(CONFIG), state=state)


def test_state_in_state_message_is_read() -> None:
    with pytest.raises(TapError, match="here below 'value'"):
        TapIntercomExport(config=dict(CONFIG), state={"value": {"bookmarks": {}}})


@pytest.mark.parametrize("state", [None, {}, {"bookmarks": {}}])
def test_state_may_be_empty(state: dict[str, Any] | None) -> None:
    assert not TapIntercomExport(config=dict(CONFIG), state=state).state.get("bookmarks")


@pytest.mark.parametrize("variable", ["TAP_INTERCOM_EXPORT_LOGLEVEL", "LOGLEVEL"])
def test_invalid_log_level_error_names_variable(variable: str) -> None:
    done = offline("--version", **{variable: "verbose"})
    assert done.returncode == 2
    assert done.stderr == (
        f"{variable}: must be one of debug, info, warning, error, critical, not 'verbose'\n"
    )


def test_closed_stdout_is_reported_in_one_line() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tap_intercom_export", "--discover"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    ) as tap:
        assert tap.stdout
        assert tap.stderr
        tap.stdout.close()
        *others, line = tap.stderr.read().splitlines()
    assert tap.returncode == 1
    assert "stdout was closed by its reader" in line
    assert not [other for other in others if "EOL" not in other and "warn" not in other]


@pytest.mark.parametrize("level", ["info", "debug"])
def test_log_omits_sdk_lines_about_streams_and_settings(
    simulate: Simulate, configure: Configure, level: str
) -> None:
    simulator = simulate(receipts=10, days=5)
    settings = configure(simulator, poll_interval_seconds=1)
    variables = {f"TAP_INTERCOM_EXPORT_{name.upper()}": str(v) for name, v in settings.items()}
    variables |= {"LOGLEVEL": level, "PYTHONWARNINGS": "default", "NO_PROXY": "127.0.0.1"}
    log = offline("--config=ENV", **variables).stderr
    assert "Everything up to" in log
    for noise in ("Parsing", "Skipping", "Selection metadata", "parent stream", "ResourceWarning"):
        assert noise not in log


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
    config = configure(simulator, access_token="not-the-token")  # noqa: S106 - it opens nothing
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
    secret = "very-secret-token"  # noqa: S105 - nor does this
    simulator = simulate(receipts=60, days=5, token=secret)
    output = run_tap(configure(simulator))
    assert secret not in output.log
    assert not any(secret in line for line in output.lines)


def test_one_job_feeds_all_streams(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(days=20)
    output = run_tap(configure(simulator))
    assert len(simulator.jobs) == 1
    assert simulator.jobs[0].downloads == 1
    (export,) = output.records("content_export")
    assert export["job_identifier"] == simulator.jobs[0].identifier
    counts = simulator.workspace.counts(simulator.clock.now())
    assert export["rows"] == {name: count for name, count in counts.items() if count}
    assert export["row_count"] == sum(counts.values())
    assert export["status"] == "completed"


def test_unselected_parent_still_feeds_its_children(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(days=40)
    config = configure(simulator)
    output = run_tap(config, catalog=select(catalog, "open", "click"))
    assert {message["stream"] for message in output.messages if message["type"] == "RECORD"} == {
        "open",
        "click",
    }
    assert output.streams == {"open", "click"}
    for statistic in ("open", "click"):
        truth = expected(simulator, statistic, simulator.clock.now())
        assert differences(statistic, truth, output.loaded(statistic)) == []
    assert {output.bookmarks["open"], output.bookmarks["click"]} == {config["end_date"]}


def test_single_child_stream_can_be_selected(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(days=20)
    output = run_tap(configure(simulator), catalog=select(catalog, "answer_combined"))
    assert output.streams == {"answer_combined"}
    truth = expected(simulator, "answer_combined", simulator.clock.now())
    assert differences("answer_combined", truth, output.loaded("answer_combined")) == []


def test_parent_stream_alone_can_be_selected(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(days=40)
    output = run_tap(configure(simulator), catalog=select(catalog, "content_export"))
    assert output.streams == {"content_export"}
    assert len(output.records("content_export")) == len(simulator.jobs) > 1


def test_deselected_column_is_omitted(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(days=20)
    chosen = select(catalog, "receipt", deselected=["receipt.email", "receipt.name"])
    output = run_tap(configure(simulator), catalog=chosen)
    assert all("email" not in schema["properties"] for schema in output.schemas("receipt"))
    assert all({"email", "name"}.isdisjoint(record) for record in output.records("receipt"))
    assert {record["receipt_id"] for record in output.records("receipt")} == {
        row["receipt_id"] for row in expected(simulator, "receipt", simulator.clock.now())
    }


def test_stream_maps_change_records(simulate: Simulate, configure: Configure) -> None:
    maps = {
        "receipt": {
            "email": None,
            "domain": "email.split('@')[-1] if email else None",
            "__filter__": "content_type == 'Email'",
        },
        "open": {"__alias__": "opened"},
        "click": None,
    }
    simulator = simulate(days=20)
    output = run_tap(configure(simulator, stream_maps=maps))
    emails = [
        row
        for row in expected(simulator, "receipt", simulator.clock.now())
        if row["content_type"] == "Email"
    ]
    assert emails
    assert sorted((r["receipt_id"], r["domain"]) for r in output.records("receipt")) == sorted(
        (row["receipt_id"], row["email"].split("@")[-1] if row["email"] else None) for row in emails
    )
    assert all("email" not in record for record in output.records("receipt"))
    assert output.records("opened")
    assert {"open", "click"}.isdisjoint(output.streams)


def test_new_column_reaches_a_mapped_stream(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(days=20, variant=ApiVariant(added_columns=(("open", "client", "Mail"),)))
    output = run_tap(configure(simulator, stream_maps={"open": {"__alias__": "opened"}}))
    assert {record["client"] for record in output.records("opened")} == {"Mail"}


def test_flattening_leaves_no_objects(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(days=20)
    settings = {"flattening_enabled": True, "flattening_max_depth": 1}
    output = run_tap(configure(simulator, **settings))
    for stream in output.streams:
        for record in output.records(stream):
            assert not any(isinstance(value, dict) for value in record.values()), stream
    assert len(output.loaded("answer_combined")) == len(
        expected(simulator, "answer_combined", simulator.clock.now())
    )


def test_settings_come_from_the_environment_too(
    simulate: Simulate, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = simulate(receipts=60, days=20)
    config = configure(simulator)
    del config["poll_interval_seconds"]  # the environment takes whole seconds
    settings = {**config, "window_days": 7, "lookback_days": 0}
    for name, value in settings.items():
        monkeypatch.setenv(f"TAP_INTERCOM_EXPORT_{name.upper()}", str(value))
    done = subprocess.run(
        [sys.executable, "-m", "tap_intercom_export", "--config=ENV"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert simulator.jobs[0].before - simulator.jobs[0].after == 7 * 86_400 - 1
    assert simulator.jobs[1].after == simulator.jobs[0].before
