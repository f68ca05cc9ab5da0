"""Outcome of a sync: whether to retry, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MINUTES = 60
_SIGNAL_STATUS = 128


@dataclass(frozen=True)
class Outcome:
    """How a sync ended.

    Args:
        name: Short name.
        meaning: One sentence, with the action to take.
        pauses: Seconds before each retry; empty if a retry would have the same outcome.
    """

    name: str
    meaning: str
    pauses: Sequence[float] = ()

    @property
    def is_success(self) -> bool:
        """Whether everything is loaded."""
        return self.name == "success"


SUCCESS = Outcome("success", "Everything is loaded.")
BUSY = Outcome(
    "busy",
    "Meltano considers this pipeline still running. After a killed run, this lasts five minutes.",
    (1 * _MINUTES,) * 7,
)
UNKNOWN = Outcome(
    "unknown",
    "No exit status of the tap: a failure of Meltano, its state backend or the machine.",
    (1 * _MINUTES, 5 * _MINUTES),
)
LOADER = Outcome(
    "loader",
    "The target failed: see its lines in the log.",
    (1 * _MINUTES, 5 * _MINUTES),
)
REFUSED = Outcome("refused", "Intercom refuses the token, or it lacks a scope. Correct it.")
TAP_STATUSES = {
    2: Outcome("configuration", "The configuration of the tap is wrong."),
    3: REFUSED,
    4: Outcome(
        "unavailable",
        "Intercom cannot be reached, or fails.",
        (5 * _MINUTES, 15 * _MINUTES, 60 * _MINUTES),
    ),
    5: Outcome("unreadable", "Intercom's data cannot be read. Report the log."),
}
"""Outcomes by exit status of the tap, as listed in docs/operations.md."""

KILLED = Outcome("killed", "A signal ended the tap.", (1 * _MINUTES, 5 * _MINUTES))


def outcome_of(status: int, exit_codes: dict[str, int], error: str) -> Outcome:
    """Return the outcome of a sync.

    Args:
        status: Exit status of `meltano run`: 0, 1, or negative for a signal.
        exit_codes: Exit statuses of `extractors` and `loaders`, from Meltano's log.
        error: Error in Meltano's log.
    """
    if status == 0:
        return SUCCESS
    tap = exit_codes.get("extractors", 0)
    if tap in TAP_STATUSES:
        return TAP_STATUSES[tap]
    if tap < 0 or tap > _SIGNAL_STATUS or (status < 0 and not exit_codes):
        return KILLED
    if "already running" in error:
        return BUSY
    if exit_codes.get("loaders"):
        return LOADER
    return UNKNOWN
