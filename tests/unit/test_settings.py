"""Settings: validation before the first request, and error messages."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_intercom_export.clock import to_text
from tap_intercom_export.config import find_setting_hint
from tap_intercom_export.config.schema import CONFIG_JSONSCHEMA
from tap_intercom_export.config.settings import Settings
from tap_intercom_export.tap import TapIntercomExport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "dG9rOmFi-secret-token"  # noqa: S105 - made up
PREFIX = "TAP_INTERCOM_EXPORT_"
ANY_HOST = "0.0.0.0"  # noqa: S104 - reaches this machine, but is not loopback by name
GOOD: dict[str, Any] = {"access_token": TOKEN, "start_date": "2026-01-01"}
NEW_YEAR = 1_767_225_600
DAY = 86_400


def settings_of(**config: Any) -> Settings:
    """Return the settings of a valid configuration."""
    return TapIntercomExport(config={**GOOD, **config}).settings


def problems_of(**config: Any) -> list[str]:
    """Return the problems of a configuration; a setting with the value `...` is omitted."""
    whole = {name: value for name, value in {**GOOD, **config}.items() if value is not ...}
    with pytest.raises(ConfigValidationError) as caught:
        TapIntercomExport(config=whole)
    return list(caught.value.errors)


# --- invalid settings


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("access_token", ..., "required"),
        ("access_token", "", "required"),
        ("access_token", None, "required"),
        ("access_token", 5, "string"),
        ("start_date", ..., "required"),
        ("start_date", "soon", "ISO 8601"),
        ("start_date", "2026-02-30", "ISO 8601"),
        ("start_date", "2026-13-01", "ISO 8601"),
        ("start_date", "2026-01-01T25:00:00Z", "ISO 8601"),
        ("start_date", "01/02/2026", "ISO 8601"),
        ("start_date", "1767225600", "ISO 8601"),
        ("start_date", "2026-01-01/2026-02-01", "ISO 8601"),
        ("start_date", "now", "ISO 8601"),
        ("start_date", 20260101, "string"),
        ("start_date", "0206-01-01", "founded in 2011"),
        ("start_date", "2010-12-31T23:59:59Z", "before 2011-01-01"),
        ("end_date", "tomorrow", "ISO 8601"),
        ("end_date", "2025-12-31", "before start_date"),
        ("window_days", 0, "1 or more"),
        ("window_days", -1, "1 or more"),
        ("window_days", 1.5, "integer"),
        ("window_days", "30", "integer"),
        ("window_days", True, "integer"),
        ("lookback_days", -1, "0 or more"),
        ("lookback_days", 2.5, "integer"),
        ("region", "mars", "us, eu, au"),
        ("region", "EU", "us, eu, au"),
        ("api_version", "latest", "2.16"),
        ("api_version", "3.5", "1.x or 2.x"),
        ("api_version", "unstable", "Preview or Unstable"),
        ("api_version", 2.16, "string"),
        ("poll_interval_seconds", 0, "0.01 or more"),
        ("poll_interval_seconds", "often", "number"),
        ("poll_max_interval_seconds", 0, "0.01 or more"),
        ("job_timeout_minutes", 0, "0.001 or more"),
        ("slot_timeout_minutes", -1, "0 or more"),
        ("max_rejected_percent", -1, "0 or more"),
        ("max_rejected_percent", 101, "100 or less"),
        ("export_row_limit", 0, "1 or more"),
        ("export_row_limit", 1.5, "integer"),
        ("request_timeout_seconds", 0, "0.1 or more"),
        ("max_archive_gigabytes", 0, "0.000001 or more"),
        ("max_unpacked_gigabytes", 0, "0.000001 or more"),
        ("max_compression_ratio", 0, "1 or more"),
    ],
)
def test_invalid_value_error_has_name_and_allowed_values(
    name: str, value: Any, allowed: str
) -> None:
    (line,) = problems_of(**{name: value})
    assert line.startswith(f"{name}: ")
    assert allowed.replace("0.000001", "1e-06") in line.replace("0.000001", "1e-06")
    assert "\n" not in line


@pytest.mark.parametrize(
    "url",
    [
        "api.intercom.io",
        "ftp://127.0.0.1",
        "http://api.intercom.io",
        "http://192.168.0.1:8080",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://localhost.example.com",
        "https://",
        "https://user:password@api.intercom.io",
        "https://:password@api.intercom.io",
        "https://api.intercom.io/export",
        "https://api.intercom.io?a=b",
        "https://api.intercom.io#a",
        "https://api.intercom.io?",
        "https://api.inter com.io",
        "https://api.intercom.io:port",
        "https://api.intercom.io:0",
        "https://api.intercom.io:65536",
        "https://[::1",
    ],
)
def test_unsafe_api_url_is_refused(url: str) -> None:
    (line,) = problems_of(api_url=url)
    assert line.startswith("api_url: must be https://HOST")
    assert "without a path" in line


def test_api_url_is_shown_without_password_and_query() -> None:
    (line,) = problems_of(api_url="https://user:pa@ss@api.intercom.io/export?key=word")
    assert line.endswith("not 'https:…api.intercom.io/export?…'")


@pytest.mark.parametrize(
    "token",
    [f"{TOKEN}\n", f"{TOKEN}\r\nX: y", f"{TOKEN}€"],
    ids=["line end", "another header", "not in Latin-1"],
)
def test_token_invalid_in_header_is_refused_and_not_shown(token: str) -> None:
    (line,) = problems_of(access_token=token)
    assert line.startswith("access_token: ")
    assert TOKEN not in line


@pytest.mark.parametrize("agent", ["a\nb", "agent €"])
def test_user_agent_invalid_in_header_is_refused(agent: str) -> None:
    (line,) = problems_of(user_agent=agent)
    assert line.startswith("user_agent: ")


def test_each_invalid_setting_has_one_line() -> None:
    lines = problems_of(start_date=..., region="mars", window_days=0)
    assert sorted(line.split(":")[0] for line in lines) == ["region", "start_date", "window_days"]


def test_all_missing_settings_are_reported_together() -> None:
    lines = problems_of(access_token=..., start_date=...)
    assert sorted(line.split(":")[0] for line in lines) == ["access_token", "start_date"]


def test_invalid_end_date_does_not_hide_a_invalid_start_date() -> None:
    lines = problems_of(start_date="x", end_date="y")
    assert [line.split(":")[0] for line in lines] == ["start_date", "end_date"]


@pytest.mark.parametrize(("window", "lookback", "warned"), [(83, 7, False), (365, 7, True)])
def test_range_longer_than_90_days_is_a_warning(
    window: int, lookback: int, *, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """One public client reports a 400 that names 90 days, another one requests 365 days per job."""
    config = {**GOOD, "window_days": window, "lookback_days": lookback}
    settings = TapIntercomExport(config=config).settings
    assert (settings.window, settings.lookback) == (window * DAY, lookback * DAY)
    assert ("372 days together" in caplog.text) is warned


# --- valid settings


def test_token_and_start_date_are_sufficient() -> None:
    assert settings_of() == Settings(
        access_token=TOKEN,
        api_url="https://api.intercom.io",
        api_version="2.16",
        start=NEW_YEAR,
        end=None,
        window=30 * DAY,
        lookback=7 * DAY,
        deep_lookback=0,
        deep_lookback_every=7 * DAY,
        poll_interval=5,
        poll_max_interval=60,
        job_timeout=24 * 60 * 60,
        slot_timeout=4 * 60 * 60,
        max_rejected_percent=50,
        export_row_limit=10_000_000,
        request_timeout=300,
        reporting_timezone="UTC",
        reporting_concurrency=3,
        reporting_retention=730 * 86_400,
        max_archive_bytes=100 * 10**9,
        max_unpacked_bytes=2000 * 10**9,
        max_compression_ratio=500,
        user_agent=None,
    )


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us", "https://api.intercom.io"),
        ("eu", "https://api.eu.intercom.io"),
        ("au", "https://api.au.intercom.io"),
    ],
)
def test_each_region_has_its_host(region: str, host: str) -> None:
    assert settings_of(region=region).api_url == host


@pytest.mark.parametrize(
    "url",
    [
        "https://intercom.example",
        "https://intercom.example:8443",
        "http://127.0.0.1:8080",
        "http://localhost",
        "http://[::1]:8080",
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_trailing_slash_of_api_url_is_removed(url: str, slash: str) -> None:
    assert settings_of(region="eu", api_url=url + slash).api_url == url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01", NEW_YEAR),
        ("2026-01-01T00:00:00Z", NEW_YEAR),
        ("2026-01-01T00:00:00", NEW_YEAR),
        ("2026-01-01 12:00:00", NEW_YEAR + DAY // 2),
        ("2026-01-01T01:00:00+01:00", NEW_YEAR),
        ("2026-01-01T00:00:00.999Z", NEW_YEAR),
    ],
)
def test_date_without_offset_is_utc(text: str, expected: int) -> None:
    assert settings_of(start_date=text).start == expected
    assert settings_of(start_date="2025-01-01", end_date=text).end == expected


def test_year_of_intercoms_foundation_is_accepted() -> None:
    settings = settings_of(start_date="2011-01-01")
    assert settings.start == NEW_YEAR - (15 * 365 + 4) * DAY  # 2012, 2016, 2020 and 2024 are leap


def test_year_has_four_digits_in_state() -> None:
    first_of_206 = datetime(206, 1, 1, tzinfo=timezone.utc)
    assert to_text(first_of_206.timestamp()) == "0206-01-01T00:00:00Z"


def test_start_may_be_the_end() -> None:
    settings = settings_of(end_date=GOOD["start_date"])
    assert settings.start == settings.end == NEW_YEAR


@pytest.mark.parametrize("version", ["2.16", "2.5", "1.4", "Preview", "Unstable"])
def test_api_version_is_sent_unchanged(version: str) -> None:
    assert settings_of(api_version=version).api_version == version


def test_times_may_have_a_fraction_in_a_configuration() -> None:
    settings = settings_of(
        poll_interval_seconds=0.25, job_timeout_minutes=0.5, request_timeout_seconds=1.5
    )
    assert (settings.poll_interval, settings.job_timeout) == (0.25, 30)
    assert settings.request_timeout == 1.5


def test_maximum_pause_is_not_shorter_than_first_pause() -> None:
    settings = settings_of(poll_interval_seconds=90, poll_max_interval_seconds=10)
    assert settings.poll_max_interval == 90


@pytest.mark.parametrize("name", ["end_date", "api_url", "user_agent", "region", "window_days"])
@pytest.mark.parametrize("value", ["", None])
def test_optional_setting_that_is_empty_is_not_set(name: str, value: str | None) -> None:
    assert settings_of(**{name: value}) == settings_of()


def test_every_setting_has_a_title_and_a_description() -> None:
    for name, setting in CONFIG_JSONSCHEMA["properties"].items():
        assert setting.get("title"), name
        assert setting.get("description"), name


def test_token_is_the_only_secret() -> None:
    secrets = [name for name, s in CONFIG_JSONSCHEMA["properties"].items() if s.get("secret")]
    assert secrets == ["access_token"]


def test_token_is_not_in_the_repr() -> None:
    settings = settings_of()
    assert TOKEN not in repr(settings)
    assert settings.access_token == TOKEN


def test_token_is_not_in_the_log_of_a_discovery(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        tap = TapIntercomExport(config=dict(GOOD))
        assert tap.catalog_dict["streams"]
    assert TOKEN not in caplog.text


# --- warnings


def warnings_of(caplog: pytest.LogCaptureFixture, **config: Any) -> list[str]:
    """Return the warnings about a valid configuration with other settings."""
    TapIntercomExport(config={**GOOD, **config})
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


def test_valid_configuration_has_no_warnings(caplog: pytest.LogCaptureFixture) -> None:
    assert warnings_of(caplog) == []


def test_start_date_in_future_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = warnings_of(caplog, start_date="2999-01-01")
    assert line.startswith("start_date 2999-01-01 is in the future")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("windows_days", "unknown setting windows_days; did you mean window_days?"),
        ("stream_map", "unknown setting stream_map; did you mean stream_maps?"),
        ("quux", "unknown setting quux"),
    ],
)
def test_unknown_setting_warning_omits_value(
    name: str, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert warnings_of(caplog, **{name: TOKEN}) == [line]


def test_misspelled_setting_is_suggested_with_missing_setting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert problems_of(access_token=..., acces_token=TOKEN) == [
        "access_token: is required and not set"
    ]
    assert "unknown setting acces_token; did you mean access_token?" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("name", ["emit_activate_version_messages", "flattening_enabled"])
def test_setting_of_the_sdk_is_known(name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert warnings_of(caplog, **{name: False}) == []


@pytest.mark.parametrize("token", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f" {TOKEN}", f"{TOKEN} "])
def test_token_must_be_alone(token: str) -> None:
    (problem,) = problems_of(access_token=token)
    assert problem.startswith("access_token: must be the token alone")
    assert TOKEN not in problem


# --- where settings come from

VARIABLES = {f"{PREFIX}ACCESS_TOKEN": TOKEN}


@pytest.mark.parametrize(
    ("arguments", "environment", "hint"),
    [
        ([], VARIABLES, "TAP_INTERCOM_EXPORT_ACCESS_TOKEN: set in the environment, which is read"),
        (["--config", "c.json"], VARIABLES, "TAP_INTERCOM_EXPORT_ACCESS_TOKEN: set in the"),
        (["--test"], {}, "No --config is given: name a file"),
        (["--config", "c.json"], {}, None),
        (["--config=ENV"], VARIABLES, None),
        (["--config", "ENV"], VARIABLES, None),
    ],
)
def test_missing_setting_hint_says_where_settings_come_from(
    arguments: list[str], environment: dict[str, str], hint: str | None
) -> None:
    problems = problems_of(access_token=...)
    found = find_setting_hint(problems, arguments, environment, PREFIX)
    assert (found or "None").startswith(str(hint))
    assert TOKEN not in str(found)


def test_wrong_setting_needs_no_hint() -> None:
    problems = problems_of(lookback_days=-1)
    assert problems
    assert find_setting_hint(problems, [], VARIABLES, PREFIX) is None


# --- the environment


ENVIRONMENT: dict[str, tuple[str, Any]] = {
    "access_token": ("another", "another"),
    "region": ("eu", "eu"),
    "api_url": ("https://intercom.example", "https://intercom.example"),
    "api_version": ("2.14", "2.14"),
    "start_date": ("2025-01-01", "2025-01-01"),
    "end_date": ("2026-06-30", "2026-06-30"),
    "window_days": ("10", 10),
    "lookback_days": ("0", 0),
    "workspace": ("acme", "acme"),
    "excluded_columns": ('["*.email"]', ["*.email"]),
    "emit_activate_version_messages": ("false", False),
    "deep_lookback_days": ("60", 60),
    "deep_lookback_every_days": ("14", 14),
    "poll_interval_seconds": ("1", 1),
    "poll_max_interval_seconds": ("2", 2),
    "job_timeout_minutes": ("3", 3),
    "slot_timeout_minutes": ("0", 0),
    "max_rejected_percent": ("5", 5),
    "export_row_limit": ("1000", 1000),
    "request_timeout_seconds": ("30", 30),
    "max_archive_gigabytes": ("5", 5),
    "max_unpacked_gigabytes": ("50", 50),
    "max_compression_ratio": ("100", 100),
    "reporting_datasets": ('["tickets"]', ["tickets"]),
    "reporting_timezone": ("Europe/Dublin", "Europe/Dublin"),
    "reporting_concurrency": ("5", 5),
    "reporting_retention_days": ("1095", 1095),
    "custom_object_types": ('["Order"]', ["Order"]),
    "user_agent": ("acme", "acme"),
    "stream_maps": ('{"open": {"x": "1"}}', {"open": {"x": "1"}}),
    "stream_map_config": ('{"seed": 1}', {"seed": 1}),
}
"""A value of every setting, as text and as parsed value."""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set the required settings in the environment."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(PREFIX + name.upper(), value)
    return monkeypatch


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_every_setting_can_come_from_the_environment(
    name: str, environment: pytest.MonkeyPatch
) -> None:
    text, expected = ENVIRONMENT[name]
    environment.setenv(PREFIX + name.upper(), text)
    tap = TapIntercomExport(parse_env_config=True, setup_mapper=False)
    assert tap.config[name] == expected
    assert type(tap.config[name]) is type(expected)
    assert tap.settings


OF_THE_SDK = ("flattening_", "faker_", "batch_")


@pytest.mark.parametrize("name", CONFIG_JSONSCHEMA["properties"])
def test_environment_test_covers_all_settings(name: str) -> None:
    assert name in ENVIRONMENT or name.startswith(OF_THE_SDK)


@pytest.mark.parametrize("name", [name for name in ENVIRONMENT if name not in GOOD])
def test_empty_variable_is_a_setting_that_is_not_set(
    name: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(PREFIX + name.upper(), "")
    tap = TapIntercomExport(parse_env_config=True)
    assert tap.config == TapIntercomExport(config=dict(GOOD)).config
    assert os.environ[PREFIX + name.upper()] == ""


def test_variable_that_is_no_setting_is_an_unknown_setting(
    environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    environment.setenv(f"{PREFIX}LOOKBACK_DAY", TOKEN)
    environment.setenv(f"{PREFIX}_SELECT", '["*.*"]')  # Meltano's
    environment.setenv(f"{PREFIX}LOGLEVEL", "info")
    environment.setenv(f"{PREFIX}METRICS_LOGLEVEL", "info")
    TapIntercomExport(parse_env_config=True, setup_mapper=False)
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["unknown setting lookback_day; did you mean lookback_days?"]


def test_empty_variable_does_not_override_file(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(PREFIX + "WINDOW_DAYS", "")
    assert TapIntercomExport(config={"window_days": 7}, parse_env_config=True).settings == (
        settings_of(window_days=7)
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reporting_datasets", '["conversation"'),
        ("custom_object_types", '"Order'),
        ("stream_maps", "open"),
        ("stream_maps", '{"open": null'),
    ],
)
def test_invalid_json_variable_error_has_name(
    name: str, text: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(PREFIX + name.upper(), text)
    with pytest.raises(ConfigValidationError) as caught:
        TapIntercomExport(parse_env_config=True)
    (line,) = caught.value.errors
    assert line.startswith(f"{name}: is not JSON in {PREFIX}{name.upper()}: ")


def test_array_variable_may_be_comma_separated(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(PREFIX + "CUSTOM_OBJECT_TYPES", "Order,Subscription")
    tap = TapIntercomExport(parse_env_config=True)
    assert tap.config["custom_object_types"] == ["Order", "Subscription"]


@pytest.mark.parametrize("text", ["ten", "1.5", "0x10", "1,000"])
@pytest.mark.parametrize("name", ["window_days", "poll_interval_seconds", "export_row_limit"])
def test_invalid_integer_variable_error_has_name(
    name: str, text: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(PREFIX + name.upper(), text)
    with pytest.raises(ConfigValidationError) as caught:
        TapIntercomExport(parse_env_config=True)
    (line,) = caught.value.errors
    assert line.startswith(f"{name}: must be a whole number")
    assert repr(text) in line


# --- the command line


class Recorder(BaseHTTPRequestHandler):
    """Responds with 404 and records the User-Agent, which differs between runs."""

    asked: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        self.asked[self.headers["User-Agent"]] += 1
        body = b'{"type":"error.list","errors":[{"code":"not_found"}]}'
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
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
    return Outcome(done.returncode, done.stdout, done.stderr, Recorder.asked[agent], errors)


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
def bad(
    request: pytest.FixtureRequest, port: int, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Outcome]:
    """Return a run with an invalid setting, and its result."""
    run = RUNS[request.param]
    return run, start(request.param, run, port, tmp_path_factory.mktemp("configuration"))


def test_invalid_setting_stops_the_command_with_one_line(bad: tuple[Run, Outcome]) -> None:
    run, outcome = bad
    assert outcome.status == 2
    assert len(outcome.errors) == 1, outcome.stderr
    assert f"{run.named}: " in outcome.errors[0]
    assert run.allowed in outcome.errors[0]


def test_invalid_setting_shows_no_traceback(bad: tuple[Run, Outcome]) -> None:
    assert "Traceback" not in bad[1].stderr


def test_invalid_setting_writes_no_message(bad: tuple[Run, Outcome]) -> None:
    assert bad[1].stdout == ""


def test_invalid_setting_makes_no_request(bad: tuple[Run, Outcome]) -> None:
    assert bad[1].requests == 0


def test_invalid_setting_does_not_show_the_token(bad: tuple[Run, Outcome]) -> None:
    assert TOKEN not in bad[1].stderr + bad[1].stdout


def test_valid_configuration_makes_requests_without_showing_token(
    port: int, tmp_path: Path
) -> None:
    outcome = start("good", Run({}, arguments=("--test",)), port, tmp_path)
    assert (outcome.status, outcome.requests > 0) == (0, True), outcome.stderr
    assert TOKEN not in outcome.stderr + outcome.stdout
