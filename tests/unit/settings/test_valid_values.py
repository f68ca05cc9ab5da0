"""Valid settings: defaults, dates, hosts, and that the token is not shown."""

from __future__ import annotations

import logging
from datetime import datetime, timezone

import pytest

from tap_intercom_export.clock import to_text
from tap_intercom_export.config.schema import CONFIG_JSONSCHEMA
from tap_intercom_export.config.settings import Settings
from tap_intercom_export.tap import TapIntercomExport
from tests.unit.settings.configurations import DAY, GOOD, TOKEN, settings_of

NEW_YEAR = 1_767_225_600


def test_token_and_start_date_are_sufficient() -> None:
    assert settings_of() == Settings(
        access_token=TOKEN,
        api_url="https://api.intercom.io",
        api_version="2.16",
        start=NEW_YEAR,
        end=None,
        window_seconds=30 * DAY,
        lookback_seconds=7 * DAY,
        deep_lookback_seconds=0,
        deep_lookback_every_seconds=7 * DAY,
        poll_interval_seconds=5,
        poll_max_interval_seconds=60,
        job_timeout_seconds=24 * 60 * 60,
        slot_timeout_seconds=4 * 60 * 60,
        max_rejected_percent=50,
        export_row_limit=10_000_000,
        request_timeout_seconds=300,
        reporting_timezone="UTC",
        reporting_concurrency=3,
        reporting_retention_seconds=730 * 86_400,
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


def test_start_date_may_equal_end_date() -> None:
    settings = settings_of(end_date=GOOD["start_date"])
    assert settings.start == settings.end == NEW_YEAR


@pytest.mark.parametrize("version", ["2.16", "2.5", "1.4", "Preview", "Unstable"])
def test_api_version_is_sent_unchanged(version: str) -> None:
    assert settings_of(api_version=version).api_version == version


def test_times_may_have_a_fraction_in_a_configuration() -> None:
    settings = settings_of(
        poll_interval_seconds=0.25, job_timeout_minutes=0.5, request_timeout_seconds=1.5
    )
    assert (settings.poll_interval_seconds, settings.job_timeout_seconds) == (0.25, 30)
    assert settings.request_timeout_seconds == 1.5


def test_maximum_pause_is_not_shorter_than_first_pause() -> None:
    settings = settings_of(poll_interval_seconds=90, poll_max_interval_seconds=10)
    assert settings.poll_max_interval_seconds == 90


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
