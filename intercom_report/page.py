"""Renders charts, tables and JavaScript into one HTML page that needs no network."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import altair as alt
import vl_convert
from jinja2 import Environment
from markupsafe import Markup

from intercom_report.charts import charts
from intercom_report.marts import rate
from intercom_report.tables import shown, tables

if TYPE_CHECKING:
    from datetime import datetime

    from intercom_report.marts import Marts
    from intercom_report.tables import Kind

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
        made_at: Time of creation, with a time zone.
    """

    database: str
    schema: str
    made_at: datetime


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
    version = alt.SCHEMA_VERSION.lstrip("v").rpartition(".")[0]
    return template.render(
        origin=origin,
        marts=marts,
        tiles=tiles(marts),
        charts=drawn,
        choices=sorted(
            {row["question"] for row in marts.answers if row["question_kind"] == "choice"}
        ),
        tables=tables(marts),
        specifications=_data(drawn),
        style=Markup((folder / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
        script=_script((folder / "page.js").read_text(encoding="utf-8")),
        vega=_script(vl_convert.javascript_bundle(_GLOBAL, vl_version=version)),
    )


def tiles(marts: Marts) -> list[Tile]:
    """Return the numbers at the top of the page.

    Args:
        marts: The data.
    """
    o = marts.overview

    def share(name: str, part: str, whole: str) -> Tile:
        note = f"{shown(o[part], 'number')} of {shown(o[whole], 'number')}"
        return Tile(name, shown(rate(o[part], o[whole]), "percent"), note)

    def number(name: str, column: str, note: str = "", kind: Kind = "number") -> Tile:
        return Tile(name, shown(o[column], kind), note)

    return [
        number("sent", "sent", f"{shown(o['contents'], 'number')} contents"),
        number("people", "people"),
        share("delivered", "delivered", "sent"),
        share("opened", "opened", "open_base"),
        share("clicked", "clicked", "click_base"),
        share("replied", "replied", "reply_base"),
        share("bounced", "bounced", "bounce_base"),
        share("unsubscribed", "unsubscribed", "unsubscribe_base"),
        number("goals hit", "goals"),
    ]


def _script(code: str) -> Any:
    """Escape JavaScript for a script element, so that it cannot close the element."""
    return Markup(re.sub(r"</(?=script)", r"<\\/", code, flags=re.IGNORECASE))  # noqa: S704


def _data(value: Any) -> Any:
    """Return a value as JSON that is safe in a script element."""
    return Markup(json.dumps(value).replace("<", "\\u003c"))  # noqa: S704 - escaped
