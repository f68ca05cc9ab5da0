"""Loads the same exports into PostgreSQL with target-postgres, and builds the marts with dbt."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from demo.project import DBT_PROGRAM, ROOT, Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from demo.postgres import Postgres

RAW = "tap_intercom_export"
"""Schema of the loaded tables; the same as in the lake, because the rows contain its name."""

MARTS = "intercom"
"""Schema of the dbt models."""

Row = dict[str, Any]


class Warehouse:
    """A database, and a Meltano project that loads into it.

    Args:
        postgres: The server.
        folder: An empty folder.
    """

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self._postgres = postgres
        self._folder = folder
        url = postgres.url(driver="postgresql+psycopg")
        self._project = Project(folder, tap={}, database_url=url, schema=RAW)

    def load(self, config: Mapping[str, Any]) -> None:
        """Run the tap into the database.

        Args:
            config: Configuration of the tap.
        """
        self._project.tap = config
        self._project.write()
        self._project.run()

    def build(self) -> dict[str, list[Row]]:
        """Build the marts with dbt and return their rows.

        Raises:
            RuntimeError: dbt failed.
        """
        done = subprocess.run(  # noqa: S603 - our own program
            [
                str(DBT_PROGRAM),
                "run",
                *("--select", "+messages", "+content_daily"),
                f"--vars={{intercom_export_schema: {RAW}}}",
            ],
            cwd=ROOT / "dbt" / "intercom_export",
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self._folder),
                "DBT_PROFILES_DIR": str(ROOT / "dbt" / "profiles"),
                "DBT_TARGET_PATH": str(self._folder / "target"),
                "DBT_LOG_PATH": str(self._folder / "logs"),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "DBT_POSTGRES_HOST": str(self._postgres.socket_folder),
                "DBT_POSTGRES_USER": "postgres",
                "DBT_POSTGRES_DATABASE": "postgres",
                "DBT_SCHEMA": MARTS,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"dbt ended with {done.returncode}:\n{done.stdout[-4000:]}")
        with psycopg.Connection[Row].connect(
            self._postgres.url(), row_factory=dict_row
        ) as connection:
            return {
                mart: connection.execute(f"SELECT * FROM {MARTS}.{mart}".encode()).fetchall()  # noqa: S608
                for mart in ("messages", "content_daily")
            }
