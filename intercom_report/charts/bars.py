"""Draws horizontal bars with a label each, whole or divided into colored parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import altair as alt

from intercom_report.charts.style import (
    LABEL_WIDTH_PIXELS,
    chart_data,
    color_by,
    number_axis,
    number_tooltip,
    percent_axis,
    percent_tooltip,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from intercom_report.charts.style import Chart
    from intercom_report.database import Row

BAR_HEIGHT_PIXELS = 26
"""Height of a bar with the space around it."""

_LABEL_END = "\t"
"""Separates the label of a bar from its number; `one_line` removes tabs from labels."""


@dataclass(frozen=True)
class Bar:
    """A bar.

    Attributes:
        label: Label at its left.
        parts: Length of each part.
        whole: The number of which the tooltip gives the share of each part.
    """

    label: str
    parts: Mapping[str, int]
    whole: int


def horizontal_bars(
    bars: Sequence[Bar],
    colors: dict[str, str],
    category: str,
    unit: str,
    title: str,
    length: Literal["number", "share"] = "number",
) -> Chart | None:
    """Return a chart with one bar below the other, or None if all of them are empty.

    Args:
        bars: The bars, from top to bottom. Two of them may have the same label.
        colors: Color of each part, in the order of the legend. A single part has no legend.
        category: What a bar is, for the tooltip.
        unit: What the numbers count, for the tooltip.
        title: Title of the axis.
        length: Whether the length of a part is its number or its share of the whole.
    """
    rows = [row for number, bar in enumerate(bars) for row in _parts(bar, number, list(colors))]
    if not rows:
        return None
    axis = number_axis() if length == "number" else percent_axis()
    return (
        alt.Chart(chart_data(rows))
        .mark_bar()
        .encode(
            x=alt.X(f"{length}:Q", title=title, axis=axis),
            y=label_axis(rows),
            color=color_by("part", colors, rows),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("label:N", title=category),
                alt.Tooltip("part:N", title="part"),
                number_tooltip("number", unit),
                percent_tooltip("share", "share"),
            ],
        )
        .properties(width="container", height=BAR_HEIGHT_PIXELS * len({row["bar"] for row in rows}))
    )


def bar_key(label: str, number: int) -> str:
    """Return a value of the field `bar`, which differs for bars of the same label.

    Args:
        label: The label, without tabs.
        number: Number of the bar.
    """
    return f"{label}{_LABEL_END}{number}"


def label_axis(rows: Sequence[Row]) -> alt.Y:
    """Return the axis with the labels of the bars.

    Args:
        rows: Rows with the field `bar`, in the order of the bars.
    """
    return alt.Y(
        "bar:N",
        sort=list(dict.fromkeys(row["bar"] for row in rows)),
        title=None,
        axis=alt.Axis(
            labelExpr="split(datum.label, '\\t')[0]",
            labelLimit=LABEL_WIDTH_PIXELS,
            labelOverlap=False,
        ),
    )


def _parts(bar: Bar, number: int, order: list[str]) -> list[Row]:
    return [
        {
            "bar": bar_key(bar.label, number),
            "label": bar.label,
            "part": part,
            "order": order.index(part),
            "number": value,
            "share": value / bar.whole if bar.whole else None,
        }
        for part, value in bar.parts.items()
        if value
    ]
