"""Charts with a time axis: messages by day, and open and click rates by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import altair as alt

from intercom_report.charts.opens import MIN_MESSAGES
from intercom_report.charts.style import (
    BLUE,
    GRAY,
    GREEN,
    HEIGHT_PIXELS,
    ORANGE,
    RED,
    TEAL,
    VIOLET,
    chart_data,
    color_by,
    number_axis,
    number_tooltip,
    percent_axis,
    percent_tooltip,
)
from intercom_report.formats import CHANNEL_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from intercom_report.charts.style import Chart
    from intercom_report.database import Row
    from intercom_report.marts import Marts

MAX_DAY_LABELS = 6
"""Maximum number of labels on a time axis; more of them overlap on a phone."""

ROLLING_DAYS = 7
"""Days over which the lines of the rates are averaged."""

_CHANNEL_COLORS = dict(
    zip(CHANNEL_NAMES.values(), (BLUE, GREEN, ORANGE, VIOLET, TEAL, GRAY, RED), strict=True)
)

_EVENT_COLORS = {"opened": BLUE, "clicked": ORANGE}

_STEPS_DAYS = (1, 2, 7, 14)
"""Distances between labels, for short ranges."""

_STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60)
"""Distances between labels, for long ranges."""


def messages_by_day(marts: Marts) -> Chart | None:
    """Return the number of messages by day and channel."""
    if not marts.channels:
        return None
    rows = [
        {**row, "channel": CHANNEL_NAMES.get(row["channel"], "other")} for row in marts.channels
    ]
    return (
        alt.Chart(chart_data(rows))
        .mark_bar()
        .encode(
            x=_day_axis(rows),
            y=alt.Y("sent:Q", title="messages per day", axis=number_axis()),
            color=color_by("channel", _CHANNEL_COLORS, rows),
            tooltip=[
                _day_tooltip(),
                alt.Tooltip("channel:N", title="channel"),
                number_tooltip("sent", "messages"),
            ],
        )
        .properties(width="container", height=HEIGHT_PIXELS)
    )


def rates_by_day(marts: Marts) -> Chart | None:
    """Return the open and click rates by day, and as lines their 7-day averages."""
    rows = daily_rates(marts.days)
    if not rows:
        return None
    base = alt.Chart(chart_data(rows)).encode(
        x=_day_axis(rows), color=color_by("event", _EVENT_COLORS, rows)
    )
    points = base.mark_circle(size=14, opacity=0.45).encode(
        y=alt.Y("rate:Q", title="share of delivered messages", axis=percent_axis()),
        tooltip=[
            _day_tooltip(),
            alt.Tooltip("event:N", title="event"),
            percent_tooltip("rate", "rate"),
            percent_tooltip("rolling_rate", f"rate of the last {ROLLING_DAYS} days"),
            number_tooltip("delivered", "delivered"),
        ],
    )
    line = base.mark_line(strokeWidth=2.5).encode(y="rolling_rate:Q")
    return alt.layer(points, line).properties(width="container", height=HEIGHT_PIXELS)


def daily_rates(days: Sequence[Row]) -> list[Row]:
    """Return the shares of opened and clicked messages.

    Args:
        days: Rows of `Marts.days`, in order.

    Returns:
        A row for each event and day with delivered messages: `rate` of the messages of that day,
        and `rolling_rate` of those of the `ROLLING_DAYS` that end with it, which is None below
        `MIN_MESSAGES`.
    """
    rows = []
    for event, base in (("opened", "open_base"), ("clicked", "click_base")):
        for place, row in enumerate(days):
            if not row[base]:
                continue
            recent = [
                other
                for other in days[max(0, place - ROLLING_DAYS + 1) : place + 1]
                if (row["day"] - other["day"]).days < ROLLING_DAYS and other[base]
            ]
            delivered = sum(other[base] for other in recent)
            rolling_rate = sum(other[event] for other in recent) / delivered
            rows.append(
                {
                    "day": row["day"],
                    "event": event,
                    "rate": row[event] / row[base],
                    "rolling_rate": rolling_rate if delivered >= MIN_MESSAGES else None,
                    "delivered": row[base],
                }
            )
    return rows


def label_days(first: date, last: date) -> list[date]:
    """Return the days that are labeled on a time axis, at most `MAX_DAY_LABELS`.

    Args:
        first: First day of the axis.
        last: Last day of the axis.

    Returns:
        Days at equal distances, or the first days of months if the range is long.
    """
    length = (last - first).days
    for step in _STEPS_DAYS:
        if length // step < MAX_DAY_LABELS:
            return [first + timedelta(days=n) for n in range(0, length + 1, step)]
    for step in _STEPS_MONTHS:
        months = range(
            -(-(first.year * 12 + first.month - (first.day == 1)) // step) * step,
            last.year * 12 + last.month,
            step,
        )
        if len(months) <= MAX_DAY_LABELS:
            break
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def _day_axis(rows: Sequence[Row]) -> alt.X:
    """Return the axis of the field `day`.

    The days are dates without a time zone, which JavaScript reads as UTC: in local time, a browser
    west of Greenwich would show the day before.
    """
    days = [row["day"] for row in rows]
    labels = label_days(min(days), max(days))
    in_months = all(day.day == 1 for day in labels) and len(labels) > 1
    years = labels[0].year != labels[-1].year
    return alt.X(
        "utcyearmonthdate(day):T",
        title=None,
        axis=alt.Axis(
            values=[alt.DateTime(year=d.year, month=d.month, date=d.day, utc=True) for d in labels],
            format="%b %Y" if in_months and years else "%-d %b",
            labelOverlap="greedy",
        ),
    )


def _day_tooltip() -> alt.Tooltip:
    return alt.Tooltip("utcyearmonthdate(day):T", title="day", format="%Y-%m-%d")
