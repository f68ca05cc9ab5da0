"""A simulator with a few days of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from intercom_simulator import Simulator
from tests.simulator.api import END

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=300, end=END) as simulator:
        yield simulator
