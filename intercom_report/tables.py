"""The tables of the report: columns and cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from intercom_report.charts import label_of
from intercom_report.marts import rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from intercom_report.database import Row
    from intercom_report.marts import Marts

Kind = Literal["text", "number", "percent", "hours"]


@dataclass(frozen=True)
class Cell:
    """A cell: displayed text and sort value."""

    text: str
    order: Any
    kind: Kind


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: Name and kind of each column.
        rows: The cells.
    """

    columns: list[tuple[str, Kind]]
    rows: list[list[Cell]]


Column = tuple[str, Kind, "Callable[[Row], Any]"]


def tables(marts: Marts) -> dict[str, Table]:
    """Return all tables that have rows, by name.

    Args:
        marts: The data.
    """
    made = {
        "contents": _table(marts.contents, _CONTENTS),
        "funnel": _table(marts.funnel, _FUNNEL),
        "links": _table(marts.links, _LINKS),
        "domains": _table(marts.domains, _DOMAINS),
        "answers": _table(marts.answers, _ANSWERS),
    }
    return {name: table for name, table in made.items() if table.rows}


def shown(value: Any, kind: Kind) -> str:
    """Return the displayed text of a value; a dash for None.

    Args:
        value: A text, a number, a share between 0 and 1, or hours.
        kind: Kind of the value.
    """
    if value is None:
        return "–"  # noqa: RUF001 - a dash
    if kind == "percent":
        return f"{value:.1%}"
    if kind == "hours":
        return f"{value:,.1f} h"
    if kind == "number":
        return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    return str(value)


def _table(rows: list[Row], columns: tuple[Column, ...]) -> Table:
    return Table(
        [(name, kind) for name, kind, _ in columns],
        [
            [
                Cell(shown(value, kind), value, kind)
                for _, kind, get in columns
                for value in [get(row)]
            ]
            for row in rows
        ],
    )


def _of(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name]


def _share(part: str, whole: str) -> Callable[[Row], Any]:
    return lambda row: rate(row[part], row[whole])


_CONTENTS: tuple[Column, ...] = (
    ("content", "text", label_of),
    ("sent", "number", _of("sent")),
    ("delivered", "number", _of("delivered")),
    ("opened", "percent", _of("open_rate")),
    ("clicked", "percent", _of("click_rate")),
    ("replied", "percent", _of("reply_rate")),
    ("goals", "number", _of("goals")),
    ("unsubscribed", "number", _of("unsubscribed")),
    ("bounced", "number", _of("bounced")),
    ("complaints", "number", _of("complaints")),
)

_FUNNEL: tuple[Column, ...] = (
    ("series", "text", _of("series")),
    ("place", "number", _of("position")),
    ("block", "text", label_of),
    ("entered", "number", _of("entered")),
    ("completed", "percent", _share("completed", "entered")),
    ("exited", "percent", _share("exited", "entered")),
    ("disengaged", "number", _of("disengaged")),
    ("end of series", "number", _of("series_completions")),
    ("since entry", "hours", _of("hours_since_entry")),
    ("from the block before", "hours", _of("hours_from_previous")),
    ("in the block", "hours", _of("hours_in_block")),
)

_LINKS: tuple[Column, ...] = (
    ("link", "text", _of("url")),
    ("content", "text", label_of),
    ("clicks", "number", _of("clicks")),
    ("messages", "number", _of("messages_clicked")),
    ("scanners' clicks", "number", _of("automated_clicks")),
)

_DOMAINS: tuple[Column, ...] = (
    ("domain", "text", _of("email_domain")),
    ("sent", "number", _of("sent")),
    ("delivered", "percent", _share("delivered", "sent")),
    ("opened", "percent", _share("opened", "delivered")),
    ("bounced", "percent", _share("bounced", "sent")),
    ("for the moment", "percent", _share("soft_bounced", "sent")),
    ("failed", "percent", _share("failed", "sent")),
    ("complaints", "number", _of("complaints")),
    ("unsubscribed", "number", _of("unsubscribed")),
)

_ANSWERS: tuple[Column, ...] = (
    ("survey", "text", _of("content_title")),
    ("question", "text", _of("question")),
    ("answer", "text", lambda row: row["choice"] or "(free text)"),
    ("answers", "number", _of("answers")),
    ("share", "percent", _of("share_of_answers")),
    ("mean rating", "number", _of("average_rating")),
    ("NPS", "number", _of("nps")),
)
