"""A simulator whose clock does not run, so that the contents of jobs do not depend on speed."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from intercom_simulator import Clock, Simulator

END = datetime(2025, 6, 1, 12, 30, tzinfo=timezone.utc)
"""The simulated present."""


def stopped_simulator(*, days: int = 20, **options: Any) -> Simulator:
    """Create a simulator with messages up to `END`, at which its clock stays.

    Args:
        days: Days of messages.
        options: Other arguments of `Simulator`, such as `receipts`.
    """
    return Simulator(days=days, end=END, clock=Clock(END, running=False), **options)
