"""What is asked of Intercom and what is made of odd answers: no row is lost, no view narrowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Clock, Fault, JobFault, Simulator
from tests.faults.play import END, configuration
from tests.faults.runs import Loaded, run_here
from tests.harness.workspace_rows import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=200, days=20, end=END, clock=Clock(END, running=False)) as simulator:
        yield simulator


def copy(state: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(state))
    return copied


def test_a_completed_job_with_an_empty_download_is_damaged_and_kept(sim: Simulator) -> None:
    config = configuration(sim)
    sim.faults.add(Fault("download", no_body=True, times=2))
    run = run_here(config)
    assert run.exit_code
    assert "it is empty" in run.text
    loaded = Loaded().take(run.lines)
    assert loaded.bookmarks == {}
    job = loaded.state["bookmarks"]["content_export"]["job"]
    assert job["job_identifier"] == sim.jobs[0].identifier
    again = run_here(config, loaded.state)
    assert Truth(sim).missing(loaded.take(again.lines).rows()) == {}
    assert sim.jobs[0].downloads == 3
