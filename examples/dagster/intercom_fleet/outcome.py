"""What the end of a sync means: whether to try again, and when."""

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
        name: In a word.
        meaning: In a sentence, with what to do.
        pauses: Seconds before each further try; none if a further try would end the same.
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
    "Meltano holds this pipeline to be running still: a killed run stays so for five minutes.",
    (1 * _MINUTES,) * 7,
)
UNKNOWN = Outcome(
    "unknown",
    "Not an end that the tap knows: Meltano, its state backend or the machine.",
    (1 * _MINUTES, 5 * _MINUTES),
)
LOADER = Outcome(
    "loader",
    "The target failed: see its lines in the log.",
    (1 * _MINUTES, 5 * _MINUTES),
)
REFUSED = Outcome("refused", "Intercom refuses the token, or it lacks a scope. Mend the token.")
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
"""What the exit statuses of the tap mean (README of the tap, exit statuses)."""

KILLED = Outcome("killed", "A signal ended the tap.", (1 * _MINUTES, 5 * _MINUTES))


def outcome_of(status: int, exit_codes: dict[str, int], error: str) -> Outcome:
    """Tell how a sync ended.

    Args:
        status: The exit status of `meltano run`: 0, 1, or negative for a signal.
        exit_codes: Those of the plugins, by `extractors` and `loaders`, as Meltano's log has them.
        error: What Meltano's log calls the error.
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
