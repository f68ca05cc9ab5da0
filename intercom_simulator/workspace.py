"""A simulated workspace and the rows that an export of it is expected to contain."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

from intercom_simulator.content_export.columns import ANSWER_COMBINED, FILES
from intercom_simulator.content_export.history import History, HistoryConfig, generate_history
from intercom_simulator.content_export.selection import (
    EARLIEST_SECONDS,
    Selection,
    select_responses,
)
from intercom_simulator.content_export.tables import response_cells, select_table
from intercom_simulator.table import Table

if TYPE_CHECKING:
    from intercom_simulator.content_export.columns import Kind
    from intercom_simulator.table import Cell

Instant: TypeAlias = "datetime | int"
"""A date-time with a time zone, or unix seconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Workspace:
    """A workspace generated from a seed: the same arguments give the same rows everywhere.

    Args:
        receipts: Number of messages sent in the `days` before `end`.
        days: Length of the history, in days.
        seed: Seed of the generated data.
        end: The simulated present at the start; the current time by default.
        future_days: For how many days after `end` messages are generated. They become visible when
            the clock reaches them.
        max_delay_days: Time after a message within which people engage with it.
        late_share: Share of messages, from 0 to 1, whose engagement comes after `max_delay_days`.
        late_days: Time after a message within which late engagement comes.
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
        """Generate the history."""
        end = self.end or datetime.now(timezone.utc)
        config = HistoryConfig(
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
        object.__setattr__(self, "history", generate_history(config))

    def expected_rows(self, statistic: str, until: Instant) -> list[dict[str, Any]]:
        """Return the rows of one file that a complete sync is expected to load.

        Every `first_*` column has the first event up to `until`, independent of job ranges.

        Args:
            statistic: Name of the file, such as `receipt` or `open`.
            until: The simulated present; later rows are not visible.

        Returns:
            Rows in the format of `rows`.
        """
        return self.rows(statistic, EARLIEST_SECONDS, until, until)

    def rows(
        self, statistic: str, after: Instant, before: Instant, until: Instant
    ) -> list[dict[str, Any]]:
        """Return the rows of one file in a job over a range.

        Args:
            statistic: Name of the file, such as `receipt` or `open`.
            after: First second of the range.
            before: Last second of the range, inclusive.
            until: Creation time of the job; later rows are not visible.

        Returns:
            Rows sorted by time: times as UTC date-times, counts as numbers, other values as text,
            None for missing values. A row of `answer_combined` has the answered questions under
            `answers`, as a list of (question, answer) in order.
        """
        selection = Selection(unix_seconds(after), unix_seconds(before), unix_seconds(until))
        if statistic == ANSWER_COMBINED.name:
            return self._answer_combined_rows(selection)
        return _typed(select_table(self.history, statistic, selection))

    def counts(self, until: Instant) -> dict[str, int]:
        """Return the number of rows by file.

        Args:
            until: The simulated present; later rows are not visible.
        """
        selection = Selection(EARLIEST_SECONDS, unix_seconds(until), unix_seconds(until))
        return {
            statistic: sum(1 for _ in select_table(self.history, statistic, selection).rows)
            for statistic in FILES
        }

    def _answer_combined_rows(self, selection: Selection) -> list[dict[str, Any]]:
        responses = select_responses(self.history, selection)
        base = select_table(self.history, ANSWER_COMBINED.name, selection)
        width = len(ANSWER_COMBINED.columns)
        rows = _typed(
            Table(
                base.statistic,
                base.header[:width],
                base.kinds[:width],
                [response_cells(self.history, response) for response in responses],
            )
        )
        for row, response in zip(rows, responses, strict=True):
            row["answers"] = [(answer.question, answer.response) for answer in response.answers]
        return rows


def unix_seconds(instant: Instant) -> int:
    """Convert a time to whole unix seconds.

    Args:
        instant: A date-time with a time zone, or unix seconds.

    Raises:
        ValueError: The date-time has no time zone.
    """
    if isinstance(instant, int):
        return instant
    if instant.tzinfo is None:
        raise ValueError("A date-time needs a time zone.")
    return (instant - _EPOCH) // timedelta(seconds=1)


def _typed(table: Table) -> list[dict[str, Any]]:
    columns = list(zip(table.header, table.kinds, strict=True))
    return [
        {column: _value(cell, kind) for (column, kind), cell in zip(columns, row, strict=True)}
        for row in table.rows
    ]


def _value(cell: Cell, kind: Kind) -> str | float | datetime | None:
    if cell is None or kind != "time":
        return cell
    return _EPOCH + timedelta(seconds=float(cell))
