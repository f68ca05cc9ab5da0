"""Charts that divide a total: blocks of series, links, e-mail domains and survey answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from intercom_report.charts.bars import Bar, horizontal_bars
from intercom_report.charts.style import BLUE, GRAY, GREEN, ORANGE, RED, VIOLET
from intercom_report.formats import content_label, one_line

if TYPE_CHECKING:
    from intercom_report.charts.style import Chart
    from intercom_report.database import Row
    from intercom_report.marts import Marts

MAX_LINKS = 12

MAX_DOMAINS = 12

_STATUS_COLORS = {"completed": GREEN, "waiting": GRAY, "exited": ORANGE, "other status": VIOLET}

_CLICK_COLORS = {"people": BLUE, "link scanners": GRAY}

_PROBLEM_COLORS = {
    "hard bounces": RED,
    "soft bounces": ORANGE,
    "failures": GRAY,
    "spam complaints": VIOLET,
}

_NPS_COLORS = {"promoter": GREEN, "passive": GRAY, "detractor": RED}


def series_funnel(marts: Marts) -> Chart | None:
    """Return the entries into each block of a series, by their status."""
    bars = []
    for row in marts.funnel:
        parts = {
            "completed": row["completed"] or 0,
            "waiting": row["waiting"] or 0,
            "exited": row["exited"] or 0,
            "other status": row["other_status"] or 0,
        }
        series = one_line(row["series"], "(no title)")
        label = f"{series} · {row['position']}. {content_label(row)}"
        if any(parts.values()):
            bars.append(Bar(label, parts, sum(parts.values())))
    return horizontal_bars(bars, _STATUS_COLORS, "block", "entries", "entries into the block")


def clicks_by_link(marts: Marts) -> Chart | None:
    """Return the clicks on the links with the most clicks, by people and by link scanners."""
    by_url: dict[str, dict[str, int]] = {}
    for row in marts.links:
        parts = by_url.setdefault(row["url"] or "(unknown)", {"people": 0, "link scanners": 0})
        parts["people"] += row["clicks"]
        parts["link scanners"] += row["automated_clicks"]
    most_clicked = sorted(by_url.items(), key=lambda item: -item[1]["people"])[:MAX_LINKS]
    bars = [
        Bar(one_line(url.split("://")[-1], "(unknown)"), parts, sum(parts.values()))
        for url, parts in most_clicked
    ]
    return horizontal_bars(bars, _CLICK_COLORS, "link", "clicks", "clicks")


def delivery_problems(marts: Marts) -> Chart | None:
    """Return the shares of e-mails with a delivery problem, for the domains with most e-mails."""
    bars = [
        Bar(
            one_line(row["email_domain"], "(unknown)"),
            {
                "hard bounces": row["bounced"],
                "soft bounces": row["soft_bounced"],
                "failures": row["failed"],
                "spam complaints": row["complaints"],
            },
            row["sent"],
        )
        for row in marts.domains[:MAX_DOMAINS]
        if row["sent"]
    ]
    return horizontal_bars(
        bars, _PROBLEM_COLORS, "domain", "e-mails", "share of e-mails sent", "share"
    )


def nps_groups(marts: Marts) -> Chart | None:
    """Return the shares of promoters, passives and detractors for each NPS question."""
    titles = {
        row["question_id"]: f"{one_line(row['content_title'], 'NPS')}: {row['nps']:+.0f}"
        for row in marts.answers
        if row["nps"] is not None
    }
    groups: dict[str, dict[str, int]] = {}
    for row in marts.nps:
        groups.setdefault(row["question_id"], {})[row["nps_group"]] = row["answers"]
    bars = [Bar(titles[question], parts, sum(parts.values())) for question, parts in groups.items()]
    return horizontal_bars(bars, _NPS_COLORS, "survey", "answers", "share of answers", "share")


def choice_questions(marts: Marts) -> dict[str, list[Row]]:
    """Return the rows of `marts.answers` of each question with choices, by its id.

    Args:
        marts: The data.
    """
    questions: dict[str, list[Row]] = {}
    for row in marts.answers:
        if row["question_kind"] == "choice":
            questions.setdefault(row["question_id"], []).append(row)
    return questions


def answers_by_choice(rows: list[Row]) -> Chart | None:
    """Return the number of answers for each choice of a question.

    Args:
        rows: The rows of one question, of `choice_questions`.
    """
    bars = [
        Bar(
            one_line(row["choice"], "(empty)"), {"answers": row["answers"]}, row["question_answers"]
        )
        for row in sorted(rows, key=lambda row: -row["answers"])
    ]
    return horizontal_bars(bars, {"answers": BLUE}, "answer", "answers", "answers")
