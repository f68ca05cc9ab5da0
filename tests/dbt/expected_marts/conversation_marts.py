"""Expected rows of the marts from reporting datasets."""

from __future__ import annotations

from functools import cached_property

from tests.dbt.expected_marts.aggregates import Row, count_values, grouped, mean, share
from tests.dbt.expected_marts.source_rows import SourceRows


class ConversationMarts(SourceRows):
    """Marts from reporting datasets."""

    @property
    def conversation_daily(self) -> list[Row]:
        """The mart `conversation_daily`."""
        groups = grouped(
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
                "replied": count_values(rows, "conversation_first_response_time"),
                "closed": count_values(rows, "conversation_first_closed_at"),
                "first_response_seconds": mean(
                    row["conversation_first_response_time"] for row in rows
                ),
                "time_to_close_seconds": mean(row["conversation_time_to_close"] for row in rows),
                "teammate_replies": sum(float(row["teammate_replies_count"]) for row in rows),
                "rated": count_values(rows, "last_teammate_rating"),
                "average_rating": mean(
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
        groups = grouped(
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
                    "average_rating": mean(ratings),
                    "response_rate": len(ratings) / len(rows),
                    "csat": share(positive, len(ratings)),
                }
            )
        return made

    @property
    def teammate_performance(self) -> list[Row]:
        """The mart `teammate_performance`."""
        actions = grouped(
            (
                row
                for row in self.reports("consolidated_conversation_part")
                if row["action_performed_by_teammate_id"]
            ),
            lambda row: (row["action_performed_by_teammate_id"], self.day(row["action_time"])),
        )
        handling = grouped(
            self.reports("teammate_handling_conversation"),
            lambda row: (row["handling_teammate_id"], self.day(row["conversation_started_at"])),
        )
        ratings = grouped(
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
                    "closings": count_values(done, "teammate_time_to_close"),
                    "first_response_seconds": mean(first),
                    "response_seconds": mean(responses),
                    "time_to_close_seconds": mean(row["teammate_time_to_close"] for row in done),
                    "handling_seconds": handled
                    and sum(row["teammate_handling_time"] for row in handled),
                    "rated": sum(row["rated"] for row in rated),
                    "positive": sum(row["positive"] for row in rated),
                }
            )
        return made
