"""The rows that a workspace has, from the simulator's own data, compared with what was loaded."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from intercom_simulator.columns import FILES, column_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from intercom_simulator import Simulator

Row: TypeAlias = "dict[str, Any]"
Loaded: TypeAlias = "Mapping[str, Iterable[Mapping[str, Any]]]"
"""The records of each stream; of equal keys the last."""

STATISTICS = tuple(name for name in FILES if name != "overview")
"""Files that hold rows of the workspace; the totals in `overview` are those of a job's range."""

_LASTING = {
    "answer_combined": ("receipt_id",),
    "checkpoint": ("series_entry_record_id", "ruleset_id", "user_id"),
}
"""Columns that never change, where others do, besides `first_*`."""


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
        rows = simulator.workspace.expected_rows(statistic, until)
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
    if column.startswith("created_at") or column_kind(column) == "time":
        return instant(value)
    return float(value) if isinstance(value, Decimal) else value


def instant(value: Any) -> Any:
    """An instant, from a text in any form or from a database without zones."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
    if not isinstance(value, str):
        return value
    if value.isdigit():
        return _EPOCH + timedelta(seconds=int(value[:10]))
    text = value.replace("Z", "").replace(" UTC", "").replace("T", " ").removesuffix(".000")
    try:
        return datetime.strptime(text + "+0000", "%Y-%m-%d %H:%M:%S%z")
    except ValueError:
        return value


def _answers(pairs: Iterable[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    """The questions that were answered; which of equal texts it was does not matter."""
    return tuple(sorted((_NUMBERED.sub("", q), a) for q, a in pairs if a is not None))


def _frozen(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(row.items()))


def row_differences(truth: Iterable[Row], found: Iterable[Row]) -> list[str]:
    """What is in one and not in the other, a line each: every value of every row."""
    wanted, there = Counter(map(_frozen, truth)), Counter(map(_frozen, found))
    return [
        *(f"missing: {dict(row)}" for row in (wanted - there)),
        *(f"too much: {dict(row)}" for row in (there - wanted)),
    ]


class ExpectedRows:
    """The rows that a user should finally have.

    Args:
        simulator: The workspace.
        only: The files to look at; all when empty.
        ignore: Columns that do not matter.
    """

    def __init__(
        self, simulator: Simulator, only: Iterable[str] = (), ignore: Iterable[str] = ()
    ) -> None:
        self._ignore = set(ignore)
        now = simulator.clock.now()
        self._rows = {
            statistic: simulator.workspace.expected_rows(statistic, now)
            for statistic in tuple(only) or STATISTICS
        }

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(map(len, self._rows.values()))

    def missing(self, loaded: Loaded, *, values: bool = True) -> dict[str, list[Row]]:
        """Give the rows that did not arrive, or not as they are.

        Args:
            loaded: What arrived.
            values: Whether everything must be right, or just what identifies a row.
        """
        lost = {}
        for statistic, rows in self._rows.items():
            columns = self._columns(statistic, values=values)
            arrived = {_identity(columns, record) for record in loaded.get(statistic, ())}
            if left := [row for row in rows if _identity(columns, row) not in arrived]:
                lost[statistic] = left
        return lost

    def too_much(self, loaded: Loaded) -> dict[str, list[Mapping[str, Any]]]:
        """Give the records that nothing in the workspace is like, by what identifies them."""
        strange = {}
        for statistic, rows in self._rows.items():
            columns = self._columns(statistic, values=False)
            known = {_identity(columns, row) for row in rows}
            found = [
                each for each in loaded.get(statistic, ()) if _identity(columns, each) not in known
            ]
            if found:
                strange[statistic] = found
        return strange

    def passed_over(self, loaded: Loaded, bookmarks: Mapping[str, str]) -> dict[str, list[Row]]:
        """Give the rows that did not arrive though a bookmark says that they were written.

        Args:
            loaded: What arrived.
            bookmarks: The bookmark of each stream.
        """
        found = {}
        for statistic, rows in self.missing(loaded, values=False).items():
            bookmark = bookmarks.get(statistic, "")
            if passed := [row for row in rows if _time_of(statistic, row) <= bookmark]:
                found[statistic] = passed
        return found

    def _columns(self, statistic: str, *, values: bool) -> tuple[str, ...]:
        columns = FILES[statistic].columns
        if not values:
            columns = _LASTING.get(
                statistic, tuple(name for name in columns if not name.startswith("first_"))
            )
        elif statistic == "answer_combined":
            columns = (*columns, "answers")
        return tuple(name for name in columns if name not in self._ignore)


def _identity(columns: Iterable[str], row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the values of some columns in the form in which rows are compared."""
    return tuple(
        _answers(_pairs(row.get(column)))
        if column == "answers"
        else _value(column, row.get(column))
        for column in columns
    )


def _pairs(answers: Any) -> Iterable[tuple[str, Any]]:
    return answers.items() if isinstance(answers, dict) else answers or ()


def _time_of(statistic: str, row: Row) -> str:
    """Return the instant by which ranges select a row, as a bookmark writes it."""
    instant = _with_time(statistic, row)["created_at"]
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}" if isinstance(instant, datetime) else str(instant)
