"""examples/airflow: a run of the DAG, with Meltano, tap, PostgreSQL, and the state in S3."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import boto3
import psycopg
import pytest

from fleet.engine import EXAMPLE
from fleet.state_store import BUCKET
from tests.harness.fleet_environment import (
    NEEDS_MELTANO,
    state_in_s3,
    sync_environment,
    write_workspaces,
)
from tests.harness.stopped_simulator import stopped_simulator

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres

AIRFLOW = EXAMPLE.parent / "airflow"
PYTHON = AIRFLOW / ".venv" / "bin" / "python"

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.meltano,
    NEEDS_MELTANO,
    pytest.mark.skipif(
        not (AIRFLOW / ".venv" / ".installed").exists(),
        reason="needs the environment of examples/airflow: make pytest makes it",
    ),
]

PATIENCE_SECONDS = 500

MIGRATE_AND_TEST = """
import sys
from airflow.cli import cli_parser

parser = cli_parser.get_parser()
for arguments in (["db", "migrate"], ["dags", "test", "intercom_fleet", "-f", sys.argv[1]]):
    parsed = parser.parse_args(arguments)
    parsed.func(parsed)
"""
"""Script for the Python with Airflow: two commands of `airflow`, which is slow to import."""


def test_airflow_parses_the_dag_and_runs_it_once(
    postgres: Postgres, database: str, tmp_path: Path
) -> None:
    """With the lists only, because the sync of all streams is tested with Dagster."""
    with stopped_simulator(ai_pages=30) as simulator, state_in_s3() as state:
        tokens = write_workspaces(
            tmp_path,
            {"acme": simulator},
            streams=["lists"],
            schema="intercom",
            workspace_column=True,
        )
        done = subprocess.run(
            [
                str(PYTHON),
                "-c",
                MIGRATE_AND_TEST,
                str(AIRFLOW / "dags" / "intercom_fleet_dag.py"),
            ],
            env={
                **sync_environment(tmp_path, postgres, database),
                **state,
                **tokens,
                "AIRFLOW_HOME": str(tmp_path / "airflow"),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__CORE__DAGS_FOLDER": str(AIRFLOW / "dags"),
                "PYTHONPATH": str(EXAMPLE),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        pages = {str(page["id"]) for page in simulator.ai_content.pages()}
        client = boto3.client(
            "s3",
            endpoint_url=state["MELTANO_STATE_BACKEND_S3_ENDPOINT_URL"],
            aws_access_key_id="fleet",
            aws_secret_access_key="fleet",  # noqa: S106 - moto takes any
            region_name="us-east-1",
        )
        name = "state/prod:tap-intercom-export-to-target-postgres:acme-lists/state.json"
        stored = json.loads(client.get_object(Bucket=BUCKET, Key=name)["Body"].read())

    bookmarks = stored["completed"]["singer_state"]["bookmarks"]
    assert set(bookmarks) == {"content_import_source", "external_page"}
    with psycopg.connect(postgres.url(database)) as connection:
        loaded = connection.execute("select workspace, id from intercom.external_page")
        assert len(pages) == 30
        assert set(loaded.fetchall()) == {("acme", page) for page in pages}
