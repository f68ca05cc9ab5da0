"""Renders charts, tables and JavaScript into one HTML page that needs no network."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import altair as alt
import vl_convert
from jinja2 import Environment
from markupsafe import Markup

from intercom_report.charts import answers_chart, charts
from intercom_report.charts.breakdowns import choice_questions
from intercom_report.charts.days import ROLLING_DAYS
from intercom_report.charts.opens import MIN_MESSAGES
from intercom_report.formats import format_count, format_value, one_line
from intercom_report.marts import rate
from intercom_report.tables import tables

if TYPE_CHECKING:
    from datetime import datetime

    from intercom_report.marts import Marts

_GLOBAL = "window.vegaEmbed = vegaEmbed;"
"""JavaScript at the end of the library bundle, which exports it to page.js."""


@dataclass(frozen=True)
class Tile:
    """A number at the top of the page."""

    name: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class Origin:
    """Source and time of a report.

    Args:
        database: Display name of the database.
        schema: The schema of the marts.
        created_at: Time of creation, with a time zone.
    """

    database: str
    schema: str
    created_at: datetime


def page(marts: Marts, origin: Origin) -> str:
    """Return the report as HTML.

    Args:
        marts: The data.
        origin: Source and time of the report.
    """
    folder = files("intercom_report") / "assets"
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        (folder / "page.html.j2").read_text(encoding="utf-8")
    )
    drawn = charts(marts)
    return template.render(
        origin=origin,
        marts=marts,
        tiles=tiles(marts),
        charts=drawn,
        questions=questions(marts),
        min_messages=MIN_MESSAGES,
        rolling_days=ROLLING_DAYS,
        scanner_clicks=format_count(marts.overview["automated_clicks"], "click", "clicks"),
        tables=tables(marts),
        specifications=_data(drawn),
        style=Markup((folder / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
        script=_script((folder / "page.js").read_text(encoding="utf-8")),
        vega=_script(_vega()),
    )


@cache
def _vega() -> str:
    """Return the JavaScript of Vega-Lite, in the version of the charts."""
    version = alt.SCHEMA_VERSION.lstrip("v").rpartition(".")[0]
    bundle: str = vl_convert.javascript_bundle(_GLOBAL, vl_version=version)
    return bundle


def tiles(marts: Marts) -> list[Tile]:
    """Return the numbers at the top of the page.

    Args:
        marts: The data.
    """
    totals = marts.overview

    def number(name: str, column: str, note: str = "") -> Tile:
        return Tile(name, format_value(totals[column], "number"), note)

    def share(name: str, part: str, whole: str) -> Tile:
        note = " of ".join(format_value(totals[column], "number") for column in (part, whole))
        return Tile(name, format_value(rate(totals[part], totals[whole]), "percent"), note)

    return [
        number(
            "Sent",
            "sent",
            format_count(totals["contents"], "piece of content", "pieces of content"),
        ),
        number("Recipients", "people"),
        share("Delivered", "delivered", "sent"),
        share("Opened", "opened", "open_base"),
        share("Clicked", "clicked", "click_base"),
        share("Replied", "replied", "reply_base"),
        share("Bounced", "bounced", "bounce_base"),
        share("Unsubscribed", "unsubscribed", "unsubscribe_base"),
        number("Goals hit", "goals"),
    ]


def questions(marts: Marts) -> dict[str, str]:
    """Return the questions with choices: their texts by name of the chart.

    Args:
        marts: The data.
    """
    return {
        answers_chart(number): one_line(rows[0]["question"], "(no text)")
        for number, rows in enumerate(choice_questions(marts).values(), start=1)
    }


def _script(code: str) -> Any:
    """Escape JavaScript for a script element, so that it cannot close the element."""
    return Markup(re.sub(r"</(?=script)", r"<\\/", code, flags=re.IGNORECASE))  # noqa: S704


def _data(value: Any) -> Any:
    """Return a value as JSON that is safe in a script element."""
    return Markup(json.dumps(value).replace("<", "\\u003c"))  # noqa: S704 - escaped
