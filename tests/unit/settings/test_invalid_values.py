"""Invalid settings are refused before the first request, with the setting's name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.settings.configurations import TOKEN, problems_of


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


@pytest.mark.parametrize("agent", ["a\nb", "agent €", " agent"])
def test_user_agent_invalid_in_header_is_refused(agent: str) -> None:
    (line,) = problems_of(user_agent=agent)
    assert line.startswith("user_agent: ")


def test_each_invalid_setting_has_one_line() -> None:
    lines = problems_of(start_date=..., region="mars", window_days=0)
    assert sorted(line.split(":")[0] for line in lines) == ["region", "start_date", "window_days"]


def test_all_missing_settings_are_reported_together() -> None:
    lines = problems_of(access_token=..., start_date=...)
    assert sorted(line.split(":")[0] for line in lines) == ["access_token", "start_date"]


def test_invalid_end_date_does_not_hide_an_invalid_start_date() -> None:
    lines = problems_of(start_date="x", end_date="y")
    assert [line.split(":")[0] for line in lines] == ["start_date", "end_date"]


@pytest.mark.parametrize("token", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f" {TOKEN}", f"{TOKEN} "])
def test_token_with_prefix_or_space_is_refused(token: str) -> None:
    (problem,) = problems_of(access_token=token)
    assert problem.startswith("access_token: must be the token alone")
    assert TOKEN not in problem
