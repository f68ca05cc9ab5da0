"""Meltano, the tap, target-postgres and a real PostgreSQL, for the tests from end to end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from demo.project import DEFAULT_SELECTION, Project
from intercom_simulator.content_export.columns import FILES
from tests.harness.expected_rows import differences, expected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from demo.postgres import Postgres
    from intercom_simulator import Simulator

    OpenWarehouse = Callable[..., "Warehouse"]


class Warehouse:
    """A Meltano project that loads into a database."""

    def __init__(
        self,
        folder: Path,
        postgres: Postgres,
        database: str,
        select: tuple[str, ...] = DEFAULT_SELECTION,
        **target: Any,
    ) -> None:
        self._url = postgres.url(database)
        address = postgres.url(database, driver="postgresql+psycopg")
        self.project = Project(folder, tap={}, database_url=address, select=select, target=target)

    def load(self, config: dict[str, Any], *options: str) -> None:
        """Run Meltano with a configuration of the tap and options of `meltano run`."""
        self.project.tap = config
        self.project.write()
        self.project.run(*options)

    def query(self, query: str) -> list[dict[str, Any]]:
        with (
            psycopg.connect(self._url) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            return cursor.execute(query.encode()).fetchall()

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.query(f"SELECT * FROM intercom.{table}")

    def tables(self) -> set[str]:
        found = self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'intercom'")
        return {row["tablename"] for row in found}

    def types(self, table: str) -> dict[str, str]:
        found = self.query(
            "SELECT column_name, data_type FROM information_schema.columns "
            f"WHERE table_schema = 'intercom' AND table_name = '{table}'"
        )
        return {row["column_name"]: row["data_type"] for row in found}

    def assert_complete(self, simulator: Simulator) -> None:
        """Check that all columns of all rows of all streams equal the simulator's rows."""
        now = simulator.clock.now()
        for statistic in FILES:
            expected_rows = expected(simulator, statistic, now)
            assert differences(statistic, expected_rows, self.rows(statistic)) == [], statistic
        assert len(self.rows("content_export")) == len(simulator.jobs)
        assert self.rows("rejected_row") == []


@pytest.fixture
def open_warehouse(postgres: Postgres, database: str, tmp_path: Path) -> OpenWarehouse:
    """Return a function that creates a project; it takes `select` and settings of the target."""
    return partial(Warehouse, tmp_path, postgres, database)
