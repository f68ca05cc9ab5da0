"""A simulator with twenty days of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from intercom_simulator import Clock, Simulator
from tests.faults.runner import END

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=200, days=20, end=END, clock=Clock(END, running=False)) as simulator:
        yield simulator
