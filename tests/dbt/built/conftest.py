"""Fixtures: a simulated workspace, loaded into PostgreSQL and DuckDB and built by dbt in both."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
from psycopg.rows import dict_row

from demo.project import DBT, DBT_PROGRAM, ROOT, Project
from intercom_simulator import Clock, Simulator
from tests.conftest import create_database
from tests.dbt.expected_marts import ExpectedMarts
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.postgres import Postgres

RAW = "raw"
"""Schema of the loaded tables."""

MARTS = "marts"
"""Schema of the marts."""

DATASETS = (
    "conversation",
    "consolidated_conversation_part",
    "conversation_rating_sent",
    "teammate_handling_conversation",
)

_LATER = timedelta(days=2)
"""Simulated time between the two runs."""


@dataclass(frozen=True)
class Workspace:
    """A simulated workspace with loaded tables and marts.

    Args:
        expected_marts: Expected rows of the marts.
        postgres: The server.
        database: The database's name.
        log: Output of Meltano and dbt.
        folder: The Meltano project.
    """

    expected_marts: ExpectedMarts
    postgres: Postgres
    database: str
    log: list[str]
    folder: Path

    def connect(self, schema: str = MARTS) -> psycopg.Connection[dict[str, Any]]:
        """Return a connection to the database whose rows are dictionaries."""
        return psycopg.Connection[dict[str, Any]].connect(
            self.postgres.url(self.database),
            row_factory=dict_row,
            autocommit=True,
            options=f"-c search_path={schema}",
        )


@dataclass(frozen=True)
class Dbt:
    """Runs dbt on the package in this repository.

    Args:
        folder: Folder for the output of dbt.
        environment: Environment variables of the profile.
    """

    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run dbt and return its output; fails the test if dbt fails."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt; it may fail."""
        return subprocess.run(
            [DBT_PROGRAM, *arguments],
            cwd=ROOT / "dbt" / "intercom_export",
            env={
                "HOME": str(self.folder),
                "PATH": "/usr/bin:/bin",
                "DBT_PROFILES_DIR": str(ROOT / "dbt" / "profiles"),
                "DBT_TARGET_PATH": str(self.folder / "target"),
                "DBT_LOG_PATH": str(self.folder / "logs"),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "DBT_USE_COLORS": "false",
                **self.environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def workspace(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Run Meltano twice into PostgreSQL, the second time followed by dbt.

    Some engagement comes after the lookback, so that it is in the event files but not in the
    receipts.
    """
    database = create_database(postgres)
    clock = Clock(END, running=False)
    with Simulator(
        receipts=2_500,
        days=50,
        end=END,
        max_delay_days=14,
        late_share=0.15,
        late_days=40,
        conversations=150,
        clock=clock,
    ) as simulator:
        project = Project(
            tmp_path_factory.mktemp("meltano"),
            tap={
                "access_token": simulator.token,
                "api_url": simulator.url,
                "start_date": f"{END - timedelta(days=51):%Y-%m-%dT%H:%M:%SZ}",
                "end_date": f"{END:%Y-%m-%dT%H:%M:%SZ}",
                "poll_interval_seconds": 0.02,
                "window_days": 3,
                "lookback_days": 14,  # everything but the late opens is within two weeks
                "reporting_datasets": list(DATASETS),
            },
            database_url=postgres.url(database, driver="postgresql+psycopg"),
            schema=RAW,
            dbt={
                "host": str(postgres.socket_folder),
                "user": "postgres",
                "database": database,
                "schema": MARTS,
                "reporting": True,
            },
        )
        project.run()
        clock.set(END + _LATER)
        project.tap = {**project.tap, "end_date": f"{END + _LATER:%Y-%m-%dT%H:%M:%SZ}"}
        project.write()
        lines = project.run(then=[f"{DBT}:build"])
        expected_marts = ExpectedMarts(simulator, END + _LATER, RAW)
        log = [line.text for line in lines]
        yield Workspace(expected_marts, postgres, database, log, project.folder)


@pytest.fixture(scope="session")
def dbt(workspace: Workspace) -> Dbt:
    """dbt with the same environment as under Meltano, so that it can reuse the parsed project."""
    return Dbt(
        workspace.folder / ".meltano" / "dbt",
        {
            "DBT_POSTGRES_HOST": str(workspace.postgres.socket_folder),
            "DBT_POSTGRES_USER": "postgres",
            "DBT_POSTGRES_DATABASE": workspace.database,
            "DBT_SCHEMA": MARTS,
        },
    )


@pytest.fixture(scope="session")
def built_in_duckdb(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with the same tables, and all models."""
    folder = tmp_path_factory.mktemp("duckdb")
    path = folder / "intercom.duckdb"
    copy_to_duckdb(workspace, path)
    environment = {"DBT_TARGET": "duckdb", "DBT_DUCKDB_PATH": str(path), "DBT_SCHEMA": MARTS}
    Dbt(folder, environment).run(
        "build",
        "--vars={intercom_export_schema: raw, intercom_export_reporting: true}",
        # dbt's tests run the same SQL in PostgreSQL, and would double the time
        "--exclude=path:models/staging,resource_type:test",
    )
    return path


def copy_to_duckdb(workspace: Workspace, path: Path) -> None:
    """Copy the loaded tables from PostgreSQL to a DuckDB file."""
    types = {"timestamp without time zone": "TIMESTAMP", "jsonb": "JSON", "bigint": "BIGINT"}
    types |= {"boolean": "BOOLEAN", "numeric": "DOUBLE", "double precision": "DOUBLE"}
    with workspace.connect(RAW) as source, duckdb.connect(str(path)) as target:
        target.execute(f"CREATE SCHEMA {RAW}")
        columns: dict[str, dict[str, str]] = {}
        for row in source.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = %s ORDER BY table_name, ordinal_position",
            [RAW],
        ):
            kind = types.get(row["data_type"], "VARCHAR")
            columns.setdefault(row["table_name"], {})[row["column_name"]] = kind
        for table, kinds in columns.items():
            file = path.with_name(f"{table}.csv")
            with file.open("wb") as output, source.cursor() as cursor:
                copying = f"COPY {RAW}.\"{table}\" TO STDOUT (FORMAT csv, HEADER, NULL '\\N')"
                with cursor.copy(copying.encode()) as copied:
                    for block in copied:
                        output.write(block)
            target.execute(
                f'CREATE TABLE {RAW}."{table}" AS SELECT * FROM read_csv(?, header=true, '
                "nullstr='\\N', quote='\"', escape='\"', columns=?, strict_mode=false, "
                "parallel=false)",
                [str(file), kinds],
            )
