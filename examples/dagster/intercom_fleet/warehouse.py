"""Compares the rows in the target with the row counts of the tap."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from typing_extensions import LiteralString

    from intercom_fleet.workspaces import Workspace

_WITHOUT_RANGE = ("checkpoint", "overview")
"""Files that the range of a job does not select by `created_at`."""


class Difference(NamedTuple):
    """Number of rows of a file in the job and in the target."""

    table: str
    job: int
    target: int


def compare_last_window(workspace: Workspace) -> tuple[int, list[Difference]]:
    """Compare the rows of the newest export job with the rows of its range in the target.

    The number of receipts must be equal. The target may have more events: those of messages sent
    before the range are not in the job.

    Args:
        workspace: The workspace.

    Returns:
        The number of compared rows, and the differences.
    """
    url = os.environ["TARGET_POSTGRES_SQLALCHEMY_URL"].replace("+psycopg", "", 1)
    with psycopg.connect(url, options=f"-c search_path={workspace.schema}") as connection:
        job = _query(
            connection,
            "select job_identifier, created_at_after, created_at_before, rows from content_export"
            " where {mine} order by created_at_before desc, created_at desc limit 1",
            workspace,
        )
        if not job:
            return 0, []
        identifier, after, before, rows = job[0]
        rejected = dict(
            _query(
                connection,
                r"select regexp_replace(file, '^.*/|_?[0-9]*\.csv$', '', 'g'), count(*)"
                " from rejected_row where {mine} and job_identifier = %s group by 1",
                workspace,
                identifier,
            )
            if _has_table(connection, workspace, "rejected_row")
            else ()
        )
        compared, different = 0, []
        for table, count in sorted((rows or {}).items()):
            if table in _WITHOUT_RANGE or not _has_table(connection, workspace, table):
                continue
            found = _query(
                connection,
                "select count(*) from {table} where {mine} and created_at between %s and %s",
                workspace,
                after,
                before,
                table=table,
            )[0][0]
            expected = count - sum(n for file, n in rejected.items() if file == table)
            compared += count
            if found < expected or (table == "receipt" and found > expected):
                different.append(Difference(table, expected, found))
        return compared, different


def _has_table(connection: psycopg.Connection[Any], workspace: Workspace, table: str) -> bool:
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = %s and table_name = %s",
        (workspace.schema, table),
    )
    return found.fetchone() is not None


def _query(
    connection: psycopg.Connection[Any],
    text: LiteralString,
    workspace: Workspace,
    *values: Any,
    table: str = "",
) -> list[Any]:
    """Run a query over the rows of one workspace, in tables that may be shared."""
    mine: sql.Composable = sql.SQL("true")
    if workspace.workspace_column:
        mine = sql.SQL("workspace = {}").format(sql.Literal(workspace.name))
    query = sql.SQL(text).format(mine=mine, table=sql.Identifier(table or "content_export"))
    return connection.execute(query, values).fetchall()
