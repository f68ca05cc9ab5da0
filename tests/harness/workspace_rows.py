"""What a workspace has, beside what arrived: the rows of every file, told apart by all columns."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

from intercom_simulator.columns import FILES, kind

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


class Truth:
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
            statistic: simulator.workspace.truth(statistic, now)
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
            arrived = {_frozen(columns, record) for record in loaded.get(statistic, ())}
            if left := [row for row in rows if _frozen(columns, row) not in arrived]:
                lost[statistic] = left
        return lost

    def too_much(self, loaded: Loaded) -> dict[str, list[Mapping[str, Any]]]:
        """Give the records that nothing in the workspace is like, by what identifies them."""
        strange = {}
        for statistic, rows in self._rows.items():
            columns = self._columns(statistic, values=False)
            known = {_frozen(columns, row) for row in rows}
            found = [
                each for each in loaded.get(statistic, ()) if _frozen(columns, each) not in known
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


def _frozen(columns: Iterable[str], row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(
        _plain(row.get(column)) if kind(column) == "time" else _comparable(row.get(column))
        for column in columns
    )


def _plain(value: Any) -> Any:
    """Give a time without its form: columns of files that nobody has seen stay as they come."""
    text = _comparable(value)
    if not isinstance(text, str):
        return text
    if text.isdigit():
        return datetime.fromtimestamp(int(text[:10]), timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    text = text.removesuffix(" UTC").removesuffix("Z").removesuffix(".000")
    return text.replace("T", " ")


def _comparable(value: Any) -> Any:
    """Give a value as a record has it, and answers without the order and numbers of questions."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else value
        return tuple(sorted((_NUMBERED.sub("", q), a) for q, a in pairs if a is not None))
    return value


def _time_of(statistic: str, row: Row) -> str:
    """Give the instant by which ranges select a row."""
    if statistic == "answer_combined":
        return str(_comparable(row["completed_at"] or row["received_at"]))
    return str(_comparable(row[FILES[statistic].time]))
