"""examples/dagster end to end: Dagster, Meltano, tap, PostgreSQL and the state in S3."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from fleet.engine import DAGSTER_BIN, EXAMPLE, MELTANO_BIN, free_port
from fleet.state_store import BUCKET
from fleet.state_store_process import StateStore
from tests.harness.singer import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from demo.postgres import Postgres
    from intercom_simulator import Simulator

PATIENCE_SECONDS = 500
"""Usually half a minute; longer with retries and on a busy machine."""

NEEDS_DAGSTER = [
    pytest.mark.timeout(1100),
    pytest.mark.meltano,
    pytest.mark.skipif(
        not (DAGSTER_BIN / ".." / ".installed").exists()
        or not (MELTANO_BIN / ".." / ".installed").exists(),
        reason="needs the environments of examples/dagster: make pytest makes them",
    ),
]
pytestmark = NEEDS_DAGSTER

RUN = """
import json, sys
import dagster as dg
from intercom_fleet.definitions import defs

with dg.DagsterInstance.ephemeral() as instance:
    job = defs.resolve_job_def("intercom_acme")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    report = {"success": result.success, "metadata": {}, "checks": {}}
    for event in result.all_events:
        if event.is_step_materialization:
            metadata = event.materialization.metadata
            report["metadata"] = {key: value.value for key, value in metadata.items()}
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            data = event.asset_check_evaluation_data
            report["checks"][data.check_name] = data.passed
    print("RESULT " + json.dumps(report, default=str))
"""
"""Script for the Python with Dagster: runs the job of a workspace and prints the results."""

MIGRATE_AND_TEST = """
import sys
from airflow.cli import cli_parser

parser = cli_parser.get_parser()
for arguments in (["db", "migrate"], ["dags", "test", "intercom_fleet", "-f", sys.argv[1]]):
    parsed = parser.parse_args(arguments)
    parsed.func(parsed)
"""
"""Script for the Python with Airflow: two commands of `airflow`, which is slow to import."""

AIRFLOW = EXAMPLE.parent / "airflow"
AIRFLOW_BIN = AIRFLOW / ".venv" / "bin"


def write_workspaces(folder: Path, simulators: dict[str, Simulator], **shared: Any) -> None:
    """Write the YAML file, which JSON is, of workspaces by their names."""
    workspaces = [
        {
            "name": name,
            "access_token": {"env": f"TOKEN_{name.upper()}"},
            "api_url": simulator.url,
            "start_date": "2025-05-01",
            "settings": {
                "end_date": f"{simulator.clock.now():%Y-%m-%dT%H:%M:%SZ}",
                "poll_interval_seconds": 1,
                "poll_max_interval_seconds": 2,
            },
            **shared,
        }
        for name, simulator in simulators.items()
    ]
    (folder / "workspaces.yaml").write_text(json.dumps({"workspaces": workspaces}))


@contextmanager
def environment_of(
    tokens: dict[str, str], postgres: Postgres, database: str, folder: Path
) -> Generator[dict[str, str]]:
    """Return the environment for a sync with the state in S3."""
    with closing(StateStore(free_port())) as store:
        yield {
            **clean_environment(),
            "PATH": os.pathsep.join((str(MELTANO_BIN), os.environ["PATH"])),
            "INTERCOM_FLEET_WORKSPACES": str(folder / "workspaces.yaml"),
            "INTERCOM_FLEET_WORK": str(folder / "work"),
            **{f"TOKEN_{name.upper()}": token for name, token in tokens.items()},
            "TARGET_POSTGRES_SQLALCHEMY_URL": postgres.url(database, "postgresql+psycopg"),
            "MELTANO_STATE_BACKEND_URI": f"s3://fleet:fleet@{BUCKET}/state",
            "MELTANO_STATE_BACKEND_S3_ENDPOINT_URL": store.url,
            "AWS_DEFAULT_REGION": "us-east-1",
        }


def test_dagster_syncs_a_workspace_and_tells_what_was_loaded(
    simulate: Callable[..., Simulator], postgres: Postgres, database: str, tmp_path: Path
) -> None:
    simulator = simulate(receipts=120, days=20, job_seconds=1)
    end = simulator.clock.now()
    shared = {"schema": "intercom", "workspace_column": True}
    write_workspaces(tmp_path, {"acme": simulator}, **shared)
    tokens = {"acme": simulator.token}
    with environment_of(tokens, postgres, database, tmp_path) as environment:
        done = subprocess.run(
            [str(DAGSTER_BIN / "python"), "-c", RUN],
            cwd=EXAMPLE,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    lines = done.stdout.splitlines()
    results = [
        json.loads(line.removeprefix("RESULT ")) for line in lines if line.startswith("RESULT ")
    ]
    assert [one["success"] for one in results] == [True], done.stderr[-3000:]

    receipts = simulator.workspace.counts(end)["receipt"]
    written = sum(
        len(simulator.workspace.rows("receipt", job.after, job.before, end))
        for job in simulator.jobs
    )
    downloaded = sum(simulator.content_export.archive(job).stat().st_size for job in simulator.jobs)
    assert results[0]["checks"] == {
        "rejected_share": True,
        "bookmark_age": True,
        "rows_in_target": True,
    }
    metadata = results[0]["metadata"]
    assert metadata["rows"]["receipt"] == written
    assert metadata["bookmark"] == f"{end:%Y-%m-%dT%H:%M:%SZ}"
    assert metadata["export_jobs"] == len(simulator.jobs) == 2
    assert metadata["windows"] == 2
    assert metadata["rejected_rows"] == 0
    assert 1 <= metadata["seconds_waited_for_intercom"] < 30
    assert metadata["downloaded_bytes"] == downloaded
    with psycopg.connect(postgres.url(database)) as connection:
        loaded = connection.execute("select workspace, count(*) from intercom.receipt group by 1")
        assert loaded.fetchall() == [("acme", receipts)]


@pytest.mark.skipif(
    not (AIRFLOW / ".venv" / ".installed").exists(),
    reason="needs the environment of examples/airflow: make pytest makes it",
)
def test_airflow_parses_the_dag_and_runs_it_once(
    simulate: Callable[..., Simulator], postgres: Postgres, database: str, tmp_path: Path
) -> None:
    simulator = simulate(receipts=120, days=20)
    receipts = simulator.workspace.counts(simulator.clock.now())["receipt"]
    shared = {"schema": "intercom", "workspace_column": True}
    write_workspaces(tmp_path, {"acme": simulator}, **shared)
    tokens = {"acme": simulator.token}
    with environment_of(tokens, postgres, database, tmp_path) as environment:
        environment |= {
            "AIRFLOW_HOME": str(tmp_path / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(AIRFLOW / "dags"),
            "PYTHONPATH": str(EXAMPLE),
        }
        done = subprocess.run(
            [
                str(AIRFLOW_BIN / "python"),
                "-c",
                MIGRATE_AND_TEST,
                str(AIRFLOW / "dags" / "intercom_fleet_dag.py"),
            ],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]

    with psycopg.connect(postgres.url(database)) as connection:
        loaded = connection.execute("select workspace, count(*) from intercom.receipt group by 1")
        assert loaded.fetchall() == [("acme", receipts)]
