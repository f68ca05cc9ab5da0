"""Numbers that the charts compute: days with labels, rates, ranking, confidence intervals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intercom_report.charts import _CHARTS, charts
from intercom_report.charts.days import MAX_DAY_LABELS, daily_rates, label_days
from intercom_report.charts.opens import rank_by_open_rate
from intercom_report.marts import wilson_interval
from tests.report.conftest import content

if TYPE_CHECKING:
    from intercom_report.marts import Marts


def test_charts_are_valid_vega_lite(marts: Marts) -> None:
    # the page leaves Altair's validation out, because it takes longer than everything else
    step = {"series": "Welcome", "position": 1, "completed": 3, "waiting": 2, "exited": None}
    step |= {"other_status": 0, "content_title": "News", "content_type": "Email"}
    marts = replace(marts, funnel=[step])
    valid = charts(marts, validate=True)
    assert valid.keys() > _CHARTS.keys(), "also those of questions"
    assert valid == charts(marts)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-03-01", "2026-03-01", ["2026-03-01"]),
        ("2026-03-01", "2026-03-03", ["2026-03-01", "2026-03-02", "2026-03-03"]),
        ("2026-02-26", "2026-03-05", ["2026-02-26", "2026-02-28", "2026-03-02", "2026-03-04"]),
        ("2026-03-01", "2026-03-30", [f"2026-03-{day:02}" for day in (1, 8, 15, 22, 29)]),
        ("2026-08-28", "2026-11-27", ["2026-09-01", "2026-10-01", "2026-11-01"]),
        ("2026-01-01", "2026-06-30", [f"2026-{month:02}-01" for month in range(1, 7)]),
        ("2025-11-15", "2026-11-14", [f"2026-{month:02}-01" for month in (1, 3, 5, 7, 9, 11)]),
        ("2024-05-02", "2026-05-02", ["2024-07-01", "2025-01-01", "2025-07-01", "2026-01-01"]),
        ("2019-05-02", "2026-05-02", ["2020-01-01", "2022-01-01", "2024-01-01", "2026-01-01"]),
    ],
)
def test_labeled_days(first: str, last: str, expected: list[str]) -> None:
    days = label_days(date.fromisoformat(first), date.fromisoformat(last))
    assert [day.isoformat() for day in days] == expected


@given(
    first=st.dates(date(2010, 1, 1), date(2030, 1, 1)),
    length=st.integers(min_value=0, max_value=365 * 20),
)
def test_labeled_days_are_few_and_in_the_range(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    days = label_days(first, last)
    assert 1 <= len(days) <= MAX_DAY_LABELS
    assert first <= days[0]
    assert days[-1] <= last
    assert all(one < other for one, other in pairwise(days))


def _day(day: int, opened: int, delivered: int) -> dict[str, Any]:
    return {"day": date(2026, 3, day), "opened": opened, "open_base": delivered} | {
        "clicked": 0,
        "click_base": 0,
    }


def test_rates_by_day_and_over_seven_days() -> None:
    days = [_day(1, 10, 20), _day(2, 5, 20), _day(8, 30, 60), _day(9, 0, 0)]
    # on the 8th, the seven days begin with the 2nd
    assert [(row["day"].day, row["rate"], row["rolling_rate"]) for row in daily_rates(days)] == [
        (1, 0.5, None),  # 20 messages are too few for a rate
        (2, 0.25, 15 / 40),
        (8, 0.5, 35 / 80),
    ]


def test_open_rates_are_compared_with_their_average() -> None:
    few = {**content("Few", 1, 0.0, 0.1), "open_base": 29}
    ranked = rank_by_open_rate(
        [
            content("Low", 200, 0.18, 0.22),
            few,
            content("Mid", 500, 0.47, 0.53),
            content("High", 800, 0.77, 0.83),
        ]
    )
    assert [(row["label"], row["comparison"], row["average"]) for row in ranked] == [
        ("High · Email", "above average", 0.5),
        ("Mid · Email", "near the average", 0.5),
        ("Low · Email", "below average", 0.5),
    ]


def test_ranking_has_the_eight_best_and_the_eight_worst() -> None:
    contents = [content(f"{number}", number, 0, 1) for number in range(20)]
    labels = [row["label"] for row in rank_by_open_rate(contents)]
    assert labels == [f"{number} · Email" for number in (*range(19, 11, -1), *range(7, -1, -1))]


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_confidence_interval_is_wilson_score(
    successes: int, trials: int, low: float, high: float
) -> None:
    interval = wilson_interval(successes, trials)
    assert interval is not None
    assert interval == pytest.approx((low, high), abs=5e-5)
