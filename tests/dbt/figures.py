"""Expected rows of every mart, computed in Python from the simulator's data, without SQL."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from intercom_simulator import Simulator

Row = dict[str, Any]

CHANNELS = {
    "Email": "email",
    "Push": "push",
    "SMS": "sms",
    "WhatsApp": "whatsapp",
    "Webhook": "webhook",
}
"""Channels by content type; everything else is shown in the app."""

TRACKED = {
    "bounced": {"Email"},
    "opened": {"Email", "Chat", "Post", "Survey", "Push", "WhatsApp"},
    "clicked": {"Email", "Chat", "Post", "Banner", "SMS"},
    "replied": {"Email", "Chat", "Post", "SMS", "WhatsApp", "Workflow"},
    "completed": {"Survey", "Carousel", "Tour", "Checklist"},
    "unsubscribed": {"Email", "SMS"},
    "complained": {"Email"},
}
"""Content types of the simulator by statistic that can occur for them."""

STATISTICS = {
    "hard_bounced_at": ("hard_bounce",),
    "soft_bounced_at": ("soft_bounce",),
    "failed_at": (
        "email_failure",
        "sms_failure",
        "whatsapp_failure",
        "push_failure",
        "webhook_failure",
    ),
    "opened_at": ("open",),
    "clicked_at": ("click",),
    "replied_at": ("reply", "keyword_reply"),
    "reacted_at": ("reaction",),
    "answered_at": ("answer",),
    "completed_at": ("completion",),
    "dismissed_at": ("dismissal",),
    "goal_at": ("goal_success",),
    "unsubscribed_at": ("unsubscribe",),
    "complained_at": ("spam_complaint",),
    "series_completed_at": ("series_completion",),
    "series_disengaged_at": ("series_disengagement",),
    "series_exited_at": ("series_exit",),
}

ENGAGEMENT = (
    *("open", "click", "reply", "keyword_reply", "reaction", "answer", "completion"),
    *("collected_email", "permission_grant", "button_tap", "screen_view", "tour_step_view"),
    *("checklist_step_open", "checklist_step_click", "checklist_step_completion"),
    *("fin_step_reached", "fin_helpful_answer"),
)
"""Statistics that count as engagement."""

_TIMES = {
    "goal_success": "goal_hit_at",
    "spam_complaint": "complained_at",
    "collected_email": "collected_at",
    "permission_grant": "granted_at",
    "button_tap": "tapped_at",
    "fin_step_reached": "involved_at",
}
"""Time columns of files in which it is ambiguous."""

SCANNER_LINKS = 3
SCANNER_SPAN = timedelta(seconds=1)


@dataclass
class Figures:
    """Expected rows of the marts for a simulated workspace.

    Args:
        simulator: The simulator.
        until: Time up to which data was exported.
        source: Value of `source_relation`.
        zone: Time zone of days.
    """

    simulator: Simulator
    until: datetime
    source: str
    zone: str = "UTC"
    _truth: dict[str, list[Row]] = field(default_factory=dict)

    def truth(self, statistic: str) -> list[Row]:
        """Return the rows of a file of the message export."""
        if statistic not in self._truth:
            self._truth[statistic] = self.simulator.workspace.expected_rows(statistic, self.until)
        return self._truth[statistic]

    def reports(self, dataset: str) -> list[Row]:
        """Return the rows of a reporting dataset, by the ids of their standard attributes."""
        attributes = {
            one.id: one.qualified_id
            for one in reversed(self.simulator.reporting.datasets[dataset].attributes)
            if not one.custom
        }
        rows = self.simulator.reporting.expected_rows(dataset, self.until)
        return [{name: row[one] for name, one in attributes.items()} for row in rows]

    def day(self, instant: datetime) -> Any:
        """Return the day of an instant in the time zone of days."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def times(self, statistic: str) -> dict[str, list[datetime]]:
        """Return the sorted times of a statistic by receipt; only human clicks."""
        found: dict[str, list[datetime]] = defaultdict(list)
        for row in self.human_clicks if statistic == "click" else self.truth(statistic):
            name = _TIMES.get(statistic) or next(column for column in row if column.endswith("_at"))
            found[row["receipt_id"]].append(row[name])
        return {receipt: sorted(times) for receipt, times in found.items()}

    @cached_property
    def clicks(self) -> list[Row]:
        """All distinct clicks, with `is_automated` for clicks of a scanner."""
        unique = {(r["receipt_id"], r["clicked_at"], r["url"]): r for r in self.truth("click")}
        by_receipt = _grouped(unique.values(), lambda row: row["receipt_id"])
        return [
            {
                **row,
                "is_automated": len(
                    {
                        other["url"]
                        for other in rows
                        if abs(other["clicked_at"] - row["clicked_at"]) <= SCANNER_SPAN
                    }
                )
                >= SCANNER_LINKS,
            }
            for rows in by_receipt.values()
            for row in rows
        ]

    @property
    def human_clicks(self) -> list[Row]:
        """Clicks by people."""
        return [row for row in self.clicks if not row["is_automated"]]

    @cached_property
    def contents(self) -> dict[tuple[str, str], Row]:
        """Content by ruleset id and content id, with the letter of the variant."""
        found: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in self.truth("receipt"):
            found[row["ruleset_id"]][row["content_id"]] = row
        return {
            (ruleset, content): {
                "content_type": row["content_type"],
                "channel": CHANNELS.get(row["content_type"], "in_app"),
                "content_title": row["content_title"],
                "variant": chr(ord("A") + place) if len(rows) > 1 else None,
                "series_id": row["series_id"],
                "series_title": row["series_title"],
                "node_id": row["node_id"],
            }
            for ruleset, rows in found.items()
            for place, (content, row) in enumerate(sorted(rows.items()))
        }

    @cached_property
    def messages(self) -> list[Row]:
        """The mart `messages`."""
        times = {name: [self.times(one) for one in of] for name, of in STATISTICS.items()}
        automated = _grouped(
            (row for row in self.clicks if row["is_automated"]), lambda row: row["receipt_id"]
        )
        engaged = [self.times(one) for one in ENGAGEMENT]
        opens, clicks = self.times("open"), self.times("click")
        replies = [self.times("reply"), self.times("keyword_reply")]
        rulesets_with_goal = {
            row["ruleset_id"]
            for row in self.truth("receipt")
            if row["receipt_id"] in self.times("goal_success")
        }
        made = []
        for receipt in self.truth("receipt"):
            identifier, sent_at = receipt["receipt_id"], receipt["received_at"]
            row: Row = {
                name: receipt[name] for name in receipt if not name.startswith(("first_", "rec"))
            }
            content = self.contents[receipt["ruleset_id"], receipt["content_id"]]
            row |= {
                "source_relation": self.source,
                "receipt_id": identifier,
                "email_domain": receipt["email"].lower().split("@")[1]
                if receipt["email"]
                else None,
                "channel": content["channel"],
                "variant": content["variant"],
                "sent_at": sent_at,
                "sent_on": self.day(sent_at),
            }
            for name, of in times.items():
                row[name] = min(
                    (one[identifier][0] for one in of if identifier in one), default=None
                )
            scanned = [one["clicked_at"] for one in automated.get(identifier, ())]
            row["automated_click_at"] = min(scanned, default=None)
            row["last_engaged_at"] = max(
                (one[identifier][-1] for one in engaged if identifier in one), default=None
            )
            row["opens"] = len(opens.get(identifier, ()))
            row["clicks"] = len(clicks.get(identifier, ()))
            row["automated_clicks"] = len(scanned)
            row["replies"] = sum(len(one.get(identifier, ())) for one in replies)
            noticed = ("last_engaged", "automated_click", "dismissed", "unsubscribed", "complained")
            row["is_delivered"] = not (row["hard_bounced_at"] or row["failed_at"]) or any(
                row[f"{name}_at"] for name in noticed
            )
            for name, types in TRACKED.items():
                happened = row["hard_bounced_at" if name == "bounced" else f"{name}_at"]
                row[f"is_{name}"] = (
                    happened is not None if receipt["content_type"] in types else None
                )
            row["is_goal_hit"] = (
                row["goal_at"] is not None if receipt["ruleset_id"] in rulesets_with_goal else None
            )
            for name, done in (
                ("open", "opened"),
                ("click", "clicked"),
                ("reply", "replied"),
                ("completion", "completed"),
                ("goal", "goal"),
                ("unsubscribe", "unsubscribed"),
            ):
                at = row[f"{done}_at"]
                row[f"hours_to_{name}"] = at and _hours(at - sent_at)
            made.append(row)
        return made

    @property
    def content_daily(self) -> list[Row]:
        """The mart `content_daily`."""
        groups = _grouped(
            self.messages, lambda row: (row["ruleset_id"], row["content_id"], row["sent_on"])
        )
        shown = ("content_type", "channel", "content_title", "variant", "series_id", "series_title")
        return [
            {
                "source_relation": self.source,
                "ruleset_id": ruleset,
                "content_id": content,
                "sent_on": day,
                **{name: self.contents[ruleset, content][name] for name in shown},
                **_totals(rows),
            }
            for (ruleset, content, day), rows in groups.items()
        ]

    @property
    def deliverability_daily(self) -> list[Row]:
        """The mart `deliverability_daily`."""
        emails = (row for row in self.messages if row["content_type"] == "Email")
        groups = _grouped(emails, lambda row: (row["email_domain"] or "(unknown)", row["sent_on"]))
        return [
            {
                "source_relation": self.source,
                "email_domain": domain,
                "sent_on": day,
                **_totals(rows),
            }
            for (domain, day), rows in groups.items()
        ]

    @property
    def clicks_by_url(self) -> list[Row]:
        """The mart `clicks_by_url`."""
        receipts = {row["receipt_id"]: row for row in self.messages}
        clicks = [
            {
                **row,
                **{
                    n: receipts[row["receipt_id"]][n]
                    for n in ("ruleset_id", "content_id", "user_id")
                },
            }
            for row in self.clicks
        ]
        clickers: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in clicks:
            if not row["is_automated"]:
                clickers[row["ruleset_id"], row["content_id"]].add(row["receipt_id"])
        made = []
        groups = _grouped(clicks, lambda row: (row["ruleset_id"], row["content_id"], row["url"]))
        for (ruleset, content, url), rows in groups.items():
            human = [row for row in rows if not row["is_automated"]]
            messages = {row["receipt_id"] for row in human}
            shown = self.contents[ruleset, content]
            made.append(
                {
                    "source_relation": self.source,
                    "ruleset_id": ruleset,
                    "content_id": content,
                    "url": url,
                    "url_host": urlsplit(url).hostname,
                    "link_type": max(row["link_type"] for row in rows),
                    **{n: shown[n] for n in ("content_type", "content_title", "variant")},
                    "clicks": len(human),
                    "automated_clicks": len(rows) - len(human),
                    "messages_clicked": len(messages),
                    "people_clicked": len({row["user_id"] for row in human}),
                    "share_of_clicked_messages": _share(
                        len(messages), len(clickers[ruleset, content])
                    ),
                    "first_clicked_at": min((r["clicked_at"] for r in human), default=None),
                    "last_clicked_at": max((r["clicked_at"] for r in human), default=None),
                }
            )
        return made

    @property
    def series_funnel(self) -> list[Row]:
        """The mart `series_funnel`."""
        messages = [row for row in self.messages if row["series_id"]]
        series_of = {row["ruleset_id"]: row["series_id"] for row in messages}
        titles = {row["series_id"]: row["series_title"] for row in messages}
        receipts = {row["receipt_id"]: row for row in messages}
        sent = _grouped(messages, lambda row: row["ruleset_id"])
        entries = _grouped(
            self.truth("checkpoint"), lambda row: (row["series_entry_record_id"], row["user_id"])
        )
        points: dict[str, list[Row]] = defaultdict(list)
        for rows in entries.values():
            ordered = sorted(rows, key=lambda row: (row["created_at"], row["ruleset_id"]))
            for previous, row in zip([None, *ordered], ordered, strict=False):
                points[row["ruleset_id"]].append(
                    {
                        **row,
                        "since_entry": _hours(row["created_at"] - ordered[0]["created_at"]),
                        "from_previous": previous
                        and _hours(row["created_at"] - previous["created_at"]),
                        "in_block": None
                        if row["status_name"] == "waiting"
                        else _hours(row["last_processed_at"] - row["created_at"]),
                    }
                )
        disengaged = _grouped(
            self.truth("series_disengagement"), lambda row: row["disengaged_node_ruleset_id"]
        )
        completions = _grouped(
            self.truth("series_completion"), lambda row: row["completion_node_ruleset_id"]
        )
        assert all(row["receipt_id"] in receipts for rows in disengaged.values() for row in rows)
        made = []
        for ruleset, series in series_of.items():
            content = next(value for (one, _), value in self.contents.items() if one == ruleset)
            there = points[ruleset]
            status = Counter(row["status_name"] for row in there)
            made.append(
                {
                    "source_relation": self.source,
                    "series_id": series,
                    "series_title": titles[series],
                    "ruleset_id": ruleset,
                    "node_id": content["node_id"],
                    "content_title": content["content_title"],
                    "content_type": content["content_type"],
                    "entered": len(there),
                    "people": len({row["user_id"] for row in there}),
                    "waiting": status["waiting"],
                    "completed": status["completed"],
                    "exited": status["exited"],
                    "other_status": 0,
                    "disengaged": len({row["receipt_id"] for row in disengaged.get(ruleset, ())}),
                    "series_completions": len(
                        {row["receipt_id"] for row in completions.get(ruleset, ())}
                    ),
                    "series_exits": sum(
                        row["series_exited_at"] is not None for row in sent[ruleset]
                    ),
                    "sent": len(sent[ruleset]),
                    "opened": sum(bool(row["is_opened"]) for row in sent[ruleset]),
                    "clicked": sum(bool(row["is_clicked"]) for row in sent[ruleset]),
                    "goals": sum(bool(row["is_goal_hit"]) for row in sent[ruleset]),
                    "completion_rate": _share(status["completed"], len(there)),
                    "hours_since_entry": _mean(row["since_entry"] for row in there),
                    "hours_from_previous": _mean(row["from_previous"] for row in there),
                    "hours_in_block": _mean(row["in_block"] for row in there),
                }
            )
        for rows in _grouped(made, lambda row: row["series_id"]).values():
            rows.sort(key=lambda row: row["hours_since_entry"])
            for position, row in enumerate(rows, 1):
                row["position"] = position
        return made

    @cached_property
    def survey_answers(self) -> list[Row]:
        """The mart `survey_answers`, without the hash that is its key."""
        receipts = {row["receipt_id"]: row for row in self.messages}
        shown = (
            *("user_id", "user_external_id", "email", "name"),
            *("ruleset_id", "content_id", "content_title"),
        )
        kinds = {"scale": "rating", "text": "text", "multiple_choice": "choice"}
        made = []
        for row in self.truth("answer"):
            kind = kinds[row["response_type"]]
            rating = float(row["response"]) if kind == "rating" else None
            made.append(
                {
                    **row,
                    **{name: receipts[row["receipt_id"]][name] for name in shown},
                    "source_relation": self.source,
                    "question_kind": kind,
                    "is_nps": kind == "rating",  # the simulator's only scale is one
                    "rating": rating,
                    "nps_group": None if rating is None else _nps_group(rating),
                    "is_latest": True,  # a person answers each question at most once
                }
            )
        return made

    @property
    def survey_summary(self) -> list[Row]:
        """The mart `survey_summary`."""
        made = []
        for question, rows in _grouped(self.survey_answers, lambda row: row["question_id"]).items():
            first = rows[0]
            groups = [row["nps_group"] for row in rows]
            choices = _grouped(
                rows, lambda row: None if row["question_kind"] == "text" else row["response"]
            )
            made += [
                {
                    "source_relation": self.source,
                    "content_title": first["content_title"],
                    "question_id": question,
                    "question": first["question"],
                    "question_kind": first["question_kind"],
                    "choice": choice,
                    "answers": len(chosen),
                    "share_of_answers": len(chosen) / len(rows),
                    "question_answers": len(rows),
                    "average_rating": _mean(row["rating"] for row in rows),
                    "nps": 100 * (groups.count("promoter") - groups.count("detractor")) / len(rows)
                    if first["is_nps"]
                    else None,
                }
                for choice, chosen in choices.items()
            ]
        return made

    @property
    def contact_engagement(self) -> list[Row]:
        """The mart `contact_engagement`."""
        made = []
        for user, rows in _grouped(self.messages, lambda row: row["user_id"]).items():
            last = max(rows, key=lambda row: (row["sent_at"], row["receipt_id"]))
            row: Row = {
                **{
                    name: last[name]
                    for name in (
                        *("source_relation", "user_external_id", "email", "name"),
                        *("company_id", "company_external_id"),
                    )
                },
                "user_id": user,
                "as_of": self.until,
                "last_message_at": last["sent_at"],
                "last_content_title": last["content_title"],
                "last_content_type": last["content_type"],
                "first_message_at": min(one["sent_at"] for one in rows),
                "messages": len(rows),
            }
            for name, column in (
                ("last_engaged_at", "last_engaged_at"),
                ("last_opened_at", "opened_at"),
                ("last_clicked_at", "clicked_at"),
                ("last_replied_at", "replied_at"),
                ("last_unsubscribed_at", "unsubscribed_at"),
                ("last_hard_bounced_at", "hard_bounced_at"),
            ):
                row[name] = max((one[column] for one in rows if one[column]), default=None)
            for name, column in (
                ("messages", "sent_at"),
                ("opened", "opened_at"),
                ("clicked", "clicked_at"),
                ("replied", "replied_at"),
            ):
                times = sorted(one[column] for one in rows if one[column])
                row[name] = len(times)
                for days in (7, 30, 90):
                    row[f"{name}_{days}d"] = len(times) - bisect_right(
                        times, self.until - timedelta(days=days)
                    )
            made.append(row)
        return made

    @property
    def conversation_daily(self) -> list[Row]:
        """The mart `conversation_daily`."""
        groups = _grouped(
            self.reports("conversation"),
            lambda row: (
                self.day(row["conversation_started_at"]),
                row["channel"],
                row["currently_assigned_team_id"] or "(none)",
            ),
        )
        return [
            {
                "source_relation": self.source,
                "started_on": day,
                "channel": channel,
                "team": team,
                "conversations": len(rows),
                "replied": _count(rows, "conversation_first_response_time"),
                "closed": _count(rows, "conversation_first_closed_at"),
                "first_response_seconds": _mean(
                    row["conversation_first_response_time"] for row in rows
                ),
                "time_to_close_seconds": _mean(row["conversation_time_to_close"] for row in rows),
                "teammate_replies": sum(float(row["teammate_replies_count"]) for row in rows),
                "rated": _count(rows, "last_teammate_rating"),
                "average_rating": _mean(
                    row["last_teammate_rating"] and float(row["last_teammate_rating"])
                    for row in rows
                ),
                "fin_participated": sum(row["fin_ai_agent_participated"] == "true" for row in rows),
                "fin_resolved": sum(row["fin_ai_agent_deflected"] == "true" for row in rows),
            }
            for (day, channel, team), rows in groups.items()
        ]

    @cached_property
    def csat(self) -> list[Row]:
        """The mart `csat`."""
        groups = _grouped(
            self.reports("conversation_rating_sent"),
            lambda row: (
                self.day(row["conversation_rating_updated_at"]),
                row["rated_agent_type"],
                row["rated_teammate_id"] or "(none)",
            ),
        )
        made = []
        for (day, agent, teammate), rows in groups.items():
            ratings = [
                int(row["conversation_rating"]) for row in rows if row["conversation_rating"]
            ]
            positive = sum(rating in {4, 5} for rating in ratings)
            made.append(
                {
                    "source_relation": self.source,
                    "rated_on": day,
                    "agent_type": agent,
                    "teammate": teammate,
                    "requests": len(rows),
                    "rated": len(ratings),
                    "positive": positive,
                    "average_rating": _mean(ratings),
                    "response_rate": len(ratings) / len(rows),
                    "csat": _share(positive, len(ratings)),
                }
            )
        return made

    @property
    def teammate_performance(self) -> list[Row]:
        """The mart `teammate_performance`."""
        actions = _grouped(
            (
                row
                for row in self.reports("consolidated_conversation_part")
                if row["action_performed_by_teammate_id"]
            ),
            lambda row: (row["action_performed_by_teammate_id"], self.day(row["action_time"])),
        )
        handling = _grouped(
            self.reports("teammate_handling_conversation"),
            lambda row: (row["handling_teammate_id"], self.day(row["conversation_started_at"])),
        )
        ratings = _grouped(
            (row for row in self.csat if row["teammate"] != "(none)"),
            lambda row: (row["teammate"], row["rated_on"]),
        )
        made = []
        for teammate, day in {*actions, *handling, *ratings}:
            done, rated = actions.get((teammate, day), []), ratings.get((teammate, day), [])
            handled = handling.get((teammate, day))
            first = [row["teammate_first_response_time"] for row in done]
            later = [row["teammate_subsequent_response_time"] for row in done]
            responses = [one for one in (*first, *later) if one is not None]
            made.append(
                {
                    "source_relation": self.source,
                    "teammate": teammate,
                    "worked_on": day,
                    "replies": len(responses),
                    "conversations": len({row["conversation_id"] for row in done}),
                    "closings": _count(done, "teammate_time_to_close"),
                    "first_response_seconds": _mean(first),
                    "response_seconds": _mean(responses),
                    "time_to_close_seconds": _mean(row["teammate_time_to_close"] for row in done),
                    "handling_seconds": handled
                    and sum(row["teammate_handling_time"] for row in handled),
                    "rated": sum(row["rated"] for row in rated),
                    "positive": sum(row["positive"] for row in rated),
                }
            )
        return made


MARTS: dict[str, tuple[str, ...]] = {
    "messages": ("receipt_id",),
    "content_daily": ("ruleset_id", "content_id", "sent_on"),
    "clicks_by_url": ("ruleset_id", "content_id", "url"),
    "deliverability_daily": ("email_domain", "sent_on"),
    "series_funnel": ("series_id", "ruleset_id"),
    "survey_answers": ("receipt_id", "question_id"),
    "survey_summary": ("question_id", "choice"),
    "contact_engagement": ("user_id",),
    "conversation_daily": ("started_on", "channel", "team"),
    "teammate_performance": ("teammate", "worked_on"),
    "csat": ("rated_on", "agent_type", "teammate"),
}
"""Key of each mart, without `source_relation`; each mart is a property of `Figures`."""


def _totals(rows: list[Row]) -> Row:
    """Return the counts of `content_daily` and `deliverability_daily`."""
    delivered = [row for row in rows if row["is_delivered"]]
    made: Row = {
        "sent": len(rows),
        "delivered": len(delivered),
        "soft_bounced": _count(rows, "soft_bounced_at"),
        "failed": _count(rows, "failed_at"),
        "bounce_rate": _rate(rows, "is_bounced"),
    }
    for total, rate, flag in (
        ("opened", "open_rate", "is_opened"),
        ("clicked", "click_rate", "is_clicked"),
        ("replied", "reply_rate", "is_replied"),
        ("completed", "completion_rate", "is_completed"),
        ("goals", "goal_rate", "is_goal_hit"),
        ("unsubscribed", "unsubscribe_rate", "is_unsubscribed"),
        ("complaints", "complaint_rate", "is_complained"),
    ):
        made[total] = sum(bool(row[flag]) for row in rows)
        made[rate] = _rate(delivered, flag)
    made["bounced"] = sum(bool(row["is_bounced"]) for row in rows)
    return made


def _rate(rows: list[Row], flag: str) -> float | None:
    """Return the share of rows with a flag among rows where it is not None."""
    flags = [row[flag] for row in rows if row[flag] is not None]
    return _share(sum(flags), len(flags))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return fmean(there) if there else None


def _count(rows: list[Row], column: str) -> int:
    return sum(row[column] is not None for row in rows)


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _nps_group(score: float) -> str:
    return "promoter" if score in {9, 10} else "passive" if score in {7, 8} else "detractor"


def _grouped(
    rows: Iterable[Mapping[str, Any]], key: Callable[[Any], Hashable]
) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups
