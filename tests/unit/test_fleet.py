"""The parts of examples/dagster that do not import Dagster: YAML, exit statuses, logs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from intercom_fleet.outcome import outcome_of
from intercom_fleet.sync import Result, Sync
from intercom_fleet.tap_log import TapLog
from intercom_fleet.workspaces import FleetError, Secret, load

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = {"env": "ACME_TOKEN"}


def write(folder: Path, *workspaces: dict[str, Any], **defaults: Any) -> Path:
    path = folder / "workspaces.yaml"
    path.write_text(json.dumps({"defaults": defaults, "workspaces": list(workspaces)}))
    return path


def entry(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "access_token": TOKEN, "start_date": "2026-01-01", **more}


def test_example_file_is_valid() -> None:
    names = {w.name: w for w in load("examples/dagster/workspaces.yaml")}

    assert names["acme_eu"].streams == ("content", "reporting", "lists")
    assert names["acme_eu"].start_date == "2025-01-01"  # of the defaults
    assert names["beta"].schema == "intercom_beta"


def test_defaults_and_workspace_settings_are_merged(tmp_path: Path) -> None:
    path = write(
        tmp_path, entry("acme", settings={"lookback_days": 14}), settings={"window_days": 5}
    )

    (workspace,) = load(path)

    assert workspace.tap_settings("content") == {
        "region": "us",
        "start_date": "2026-01-01",
        "window_days": 5,
        "lookback_days": 14,
    }


def test_datasets_are_configured_only_for_their_group(tmp_path: Path) -> None:
    (workspace,) = load(
        write(tmp_path, entry("acme", settings={"reporting_datasets": ["conversation"]}))
    )

    assert "reporting_datasets" not in workspace.tap_settings("content")
    assert workspace.tap_settings("reporting")["reporting_datasets"] == ["conversation"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([entry("Acme")], "'Acme'"),
        ([entry("a-b")], "'a-b'"),
        ([entry("acme", regoin="eu")], "regoin"),
        ([entry("acme", streams=["contents"])], "contents"),
        ([{"name": "acme", "start_date": "2026-01-01"}], "access_token"),
        ([{"name": "acme", "access_token": TOKEN}], "start_date"),
        ([entry("acme"), entry("acme")], "more than one workspace has this name"),
        ([entry("acme", schema="s"), entry("beta", schema="s")], "workspace_column"),
    ],
)
def test_error_names_the_problem(tmp_path: Path, bad: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(FleetError, match=message):
        load(write(tmp_path, *bad))


def test_token_in_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(FleetError) as error:
        load(write(tmp_path, {**entry("acme"), "access_token": "dG9rOnNlY3JldA"}))

    assert "dG9rOnNlY3JldA" not in str(error.value)


def test_workspaces_with_a_column_may_share_a_schema(tmp_path: Path) -> None:
    shared = {"schema": "intercom", "workspace_column": True}
    found = load(write(tmp_path, entry("acme", **shared), entry("beta", **shared)))

    assert [w.tap_settings("content")["workspace"] for w in found] == ["acme", "beta"]


def test_secrets_are_read_on_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_TOKEN", "from-env")
    file = tmp_path / "token"
    file.write_text("from-file\n")

    assert Secret("env", "ACME_TOKEN").read() == "from-env"
    assert Secret("file", str(file)).read() == "from-file"
    assert Secret("command", ("printf", "from-command")).read() == "from-command"
    with pytest.raises(FleetError, match="NOT_SET"):
        Secret("env", "NOT_SET").read()
    with pytest.raises(FleetError, match="cannot read command"):
        Secret("command", ("false",)).read()


def test_each_workspace_and_group_has_separate_state(tmp_path: Path) -> None:
    workspaces = load(write(tmp_path, entry("acme"), entry("beta")))
    ids = {
        Sync(w, group, tmp_path, tmp_path).state_id
        for w in workspaces
        for group in ("content", "lists")
    }

    assert len(ids) == 4
    assert "prod:tap-intercom-export-to-target-postgres:acme-content" in ids


@pytest.mark.parametrize(("configured", "expected"), [(None, "12"), ("3", "3")])
def test_state_backend_is_retried_unless_configured_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: str | None, expected: str
) -> None:
    """Meltano logs an error only if it cannot store the last state, and the run succeeds."""
    meltano = tmp_path / "meltano"
    state = {"singer_state": {"bookmarks": {"open": {"replication_key_value": "%s %s"}}}}
    meltano.write_text(
        f'#!/bin/sh\nprintf \'{json.dumps(state)}\' "$AWS_RETRY_MODE" "$AWS_MAX_ATTEMPTS"\n'
    )
    meltano.chmod(0o755)
    (workspace,) = load(write(tmp_path, entry("acme")))
    monkeypatch.delenv("AWS_RETRY_MODE", raising=False)
    if configured:
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", configured)
    else:
        monkeypatch.delenv("AWS_MAX_ATTEMPTS", raising=False)

    found = Sync(workspace, "content", tmp_path, tmp_path, str(meltano)).bookmarks()

    assert found == {"open": f"standard {expected}"}


@pytest.mark.parametrize(
    ("status", "codes", "error", "name", "is_tried_again"),
    [
        (0, {}, "", "success", False),
        (1, {"extractors": 2}, "Extractor failed", "configuration", False),
        (1, {"extractors": 3}, "Extractor failed", "refused", False),
        (1, {"extractors": 4}, "Extractor failed", "unavailable", True),
        (1, {"extractors": 5}, "Extractor failed", "unreadable", False),
        (1, {"extractors": 1}, "Extractor failed", "unknown", True),
        (1, {"extractors": 143}, "Extractor failed", "killed", True),
        (1, {"extractors": -9}, "Extractor failed", "killed", True),
        (-15, {}, "", "killed", True),
        (1, {"loaders": 1}, "Loader failed", "loader", True),
        (1, {"extractors": 3, "loaders": 1}, "Extractor and loader failed", "refused", False),
        (1, {}, "Another 'x' pipeline is already running which started", "busy", True),
        (1, {}, "", "unknown", True),
    ],
)
def test_exit_status_decides_about_retry(
    status: int, codes: dict[str, int], error: str, name: str, *, is_tried_again: bool
) -> None:
    outcome = outcome_of(status, codes, error)

    assert outcome.name == name
    assert bool(outcome.pauses) is is_tried_again


def line(**fields: Any) -> str:
    return json.dumps({"level": "info", **fields}) + "\n"


def test_rows_are_summed_over_windows() -> None:
    log = TapLog()
    for value in (3, 4):
        metric = {
            "type": "counter",
            "metric": "record_count",
            "value": value,
            "tags": {"stream": "receipt"},
        }
        shown = log.add(
            line(event=f"METRIC: {json.dumps(metric)}", string_id="tap-intercom-export")
        )
        assert shown == ""

    log.add(line(event=f"METRIC: {json.dumps(metric)}", string_id="target-postgres"))

    assert log.rows == {"receipt": 7}


def test_wait_durations_are_summed_by_cause() -> None:
    log = TapLog()
    for waited_for, seconds in (("intercom", 9.5), ("reader", 3.0), ("intercom", 0.5)):
        metric = {
            "type": "timer",
            "metric": "wait_duration",
            "value": seconds,
            "tags": {"waited_for": waited_for},
        }
        log.add(line(event="METRIC", metric_info=metric, string_id="tap-intercom-export"))

    assert log.totals == {"wait_duration/intercom": 10.0, "wait_duration/reader": 3.0}


def test_an_error_is_explained_with_the_first_line_of_the_plugin_that_failed(
    tmp_path: Path,
) -> None:
    (workspace,) = load(write(tmp_path, entry("acme")))
    sync = Sync(workspace, "content", tmp_path, tmp_path)
    log = TapLog()
    log.add(
        line(
            event="value too long\n[parameters: ada@example.com]",
            level="error",
            string_id="target-postgres",
        )
    )

    loader = sync.explain(Result(outcome_of(1, {"loaders": 1}, ""), log))
    refused = sync.explain(Result(outcome_of(1, {"extractors": 3}, ""), TapLog()))

    assert loader == (
        "loader: The target failed: see its lines in the log. target-postgres: value too long"
    )
    assert "read from environment variable ACME_TOKEN" in refused


def test_the_statuses_of_plugins_are_kept() -> None:
    log = TapLog()
    log.add(
        line(
            event="Block run completed",
            success=False,
            err="Extractor failed",
            exit_codes={"extractors": 3},
        )
    )

    assert log.exit_codes == {"extractors": 3}
    assert log.error == "Extractor failed"


def test_non_json_line_is_shown_without_passwords() -> None:
    assert TapLog().add("cannot connect to postgresql://me:secret@host/db\n") == (
        "cannot connect to postgresql://me:***@host/db"
    )


@pytest.mark.parametrize(
    ("stored", "warning"),
    [
        ({"receipt": "2026-06-01T02:59:59Z", "call": "2026-05-02T00:00:00Z"}, ""),
        ({}, ""),
        (
            {"receipt": "2026-05-15T02:59:59Z"},
            "Meltano has stored the state only up to 2026-05-15T02:59:59Z, although everything ",
        ),
    ],
)
def test_state_that_meltano_did_not_store_is_a_warning(
    stored: dict[str, str], warning: str
) -> None:
    log = TapLog()
    for text in (
        "Bookmark of call: 2026-05-02T00:00:00Z",
        "Bookmark of receipt: 2026-06-01T02:59:59Z",
    ):
        log.add(json.dumps({"string_id": "tap-intercom-export", "event": text, "level": "info"}))
    assert log.stale_state(stored).startswith(warning)
    assert bool(log.stale_state(stored)) == bool(warning)
