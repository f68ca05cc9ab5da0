"""The report in a real browser, and its numbers compared with the simulator."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from demo.project import ROOT
from intercom_report.database import open_database
from intercom_report.marts import Marts, read_marts
from tests.dbt.built.conftest import MARTS
from tests.documents.markdown import blocks
from tests.harness.browser import cut_off_texts, open_page, overlapping_labels

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.dbt.built.conftest import Workspace

pytestmark = pytest.mark.timeout(600)

CHARTS = 9

(PAGE,) = (block for block in blocks("docs/dbt.md") if "intercom_report" in block.text)
COMMANDS = PAGE.lines
"""For PostgreSQL, and for DuckDB."""


@pytest.fixture(scope="session")
def report(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    printed = run_report(
        COMMANDS[0], workspace.postgres.url(workspace.database), "--output", str(path)
    )
    assert printed == path.as_uri()
    return path


def run_report(command: str, dsn: str, *more: str) -> str:
    """Run a documented command on another database and return its output."""
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/python"
    arguments[arguments.index("--dsn") + 1] = dsn
    if "--output" in arguments:
        position = arguments.index("--output")
        del arguments[position : position + 2]
    done = subprocess.run(
        [sys.executable, *arguments, "--schema", MARTS, *more],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="session")
def marts(workspace: Workspace) -> Marts:
    with open_database(workspace.postgres.url(workspace.database), MARTS) as database:
        return read_marts(database)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_all_charts_are_drawn_without_errors_and_network(
    browser: Browser, report: Path, width: int, scheme: str
) -> None:
    page, wrong = open_page(browser, report, width, scheme)
    try:
        assert wrong == []
        sizes = page.evaluate(
            "[...document.querySelectorAll('.chart svg')].map(it => [it.clientWidth,"
            " it.clientHeight,"
            " it.querySelectorAll('.mark-rect path, .mark-symbol path, .mark-line path').length])"
        )
        assert len(sizes) == CHARTS
        assert all(w > 200 and h > 40 and marks > 0 for w, h, marks in sizes), sizes
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert overlapping_labels(page) == []
        assert cut_off_texts(page) == []
    finally:
        page.close()


def test_table_is_sorted_by_click_on_header(browser: Browser, report: Path) -> None:
    page, _ = open_page(browser, report, 1280)
    try:
        page.click("summary:has-text('All content')")
        head = page.locator("[data-table=contents] th", has_text="Open rate")
        cells = page.locator("[data-table=contents] tbody td:nth-child(4)")
        for direction, reverse in (("descending", True), ("ascending", False)):
            head.locator("button").click()
            assert head.get_attribute("aria-sort") == direction
            orders = [cell.get_attribute("data-order") or "" for cell in cells.all()]
            there = [float(order) for order in orders if order]
            assert there == sorted(there, reverse=reverse)
            assert len(there) > 10
            assert orders[len(there) :] == [""] * (len(orders) - len(there))
    finally:
        page.close()


def test_report_is_made_for_print(browser: Browser, report: Path) -> None:
    page, wrong = open_page(browser, report, 1280, "dark")
    try:
        page.emulate_media(media="print")
        assert (
            page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
            == "#1c2430"
        )
        assert len(page.pdf()) > 20_000
        assert wrong == []
    finally:
        page.close()


def test_totals_equal_simulator(browser: Browser, report: Path, workspace: Workspace) -> None:
    rows = workspace.expected_marts.messages
    delivered = [row for row in rows if row["is_delivered"]]

    def share(name: str, among: list[dict[str, Any]]) -> str:
        flags = [row[f"is_{name}"] for row in among if row[f"is_{name}"] is not None]
        return f"{100 * sum(flags) / len(flags):.1f}%"

    page, _ = open_page(browser, report, 1280)
    try:
        tiles = page.locator("[data-tile]")
        found = {it.get_attribute("data-tile"): it.text_content() for it in tiles.all()}
    finally:
        page.close()
    assert found == {
        "Sent": f"{len(rows):,}",
        "Recipients": f"{len({row['user_id'] for row in rows}):,}",
        "Delivered": f"{100 * len(delivered) / len(rows):.1f}%",
        **{
            name.capitalize(): share(name, delivered)
            for name in ("opened", "clicked", "replied", "unsubscribed")
        },
        "Bounced": share("bounced", rows),
        "Goals hit": f"{sum(row['is_goal_hit'] is True for row in rows):,}",
    }


def test_rows_equal_simulator(marts: Marts, workspace: Workspace) -> None:
    figures = workspace.expected_marts
    sent = Counter((row["sent_on"], row["channel"]) for row in figures.messages)
    assert {(row["day"], row["channel"]): row["sent"] for row in marts.channels} == sent

    contents = {row["content_id"]: row for row in marts.contents}
    for content in {row["content_id"] for row in figures.messages}:
        there = [row for row in figures.messages if row["content_id"] == content]
        opens = [row["is_opened"] for row in there if row["is_delivered"]]
        assert contents[content]["sent"] == len(there)
        if None in opens:
            assert contents[content]["open_rate"] is None
        else:
            assert contents[content]["open_rate"] == pytest.approx(sum(opens) / len(opens))

    hours = [row["hours_to_open"] for row in figures.messages if row["hours_to_open"] is not None]
    assert {row["hours"]: row["messages"] for row in marts.delays} == Counter(
        min(int(hour), 72) for hour in hours
    )

    clicks = Counter(row["url"] for row in figures.human_clicks)
    found: Counter[str] = Counter()
    for row in marts.links:
        found[row["url"]] += row["clicks"]
    assert +found == clicks

    emails = [row for row in figures.messages if row["channel"] == "email"]
    assert {row["email_domain"]: row["sent"] for row in marts.domains} == Counter(
        row["email_domain"] or "(unknown)" for row in emails
    )
    answers = [row for row in figures.survey_answers if row["is_nps"]]
    assert {row["nps_group"]: row["answers"] for row in marts.nps} == Counter(
        row["nps_group"] for row in answers
    )
    assert [(row["ruleset_id"], row["entered"], row["completed"]) for row in marts.funnel] == [
        (row["ruleset_id"], row["entered"], row["completed"])
        for row in sorted(
            figures.series_funnel, key=lambda row: (row["series_title"], row["position"])
        )
    ]


def test_duckdb_gives_the_same_report(built_in_duckdb: Path, marts: Marts) -> None:
    with open_database(f"duckdb:///{built_in_duckdb}", MARTS) as database:
        other = read_marts(database)
    assert other.overview == marts.overview
    assert other.days == marts.days
    assert other.delays == marts.delays
    assert len(other.answers) == len(marts.answers)


def test_documented_report_commands_work(
    report: Path, built_in_duckdb: Path, tmp_path: Path
) -> None:
    """The fixture `report` runs the first one."""
    assert report.exists()
    (command,) = COMMANDS[1:]
    path = tmp_path / "messages.html"
    printed = run_report(command, f"duckdb:///{built_in_duckdb}", "--output", str(path))
    assert printed == path.as_uri()
    assert path.stat().st_size > report.stat().st_size / 2


def test_database_without_marts_is_an_error(workspace: Workspace) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "intercom_report"),
            *("--dsn", workspace.postgres.url(workspace.database), "--schema", "nowhere"),
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "no table messages in the schema nowhere" in done.stderr
    assert "dbt build" in done.stderr
