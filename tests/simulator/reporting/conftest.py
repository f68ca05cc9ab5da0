"""A simulator with conversations, and its reporting data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from intercom_simulator import Simulator
from tests.simulator.api import END

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=0, end=END, conversations=60) as simulator:
        yield simulator
