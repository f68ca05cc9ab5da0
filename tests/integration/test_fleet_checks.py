"""Definitions of a workspace in Dagster, and its checks and alerts when something is wrong."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from intercom_fleet.warehouse import Difference, compare_last_window
from intercom_fleet.workspaces import Secret, Workspace

from fleet.engine import DAGSTER_BIN, EXAMPLE
from tests.harness.fleet_environment import NEEDS_DAGSTER
from tests.harness.singer import clean_environment
from tests.harness.webhook import taking_alerts

if TYPE_CHECKING:
    from demo.postgres import Postgres

pytestmark = NEEDS_DAGSTER

PATIENCE_SECONDS = 300

PROGRAM = """
import json
from collections import Counter
from types import SimpleNamespace
from unittest import mock

import dagster as dg
from intercom_fleet.alerts import alert_of_failed_checks, alert_of_failed_runs
from intercom_fleet.assets import SyncConfig, _bookmark_age, _rejected_share, _run
from intercom_fleet.definitions import defs
from intercom_fleet.outcome import SUCCESS, TAP_STATUSES
from intercom_fleet.sync import Result, Sync
from intercom_fleet.tap_log import TapLog
from intercom_fleet.workspaces import Secret, Workspace

settings = {"end_date": "2026-06-02T00:00:00Z"}
workspace = Workspace("acme", Secret("env", "X"), "2026-01-01", settings=settings)
key = dg.AssetKey(["acme", "content"])

# --- definitions
definitions = {}
for asset in defs.resolve_all_asset_specs():
    definitions["/".join(asset.key.path)] = {
        "fresh_for_hours": asset.freshness_policy.fail_window.to_timedelta().total_seconds() / 3600,
        "metadata": dict(asset.metadata),
    }
for definition in defs.assets:
    name = "/".join(definition.key.path)
    definitions[name]["pool"] = definition.op.pool
    definitions[name]["checks"] = sorted(spec.name for spec in definition.check_specs)
definitions["schedules"] = {
    one.job_name: [one.cron_schedule, one.execution_timezone, one.default_status.value]
    for one in defs.schedules
}
definitions["sensors"] = {one.name: one.default_status.value for one in defs.sensors}

# --- checks, and the alert of the one that fails
def share(rows):
    return _rejected_share(key, workspace, Result(SUCCESS, TapLog(rows=Counter(rows))))

checks = {
    "fresh": _bookmark_age(key, workspace, {"open": "2026-06-01T00:00:00Z"}),
    "stale": _bookmark_age(
        key, workspace, {"open": "2026-05-31T17:59:59Z", "receipt": "2026-06-02T00:00:00Z"}
    ),
    "no bookmark": _bookmark_age(key, workspace, {}),
    "one in a thousand": share({"receipt": 999, "rejected_row": 1}),
    "two in a thousand": share({"receipt": 998, "rejected_row": 2}),
}

@dg.asset(key=key, check_specs=[dg.AssetCheckSpec(n, asset=key) for n in ("bookmark_age",)])
def synced():
    yield dg.MaterializeResult(asset_key=key)
    yield checks["stale"]

with dg.DagsterInstance.ephemeral() as instance:
    dg.materialize([synced], instance=instance)
    context = dg.build_sensor_context(instance=instance)
    alert_of_failed_checks(context)
    again = dg.build_sensor_context(instance=instance, cursor=context.cursor)
    alert_of_failed_checks(again)

# --- a run that failed, before Dagster has decided whether to retry it
TAG = "dagster/will_retry"

@dg.op
def sync():
    raise dg.Failure("refused")

@dg.job
def intercom_acme():
    sync()

with dg.DagsterInstance.ephemeral(settings={"run_retries": {"enabled": True}}) as instance:
    result = intercom_acme.execute_in_process(instance=instance, raise_on_error=False)
    run = instance.get_run_by_id(result.run_id)
    (failure,) = (one for one in result.all_events if one.is_run_failure)
    untagged = run.with_tags({k: v for k, v in run.tags.items() if k != TAG})
    context = dg.build_run_status_sensor_context("alerts", failure, instance, untagged)
    for decision in ("true", "false"):
        later = [untagged, untagged, untagged.with_tags({TAG: decision})]
        with mock.patch.object(instance, "get_run_by_id", side_effect=later):
            alert_of_failed_runs(context.for_run_failure())

# --- what is raised for each exit status of the tap, at each retry
def raised(outcome, retry_number):
    context = SimpleNamespace(log=mock.Mock(), retry_number=retry_number)
    with mock.patch.object(Sync, "run", return_value=Result(outcome, TapLog())):
        try:
            _run(context, Sync.from_environment(workspace, "content"), SyncConfig())
        except dg.RetryRequested as request:
            return [request.seconds_to_wait, request.max_retries]
        except dg.Failure as failure:
            return ["failure", failure.allow_retries]

print(json.dumps({
    "definitions": definitions,
    "checks": {name: result.passed for name, result in checks.items()},
    "failed run": run.run_id,
    "raised": {n: [raised(one, i) for i in range(4)] for n, one in TAP_STATUSES.items()},
}, default=str))
"""
"""Script for the Python with Dagster, which takes a second to import."""


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """What the script prints, and the alerts that it sends."""
    with taking_alerts() as (webhook, alerts):
        done = subprocess.run(
            [str(DAGSTER_BIN / "python"), "-c", PROGRAM],
            cwd=EXAMPLE,
            env={**clean_environment(), "INTERCOM_FLEET_ALERT_WEBHOOK": webhook},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    return {**json.loads(done.stdout.splitlines()[-1]), "alerts": alerts}


def test_each_workspace_has_a_pool_checks_a_freshness_policy_and_a_schedule(
    results: dict[str, Any],
) -> None:
    definitions = results["definitions"]

    assert definitions["acme_eu/content"] == {
        "fresh_for_hours": 30,
        "metadata": {"region": "eu", "schema": "intercom_acme_eu"},
        "pool": "intercom_acme_eu",
        "checks": ["bookmark_age", "rejected_share", "rows_in_target"],
    }
    # one run a workspace at a time, whatever its assets
    assert (
        definitions["acme_eu/reporting"]["pool"]
        == definitions["acme_eu/lists"]["pool"]
        == "intercom_acme_eu"
    )
    assert definitions["beta/content"]["fresh_for_hours"] == 54
    assert definitions["schedules"] == {
        "intercom_acme_us": ["0 3 * * *", "UTC", "RUNNING"],
        "intercom_acme_eu": ["30 2 * * *", "Europe/Dublin", "RUNNING"],
        "intercom_beta": ["0 3 * * *", "Australia/Sydney", "RUNNING"],
    }
    assert definitions["sensors"] == {
        "alert_of_failed_runs": "RUNNING",
        "alert_of_failed_checks": "RUNNING",
    }


def test_checks_pass_or_not(results: dict[str, Any]) -> None:
    assert results["checks"] == {
        "fresh": True,
        "stale": False,
        "no bookmark": False,
        "one in a thousand": True,
        "two in a thousand": False,
    }


def test_failed_check_sends_one_alert(results: dict[str, Any]) -> None:
    (alert,) = (text for text in results["alerts"] if text.startswith("Check"))

    assert alert.startswith("Check bookmark_age of acme/content did not pass")
    assert "'hours': 30.0" in alert


def test_a_failed_run_is_reported_only_if_dagster_decides_not_to_retry_it(
    results: dict[str, Any],
) -> None:
    """Dagster decides after it has stored the failure, when the sensor may have seen it already."""
    alerts = [text for text in results["alerts"] if text.startswith("Sync")]

    assert alerts == [f"Sync of intercom_acme failed: refused (run {results['failed run']})"]


def test_only_what_intercom_broke_is_retried(results: dict[str, Any]) -> None:
    fails = [["failure", False]] * 4

    assert results["raised"] == {
        "2": fails,
        "3": fails,
        "4": [[300, 3], [900, 3], [3600, 3], ["failure", False]],
        "5": fails,
    }


@pytest.mark.parametrize(
    ("rows_in_target", "different"),
    [(3, []), (2, [Difference("receipt", 3, 2)]), (4, [Difference("receipt", 3, 4)])],
    ids=["all there", "one missing", "one too much"],
)
def test_the_target_is_compared_with_what_the_last_export_held(
    postgres: Postgres,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    rows_in_target: int,
    different: list[Difference],
) -> None:
    """Three receipts and two opens, one of which was rejected; what is older does not count."""
    workspace = Workspace("acme", Secret("env", "X"), "2026-01-01", schema="intercom")
    monkeypatch.setenv(
        "TARGET_POSTGRES_SQLALCHEMY_URL", postgres.url(database, "postgresql+psycopg")
    )
    with psycopg.connect(postgres.url(database)) as connection:
        connection.execute("""
            create schema intercom;
            set search_path = intercom;
            create table content_export (job_identifier text, created_at timestamp,
                created_at_after timestamp, created_at_before timestamp, rows jsonb);
            create table receipt (created_at timestamp);
            create table open (created_at timestamp);
            create table rejected_row (job_identifier text, file text);
            insert into content_export values
                ('old', '2026-05-01', '2026-04-01', '2026-04-30', '{"receipt": 9}'),
                ('new', '2026-06-01', '2026-05-01', '2026-05-31', '{"receipt": 3, "open": 2}');
            insert into receipt values ('2026-04-15');
            insert into open values ('2026-05-02');
            insert into rejected_row values ('new', 'export/open_1.csv'), ('old', 'receipt.csv');
        """)
        connection.execute(
            "insert into intercom.receipt select '2026-05-10' from generate_series(1, %s)",
            [rows_in_target],
        )

    assert compare_last_window(workspace) == (5, different)
