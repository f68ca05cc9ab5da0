"""Generates the times at which messages arrive and conversations start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from intercom_simulator.clock import DAY_SECONDS

if TYPE_CHECKING:
    from random import Random


_SAME_SECOND_EVERY = 23
_MIDNIGHT_EVERY = 41
_LAST_SECOND_EVERY = 53


def generate_arrivals(rng: Random, start: int, end: int, number: int) -> list[int]:
    """Generate arrival times: more by day than by night, some equal, some at midnight.

    Args:
        rng: The random number generator.
        start: Unix seconds; all times are later.
        end: Unix seconds; no time is later.
        number: Number of times.

    Returns:
        Unix seconds, sorted.
    """
    times: list[int] = []
    previous = end
    for index in range(number):
        at = start + int(rng.random() * (end - start))
        midnight = at - at % DAY_SECONDS
        if index % _SAME_SECOND_EVERY == 1:
            at = previous
        elif index % _MIDNIGHT_EVERY == 0:
            at = midnight
        elif index % _LAST_SECOND_EVERY == 0:
            at = midnight - 1
        else:
            at = midnight + int(rng.triangular(0, DAY_SECONDS, DAY_SECONDS * 0.6))
        if not start < at <= end:
            at = start + 1 + int(rng.random() * (end - start - 1))
        times.append(at)
        previous = at
    times.sort()
    return times
