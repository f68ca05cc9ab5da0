"""A row of a report before it is made, so that rows out of range never are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from intercom_simulator.reporting.values import Row


class Fact(NamedTuple):
    """A row: the instant that ranges select it by, in unix seconds, and how to make it."""

    at: int
    row: Callable[[], Row]
