"""Compares row counts with the simulator, and formats query results as text tables."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import combining, east_asian_width

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from psycopg import Connection

    from intercom_simulator import Simulator

SCHEMA = "intercom"
"""Database schema of the tables."""

FIRST_COLUMNS = ("open", "click")
"""Events whose `first_*` column in `receipt` is compared, too."""

DATASETS = ("conversation", "tickets")
"""Reporting datasets of the demo."""

OBJECT_TYPES = ("Order", "Subscription plan")
"""Custom object types of the demo."""

CONVERSATIONS_QUERY = """
    SELECT channel, count(*) AS conversations, count(last_teammate_rating) AS rated,
           round(avg(conversation_first_response_time) / 60, 1) AS "minutes to first response"
      FROM reporting_conversation GROUP BY 1 ORDER BY conversations DESC, channel"""

ORDERS_QUERY = """
    SELECT custom_attributes ->> 'state' AS state, count(*) AS orders,
           sum((custom_attributes ->> 'amount')::numeric) AS amount
      FROM custom_object_instance WHERE type = 'Order' AND custom_attributes ? 'state'
     GROUP BY 1 ORDER BY orders DESC, state"""

_MAX_CELL_CHARACTERS = 34
"""Longer cells are truncated."""

RATES_QUERY = """
    SELECT coalesce(content_title, '(no title)') AS content, content_type AS type, count(*) AS sent,
           round(100.0 * count(first_open) / count(*), 1) AS "opened %",
           round(100.0 * count(first_click) / count(*), 1) AS "clicked %"
      FROM receipt GROUP BY 1, 2 ORDER BY sent DESC, content LIMIT 10"""

LATEST_OPENED_QUERY = """
    SELECT receipt_id, received_at, name, coalesce(content_title, '(no title)') AS content,
           first_open, first_click
      FROM receipt WHERE first_open IS NOT NULL AND name IS NOT NULL
     ORDER BY received_at DESC LIMIT 5"""

_FIRST_OPENED_SINCE_QUERY = """
    SELECT count(*) FROM receipt WHERE received_at <= %(since)s AND first_open > %(since)s"""


class Count(NamedTuple):
    """A count in the simulator, and the same count in the database.

    Attributes:
        label: What is counted: a table, or a column of one.
        expected: The simulator's count.
        loaded: The database's count.
    """

    label: str
    expected: int
    loaded: int

    @property
    def differs(self) -> bool:
        """Whether the counts differ."""
        return self.expected != self.loaded


def compare_tables(
    connection: Connection[Any], simulator: Simulator, until: datetime
) -> list[Count]:
    """Compare the tables of the message export, and columns of `receipt`, with the simulator.

    Args:
        connection: Connection to the database.
        simulator: The simulator.
        until: Time up to which data was exported.
    """
    expected = simulator.workspace.counts(until)
    expected["content_export"] = len(simulator.jobs)
    # a row for each content and job, because the totals are of the job's range
    expected["overview"] = sum(
        len(simulator.workspace.rows("overview", job.after, job.before, job.requested_at))
        for job in simulator.jobs
    )
    expected |= {"other_statistic": 0, "rejected_row": 0}
    found = [Count(name, expected[name], count_rows(connection, name)) for name in sorted(expected)]
    for statistic in FIRST_COLUMNS:
        expected_ids = {
            row["receipt_id"] for row in simulator.workspace.expected_rows(statistic, until)
        }
        column = f"first_{statistic}"
        loaded = count_rows(connection, "receipt", column)
        found.append(Count(f"receipt.{column}", len(expected_ids), loaded))
    return found


def count_rows(connection: Connection[Any], table: str, column: str | None = None) -> int:
    """Count the rows of a table; 0 if the table does not exist.

    Args:
        connection: Connection to the database.
        table: Name of the table.
        column: Count only rows with a value in this column.
    """
    known = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.{table}"]).fetchone()
    if known is None or known[0] is None:
        return 0
    label = sql.SQL("*") if column is None else sql.Identifier(column)
    query = sql.SQL("SELECT count({}) FROM {}").format(label, sql.Identifier(SCHEMA, table))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def compare_other_tables(
    connection: Connection[Any], simulator: Simulator, until: datetime
) -> list[Count]:
    """Compare the tables of reporting datasets, AI content and custom objects.

    Args:
        connection: Connection to the database.
        simulator: The simulator.
        until: Time up to which data was exported.
    """
    expected = {
        **{
            f"reporting_{name}": len(simulator.reporting.expected_rows(name, until))
            for name in DATASETS
        },
        "content_import_source": len(simulator.ai_content.sources()),
        "external_page": len(simulator.ai_content.pages()),
        "custom_object_instance": sum(
            len(simulator.custom_objects.instances(name)) for name in OBJECT_TYPES
        ),
    }
    return [Count(name, number, count_rows(connection, name)) for name, number in expected.items()]


def compare_late_opens(
    connection: Connection[Any], simulator: Simulator, since: datetime, until: datetime
) -> Count:
    """Compare the number of messages sent before a time and first opened after it.

    Args:
        connection: Connection to the database.
        simulator: The simulator.
        since: The time.
        until: Time up to which data was exported.
    """
    workspace = simulator.workspace
    before = {row["receipt_id"] for row in workspace.expected_rows("open", since)}
    new = {row["receipt_id"] for row in workspace.expected_rows("open", until)} - before
    sent = {row["receipt_id"] for row in workspace.expected_rows("receipt", since)}
    # target-postgres writes times in UTC, without a time zone
    row = connection.execute(
        _FIRST_OPENED_SINCE_QUERY, {"since": since.replace(tzinfo=None)}
    ).fetchone()
    return Count("first opened after run 1", len(new & sent), int(row[0]) if row else 0)


def query_table(connection: Connection[Any], query: str) -> str:
    """Return the result of a query as a text table.

    Args:
        connection: Connection to the database.
        query: One of the queries in this module.
    """
    cursor = connection.execute(query.encode())
    names = [column.name for column in cursor.description or ()]
    return table(names, cursor.fetchall())


def counts_table(first: Sequence[Count], second: Sequence[Count]) -> str:
    """Return the counts after two runs as a text table.

    Args:
        first: Counts after the first run.
        second: Counts after the second run, in the same order.
    """
    rows = [
        (
            a.label,
            *(f"{number:,}" for number in (a.expected, a.loaded, b.expected, b.loaded)),
            "differs" if a.differs or b.differs else "equal",
        )
        for a, b in zip(first, second, strict=True)
    ]
    return table(("table", "run 1: Intercom", "loaded", "run 2: Intercom", "loaded", ""), rows)


def table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Format rows as a text table, with numbers right-aligned.

    Args:
        names: Headings.
        rows: Cells.
    """
    texts = [[_cell(cell) for cell in row] for row in rows]
    columns = list(zip(names, *texts, strict=True))
    widths = [max(map(_width, column)) for column in columns]
    numeric = [all(_is_number(cell) for cell in column[1:]) for column in columns]
    lines = [list(names), ["-" * width for width in widths], *texts]
    return "\n".join(
        "  "
        + "  ".join(
            _padded(cell, width, right=right)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def _width(text: str) -> int:
    """Return the width of a text in terminal columns."""
    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _cell(value: Any) -> str:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return f"{value:,}"
    text = "" if value is None else str(value).replace("\n", " ")
    return text if len(text) <= _MAX_CELL_CHARACTERS else text[: _MAX_CELL_CHARACTERS - 1] + "…"


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").isdigit()
