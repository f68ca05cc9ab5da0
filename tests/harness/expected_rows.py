"""Compares loaded records with the rows of the simulated workspace."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from intercom_simulator.content_export.columns import FILES, column_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from intercom_simulator import Simulator

Row: TypeAlias = "dict[str, Any]"
Loaded: TypeAlias = "Mapping[str, Iterable[Mapping[str, Any]]]"
"""Records by stream; the last one for each key."""

STATISTICS = tuple(name for name in FILES if name != "overview")
"""Files with rows that do not depend on job ranges, as the totals in `overview` do."""

_STABLE_COLUMNS = {
    "answer_combined": ("receipt_id",),
    "checkpoint": ("series_entry_record_id", "ruleset_id", "user_id"),
}
"""Columns that never change, for files in which other columns than `first_*` can change."""


_NUMBERED = re.compile(r" \(\d+\)$")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def expected(simulator: Simulator, statistic: str, until: datetime) -> list[Row]:
    """Return the rows of a stream that a complete sync is expected to load.

    Args:
        simulator: The simulator.
        statistic: Name of the stream.
        until: Time up to which data was exported.
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
    expected_rows: Iterable[Row],
    loaded: Iterable[Mapping[str, Any]],
    *,
    missing: Iterable[str] = (),
) -> list[str]:
    """Return the differences between expected and loaded rows, comparing all columns.

    Args:
        statistic: Name of the stream.
        expected_rows: Result of `expected`.
        loaded: Records of the tap, or rows of a database.
        missing: Columns that were not sent and must be null.

    Returns:
        One line for each missing and each unexpected row.
    """
    absent = dict.fromkeys(missing)
    wanted = Counter(_hashable({**row, **absent}) for row in expected_rows)
    found = Counter(_hashable(_comparable(statistic, row)) for row in loaded)
    return [
        *(f"missing: {dict(row)}" for row in (wanted - found)),
        *(f"unexpected: {dict(row)}" for row in (found - wanted)),
    ]


def _with_time(statistic: str, row: Row) -> Row:
    """Add `created_at`: the time by which a job's range selects the row."""
    row = dict(row)
    if statistic == "answer_combined":
        row["created_at"] = row["completed_at"] or row["received_at"]
        row["answers"] = _answers(row["answers"])
    elif "created_at" not in row:
        row["created_at"] = row[FILES[statistic].time]
    return row


def _comparable(statistic: str, record: Mapping[str, Any]) -> Row:
    """Reduce a record to the columns of the simulator and convert its times."""
    columns = [*FILES[statistic].columns]
    columns += [name for name in ("created_at",) if name not in columns]
    if statistic == "overview":
        columns += ["created_at_after", "created_at_before"]
    row = {column: record[column] for column in columns}
    if statistic == "answer_combined":
        row["answers"] = _answers(record["answers"].items())
    return {column: _value(column, value) for column, value in row.items()}


def _value(column: str, value: Any) -> Any:
    if _is_time(column):
        return instant(value)
    return float(value) if isinstance(value, Decimal) else value


@cache
def _is_time(column: str) -> bool:
    return column.startswith("created_at") or column_kind(column) == "time"


def instant(value: Any) -> Any:
    """Convert a time from text, or from a database without time zones, to a UTC date-time."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
    return _instant_in(value) if isinstance(value, str) else value


@lru_cache(maxsize=100_000)
def _instant_in(value: str) -> Any:
    """Return the time in a text, or the text; most times of a workspace are in several rows."""
    if value.isdigit():
        return _EPOCH + timedelta(seconds=int(value[:10]))
    text = value.replace("Z", "").replace(" UTC", "").replace("T", " ").removesuffix(".000")
    try:
        return datetime.strptime(text + "+0000", "%Y-%m-%d %H:%M:%S%z")
    except ValueError:
        return value


def _answers(pairs: Iterable[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    """Return the answered questions, ignoring the numbers of repeated question texts."""
    return tuple(sorted((_NUMBERED.sub("", q), a) for q, a in pairs if a is not None))


def _hashable(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(row.items()))


def row_differences(expected_rows: Iterable[Row], found: Iterable[Row]) -> list[str]:
    """Return one line for each missing and each unexpected row."""
    wanted, actual = Counter(map(_hashable, expected_rows)), Counter(map(_hashable, found))
    return [
        *(f"missing: {dict(row)}" for row in (wanted - actual)),
        *(f"unexpected: {dict(row)}" for row in (actual - wanted)),
    ]


class ExpectedRows:
    """The rows that a complete sync is expected to load.

    Args:
        simulator: The simulator.
        only: Files to compare; all files if empty.
        ignore: Columns to ignore.
    """

    def __init__(
        self, simulator: Simulator, only: Iterable[str] = (), ignore: Iterable[str] = ()
    ) -> None:
        self._ignore = set(ignore)
        self._known: dict[tuple[str, bool], list[tuple[Any, ...]]] = {}
        now = simulator.clock.now()
        self._rows = {
            statistic: simulator.workspace.expected_rows(statistic, now)
            for statistic in tuple(only) or STATISTICS
        }

    @property
    def count(self) -> int:
        """Number of rows."""
        return sum(map(len, self._rows.values()))

    def missing(self, loaded: Loaded, *, values: bool = True) -> dict[str, list[Row]]:
        """Return the rows by stream that were not loaded, or not with the expected values.

        Args:
            loaded: Loaded records by stream.
            values: Whether to compare all columns, or only those that identify a row.
        """
        missing_rows = {}
        for statistic, rows in self._rows.items():
            columns = self._columns(statistic, values=values)
            arrived = {_identity(columns, record) for record in loaded.get(statistic, ())}
            wanted = zip(rows, self._identities(statistic, values=values), strict=True)
            if left := [row for row, identity in wanted if identity not in arrived]:
                missing_rows[statistic] = left
        return missing_rows

    def unexpected(self, loaded: Loaded) -> dict[str, list[Mapping[str, Any]]]:
        """Return the records by stream that do not belong to any row of the workspace.

        Args:
            loaded: Loaded records by stream.
        """
        unexpected_rows = {}
        for statistic in self._rows:
            columns = self._columns(statistic, values=False)
            known = set(self._identities(statistic, values=False))
            found = [
                each for each in loaded.get(statistic, ()) if _identity(columns, each) not in known
            ]
            if found:
                unexpected_rows[statistic] = found
        return unexpected_rows

    def missing_before_bookmark(
        self, loaded: Loaded, bookmarks: Mapping[str, str]
    ) -> dict[str, list[Row]]:
        """Return the missing rows that are not later than the bookmark of their stream.

        Args:
            loaded: Loaded records by stream.
            bookmarks: Bookmarks by stream.
        """
        found = {}
        for statistic, rows in self.missing(loaded, values=False).items():
            bookmark = bookmarks.get(statistic, "")
            if passed := [row for row in rows if _time_of(statistic, row) <= bookmark]:
                found[statistic] = passed
        return found

    def _identities(self, statistic: str, *, values: bool) -> list[tuple[Any, ...]]:
        """Return the comparable values of all rows of a file."""
        key = statistic, values
        if key not in self._known:
            columns = self._columns(statistic, values=values)
            self._known[key] = [_identity(columns, row) for row in self._rows[statistic]]
        return self._known[key]

    def _columns(self, statistic: str, *, values: bool) -> tuple[str, ...]:
        columns = FILES[statistic].columns
        if not values:
            columns = _STABLE_COLUMNS.get(
                statistic, tuple(name for name in columns if not name.startswith("first_"))
            )
        elif statistic == "answer_combined":
            columns = (*columns, "answers")
        return tuple(name for name in columns if name not in self._ignore)


def _identity(columns: Iterable[str], row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the values of columns in a comparable form."""
    return tuple(
        _answers(_pairs(row.get(column)))
        if column == "answers"
        else _value(column, row.get(column))
        for column in columns
    )


def _pairs(answers: Any) -> Iterable[tuple[str, Any]]:
    return answers.items() if isinstance(answers, dict) else answers or ()


def _time_of(statistic: str, row: Row) -> str:
    """Return the time by which ranges select a row, in the format of bookmarks."""
    instant = _with_time(statistic, row)["created_at"]
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}" if isinstance(instant, datetime) else str(instant)
