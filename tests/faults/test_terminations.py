"""Runs terminated by signals in every phase: the next run loads all missing rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.terminations import TERMINATIONS, run_termination

if TYPE_CHECKING:
    from tests.faults.terminations import Termination


@pytest.mark.parametrize(
    "termination",
    [
        pytest.param(termination, id=termination.name.replace(" ", "_"))
        for termination in TERMINATIONS
    ],
)
def test_next_run_loads_all_rows_after_termination(termination: Termination) -> None:
    assert not run_termination(termination).problems
