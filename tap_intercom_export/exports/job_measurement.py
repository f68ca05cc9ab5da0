"""Measurements of export jobs, kept in the state: sizes and durations are planned from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import DAY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_MEASUREMENTS = 5
"""Number of measurements that are kept in the state, the latest ones."""


@dataclass(frozen=True, slots=True)
class JobMeasurement:
    """Measurement of one export job.

    Attributes:
        days: Length of its range, with the lookback.
        seconds: How long it ran at Intercom.
        rows: Rows in all its files.
        own_seconds: How long downloading and writing it took, with the wait for the reader of
            stdout; None if unknown.
    """

    days: float
    seconds: float
    rows: int
    own_seconds: float | None = None

    def with_writing(self, seconds: float) -> JobMeasurement:
        """Return the measurement with the time of writing added, if that of the download is known.

        Args:
            seconds: Duration of writing the rows.
        """
        if self.own_seconds is None:
            return self
        return replace(self, own_seconds=self.own_seconds + seconds)

    def to_state(self) -> dict[str, Any]:
        """Return the entry in the state, in whole numbers.

        Targets on the Meltano SDK parse fractions as Decimal and then fail to write the state.
        """
        own = {} if self.own_seconds is None else {"own_seconds": round(self.own_seconds)}
        return {
            "range_seconds": round(self.days * DAY_SECONDS),
            "job_seconds": round(self.seconds),
            "rows": self.rows,
            **own,
        }

    @classmethod
    def from_state(cls, entry: Mapping[str, Any]) -> JobMeasurement | None:
        """Return the measurement that `to_state` wrote, or None if the entry is invalid.

        Args:
            entry: The entry in the state; a user may have edited it.
        """
        try:
            days = int(entry["range_seconds"]) / DAY_SECONDS
            own = entry.get("own_seconds")  # missing in the states of earlier versions
            found = cls(
                days,
                int(entry["job_seconds"]),
                int(entry["rows"]),
                None if own is None else int(own),
            )
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            return None
        least = min(found.seconds, found.rows, found.own_seconds or 0)
        return found if found.days > 0 and least >= 0 else None
