"""What a person wants to see of a load: counts beside the truth, rows, a question answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import combining, east_asian_width

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from psycopg import Connection

    from intercom_simulator import Simulator

SCHEMA = "intercom"
"""The database schema that holds the tables."""

ENGAGEMENT = ("open", "click")
"""Statistics whose `first_*` column of `receipt` is counted besides its rows."""

DATASETS = ("conversation", "tickets")
"""The reporting datasets that are shown."""

OBJECT_TYPES = ("Order", "Subscription plan")
"""The types of custom objects that are shown."""

CONVERSATIONS = """
    SELECT channel, count(*) AS conversations, count(last_teammate_rating) AS rated,
           round(avg(conversation_first_response_time) / 60, 1) AS "minutes to first response"
      FROM reporting_conversation GROUP BY 1 ORDER BY conversations DESC, channel"""

ORDERS = """
    SELECT custom_attributes ->> 'state' AS state, count(*) AS orders,
           sum((custom_attributes ->> 'amount')::numeric) AS amount
      FROM custom_object_instance WHERE type = 'Order' AND custom_attributes ? 'state'
     GROUP BY 1 ORDER BY orders DESC, state"""

_WIDEST = 34
"""Characters. A longer cell is cut."""

RATES = """
    SELECT coalesce(content_title, '(no title)') AS content, content_type AS type, count(*) AS sent,
           round(100.0 * count(first_open) / count(*), 1) AS "opened %",
           round(100.0 * count(first_click) / count(*), 1) AS "clicked %"
      FROM receipt GROUP BY 1, 2 ORDER BY sent DESC, content LIMIT 10"""

RECEIPTS = """
    SELECT receipt_id, received_at, name, coalesce(content_title, '(no title)') AS content,
           first_open, first_click
      FROM receipt WHERE first_open IS NOT NULL AND name IS NOT NULL
     ORDER BY received_at DESC LIMIT 5"""

_FIRST_OPENED_SINCE = """
    SELECT count(*) FROM receipt WHERE received_at <= %(since)s AND first_open > %(since)s"""


class Count(NamedTuple):
    """A number in the database beside what it should be."""

    what: str
    expected: int
    loaded: int

    @property
    def differs(self) -> bool:
        """Whether something is wrong."""
        return self.expected != self.loaded


def counts(connection: Connection[Any], simulator: Simulator, until: datetime) -> list[Count]:
    """Count the rows of every table, and the engagement in `receipt`, beside the truth.

    Args:
        connection: To the database.
        simulator: Knows what there is, and which jobs there were.
        until: The last instant that was exported.
    """
    expected = simulator.workspace.counts(until)
    expected["content_export"] = len(simulator.jobs)
    # a row for each message and job: the totals are those of the job's range
    expected["overview"] = sum(
        len(simulator.workspace.rows("overview", job.after, job.before, job.requested_at))
        for job in simulator.jobs
    )
    expected |= {"other_statistic": 0, "rejected_row": 0}
    found = [Count(name, expected[name], rows_of(connection, name)) for name in sorted(expected)]
    for statistic in ENGAGEMENT:
        truth = {row["receipt_id"] for row in simulator.workspace.expected_rows(statistic, until)}
        column = f"first_{statistic}"
        loaded = rows_of(connection, "receipt", column)
        found.append(Count(f"receipt.{column}", len(truth), loaded))
    return found


def rows_of(connection: Connection[Any], table: str, column: str | None = None) -> int:
    """Count the rows of a table, 0 if there is no such table.

    Args:
        connection: To the database.
        table: Its name.
        column: Count only the rows that have a value here.
    """
    known = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.{table}"]).fetchone()
    if known is None or known[0] is None:
        return 0
    what = sql.SQL("*") if column is None else sql.Identifier(column)
    query = sql.SQL("SELECT count({}) FROM {}").format(what, sql.Identifier(SCHEMA, table))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def other_counts(connection: Connection[Any], simulator: Simulator, until: datetime) -> list[Count]:
    """Count the rows of reporting datasets, AI content and custom objects beside the truth.

    Args:
        connection: To the database.
        simulator: Knows what there is.
        until: The last instant that was exported.
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
    return [Count(name, number, rows_of(connection, name)) for name, number in expected.items()]


def opened_since(
    connection: Connection[Any], simulator: Simulator, since: datetime, until: datetime
) -> Count:
    """Count the messages sent up to an instant that were opened for the first time after it.

    Args:
        connection: To the database.
        simulator: Knows what there is.
        since: The instant.
        until: The last instant that was exported.
    """
    workspace = simulator.workspace
    before = {row["receipt_id"] for row in workspace.expected_rows("open", since)}
    new = {row["receipt_id"] for row in workspace.expected_rows("open", until)} - before
    sent = {row["receipt_id"] for row in workspace.expected_rows("receipt", since)}
    # target-postgres writes times without a zone, in UTC
    row = connection.execute(_FIRST_OPENED_SINCE, {"since": since.replace(tzinfo=None)}).fetchone()
    return Count("first opened after run 1", len(new & sent), int(row[0]) if row else 0)


def query_table(connection: Connection[Any], query: str) -> str:
    """Give the result of a query as a table.

    Args:
        connection: To the database.
        query: One of the constants of this module.
    """
    cursor = connection.execute(query.encode())
    names = [column.name for column in cursor.description or ()]
    return table(names, cursor.fetchall())


def counts_table(first: Sequence[Count], second: Sequence[Count]) -> str:
    """Give the counts after two runs as a table.

    Args:
        first: After the first run.
        second: After the second run, in the same order.
    """
    rows = [
        (
            a.what,
            *(f"{number:,}" for number in (a.expected, a.loaded, b.expected, b.loaded)),
            "differs" if a.differs or b.differs else "equal",
        )
        for a, b in zip(first, second, strict=True)
    ]
    return table(("rows of", "run 1: Intercom", "loaded", "run 2: Intercom", "loaded", ""), rows)


def table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Lay out rows in columns, numbers to the right.

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
    """Tell how many columns of a terminal a text takes."""
    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _cell(value: Any) -> str:
    text = "" if value is None else str(value).replace("\n", " ")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").isdigit()
