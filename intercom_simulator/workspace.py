"""A simulated Intercom workspace, and the truth about it that an export is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

from intercom_simulator.columns import ANSWER_COMBINED, FILES
from intercom_simulator.history import History, Plan, make_history
from intercom_simulator.tables import (
    BEGINNING,
    Selection,
    Table,
    response_cells,
    responses,
    table,
)

if TYPE_CHECKING:
    from intercom_simulator.columns import Kind
    from intercom_simulator.tables import Cell

Instant: TypeAlias = "datetime | int"
"""A date-time with a zone, or unix seconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Workspace:
    """A workspace made up from a seed: the same arguments give the same rows on every machine.

    Args:
        receipts: How many messages were sent in the days before `end`.
        days: How far the history goes back.
        seed: Chooses one of the possible histories.
        end: The instant between past and future; the present second when left out.
        future_days: How long messages go on after `end`. They exist once the clock has come to
            them.
        max_delay_days: The time within which people do something with a message.
        late_share: How many messages, from 0 to 1, are taken notice of only later than that.
        late_days: The time within which those are.
    """

    receipts: int = 500
    days: int = 90
    seed: int = 1
    end: datetime | None = None
    future_days: int = 14
    max_delay_days: float = 6.0
    late_share: float = 0.0
    late_days: float = 20.0
    history: History = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make up the history."""
        end = self.end or datetime.now(timezone.utc)
        plan = Plan(
            self.receipts,
            self.days,
            self.seed,
            unix_seconds(end),
            self.future_days,
            self.max_delay_days,
            self.late_share,
            self.late_days,
        )
        object.__setattr__(self, "end", end)
        object.__setattr__(self, "history", make_history(plan))

    def truth(self, statistic: str, until: Instant) -> list[dict[str, Any]]:
        """Give the rows a user should finally have of one file.

        Every `first_*` is the first of its events up to `until`, whatever the ranges asked for.

        Args:
            statistic: The file's name, such as `receipt` or `open`.
            until: What happens later has not happened yet.

        Returns:
            Rows as `rows` gives them.
        """
        return self.rows(statistic, BEGINNING, until, until)

    def rows(
        self, statistic: str, after: Instant, before: Instant, until: Instant
    ) -> list[dict[str, Any]]:
        """Give the rows that one job over a range contains of one file.

        Args:
            statistic: The file's name, such as `receipt` or `open`.
            after: The range's first second.
            before: The range's last second, which belongs to it.
            until: When the job is created; what happens later has not happened yet.

        Returns:
            Rows in order of time: instants as UTC date-times, counts as numbers, everything else as
            text, None where there is no value. A row of `answer_combined` has its questions and
            answers as a list of pairs under `answers`, in order, without the questions that were
            not answered.
        """
        selection = Selection(unix_seconds(after), unix_seconds(before), unix_seconds(until))
        if statistic == ANSWER_COMBINED.name:
            return self._combined(selection)
        return _typed(table(self.history, statistic, selection))

    def counts(self, until: Instant) -> dict[str, int]:
        """Count the rows of every file up to an instant.

        Args:
            until: What happens later has not happened yet.
        """
        selection = Selection(BEGINNING, unix_seconds(until), unix_seconds(until))
        return {
            statistic: sum(1 for _ in table(self.history, statistic, selection).rows)
            for statistic in FILES
        }

    def _combined(self, selection: Selection) -> list[dict[str, Any]]:
        found = responses(self.history, selection)
        base = table(self.history, ANSWER_COMBINED.name, selection)
        width = len(ANSWER_COMBINED.columns)
        rows = _typed(
            Table(
                base.statistic,
                base.header[:width],
                base.kinds[:width],
                [response_cells(self.history, response) for response in found],
            )
        )
        for row, response in zip(rows, found, strict=True):
            row["answers"] = [(answer.question, answer.response) for answer in response.answers]
        return rows


def unix_seconds(instant: Instant) -> int:
    """Give an instant in whole unix seconds.

    Args:
        instant: A date-time with a zone, or unix seconds already.

    Raises:
        ValueError: The date-time has no zone.
    """
    if isinstance(instant, int):
        return instant
    if instant.tzinfo is None:
        raise ValueError("An instant without a time zone means nothing here.")
    return (instant - _EPOCH) // timedelta(seconds=1)


def _typed(found: Table) -> list[dict[str, Any]]:
    columns = list(zip(found.header, found.kinds, strict=True))
    return [
        {column: _value(cell, meant) for (column, meant), cell in zip(columns, row, strict=True)}
        for row in found.rows
    ]


def _value(cell: Cell, meant: Kind) -> str | float | datetime | None:
    if cell is None or meant != "time":
        return cell
    return _EPOCH + timedelta(seconds=float(cell))
