"""Rows of the simulator from which the marts are computed, and clicks of scanners."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.dbt.expected_marts.aggregates import Row, grouped

if TYPE_CHECKING:
    from intercom_simulator import Simulator

CHANNELS = {
    "Email": "email",
    "Push": "push",
    "SMS": "sms",
    "WhatsApp": "whatsapp",
    "Webhook": "webhook",
}
"""Channels by content type; everything else is shown in the app."""

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
class SourceRows:
    """Rows of the simulator from which the marts are computed.

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
    _rows: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, statistic: str) -> list[Row]:
        """Return the rows of a file of the message export."""
        if statistic not in self._rows:
            self._rows[statistic] = self.simulator.workspace.expected_rows(statistic, self.until)
        return self._rows[statistic]

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
        for row in self.human_clicks if statistic == "click" else self.rows(statistic):
            name = _TIMES.get(statistic) or next(column for column in row if column.endswith("_at"))
            found[row["receipt_id"]].append(row[name])
        return {receipt: sorted(times) for receipt, times in found.items()}

    @cached_property
    def clicks(self) -> list[Row]:
        """All distinct clicks, with `is_automated` for clicks of a scanner."""
        unique = {(r["receipt_id"], r["clicked_at"], r["url"]): r for r in self.rows("click")}
        by_receipt = grouped(unique.values(), lambda row: row["receipt_id"])
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
        for row in self.rows("receipt"):
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
