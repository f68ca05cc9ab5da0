"""Soak test; longer with `SOAK_WINDOWS=5000 SOAK_SEED=7 pytest tests/faults/test_soak.py`."""

from __future__ import annotations

import os

import pytest

from tests.faults.soak import run_soak

WINDOWS = int(os.environ.get("SOAK_WINDOWS", "200"))
SEED = int(os.environ.get("SOAK_SEED", "1"))


@pytest.mark.timeout(max(180, WINDOWS))
def test_all_rows_are_loaded_and_no_resource_grows_with_random_faults() -> None:
    result = run_soak(WINDOWS, SEED)
    assert not result.problems, result.problems
    assert result.windows >= WINDOWS
    assert result.faults.total() >= WINDOWS
    assert len(result.faults) > 20
