from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from demo.project import ROOT
from tests.dbt.built.conftest import MARTS as SCHEMA
from tests.dbt.built.conftest import RAW
from tests.dbt.compare import differences
from tests.dbt.expected_marts import MARTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt.built.conftest import Dbt, Workspace

pytestmark = [
    pytest.mark.meltano,
    pytest.mark.timeout(600),
]

HASHED = ("event_id",)
"""Hashes that the tap computes, which are not compared."""


def expected(workspace: Workspace, mart: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = getattr(workspace.expected_marts, mart)
    assert len(rows) > 5, "too few to tell anything"
    return rows


@pytest.mark.parametrize("mart", MARTS)
def test_mart_in_postgres_equals_simulator(workspace: Workspace, mart: str) -> None:
    with workspace.connect() as connection:
        found = connection.execute(f'SELECT * FROM "{mart}"'.encode()).fetchall()
    assert differences(expected(workspace, mart), found, MARTS[mart], ignored=HASHED) == []


@pytest.mark.parametrize("mart", MARTS)
def test_mart_in_duckdb_equals_simulator(
    workspace: Workspace, built_in_duckdb: Path, mart: str
) -> None:
    with duckdb.connect(str(built_in_duckdb), read_only=True) as connection:
        cursor = connection.execute(f'SELECT * FROM {SCHEMA}."{mart}"')
        names = [column[0] for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert differences(expected(workspace, mart), found, MARTS[mart], ignored=HASHED) == []


def test_some_opens_are_only_in_event_files(workspace: Workspace) -> None:
    # otherwise the comparison would not show whether `messages` reads both
    with workspace.connect(f"{SCHEMA},{RAW}") as connection:
        row = connection.execute(
            "SELECT count(*) AS late FROM messages JOIN receipt USING (receipt_id) "
            "WHERE opened_at IS NOT NULL AND first_open IS NULL"
        ).fetchone()
    assert row is not None
    assert row["late"] > 3


def test_meltano_runs_tap_target_and_dbt(workspace: Workspace) -> None:
    summary = next(line for line in workspace.log if "Done. PASS=" in line)
    assert "WARN=0 ERROR=0 SKIP=0" in summary


@pytest.mark.parametrize("file", ["marts/marts.yml", "reporting/reporting.yml"])
def test_every_column_of_a_mart_is_described(workspace: Workspace, file: str) -> None:
    path = ROOT / "dbt" / "intercom_export" / "models" / file
    described = {
        model["name"]: [column["name"] for column in model["columns"]]
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }
    with workspace.connect() as connection:
        for mart, names in described.items():
            cursor = connection.execute(f'SELECT * FROM "{mart}" LIMIT 0'.encode())
            there = [column.name for column in cursor.description or ()]
            assert sorted(there) == sorted(names), mart


def test_freshness_follows_content_export(dbt: Dbt) -> None:
    done = dbt.attempt(
        "source",
        "freshness",
        "--vars={intercom_export_schema: raw, intercom_export_reporting: true}",
    )
    # the simulated present is in the past
    assert "ERROR STALE freshness of intercom_export.content_export" in done.stdout
