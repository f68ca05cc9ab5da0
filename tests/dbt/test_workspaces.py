"""Marts of three loaded workspaces: two in shared tables, one in its own schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.dbt.built.conftest import MARTS as SCHEMA
from tests.dbt.built.conftest import Dbt
from tests.dbt.compare import differences
from tests.dbt.expected_marts import ENGAGEMENT, MARTS, STATISTICS, ExpectedMarts
from tests.harness.singer import clean_environment, discover_in_process, run_tap, select

if TYPE_CHECKING:
    from demo.postgres import Postgres
    from intercom_simulator import Simulator
    from tests.harness.fixture_types import Configure, Simulate

pytestmark = pytest.mark.timeout(600)

STREAMS = ("receipt", *{*ENGAGEMENT, *(name for of in STATISTICS.values() for name in of)})


def load(simulator: Simulator, config: dict[str, Any], url: str, schema: str, path: Path) -> None:
    output = run_tap(config, catalog=select(discover_in_process(config), *STREAMS))
    target = {"sqlalchemy_url": url, "default_target_schema": schema, "use_copy": True}
    path.write_text(json.dumps(target))
    done = subprocess.run(
        [Path(sys.executable).with_name("target-postgres"), "--config", path],
        input="\n".join(output.lines) + "\n",
        text=True,
        capture_output=True,
        check=False,
        env=clean_environment(),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(output.loaded("receipt")) == len(
        simulator.workspace.expected_rows("receipt", _now(simulator))
    )


def _now(simulator: Simulator) -> Any:
    return simulator.clock.now()


def test_marts_keep_workspaces_with_equal_ids_apart(
    simulate: Simulate, configure: Configure, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    # equal seeds give equal ids; the second workspace has more of them
    workspaces = {
        "acme": simulate(receipts=60, days=10),
        "bolt": simulate(receipts=90, days=10),
        "apart": simulate(receipts=75, days=10),
    }
    url = postgres.url(database, driver="postgresql+psycopg")
    for name, simulator in workspaces.items():
        shared = {} if name == "apart" else {"workspace": name}
        schema = "apart" if name == "apart" else "shared"
        load(simulator, configure(simulator, **shared), url, schema, tmp_path / "target.json")
    ids = [
        {row["receipt_id"] for row in one.workspace.expected_rows("receipt", one.clock.now())}
        for one in workspaces.values()
    ]
    assert ids[0] & ids[1] & ids[2]

    environment = {
        "DBT_POSTGRES_HOST": str(postgres.socket_folder),
        "DBT_POSTGRES_USER": "postgres",
        "DBT_POSTGRES_DATABASE": database,
        "DBT_SCHEMA": SCHEMA,
    }
    Dbt(tmp_path / "dbt", environment).run(
        "run",
        "--vars={intercom_export_schema: [shared, apart]}",
        *("--select", "+content_daily", "+clicks_by_url"),
    )
    marts = [ExpectedMarts(one, one.clock.now(), name) for name, one in workspaces.items()]
    with psycopg.Connection[dict[str, Any]].connect(
        postgres.url(database), row_factory=dict_row
    ) as connection:
        for mart in ("messages", "content_daily", "clicks_by_url"):
            found = connection.execute(f"SELECT * FROM {SCHEMA}.{mart}".encode()).fetchall()
            wanted = [row for one in marts for row in getattr(one, mart)]
            assert len(wanted) > 10
            assert differences(wanted, found, ("source_relation", *MARTS[mart])) == []
