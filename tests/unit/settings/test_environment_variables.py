"""Settings from environment variables."""

from __future__ import annotations

import os
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_intercom_export.config import find_setting_hint
from tap_intercom_export.config.schema import CONFIG_JSONSCHEMA
from tap_intercom_export.tap import TapIntercomExport
from tests.unit.settings.configurations import GOOD, PREFIX, TOKEN, problems_of, settings_of

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


def environment_problems() -> list[str]:
    """Return the problems of the settings in the environment."""
    with pytest.raises(ConfigValidationError) as caught:
        TapIntercomExport(parse_env_config=True)
    return list(caught.value.errors)


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
    (line,) = environment_problems()
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
    (line,) = environment_problems()
    assert line.startswith(f"{name}: must be a whole number")
    assert repr(text) in line


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


def test_variable_that_is_no_setting_is_an_unknown_setting(
    environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    environment.setenv(f"{PREFIX}LOOKBACK_DAY", TOKEN)
    environment.setenv(f"{PREFIX}_SELECT", '["*.*"]')  # set by Meltano
    environment.setenv(f"{PREFIX}LOGLEVEL", "info")
    environment.setenv(f"{PREFIX}METRICS_LOGLEVEL", "info")
    TapIntercomExport(parse_env_config=True, setup_mapper=False)
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["unknown setting lookback_day; did you mean lookback_days?"]
