"""Charts as Vega-Lite specifications; colors of text and axes come from the page's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import altair as alt

from intercom_report.marts import LONGEST_DELAY_HOURS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from intercom_report.database import Row
    from intercom_report.marts import Marts

Chart: TypeAlias = Any
"""An Altair chart, whose methods have no types."""

MIN_MESSAGES = 30
"""Minimum number of messages of a content in the ranking; rates of fewer are unreliable."""

RANKED = 8
"""Number of best and of worst contents in the ranking."""

_LINKS_SHOWN = 12
_DOMAINS_SHOWN = 12
_LABEL_WIDTH = 190
_WEEK = 7

BLUE, GREEN, ORANGE, RED, GRAY, VIOLET, TEAL = (
    *("#3b7dd8", "#2f9e6e", "#e08a1e", "#d1495b", "#8a94a6", "#8367c7", "#1f9aa8"),
)

_CHANNELS = {
    "email": BLUE,
    "in_app": GREEN,
    "push": ORANGE,
    "sms": VIOLET,
    "whatsapp": TEAL,
    "webhook": GRAY,
    "other": RED,
}

_STATUSES = {"completed": GREEN, "waiting": GRAY, "exited": ORANGE, "other": VIOLET}

_GROUPS = {"promoter": GREEN, "passive": GRAY, "detractor": RED}


def charts(marts: Marts) -> dict[str, dict[str, Any]]:
    """Return the specifications of all charts that have data, by name.

    Args:
        marts: The data.
    """
    drawn: dict[str, Callable[[Marts], Chart | None]] = {
        "sent": _sent,
        "rates": _rates,
        "contents": _contents,
        "funnel": _funnel,
        "delays": _delays,
        "links": _links,
        "domains": _domains,
        "nps": _nps,
        "answers": _answers,
    }
    made = {name: draw(marts) for name, draw in drawn.items()}
    return {name: chart.to_dict() for name, chart in made.items() if chart is not None}


def label_of(row: Row) -> str:
    """Return the title of a content in one line, with the letter of its variant."""
    title = " ".join(str(row["content_title"] or "(no title)").split())
    variant = f" [{row['variant']}]" if row.get("variant") else ""
    return f"{title}{variant} · {row['content_type']}"


def _data(rows: Sequence[Row]) -> alt.Data:
    """Return rows as chart data, with days as text."""
    return alt.Data(  # type: ignore[no-untyped-call]  # Altair's
        values=[
            {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()}
            for row in rows
        ]
    )


def _scale(colors: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(colors), range=list(colors.values()))


def _height(rows: Sequence[Row], column: str, step: int) -> int:
    """Return the height of a chart with one bar for each value of a column."""
    return step * len({row[column] for row in rows})


def _top_legend() -> alt.Legend:
    return alt.Legend(orient="top", title=None)


def _day_axis() -> alt.X:
    return alt.X("day:T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True))


def _sent(marts: Marts) -> Chart | None:
    if not marts.channels:
        return None
    there = {row["channel"] for row in marts.channels}
    colors = {name: color for name, color in _CHANNELS.items() if name in there}
    return (
        alt.Chart(_data(marts.channels))
        .mark_bar()
        .encode(
            x=_day_axis(),
            y=alt.Y("sent:Q", title="messages a day"),
            color=alt.Color("channel:N", scale=_scale(colors), legend=_top_legend()),
            tooltip=["day:T", "channel:N", "sent:Q"],
        )
        .properties(width="container", height=220)
    )


def _rates(marts: Marts) -> Chart | None:
    rows = rates_by_day(marts)
    if not rows:
        return None
    color = alt.Color(
        "what:N", scale=_scale({"opened": BLUE, "clicked": ORANGE}), legend=_top_legend()
    )
    base = alt.Chart(_data(rows)).encode(x=_day_axis(), color=color)
    axis = alt.Axis(format="%")
    points = base.mark_circle(size=14, opacity=0.45).encode(
        y=alt.Y("share:Q", title="of delivered", axis=axis),
        tooltip=["day:T", "what:N", alt.Tooltip("share:Q", format=".1%"), "of:Q"],
    )
    line = base.mark_line(strokeWidth=2.5).encode(y=alt.Y("week:Q", axis=axis))
    return alt.layer(points, line).properties(width="container", height=220)


def rates_by_day(marts: Marts) -> list[Row]:
    """Return the shares of opened and clicked messages, by day and over the last 7 days.

    Args:
        marts: The data.
    """
    rows = []
    for what, base in (("opened", "open_base"), ("clicked", "click_base")):
        for place, row in enumerate(marts.days):
            week = [
                one
                for one in marts.days[max(0, place - 6) : place + 1]
                if (row["day"] - one["day"]).days < _WEEK
            ]
            if row[base]:
                rows.append(
                    {
                        "day": row["day"],
                        "what": what,
                        "share": row[what] / row[base],
                        "of": row[base],
                        "week": sum(one[what] for one in week if one[base])
                        / sum(one[base] for one in week),
                    }
                )
    return rows


def _contents(marts: Marts) -> Chart | None:
    ranked = sorted(
        (row for row in marts.contents if row["open_base"] >= MIN_MESSAGES),
        key=lambda row: row["open_rate"],
        reverse=True,
    )
    if not ranked:
        return None
    few = len(ranked) <= 2 * RANKED
    shown = ranked if few else [*ranked[:RANKED], *ranked[-RANKED:]]
    rows = [
        {
            "content": label_of(row),
            "place": place,
            "rate": row["open_rate"],
            "low": row["open_low"],
            "high": row["open_high"],
            "opened": row["opened"],
            "delivered": row["open_base"],
            "half": "best" if place < len(shown) / 2 else "worst",
        }
        for place, row in enumerate(shown)
    ]
    base = alt.Chart(_data(rows)).encode(
        y=alt.Y(
            "content:N",
            sort=alt.SortField("place"),
            title=None,
            axis=alt.Axis(labelLimit=_LABEL_WIDTH),
        ),
        color=alt.Color("half:N", scale=_scale({"best": GREEN, "worst": RED}), legend=None),
        tooltip=[
            "content:N",
            *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("rate", "low", "high")),
            "opened:Q",
            "delivered:Q",
        ],
    )
    axis = alt.Axis(format="%")
    interval = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="open rate", axis=axis), x2="high:Q"
    )
    point = base.mark_point(filled=True, size=70).encode(x="rate:Q")
    return alt.layer(interval, point).properties(
        width="container", height=_height(rows, "content", 24)
    )


def _funnel(marts: Marts) -> Chart | None:
    rows = [
        {
            "block": f"{row['series']} · {row['position']}. {label_of(row)}",
            "order": order,
            "status": status,
            "entries": row[column],
        }
        for order, row in enumerate(marts.funnel)
        for status, column in (
            ("completed", "completed"),
            ("waiting", "waiting"),
            ("exited", "exited"),
            ("other", "other_status"),
        )
        if row[column]
    ]
    if not rows:
        return None
    there = {row["status"] for row in rows}
    colors = {name: color for name, color in _STATUSES.items() if name in there}
    return (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            y=alt.Y(
                "block:N",
                sort=alt.SortField("order"),
                title=None,
                axis=alt.Axis(labelLimit=_LABEL_WIDTH),
            ),
            x=alt.X("entries:Q", title="entries"),
            color=alt.Color("status:N", scale=_scale(colors), legend=_top_legend()),
            tooltip=["block:N", "status:N", "entries:Q"],
        )
        .properties(width="container", height=_height(rows, "block", 26))
    )


def _delays(marts: Marts) -> Chart | None:
    total = sum(row["messages"] for row in marts.delays)
    if not total:
        return None
    rows, running = [], 0
    for row in marts.delays:
        running += row["messages"]
        if row["hours"] < LONGEST_DELAY_HOURS:
            rows.append({**row, "end": row["hours"] + 1, "share": running / total})
    base = alt.Chart(_data(rows))
    bars = base.mark_bar(color=BLUE).encode(
        x=alt.X("hours:Q", bin="binned", title="hours from sent to opened"),
        x2="end:Q",
        y=alt.Y("messages:Q", title="messages"),
        tooltip=["hours:Q", "messages:Q", alt.Tooltip("share:Q", format=".0%")],
    )
    line = base.mark_line(color=ORANGE, strokeWidth=2.5).encode(
        x="end:Q",
        y=alt.Y(
            "share:Q",
            title="share opened by then",
            axis=alt.Axis(format="%"),
            scale=alt.Scale(domain=[0, 1]),
        ),
    )
    return (
        alt.layer(bars, line)
        .resolve_scale(y="independent")
        .properties(width="container", height=220)
    )


def _links(marts: Marts) -> Chart | None:
    by_url: dict[str, dict[str, int]] = {}
    for row in marts.links:
        totals = by_url.setdefault(row["url"] or "(unknown)", {"people": 0, "scanners": 0})
        totals["people"] += row["clicks"]
        totals["scanners"] += row["automated_clicks"]
    shown = sorted(by_url.items(), key=lambda item: -item[1]["people"])[:_LINKS_SHOWN]
    rows = [
        {"url": url.split("://")[-1], "order": order, "by": by, "clicks": clicks}
        for order, (url, totals) in enumerate(shown)
        for by, clicks in totals.items()
    ]
    if not rows:
        return None
    return (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            y=alt.Y(
                "url:N",
                sort=alt.SortField("order"),
                title=None,
                axis=alt.Axis(labelLimit=_LABEL_WIDTH),
            ),
            x=alt.X("clicks:Q", title="clicks"),
            color=alt.Color(
                "by:N", scale=_scale({"people": BLUE, "scanners": GRAY}), legend=_top_legend()
            ),
            tooltip=["url:N", "by:N", "clicks:Q"],
        )
        .properties(width="container", height=_height(rows, "url", 24))
    )


def _domains(marts: Marts) -> Chart | None:
    rows = [
        {"domain": row["email_domain"], "order": order, "what": what, "emails": number}
        for order, row in enumerate(marts.domains[:_DOMAINS_SHOWN])
        for what, number in (
            ("bounced", row["bounced"]),
            ("bounced for the moment", row["soft_bounced"]),
            ("failed", row["failed"]),
            ("complaints", row["complaints"]),
        )
        if row["sent"]
    ]
    sent = {row["email_domain"]: row["sent"] for row in marts.domains}
    for row in rows:
        row["share"] = row["emails"] / sent[row["domain"]]
    if not rows:
        return None
    colors = {
        "bounced": RED,
        "bounced for the moment": ORANGE,
        "failed": GRAY,
        "complaints": VIOLET,
    }
    return (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            y=alt.Y(
                "domain:N",
                sort=alt.SortField("order"),
                title=None,
                axis=alt.Axis(labelLimit=_LABEL_WIDTH),
            ),
            x=alt.X("share:Q", title="of e-mails sent", axis=alt.Axis(format="%")),
            color=alt.Color("what:N", scale=_scale(colors), legend=_top_legend()),
            tooltip=["domain:N", "what:N", "emails:Q", alt.Tooltip("share:Q", format=".2%")],
        )
        .properties(width="container", height=_height(rows, "domain", 26))
    )


def _nps(marts: Marts) -> Chart | None:
    if not marts.nps:
        return None
    labels = {
        row["question_id"]: f"{row['content_title'] or 'NPS'}: {row['nps']:+.0f}"
        for row in marts.answers
        if row["nps"] is not None
    }
    rows = [{**row, "survey": labels[row["question_id"]]} for row in marts.nps]
    return (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            y=alt.Y("survey:N", title=None, axis=alt.Axis(labelLimit=_LABEL_WIDTH)),
            x=alt.X(
                "answers:Q",
                stack="normalize",
                title="share of answers",
                axis=alt.Axis(format="%"),
            ),
            color=alt.Color("nps_group:N", scale=_scale(_GROUPS), legend=_top_legend()),
            order=alt.Order("place:Q"),
            tooltip=["survey:N", "nps_group:N", "answers:Q"],
        )
        .transform_calculate(place="indexof(['promoter', 'passive', 'detractor'], datum.nps_group)")
        .properties(width="container", height=_height(rows, "survey", 36))
    )


def _answers(marts: Marts) -> Chart | None:
    rows = [
        {
            "answer": " ".join(row["choice"].split()),
            "question": " ".join(row["question"].split()),
            "answers": row["answers"],
            "share": row["share_of_answers"],
        }
        for row in marts.answers
        if row["question_kind"] == "choice"
    ]
    if not rows:
        return None
    return (
        alt.Chart(_data(rows))
        .mark_bar(color=BLUE)
        .encode(
            y=alt.Y("answer:N", sort="-x", title=None, axis=alt.Axis(labelLimit=_LABEL_WIDTH)),
            x=alt.X("answers:Q", title="answers"),
            tooltip=["question:N", "answer:N", "answers:Q", alt.Tooltip("share:Q", format=".0%")],
        )
        .properties(width="container", height=_height(rows, "answer", 24))
    )
