"""Every scenario: all rows are loaded, and no bookmark is later than a missing row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.faults.matrix import DOCUMENT, MatrixRow, document
from tests.faults.runner import run_scenario
from tests.faults.scenarios import AREAS
from tests.harness.batches import batch_config

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scenarios import Scenario


SCENARIOS = [
    pytest.param(scenario, id=f"{area}-{scenario.name}".replace(" ", "_"))
    for area, scenarios in AREAS.items()
    for scenario in scenarios
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_all_rows_are_loaded_and_no_bookmark_is_too_late(scenario: Scenario) -> None:
    assert not run_scenario(scenario).problems


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_all_rows_are_loaded_with_batch_messages(scenario: Scenario, tmp_path: Path) -> None:
    batch = batch_config(tmp_path, batch_size=20)
    given = replace(scenario.given, settings={**scenario.given.settings, "batch_config": batch})
    # records in batches have no version, so none is activated
    expect = replace(scenario.expect, activates_version=scenario.expect.activates_version and None)
    assert not run_scenario(replace(scenario, given=given, expect=expect)).problems


def test_reliability_document_is_up_to_date() -> None:
    """Update it with `python -m tests.faults --write`."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_names_in_the_matrix_are_unique() -> None:
    names = [(row.area, row.name) for row in MatrixRow.all()]
    assert len(set(names)) == len(names)
