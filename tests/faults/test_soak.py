"""A soak: `SOAK_WINDOWS=5000 SOAK_SEED=7 pytest tests/test_soak.py` for a longer one."""

from __future__ import annotations

import os

import pytest

from tests.faults.soak import soak

WINDOWS = int(os.environ.get("SOAK_WINDOWS", "200"))
SEED = int(os.environ.get("SOAK_SEED", "1"))


@pytest.mark.timeout(max(180, WINDOWS))
def test_with_a_fault_at_every_step_every_row_arrives_and_nothing_grows() -> None:
    result = soak(WINDOWS, SEED)
    assert not result.wrong, result.wrong
    assert result.windows >= WINDOWS
    assert result.faults.total() >= WINDOWS
    assert len(result.faults) > 20
