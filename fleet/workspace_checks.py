"""Checks of one workspace: its rows in PostgreSQL, and the ranges of its export jobs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from intercom_simulator.content_export.columns import FILES
from tests.harness.expected_rows import differences, expected

if TYPE_CHECKING:
    from datetime import datetime

    from fleet.workspaces import SimulatedWorkspace
    from intercom_simulator import Simulator
    from intercom_simulator.jobs import Job

COMPARED = tuple(name for name in FILES if name != "overview")
"""Streams whose rows are compared; `overview` depends on the ranges of jobs."""


def wrong_rows(url: str, workspace: SimulatedWorkspace, until: datetime) -> list[str]:
    """Compare the rows of a workspace in PostgreSQL with the simulator.

    Args:
        url: URL of the database.
        workspace: The workspace.
        until: Time up to which data was exported.

    Returns:
        The differences, one line each.
    """
    lines: list[str] = []
    simulator = workspace.simulator
    with psycopg.connect(url) as connection:
        lines += wrong_exports(connection, simulator, workspace.schema, until)
        if "lists" in workspace.groups:
            entries = {
                "content_import_source": simulator.ai_content.sources(),
                "external_page": simulator.ai_content.pages(),
            }
            for stream, expected_entries in entries.items():
                ids = Counter(str(row["id"]) for row in _rows(connection, workspace.schema, stream))
                if ids != Counter(str(entry["id"]) for entry in expected_entries):
                    lines.append(f"{stream}: ids differ")
        if "reporting" in workspace.groups:
            rows = simulator.reporting.expected_rows("conversation", until)
            loaded = _rows(connection, workspace.schema, "reporting_conversation")
            if len(rows) != len(loaded):
                lines.append(f"reporting_conversation: {len(loaded)} rows, not {len(rows)}")
    return lines


def wrong_exports(
    connection: psycopg.Connection[Any], simulator: Simulator, schema: str, until: datetime
) -> list[str]:
    """Compare the rows of message exports in PostgreSQL with those of the simulator.

    Args:
        connection: Connection to the database.
        simulator: The simulated workspace.
        schema: Schema of the workspace.
        until: Time up to which data was exported.

    Returns:
        The differences, one line each.
    """
    lines = []
    for stream in COMPARED:
        rows = expected(simulator, stream, until)
        loaded = _rows(connection, schema, stream)
        lines += [f"{stream}: {line}" for line in differences(stream, rows, loaded)]
    return lines


def exported_twice(simulator: Simulator) -> dict[tuple[str, int, int], int]:
    """Return the ranges that were requested more than once, with the number of requests.

    Each is (reporting dataset, start, end); the dataset of message exports is empty.

    Args:
        simulator: The simulated workspace.
    """
    jobs: list[tuple[str, Job]] = [("", job) for job in simulator.jobs]
    jobs += [
        (job.report_request.dataset.id, job)
        for job in simulator.reporting_jobs
        if job.report_request
    ]
    ranges = Counter((dataset, job.after, job.before) for dataset, job in jobs)
    return {job_range: count for job_range, count in ranges.items() if count > 1}


def _rows(connection: psycopg.Connection[Any], schema: str, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table; empty if the table does not exist because no row was loaded."""
    found = connection.execute("select to_regclass(%s)", [f"{schema}.{table}"]).fetchone()
    if not found or found[0] is None:
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        query = f"select * from {schema}.{table}"  # noqa: S608 - names from this program
        return cursor.execute(query.encode()).fetchall()
