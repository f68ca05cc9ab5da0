"""A simulator with twenty days of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness.stopped_simulator import stopped_simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from intercom_simulator import Simulator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with stopped_simulator(receipts=200) as simulator:
        yield simulator
