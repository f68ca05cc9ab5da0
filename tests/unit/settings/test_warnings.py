"""Warnings about settings that are valid but probably a mistake."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tap_intercom_export.tap import TapIntercomExport
from tests.unit.settings.configurations import DAY, GOOD, TOKEN, problems_of


@pytest.mark.parametrize(("window", "lookback", "warned"), [(83, 7, False), (365, 7, True)])
def test_range_longer_than_90_days_is_a_warning(
    window: int, lookback: int, *, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """One public client reports a 400 that names 90 days, another one requests 365 days per job."""
    config = {**GOOD, "window_days": window, "lookback_days": lookback}
    settings = TapIntercomExport(config=config).settings
    assert (settings.window_seconds, settings.lookback_seconds) == (window * DAY, lookback * DAY)
    assert ("372 days together" in caplog.text) is warned


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
