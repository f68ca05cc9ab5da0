"""The command line: options without a configuration, invalid files, environment variables."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.harness.singer import clean_environment

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate

TOKEN = "token-in-the-environment"  # noqa: S105 - not a real token
CONFIG = {"access_token": TOKEN, "api_url": "http://127.0.0.1:9", "start_date": "2025-05-11"}


def offline(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the tap as a process that reaches no other host.

    Args:
        arguments: Command-line arguments.
        variables: Environment variables.
    """
    nowhere = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere)
    return subprocess.run(
        [sys.executable, "-m", "tap_intercom_export", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**clean_environment(), **proxies, **variables},
    )


def test_discover_needs_no_configuration() -> None:
    done = offline("--discover", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["streams"]) > 40
    loaded = {*re.findall(r"\btap_intercom_export\.(\w+)$", done.stderr, re.MULTILINE)}
    assert "streams" in loaded
    assert loaded.isdisjoint({"archive", "checks", "exports", "intercom", "progress", "rows"})


def test_about_needs_no_configuration_and_describes_every_setting() -> None:
    done = offline("--about", "--format=json")
    assert done.returncode == 0
    about = json.loads(done.stdout)
    assert about["name"] == "tap-intercom-export"
    assert about["settings"]["properties"]["access_token"]["secret"]
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
    done = offline(*arguments, *files, TAP_INTERCOM_EXPORT_ACCESS_TOKEN=TOKEN)
    assert done.returncode == 2
    assert (
        "TAP_INTERCOM_EXPORT_ACCESS_TOKEN: set in the environment, which is read only with "
        "--config=ENV"
    ) in done.stderr.splitlines()[-1]
    assert TOKEN not in done.stderr


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
