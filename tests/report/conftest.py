"""Fixtures: marts written by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from intercom_report.marts import Marts
from intercom_report.page import Origin, page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OVERVIEW = {
    "sent": 1_568,
    "people": 904,
    "contents": 2,
    "delivered": 1_500,
    "automated_clicks": 1_568,
    "opened": 750,
    "open_base": 1_500,
    "clicked": 150,
    "click_base": 1_500,
    "replied": 15,
    "reply_base": 1_500,
    "bounced": 31,
    "bounce_base": 1_568,
    "unsubscribed": 3,
    "unsubscribe_base": 1_500,
    "goals": 1_200,
    "first_day": date(2026, 3, 1),
    "last_day": date(2026, 3, 3),
}

DAYS = [
    {"day": date(2026, 3, day), "delivered": 500, "opened": opened, "open_base": 500}
    | {"clicked": 50, "click_base": 500, "sent": 520}
    for day, opened in ((1, 200), (2, 250), (3, 300))
]


def channels(first: date, days: int) -> list[dict[str, Any]]:
    """Return 400 e-mails and 1,200 in-app messages for each day."""
    return [
        {"day": first + timedelta(days=day), "channel": channel, "sent": sent}
        for day in range(days)
        for channel, sent in (("email", 400), ("in_app", 1_200))
    ]


def content(title: str, opened: int, low: float, high: float) -> dict[str, Any]:
    """Return a content with 1,000 delivered messages, and this interval of its open rate."""
    return {
        "ruleset_id": "1",
        "content_id": "2",
        "content_type": "Email",
        "content_title": title,
        "variant": None,
        "sent": 1_024,
        "delivered": 1_000,
        "opened": opened,
        "open_base": 1_000,
        "clicked": 10,
        "click_base": 1_000,
        "replied": 0,
        "reply_base": 0,
        "goals": 0,
        "unsubscribed": 0,
        "bounced": 24,
        "complaints": 0,
        "open_rate": opened / 1_000,
        "open_low": low,
        "open_high": high,
        "click_rate": 0.01,
        "reply_rate": None,
    }


def link(url: str, clicks: int, automated_clicks: int) -> dict[str, Any]:
    return {
        "url": url,
        "content_title": "News",
        "content_type": "Email",
        "variant": "A",
        "clicks": clicks,
        "automated_clicks": automated_clicks,
        "messages_clicked": 1,
    }


def answer(question: str, choice: str, answers: int) -> dict[str, Any]:
    """Return the number of answers of a choice, of 1,500 answers to the question."""
    return {
        "question_id": question,
        "question": question,
        "content_title": "Survey",
        "question_kind": "choice",
        "choice": choice,
        "answers": answers,
        "nps": None,
        "share_of_answers": answers / 1_500,
        "question_answers": 1_500,
        "average_rating": None,
    }


@pytest.fixture
def marts() -> Marts:
    """Three days of March 2026, two contents of the same title, and two questions."""
    return Marts(
        overview=OVERVIEW,
        as_of=datetime(2026, 3, 4, 1, 2, 3, tzinfo=timezone.utc),
        workspaces=["intercom"],
        days=DAYS,
        channels=channels(date(2026, 3, 1), 3),
        contents=[content("News", 800, 0.77, 0.82), content("News", 400, 0.37, 0.43)],
        delays=[{"hours": 0, "messages": 1_100}, {"hours": 72, "messages": 400}],
        funnel=[],
        links=[link("https://example.com/", 1_300, 1), link("https://example.com/prices", 7, 0)],
        domains=[
            {"email_domain": "example.com", "sent": 1_000, "delivered": 960, "bounced": 30}
            | {"soft_bounced": 40, "failed": 10, "opened": 500, "complaints": 5, "unsubscribed": 3}
        ],
        answers=[
            *(answer("Which plan?", *choice) for choice in (("Yes", 1_200), ("No", 300))),
            *(answer("Would you come again?", *choice) for choice in (("Yes", 100), ("No", 1_400))),
            answer("NPS", "9", 1) | {"question_kind": "rating", "nps": 20.0},
        ],
        nps=[
            {"question_id": "NPS", "nps_group": "promoter", "answers": 6},
            {"question_id": "NPS", "nps_group": "detractor", "answers": 4},
        ],
    )


@pytest.fixture
def write_page(tmp_path: Path) -> Callable[[Marts], Path]:
    """Function that writes the page of given marts."""

    def write(marts: Marts) -> Path:
        path = tmp_path / "report.html"
        created_at = datetime(2026, 3, 4, 5, 6, tzinfo=timezone.utc)
        path.write_text(page(marts, Origin("warehouse", "intercom", created_at)), encoding="utf-8")
        return path

    return write
