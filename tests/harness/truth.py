"""What the simulator knows, beside what was loaded: both in one form, row by row."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from intercom_simulator.columns import FILES, kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from intercom_simulator import Simulator

Row = dict[str, Any]

_NUMBERED = re.compile(r" \(\d+\)$")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def expected(simulator: Simulator, statistic: str, until: datetime) -> list[Row]:
    """The rows a user should finally have of a stream.

    Args:
        simulator: The simulator.
        statistic: Name of the stream.
        until: The last instant that was exported.
    """
    if statistic == "overview":  # totals of each job's range
        ranges = {(job.after, job.before) for job in simulator.jobs if job.outcome == "completed"}
        rows = [
            {
                **row,
                "created_at_after": _EPOCH + timedelta(seconds=after),
                "created_at_before": _EPOCH + timedelta(seconds=before),
            }
            for after, before in ranges
            for row in simulator.workspace.rows("overview", after, before, until)
        ]
    else:
        rows = simulator.workspace.truth(statistic, until)
    return [_with_time(statistic, row) for row in rows]


def differences(
    statistic: str,
    truth: Iterable[Row],
    loaded: Iterable[Mapping[str, Any]],
    *,
    missing: Iterable[str] = (),
) -> list[str]:
    """What is in one and not in the other, a line each: every column of every row.

    Args:
        statistic: Name of the stream.
        truth: What `expected` gave.
        loaded: Records of the tap, or rows of a database.
        missing: Columns that were not sent; they must be null.
    """
    absent = dict.fromkeys(missing)
    wanted = Counter(_frozen({**row, **absent}) for row in truth)
    found = Counter(_frozen(_comparable(statistic, row)) for row in loaded)
    return [
        *(f"missing: {dict(row)}" for row in (wanted - found)),
        *(f"too much: {dict(row)}" for row in (found - wanted)),
    ]


def _with_time(statistic: str, row: Row) -> Row:
    """Add what every content record carries: the instant by which a job's range selects it."""
    row = dict(row)
    if statistic == "answer_combined":
        row["created_at"] = row["completed_at"] or row["received_at"]
        row["answers"] = _answers(row["answers"])
    elif "created_at" not in row:
        row["created_at"] = row[FILES[statistic].time]
    return row


def _comparable(statistic: str, record: Mapping[str, Any]) -> Row:
    """A record with the simulator's columns only, its times as date-times."""
    columns = [*FILES[statistic].columns]
    columns += [name for name in ("created_at",) if name not in columns]
    if statistic == "overview":
        columns += ["created_at_after", "created_at_before"]
    row = {column: record[column] for column in columns}
    if statistic == "answer_combined":
        row["answers"] = _answers(record["answers"].items())
    return {column: _value(column, value) for column, value in row.items()}


def _value(column: str, value: Any) -> Any:
    if column.startswith("created_at") or kind(column) == "time":
        return _instant(value)
    return float(value) if isinstance(value, Decimal) else value


def _instant(value: Any) -> Any:
    """An instant, from a text in any form or from a database without zones."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
    if not isinstance(value, str):
        return value
    if value.isdigit():
        return _EPOCH + timedelta(seconds=int(value[:10]))
    text = value.replace("Z", "").replace(" UTC", "").replace("T", " ").removesuffix(".000")
    return datetime.strptime(text + "+0000", "%Y-%m-%d %H:%M:%S%z")


def _answers(pairs: Iterable[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    """The questions that were answered; which of equal texts it was does not matter."""
    return tuple(sorted((_NUMBERED.sub("", q), a) for q, a in pairs if a is not None))


def _frozen(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(row.items()))


def reporting_properties(
    simulator: Simulator, dataset: str, properties: Mapping[str, Any], *, qualified: bool = True
) -> dict[str, str]:
    """Which property holds which attribute, by the descriptions and the order of the catalog.

    Args:
        simulator: The simulator.
        dataset: Id of the dataset.
        properties: Those of the stream's schema.
        qualified: Whether the API gives qualified ids.

    Returns:
        The qualified id of each property.
    """
    attributes = simulator.reporting.datasets[dataset].attributes
    names = [name for name in properties if name != "row_id"]
    assert len(names) == len(attributes), dataset
    for name, attribute in zip(names, attributes, strict=True):
        shown = attribute.qualified_id if qualified else attribute.id
        text = properties[name]["description"]
        assert attribute.name in text, name
        assert shown in text, name
    return {name: one.qualified_id for name, one in zip(names, attributes, strict=True)}


def reporting_rows(
    loaded: Iterable[Mapping[str, Any]], properties: Mapping[str, str], zone: tzinfo = timezone.utc
) -> list[Row]:
    """Records of a reporting stream, or rows of a database, in the form of the simulator's truth.

    Args:
        loaded: The records.
        properties: What `reporting_properties` gave.
        zone: Of times that an old API version leaves as texts.
    """
    return [
        {one: _reported(one, record.get(name), zone) for name, one in properties.items()}
        for record in loaded
    ]


def _reported(qualified_id: str, value: Any, zone: tzinfo) -> Any:
    if value in {"", "-"}:  # an empty key; a duration that an old API version leaves as text
        return None
    if qualified_id.startswith("timestamp."):
        if isinstance(value, str) and not value.endswith("Z"):
            return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        return _instant(value)
    if qualified_id.startswith("duration.") and value is not None:
        return float(value)
    return value


def row_differences(truth: Iterable[Row], found: Iterable[Row]) -> list[str]:
    """What is in one and not in the other, a line each: every value of every row."""
    wanted, there = Counter(map(_frozen, truth)), Counter(map(_frozen, found))
    return [
        *(f"missing: {dict(row)}" for row in (wanted - there)),
        *(f"too much: {dict(row)}" for row in (there - wanted)),
    ]
