"""Every fault that `faults/` describes: all rows arrive, and no bookmark is ever too early."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.faults.play import play
from tests.faults.report import DOCUMENT, Line, document
from tests.faults.scenarios import AREAS
from tests.harness.batches import batch_config

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scenarios import Scenario


SCENARIOS = [
    pytest.param(scenario, id=f"{area.removeprefix('The ')}-{scenario.name}".replace(" ", "_"))
    for area, scenarios in AREAS.items()
    for scenario in scenarios
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_row_arrives_and_no_bookmark_is_ahead(scenario: Scenario) -> None:
    assert not play(scenario).wrong


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_holds_of_batches(scenario: Scenario, tmp_path: Path) -> None:
    batch = batch_config(tmp_path, batch_size=20)
    given = replace(scenario.given, settings={**scenario.given.settings, "batch_config": batch})
    # rows of batches have no version that could be activated
    expect = replace(scenario.expect, activated=scenario.expect.activated and None)
    assert not play(replace(scenario, given=given, expect=expect)).wrong


def test_the_document_is_up_to_date() -> None:
    """`python -m tests.faults --write` writes it."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_every_line_of_the_matrix_can_be_found() -> None:
    names = [(line.area, line.name) for line in Line.all()]
    assert len(set(names)) == len(names)
