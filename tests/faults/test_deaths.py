"""Runs that die at every moment, by real signals: the next run brings everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.deaths import DEATHS, play_death

if TYPE_CHECKING:
    from tests.faults.deaths import Death


@pytest.mark.parametrize(
    "death", [pytest.param(death, id=death.name.replace(" ", "_")) for death in DEATHS]
)
def test_the_next_run_brings_every_row(death: Death) -> None:
    assert not play_death(death).wrong
