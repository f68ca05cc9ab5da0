"""Tables of the report: columns and cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intercom_report.formats import Kind, content_label, format_value
from intercom_report.marts import rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from intercom_report.database import Row
    from intercom_report.marts import Marts


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
        columns: Header and kind of each column.
        rows: Cells of each row.
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


def _table(rows: list[Row], columns: tuple[Column, ...]) -> Table:
    return Table(
        [(name, kind) for name, kind, _ in columns],
        [
            [
                Cell(format_value(value, kind), value, kind)
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
    ("Content", "text", content_label),
    ("Sent", "number", _of("sent")),
    ("Delivered", "number", _of("delivered")),
    ("Open rate", "percent", _of("open_rate")),
    ("Click rate", "percent", _of("click_rate")),
    ("Reply rate", "percent", _of("reply_rate")),
    ("Goals hit", "number", _of("goals")),
    ("Unsubscribed", "number", _of("unsubscribed")),
    ("Hard bounces", "number", _of("bounced")),
    ("Spam complaints", "number", _of("complaints")),
)

_FUNNEL: tuple[Column, ...] = (
    ("Series", "text", _of("series")),
    ("Position", "number", _of("position")),
    ("Block", "text", content_label),
    ("Entered", "number", _of("entered")),
    ("Completed", "percent", _share("completed", "entered")),
    ("Exited", "percent", _share("exited", "entered")),
    ("Disengaged", "number", _of("disengaged")),
    ("Series completed", "number", _of("series_completions")),
    ("Time since entry", "hours", _of("hours_since_entry")),
    ("Time since previous block", "hours", _of("hours_from_previous")),
    ("Time in block", "hours", _of("hours_in_block")),
)

_LINKS: tuple[Column, ...] = (
    ("Link", "text", lambda row: row["url"] or "(unknown)"),
    ("Content", "text", content_label),
    ("Clicks", "number", _of("clicks")),
    ("Messages clicked", "number", _of("messages_clicked")),
    ("Clicks by link scanners", "number", _of("automated_clicks")),
)

_DOMAINS: tuple[Column, ...] = (
    ("Domain", "text", _of("email_domain")),
    ("Sent", "number", _of("sent")),
    ("Delivered", "percent", _share("delivered", "sent")),
    ("Open rate", "percent", _share("opened", "delivered")),
    ("Hard bounces", "percent", _share("bounced", "sent")),
    ("Soft bounces", "percent", _share("soft_bounced", "sent")),
    ("Failures", "percent", _share("failed", "sent")),
    ("Spam complaints", "number", _of("complaints")),
    ("Unsubscribed", "number", _of("unsubscribed")),
)

_ANSWERS: tuple[Column, ...] = (
    ("Survey", "text", _of("content_title")),
    ("Question", "text", _of("question")),
    ("Answer", "text", lambda row: row["choice"] or "(free text)"),
    ("Answers", "number", _of("answers")),
    ("Share", "percent", _of("share_of_answers")),
    ("Mean rating", "number", _of("average_rating")),
    ("NPS", "number", _of("nps")),
)
