"""Hand-written source tables: several workspaces, repeated rows, time zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.conftest import create_database
from tests.dbt.built.conftest import MARTS, Dbt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from demo.postgres import Postgres

pytestmark = pytest.mark.timeout(600)

SOURCES = """
    CREATE SCHEMA first; CREATE SCHEMA second;

    -- a workspace in its own schema; the target appends rows, and only marks deleted ones
    CREATE TABLE first.receipt (
        receipt_id text, received_at timestamptz, content_type text, content_title text,
        ruleset_id text, content_id text, user_id text, first_open timestamp,
        _sdc_extracted_at timestamp, _sdc_deleted_at timestamp);
    INSERT INTO first.receipt VALUES
        ('1', '2026-01-02 01:00+02', 'Email', 'x', 'r', 'c', 'u', NULL, '2026-01-03', NULL),
        ('1', '2026-01-02 01:00+02', 'Email', 'x', 'r', 'c', 'u', '2026-01-04', '2026-01-05', NULL),
        ('2', '2026-01-02 01:00+02', 'Email', 'x', 'r', 'c', 'u', NULL, '2026-01-03', '2026-01-04');

    -- two in one schema, distinguished by the column that the tap's setting `workspace` adds
    CREATE TABLE second.receipt (
        workspace text, receipt_id text, received_at timestamp, content_type text,
        ruleset_id text, content_id text, user_id text);
    INSERT INTO second.receipt VALUES
        ('eu', '1', '2026-01-01 10:00', 'Chat', 'r', 'c', 'u'),
        ('us', '1', '2026-01-01 10:00', 'Chat', 'r', 'c', 'u'),
        (NULL, '3', '2026-01-01 10:00', 'Chat', 'r', 'c', 'u');
    CREATE TABLE second.open (
        workspace text, event_id text, created_at timestamp, receipt_id text, opened_at timestamp);
    INSERT INTO second.open VALUES ('eu', 'e', '2026-01-01 12:00', '1', '2026-01-01 12:00');

    -- an unknown file, whose times are text
    CREATE TABLE second.spam_complaint (
        workspace text, event_id text, receipt_id text, created_at text);
    INSERT INTO second.spam_complaint VALUES ('us', 'e', '1', '2026-01-01T13:00:00Z');
"""


@pytest.fixture(scope="module")
def query(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], list[tuple[Any, ...]]]:
    """Return a function that queries a database with marts of the sources above."""
    database = create_database(postgres)
    with psycopg.connect(postgres.url(database), autocommit=True) as connection:
        connection.execute(SOURCES.encode())
    folder: Path = tmp_path_factory.mktemp("dbt")
    dbt = Dbt(
        folder,
        {
            "DBT_POSTGRES_HOST": str(postgres.socket_folder),
            "DBT_POSTGRES_USER": "postgres",
            "DBT_POSTGRES_DATABASE": database,
            "DBT_SCHEMA": MARTS,
        },
    )
    dbt.run(
        "run",
        "--vars={intercom_export_schema: [first, second], intercom_export_skip_streams: [click]}",
        *("--select", "+content_daily", "+clicks_by_url", "+survey_answers"),
    )

    def run(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(postgres.url(database), options=f"-c search_path={MARTS}") as it:
            return it.execute(sql.encode()).fetchall()

    return run


def test_workspaces_are_separated_by_schema_or_column(query: Any) -> None:
    assert query("SELECT source_relation, receipt_id FROM messages ORDER BY 1, 2") == [
        ("eu", "1"),
        ("first", "1"),
        ("second", "3"),
        ("us", "1"),
    ]


def test_event_is_joined_within_its_workspace(query: Any) -> None:
    found = query(
        "SELECT source_relation, opened_at::text FROM messages WHERE channel = 'in_app' ORDER BY 1"
    )
    assert found == [("eu", "2026-01-01 12:00:00"), ("second", None), ("us", None)]


def test_last_loaded_row_is_used(query: Any) -> None:
    found = query("SELECT opened_at::text FROM messages WHERE source_relation = 'first'")
    assert found == [("2026-01-04 00:00:00",)]


def test_times_with_time_zone_are_converted_to_utc(query: Any) -> None:
    found = query(
        "SELECT sent_at::text, sent_on::text FROM messages WHERE source_relation = 'first'"
    )
    assert found == [("2026-01-01 23:00:00", "2026-01-01")]


def test_times_may_be_texts(query: Any) -> None:
    found = query(
        "SELECT source_relation, complained_at::text FROM messages WHERE is_complained IS TRUE"
    )
    assert found == [("us", "2026-01-01 13:00:00")]


def test_marts_of_missing_tables_have_no_rows(query: Any) -> None:
    assert query("SELECT count(*) FROM survey_answers") == [(0,)]
    assert query("SELECT count(*) FROM clicks_by_url") == [(0,)]


def test_totals_are_separate_by_workspace(query: Any) -> None:
    assert query(
        "SELECT source_relation, sent, opened, open_rate FROM content_daily ORDER BY 1"
    ) == [("eu", 1, 1, 1.0), ("first", 1, 1, 1.0), ("second", 1, 0, 0.0), ("us", 1, 0, 0.0)]
