"""Groups, sums, rates and means of rows."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from datetime import timedelta


Row = dict[str, Any]


def totals(rows: list[Row]) -> Row:
    """Return the counts of `content_daily` and `deliverability_daily`."""
    delivered = [row for row in rows if row["is_delivered"]]
    made: Row = {
        "sent": len(rows),
        "delivered": len(delivered),
        "soft_bounced": count_values(rows, "soft_bounced_at"),
        "failed": count_values(rows, "failed_at"),
        "bounce_rate": rate(rows, "is_bounced"),
    }
    for total, rate_name, flag in (
        ("opened", "open_rate", "is_opened"),
        ("clicked", "click_rate", "is_clicked"),
        ("replied", "reply_rate", "is_replied"),
        ("completed", "completion_rate", "is_completed"),
        ("goals", "goal_rate", "is_goal_hit"),
        ("unsubscribed", "unsubscribe_rate", "is_unsubscribed"),
        ("complaints", "complaint_rate", "is_complained"),
    ):
        made[total] = sum(bool(row[flag]) for row in rows)
        made[rate_name] = rate(delivered, flag)
    made["bounced"] = sum(bool(row["is_bounced"]) for row in rows)
    return made


def rate(rows: list[Row], flag: str) -> float | None:
    """Return the share of rows with a flag among rows where it is not None."""
    flags = [row[flag] for row in rows if row[flag] is not None]
    return share(sum(flags), len(flags))


def share(part: int, whole: int) -> float | None:
    """Return a share, or None if the whole is zero."""
    return part / whole if whole else None


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are not None, or None."""
    there = [value for value in values if value is not None]
    return fmean(there) if there else None


def count_values(rows: list[Row], column: str) -> int:
    """Return the number of rows with a value in a column."""
    return sum(row[column] is not None for row in rows)


def hours(span: timedelta) -> float:
    """Return a time span in hours."""
    return span.total_seconds() / 3600


def nps_group(score: float) -> str:
    """Return the NPS group of a score."""
    return "promoter" if score in {9, 10} else "passive" if score in {7, 8} else "detractor"


def grouped(
    rows: Iterable[Mapping[str, Any]], key: Callable[[Any], Hashable]
) -> dict[Any, list[Any]]:
    """Return the rows by key."""
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups
