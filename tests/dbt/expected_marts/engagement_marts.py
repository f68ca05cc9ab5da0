"""Expected rows of the marts about series, surveys and contacts."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from datetime import timedelta
from functools import cached_property

from tests.dbt.expected_marts.aggregates import Row, grouped, hours, mean, nps_group, share
from tests.dbt.expected_marts.message_marts import MessageMarts


class EngagementMarts(MessageMarts):
    """Marts about series, surveys and contacts."""

    @property
    def series_funnel(self) -> list[Row]:
        """The mart `series_funnel`."""
        messages = [row for row in self.messages if row["series_id"]]
        series_of = {row["ruleset_id"]: row["series_id"] for row in messages}
        titles = {row["series_id"]: row["series_title"] for row in messages}
        receipts = {row["receipt_id"]: row for row in messages}
        sent = grouped(messages, lambda row: row["ruleset_id"])
        entries = grouped(
            self.rows("checkpoint"), lambda row: (row["series_entry_record_id"], row["user_id"])
        )
        points: dict[str, list[Row]] = defaultdict(list)
        for rows in entries.values():
            ordered = sorted(rows, key=lambda row: (row["created_at"], row["ruleset_id"]))
            for previous, row in zip([None, *ordered], ordered, strict=False):
                points[row["ruleset_id"]].append(
                    {
                        **row,
                        "since_entry": hours(row["created_at"] - ordered[0]["created_at"]),
                        "from_previous": previous
                        and hours(row["created_at"] - previous["created_at"]),
                        "in_block": None
                        if row["status_name"] == "waiting"
                        else hours(row["last_processed_at"] - row["created_at"]),
                    }
                )
        disengaged = grouped(
            self.rows("series_disengagement"), lambda row: row["disengaged_node_ruleset_id"]
        )
        completions = grouped(
            self.rows("series_completion"), lambda row: row["completion_node_ruleset_id"]
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
                    "completion_rate": share(status["completed"], len(there)),
                    "hours_since_entry": mean(row["since_entry"] for row in there),
                    "hours_from_previous": mean(row["from_previous"] for row in there),
                    "hours_in_block": mean(row["in_block"] for row in there),
                }
            )
        for rows in grouped(made, lambda row: row["series_id"]).values():
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
        for row in self.rows("answer"):
            kind = kinds[row["response_type"]]
            rating = float(row["response"]) if kind == "rating" else None
            made.append(
                {
                    **row,
                    **{name: receipts[row["receipt_id"]][name] for name in shown},
                    "source_relation": self.source,
                    "question_kind": kind,
                    "is_nps": kind == "rating",  # the only rating question of the simulator is NPS
                    "rating": rating,
                    "nps_group": None if rating is None else nps_group(rating),
                    "is_latest": True,  # a person answers each question at most once
                }
            )
        return made

    @property
    def survey_summary(self) -> list[Row]:
        """The mart `survey_summary`."""
        made = []
        for question, rows in grouped(self.survey_answers, lambda row: row["question_id"]).items():
            first = rows[0]
            groups = [row["nps_group"] for row in rows]
            choices = grouped(
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
                    "average_rating": mean(row["rating"] for row in rows),
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
        for user, rows in grouped(self.messages, lambda row: row["user_id"]).items():
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
