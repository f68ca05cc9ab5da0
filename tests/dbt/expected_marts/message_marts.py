"""Expected rows of the marts about messages, contents and clicks."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from urllib.parse import urlsplit

from tests.dbt.expected_marts.aggregates import Row, grouped, hours, share, totals
from tests.dbt.expected_marts.source_rows import SourceRows

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
"""Statistics by column of the mart `messages`."""

ENGAGEMENT = (
    *("open", "click", "reply", "keyword_reply", "reaction", "answer", "completion"),
    *("collected_email", "permission_grant", "button_tap", "screen_view", "tour_step_view"),
    *("checklist_step_open", "checklist_step_click", "checklist_step_completion"),
    *("fin_step_reached", "fin_helpful_answer"),
)
"""Statistics that count as engagement."""


class MessageMarts(SourceRows):
    """Marts about messages, contents and clicks."""

    @cached_property
    def messages(self) -> list[Row]:
        """The mart `messages`."""
        times = {name: [self.times(one) for one in of] for name, of in STATISTICS.items()}
        automated = grouped(
            (row for row in self.clicks if row["is_automated"]), lambda row: row["receipt_id"]
        )
        engaged = [self.times(one) for one in ENGAGEMENT]
        opens, clicks = self.times("open"), self.times("click")
        replies = [self.times("reply"), self.times("keyword_reply")]
        rulesets_with_goal = {
            row["ruleset_id"]
            for row in self.rows("receipt")
            if row["receipt_id"] in self.times("goal_success")
        }
        made = []
        for receipt in self.rows("receipt"):
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
                row[f"hours_to_{name}"] = at and hours(at - sent_at)
            made.append(row)
        return made

    @property
    def content_daily(self) -> list[Row]:
        """The mart `content_daily`."""
        groups = grouped(
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
                **totals(rows),
            }
            for (ruleset, content, day), rows in groups.items()
        ]

    @property
    def deliverability_daily(self) -> list[Row]:
        """The mart `deliverability_daily`."""
        emails = (row for row in self.messages if row["content_type"] == "Email")
        groups = grouped(emails, lambda row: (row["email_domain"] or "(unknown)", row["sent_on"]))
        return [
            {
                "source_relation": self.source,
                "email_domain": domain,
                "sent_on": day,
                **totals(rows),
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
        groups = grouped(clicks, lambda row: (row["ruleset_id"], row["content_id"], row["url"]))
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
                    "share_of_clicked_messages": share(
                        len(messages), len(clickers[ruleset, content])
                    ),
                    "first_clicked_at": min((r["clicked_at"] for r in human), default=None),
                    "last_clicked_at": max((r["clicked_at"] for r in human), default=None),
                }
            )
        return made
