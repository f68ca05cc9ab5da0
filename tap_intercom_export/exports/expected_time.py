"""How long windows may take, from what the last ones took. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_intercom_export.exports.window_size import DAY_SECONDS
from tap_intercom_export.wording import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_intercom_export.exports.window import Window
    from tap_intercom_export.exports.window_size import Measured


@dataclass(frozen=True, slots=True)
class ExpectedTime:
    """How long an export may take.

    Attributes:
        seconds: From its beginning to its end.
        intercom_seconds: How long its jobs run at Intercom.
        own_seconds: How long downloading and writing takes; None where that is not known.
        remembered: Windows of earlier runs that this is concluded from.
    """

    seconds: float
    intercom_seconds: float
    own_seconds: float | None
    remembered: int

    def __str__(self) -> str:
        """Return it for people."""
        own = (
            "how long writing takes is not known yet"
            if self.own_seconds is None
            else f"download and writing {duration(self.own_seconds)}"
        )
        last = "the last window" if self.remembered == 1 else f"the last {self.remembered} windows"
        return (
            f"about {duration(self.seconds)} (Intercom {duration(self.intercom_seconds)}, {own}), "
            f"as fast as {last}"
        )


def expected_time(
    windows: Sequence[Window], measured: Sequence[Measured], workers: int = 1
) -> ExpectedTime | None:
    """Return how long windows may take, or None where nothing is known.

    Each job is taken to need time in proportion to its range, as the remembered ones did on
    average. While a window is written, the job of the next one runs.

    Args:
        windows: What will be exported, in order.
        measured: What the last jobs took.
        workers: Jobs that run at once.
    """
    if not measured:
        return None
    rate = sum(one.seconds for one in measured) / sum(one.days for one in measured)
    days = [(window.before - window.after) / DAY_SECONDS for window in windows]
    jobs = [rate * length for length in days]
    intercom = sum(jobs)
    timed = [(one.days, one.own_seconds) for one in measured if one.own_seconds is not None]
    if not timed:
        return ExpectedTime(intercom / workers, intercom, None, len(measured))
    own_rate = sum(own for _, own in timed) / sum(length for length, _ in timed)
    return ExpectedTime(
        _side_by_side([seconds / workers for seconds in jobs], [own_rate * one for one in days]),
        intercom,
        own_rate * sum(days),
        len(measured),
    )


def _side_by_side(jobs: Sequence[float], writing: Sequence[float]) -> float:
    """Return how long it takes to run jobs and write each while the next one runs, in seconds."""
    if not jobs:
        return 0.0
    overlapping = sum(max(job, before) for job, before in zip(jobs[1:], writing, strict=False))
    return jobs[0] + overlapping + writing[-1]
