"""The page of marts written by hand, in Chromium."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.browser import (
    axis_labels,
    cut_off_texts,
    legend_labels,
    open_page,
    overlapping_labels,
    tooltip,
)
from tests.report.conftest import OVERVIEW, channels

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

    from intercom_report.marts import Marts

    WritePage = Callable[[Marts], Path]

EMPTY: dict[str, Any] = dict.fromkeys(OVERVIEW) | {"sent": 0, "people": 0, "contents": 0}


def test_numbers_have_thousands_separators(
    browser: Browser, write_page: WritePage, marts: Marts
) -> None:
    page, wrong = open_page(browser, write_page(marts), 1280)
    with page:
        tiles = {
            (tile.get_attribute("data-tile")): tile.locator("..").text_content()
            for tile in page.locator("[data-tile]").all()
        }
        assert tiles["Sent"] == "Sent1,5682 pieces of content"
        assert tiles["Recipients"] == "Recipients904"
        assert tiles["Opened"] == "Opened50.0%750 of 1,500"
        assert tiles["Bounced"] == "Bounced2.0%31 of 1,568"
        assert "Not counted as clicks: 1,568 clicks by link scanners." in page.inner_text("footer")
        thousands = [label for label in axis_labels(page, "clicks_by_link") if len(label) > 3]
        assert thousands
        assert all(re.fullmatch(r"\d,\d{3}", label) for label in thousands)
        assert tooltip(page, "hours_to_open", 0) == {
            "hours from": "0",
            "to": "1",
            "messages": "1,100",
            "share opened by then": "73.3%",
        }
        rows = page.locator("[data-table=contents] tbody tr").all()
        assert [row.locator("td").all_text_contents()[:4] for row in rows] == [
            ["News · Email", "1,024", "1,000", "80.0%"],
            ["News · Email", "1,024", "1,000", "40.0%"],
        ]
    assert wrong == []


def test_one_is_singular(browser: Browser, write_page: WritePage, marts: Marts) -> None:
    single = replace(marts, overview={**OVERVIEW, "contents": 1, "automated_clicks": 1})
    page, _ = open_page(browser, write_page(single), 1280)
    with page:
        assert "1 piece of content" in page.inner_text(".tiles")
        assert "Not counted as clicks: 1 click by link scanners." in page.inner_text("footer")


@pytest.mark.parametrize("time_zone", ["America/Los_Angeles", "UTC", "Pacific/Auckland"])
def test_days_do_not_depend_on_the_time_zone_of_the_browser(
    browser: Browser, write_page: WritePage, marts: Marts, time_zone: str
) -> None:
    page, _ = open_page(browser, write_page(marts), 1280, time_zone=time_zone)
    with page:
        for chart in ("messages_by_day", "rates_by_day"):
            assert axis_labels(page, chart) == ["1 Mar", "2 Mar", "3 Mar"]
        first = tooltip(page, "messages_by_day", 0)
        assert first == {"day": "2026-03-01", "channel": "e-mail", "messages": "400"}


@pytest.mark.parametrize("width", [1280, 850, 400, 360])
@pytest.mark.parametrize("days", [1, 90, 500])
def test_no_labels_overlap_or_are_cut_off(
    browser: Browser, write_page: WritePage, marts: Marts, days: int, width: int
) -> None:
    names = ("email", "in_app", "push", "sms", "whatsapp", "webhook", "other")
    rows = channels(date(2026, 1, 20), days)
    rows += [{**row, "channel": name} for row in rows[::2] for name in names[2:]]
    overview = {**OVERVIEW, "sent": 1_234_567, "people": 123_456}
    page, _ = open_page(
        browser, write_page(replace(marts, channels=rows, overview=overview)), width
    )
    with page:
        assert overlapping_labels(page) == []
        assert cut_off_texts(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert legend_labels(page, "messages_by_day") == [
            *("e-mail", "in-app", "push", "SMS", "WhatsApp", "webhook", "other"),
        ]


def test_legend_is_laid_out_again_when_the_window_gets_narrow(
    browser: Browser, write_page: WritePage, marts: Marts
) -> None:
    page, _ = open_page(browser, write_page(marts), 1280)
    with page:
        assert cut_off_texts(page) == []
        page.set_viewport_size({"width": 360, "height": 900})
        page.wait_for_function(
            "document.querySelector('[data-chart=delivery_problems] svg').clientWidth < 340"
        )
        page.wait_for_timeout(1_000)
        assert cut_off_texts(page) == []


def test_contents_of_the_same_title_have_a_row_each(
    browser: Browser, write_page: WritePage, marts: Marts
) -> None:
    page, _ = open_page(browser, write_page(marts), 1280)
    with page:
        assert axis_labels(page, "open_rates", 1) == ["News · Email", "News · Email"]
        assert legend_labels(page, "open_rates") == ["above average", "below average"]


def test_each_question_has_a_chart(browser: Browser, write_page: WritePage, marts: Marts) -> None:
    page, _ = open_page(browser, write_page(marts), 1280)
    with page:
        assert axis_labels(page, "answers_by_choice_1", 1) == ["Yes", "No"]
        assert axis_labels(page, "answers_by_choice_2", 1) == ["No", "Yes"]
        captions = page.locator("figcaption").all_text_contents()
        assert captions[-2:] == ["Which plan?", "Would you come again?"]
        assert axis_labels(page, "nps_groups", 1) == ["Survey: +20"]


def test_page_without_messages(browser: Browser, write_page: WritePage, marts: Marts) -> None:
    nothing: dict[str, Any] = {
        name: [] for name in vars(marts) if name not in {"overview", "as_of", "workspaces"}
    }
    empty = replace(marts, **nothing, overview=EMPTY, as_of=None)
    page, wrong = open_page(browser, write_page(empty), 1280)
    with page:
        assert page.inner_text("header p") == "No messages."
        assert page.locator("h2").count() == 0
        assert page.locator("[data-tile=Sent]").text_content() == "0"
        assert "None" not in page.inner_text("body")
    assert wrong == []


def test_messages_without_opens_and_clicks(
    browser: Browser, write_page: WritePage, marts: Marts
) -> None:
    untracked = [{**day, "open_base": 0, "click_base": 0} for day in marts.days]
    page, wrong = open_page(
        browser, write_page(replace(marts, days=untracked, delays=[], links=[])), 1280
    )
    with page:
        assert page.locator("[data-chart]").count() == 6
        assert "Time to open" not in page.inner_text("main")
        assert "Clicks by link" not in page.inner_text("main")
    assert wrong == []
