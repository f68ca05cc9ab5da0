"""Checks of the fleet: rows, jobs at Intercom, statuses of runs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from intercom_simulator.columns import FILES
from tests.harness.expected_rows import differences, expected

if TYPE_CHECKING:
    from datetime import datetime

    from fleet.workspaces import SimulatedWorkspace

COMPARED = tuple(name for name in FILES if name != "overview")
"""Streams whose rows are compared; `overview` depends on the ranges of jobs."""

_LISTS = ("content_import_source", "external_page")


def wrong_rows(url: str, workspace: SimulatedWorkspace, until: datetime) -> list[str]:
    """Compare the rows of a workspace in PostgreSQL with the simulator.

    Args:
        url: URL of the database.
        workspace: The workspace.
        until: Time up to which data was exported.

    Returns:
        The differences, one line each.
    """
    lines = []
    simulator = workspace.simulator
    with psycopg.connect(url) as connection:
        for stream in COMPARED:
            truth = expected(simulator, stream, until)
            loaded = _rows(connection, workspace.schema, stream)
            lines += [f"{stream}: {line}" for line in differences(stream, truth, loaded)]
        if "lists" in workspace.groups:
            known = {"content_import_source": simulator.ai_content.sources()}
            known["external_page"] = simulator.ai_content.pages()
            for stream in _LISTS:
                ids = Counter(str(row["id"]) for row in _rows(connection, workspace.schema, stream))
                if ids != Counter(str(row["id"]) for row in known[stream]):
                    lines.append(f"{stream}: ids differ")
        if "reporting" in workspace.groups:
            truth = simulator.reporting.expected_rows("conversation", until)
            loaded = _rows(connection, workspace.schema, "reporting_conversation")
            if len(truth) != len(loaded):
                lines.append(f"reporting_conversation: {len(loaded)} rows, not {len(truth)}")
    return lines


def exported_twice(workspace: SimulatedWorkspace) -> dict[tuple[int, int], int]:
    """Return the ranges with more than one job, and the number of jobs.

    Args:
        workspace: The workspace.
    """
    ranges = Counter((job.after, job.before) for job in workspace.simulator.jobs)
    return {found: count for found, count in ranges.items() if count > 1}


def _rows(connection: psycopg.Connection[Any], schema: str, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table; empty if the table does not exist because no row was loaded."""
    found = connection.execute("select to_regclass(%s)", [f"{schema}.{table}"]).fetchone()
    if not found or found[0] is None:
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        query = f"select * from {schema}.{table}"  # noqa: S608 - names of this program
        return cursor.execute(query.encode()).fetchall()
