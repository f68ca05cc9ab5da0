"""Colors, axes and legends that the charts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import altair as alt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from intercom_report.database import Row

Chart: TypeAlias = Any
"""An Altair chart, whose methods have no types."""

BLUE = "#3b7dd8"
GREEN = "#2f9e6e"
ORANGE = "#e08a1e"
RED = "#d1495b"
GRAY = "#8a94a6"
VIOLET = "#8367c7"
TEAL = "#1f9aa8"

HEIGHT_PIXELS = 220
"""Height of a chart whose vertical axis is a number."""

LABEL_WIDTH_PIXELS = 190
"""Width at which the label of a bar is truncated; `page.js` adapts it to the width of the page."""

TICKS = 6
"""Approximate number of ticks of an axis with numbers, so that its labels fit on a phone."""


def chart_data(rows: Sequence[Row]) -> alt.Data:
    """Return rows as chart data, with days as text.

    Args:
        rows: Rows of JSON values and days.
    """
    return alt.Data(  # type: ignore[no-untyped-call]  # Altair's
        values=[
            {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()}
            for row in rows
        ]
    )


def number_tooltip(column: str, title: str) -> alt.Tooltip:
    """Return a line of a tooltip with a whole number, such as 1,568.

    Args:
        column: The field.
        title: What it counts.
    """
    return alt.Tooltip(f"{column}:Q", title=title, format=",d")


def percent_tooltip(column: str, title: str) -> alt.Tooltip:
    """Return a line of a tooltip with a share, such as 12.3%.

    Args:
        column: The field.
        title: What it is a share of.
    """
    return alt.Tooltip(f"{column}:Q", title=title, format=".1%")


def number_axis() -> alt.Axis:
    """Return an axis with numbers, such as 1,500."""
    return alt.Axis(tickCount=TICKS, tickMinStep=1)


def percent_axis() -> alt.Axis:
    """Return an axis with shares, such as 15%."""
    return alt.Axis(format="%", tickCount=TICKS)


def color_by(column: str, colors: dict[str, str], rows: Sequence[Row]) -> alt.Color:
    """Return the colors of the values of a field, with a legend of the values that occur.

    Args:
        column: The field.
        colors: Color by value, in the order of the legend. A single color needs no legend.
        rows: The chart's rows.
    """
    present = {row[column] for row in rows}
    shown = {value: color for value, color in colors.items() if value in present}
    return alt.Color(
        f"{column}:N",
        scale=alt.Scale(domain=list(shown), range=list(shown.values())),
        legend=alt.Legend(orient="top", title=None) if len(colors) > 1 else None,
    )
