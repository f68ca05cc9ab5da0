"""A row of a dataset whose values are computed on demand, so that rows out of range cost little."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from intercom_simulator.reporting.values import Row


class LazyRow(NamedTuple):
    """A row: the time by which ranges select it, in unix seconds, and a function for its values."""

    at: int
    compute: Callable[[], Row]
