"""Charts of opens: the open rate of each content, and the time until a message is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from intercom_report.charts.bars import BAR_HEIGHT_PIXELS, bar_key, label_axis
from intercom_report.charts.style import (
    BLUE,
    GRAY,
    GREEN,
    HEIGHT_PIXELS,
    ORANGE,
    RED,
    chart_data,
    color_by,
    number_axis,
    number_tooltip,
    percent_axis,
    percent_tooltip,
)
from intercom_report.formats import content_label
from intercom_report.marts import MAX_DELAY_HOURS

if TYPE_CHECKING:
    from intercom_report.charts.style import Chart
    from intercom_report.database import Row
    from intercom_report.marts import Marts

MIN_MESSAGES = 30
"""Minimum number of delivered messages for a rate; rates of fewer are unreliable."""

MAX_BEST = 8
"""Maximum number of contents with the highest open rate in the ranking."""

MAX_WORST = 8
"""Maximum number of contents with the lowest open rate in the ranking."""

_COMPARISON_COLORS = {"above average": GREEN, "near the average": GRAY, "below average": RED}


def open_rates(marts: Marts) -> Chart | None:
    """Return the highest and lowest open rates of contents, with their confidence intervals."""
    ranked = rank_by_open_rate(marts.contents)
    if not ranked:
        return None
    rows = [{**row, "bar": bar_key(row["label"], n)} for n, row in enumerate(ranked)]
    base = alt.Chart(chart_data(rows)).encode(
        y=label_axis(rows),
        color=color_by("comparison", _COMPARISON_COLORS, rows),
        tooltip=[
            alt.Tooltip("label:N", title="content"),
            percent_tooltip("rate", "open rate"),
            percent_tooltip("low", "interval from"),
            percent_tooltip("high", "to"),
            number_tooltip("opened", "opened"),
            number_tooltip("delivered", "delivered"),
        ],
    )
    interval = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="open rate", axis=percent_axis()), x2="high:Q"
    )
    point = base.mark_point(filled=True, size=70, opacity=1).encode(x="rate:Q")
    average = (
        alt.Chart(chart_data([{"average": ranked[0]["average"]}]))
        .mark_rule(color=GRAY, strokeDash=[4, 4])
        .encode(x="average:Q", tooltip=[percent_tooltip("average", "average")])
    )
    return alt.layer(average, interval, point).properties(
        width="container", height=BAR_HEIGHT_PIXELS * len(rows)
    )


def rank_by_open_rate(contents: list[Row]) -> list[Row]:
    """Return the contents with the highest and those with the lowest open rates.

    Args:
        contents: Rows of `Marts.contents`.

    Returns:
        Rows from the highest rate to the lowest. `average` is the open rate of all contents with
        at least `MIN_MESSAGES`; `comparison` tells whether it is outside of the interval.
    """
    compared = sorted(
        (row for row in contents if row["open_base"] >= MIN_MESSAGES),
        key=lambda row: row["open_rate"],
        reverse=True,
    )
    if not compared:
        return []
    average = sum(row["opened"] for row in compared) / sum(row["open_base"] for row in compared)
    if len(compared) > MAX_BEST + MAX_WORST:
        compared = [*compared[:MAX_BEST], *compared[-MAX_WORST:]]
    return [
        {
            "label": content_label(row),
            "rate": row["open_rate"],
            "low": row["open_low"],
            "high": row["open_high"],
            "opened": row["opened"],
            "delivered": row["open_base"],
            "average": average,
            "comparison": _compare(row, average),
        }
        for row in compared
    ]


def hours_to_open(marts: Marts) -> Chart | None:
    """Return the number of messages by hours until they were opened, and the running share."""
    total = sum(row["messages"] for row in marts.delays)
    if not total:
        return None
    rows, running = [], 0
    for row in marts.delays:
        running += row["messages"]
        if row["hours"] < MAX_DELAY_HOURS:
            rows.append({**row, "end": row["hours"] + 1, "share": running / total})
    base = alt.Chart(chart_data(rows))
    bars = base.mark_bar(color=BLUE).encode(
        x=alt.X(
            "hours:Q",
            bin="binned",
            title="hours from sent to opened",
            scale=alt.Scale(domain=[0, MAX_DELAY_HOURS], nice=False),
            axis=alt.Axis(values=list(range(0, MAX_DELAY_HOURS + 1, 12))),
        ),
        x2="end:Q",
        y=alt.Y("messages:Q", title="messages", axis=number_axis()),
        tooltip=[
            number_tooltip("hours", "hours from"),
            number_tooltip("end", "to"),
            number_tooltip("messages", "messages"),
            percent_tooltip("share", "share opened by then"),
        ],
    )
    line = base.mark_line(color=ORANGE, strokeWidth=2.5).encode(
        x="end:Q",
        y=alt.Y(
            "share:Q",
            title="share opened by then",
            axis=percent_axis(),
            scale=alt.Scale(domain=[0, 1]),
        ),
    )
    return (
        alt.layer(bars, line)
        .resolve_scale(y="independent")
        .properties(width="container", height=HEIGHT_PIXELS)
    )


def _compare(row: Row, average: float) -> str:
    if row["open_low"] > average:
        return "above average"
    return "below average" if row["open_high"] < average else "near the average"
