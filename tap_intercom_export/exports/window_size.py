"""How much is asked for at once: less after a job that was too large, more again after a while."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tap_intercom_export.errors import TapError
from tap_intercom_export.exports.window import MIN_WINDOW_SECONDS, Sizes
from tap_intercom_export.wording import counted, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400

WINDOWS_BEFORE_GROWTH = 3
"""Windows in a row that succeed before shortened sizes are doubled again."""

USED_SHARE_OF_LIMITS = 0.5
"""Part of the row limit and of the job's time limit that a window is planned to use."""

MEANINGFUL_SHARE_OF_LIMITS = 0.02
"""Part of a limit below which a job says nothing of larger ones: each one takes a minute or so."""

REMEMBERED_WINDOWS = 5
"""Exports that are remembered from run to run."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one export job took.

    Attributes:
        days: Length of its range, with the lookback.
        seconds: How long it ran at Intercom.
        rows: Rows in all its files.
        own_seconds: How long downloading and writing it took, with the wait for the reader of
            stdout; None where it is not known.
    """

    days: float
    seconds: float
    rows: int
    own_seconds: float | None = None

    def with_writing(self, seconds: float) -> Measured:
        """Return it with the time that writing took, where that of the download is known."""
        if self.own_seconds is None:
            return self
        return replace(self, own_seconds=self.own_seconds + seconds)

    def to_state(self) -> dict[str, Any]:
        """Return it for the state, in whole numbers.

        Targets on the Meltano SDK read fractions as Decimal and fail when they write the state.
        """
        own = {} if self.own_seconds is None else {"own_seconds": round(self.own_seconds)}
        return {
            "range_seconds": round(self.days * DAY_SECONDS),
            "job_seconds": round(self.seconds),
            "rows": self.rows,
            **own,
        }

    @classmethod
    def from_state(cls, entry: Mapping[str, Any]) -> Measured | None:
        """Return what `to_state` wrote, or None where it is something else."""
        try:
            days = int(entry["range_seconds"]) / DAY_SECONDS
            own = entry.get("own_seconds")  # not there in the states of earlier versions
            found = cls(
                days,
                int(entry["job_seconds"]),
                int(entry["rows"]),
                None if own is None else int(own),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        least = min(found.seconds, found.rows, found.own_seconds or 0)
        return found if found.days > 0 and least >= 0 else None


@dataclass(frozen=True, slots=True)
class JobLimits:
    """What one job may take.

    Attributes:
        rows: Rows at which Intercom cuts an export.
        seconds: How long a job may run.
    """

    rows: int
    seconds: float


class WindowSizer:
    """The sizes of the windows to come. Threads may share it.

    Args:
        largest: The sizes that the settings ask for.
        limits: What one job may take.
        measured: What the last jobs took, the latest last: new windows are planned to stay well
            below the limits.
    """

    def __init__(
        self, largest: Sizes, limits: JobLimits, measured: Iterable[Measured] = ()
    ) -> None:
        self._largest = largest
        self._sizes = largest
        self._limits = limits
        self._measured = list(measured)[-REMEMBERED_WINDOWS:]
        self._steady = 0
        self._lock = threading.Lock()

    @property
    def sizes(self) -> Sizes:
        """The sizes to ask for now."""
        with self._lock:
            return self._fitting(self._sizes)

    @property
    def reason(self) -> str:
        """Why windows are smaller than the settings say, for people; "" where they are not."""
        with self._lock:
            if self._fitting(self._sizes).window >= self._largest.window:
                return ""
            found = [
                (days, one, by_rows)
                for one in self._measured
                for days, by_rows in self._days_within_limits(one)
            ]
        if not found:
            return "after a job that was too large"
        _, one, by_rows = min(found, key=lambda each: each[0])
        if by_rows:
            used = f"had {counted(one.rows, 'row', rounded=True)}"
            limit = f"{counted(self._limits.rows, rounded=True)} that export_row_limit allows"
        else:
            used = f"took {duration(one.seconds)}"
            limit = f"{duration(self._limits.seconds)} that job_timeout_minutes allows"
        share = f"{USED_SHARE_OF_LIMITS * 100:.0f} %"
        length = duration(one.days * DAY_SECONDS)
        return f"a job of {length} {used} of the {limit}, and a window is planned for {share} of it"

    def shorten(self, tried: Sizes, real: Sizes, error: TapError) -> None:
        """Ask for less from now on, and say what that costs.

        Args:
            tried: The sizes that were too large. Where another thread has shortened them already,
                nothing happens.
            real: What the window really had of them.
            error: Why they were too large.

        Raises:
            TapError: There are no smaller ones.
        """
        with self._lock:
            if self._fitting(self._sizes) != tried:
                return
            smaller = tried.halved(real)
            if smaller is None:
                raise TapError(
                    f"{error}. It cannot be asked for in pieces smaller than an hour. Please try "
                    "again later, and ask Intercom's support with the job's id if it stays so."
                ) from error
            self._sizes, self._steady = smaller, 0
        if smaller.window < tried.window:
            cost = f"window shortened to {duration(smaller.window)}, which costs more jobs"
        else:
            cost = (
                f"lookback shortened to {duration(smaller.lookback)}: opens, clicks and replies "
                "that came later after the message than that are not seen for this window"
            )
        logger.warning("%s. Asking for less: %s", error, cost)

    def succeeded(self, measured: Measured | None = None) -> None:
        """Note a window that went well.

        Args:
            measured: What its job took, where that is known.
        """
        with self._lock:
            if measured is not None:
                self._measured = [*self._measured, measured][-REMEMBERED_WINDOWS:]
            self._steady += 1
            if self._steady % WINDOWS_BEFORE_GROWTH == 0:
                self._sizes = self._sizes.doubled(self._largest)

    def _fitting(self, sizes: Sizes) -> Sizes:
        """Return sizes whose window is planned to stay well below the limits."""
        most_days = min(
            (days for one in self._measured for days, _ in self._days_within_limits(one)),
            default=None,
        )
        if most_days is None:
            return sizes
        left = int(most_days * DAY_SECONDS) - sizes.lookback
        # Where the lookback alone takes too long, the windows still have to get on.
        least = max(MIN_WINDOW_SECONDS, min(sizes.lookback, DAY_SECONDS))
        return Sizes(min(sizes.window, max(left, least)), sizes.lookback)

    def _days_within_limits(self, one: Measured) -> list[tuple[float, bool]]:
        """Return how many days such a job may have, by its rows (True) and by its time (False)."""
        used = ((one.rows, self._limits.rows, True), (one.seconds, self._limits.seconds, False))
        return [
            (USED_SHARE_OF_LIMITS * limit * one.days / part, by_rows)
            for part, limit, by_rows in used
            if part > limit * MEANINGFUL_SHARE_OF_LIMITS
        ]
