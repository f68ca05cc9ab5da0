"""Charts of the report as Vega-Lite specifications; the page's theme colors text and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altair.utils.schemapi import debug_mode

from intercom_report.charts.breakdowns import (
    answers_by_choice,
    choice_questions,
    clicks_by_link,
    delivery_problems,
    nps_groups,
    series_funnel,
)
from intercom_report.charts.days import messages_by_day, rates_by_day
from intercom_report.charts.opens import hours_to_open, open_rates

if TYPE_CHECKING:
    from collections.abc import Callable

    from intercom_report.charts.style import Chart
    from intercom_report.marts import Marts

_CHARTS: dict[str, Callable[[Marts], Chart | None]] = {
    "messages_by_day": messages_by_day,
    "rates_by_day": rates_by_day,
    "open_rates": open_rates,
    "series_funnel": series_funnel,
    "hours_to_open": hours_to_open,
    "clicks_by_link": clicks_by_link,
    "delivery_problems": delivery_problems,
    "nps_groups": nps_groups,
}


def charts(marts: Marts, *, validate: bool = False) -> dict[str, dict[str, Any]]:
    """Return the specifications of all charts that have data, by name.

    Args:
        marts: The data.
        validate: Whether Altair checks them, and each row of the data, against Vega-Lite's schema.
            That takes ten times as long, and only the tests need it.
    """
    with debug_mode(arg=validate):
        drawn = {name: draw(marts) for name, draw in _CHARTS.items()}
        for number, rows in enumerate(choice_questions(marts).values(), start=1):
            drawn[answers_chart(number)] = answers_by_choice(rows)
        return {
            name: chart.to_dict(validate=validate)
            for name, chart in drawn.items()
            if chart is not None
        }


def answers_chart(number: int) -> str:
    """Return the name of the chart of a question with choices.

    Args:
        number: Number of the question, from 1, in the order of `choice_questions`.
    """
    return f"answers_by_choice_{number}"
