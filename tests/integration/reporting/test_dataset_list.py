"""Unusual lists of datasets, written by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from intercom_simulator import Fault
from intercom_simulator.reporting.datasets import DATASETS
from tests.harness.singer import (
    run_tap,
)
from tests.harness.stopped_simulator import END
from tests.integration.reporting.reporting_runs import (
    DAY_SECONDS,
    SMALL,
    format_time,
    list_of,
    listed,
    run_listed,
    schema_of,
)

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("reporting_datasets", status=200, body={"type": "list"}), "no list of entries"),
        (list_of(listed("call"), total_count=2), "it has 1 entry and says"),
        (list_of(listed("call"), pages={"next": "https://x/?page=2"}), "it has 1 entry and says"),
    ],
    ids=["no data", "short", "more pages"],
)
def test_incomplete_list_of_datasets_is_an_error(
    simulate: Simulate, configure: Configure, fault: Fault, message: str
) -> None:
    simulator = simulate(**SMALL, faults=[fault])
    output = run_tap(configure(simulator, reporting_datasets=["*"]), "--discover", check=False)
    assert output.exit_code == 5
    assert message in output.log
    assert "Traceback" not in output.log


def test_invalid_entries_of_dataset_list_are_logged(
    simulate: Simulate, configure: Configure
) -> None:
    call = listed("call")
    call["attributes"] += [None, {"name": "Nameless"}, "text"]
    simulator = simulate(**SMALL, faults=[list_of(None, {"name": "x"}, call)])
    output = run_tap(configure(simulator, reporting_datasets=["*"]), "--discover", check=False)
    assert output.exit_code == 0
    catalog = json.loads("\n".join(output.lines))
    assert len(schema_of(catalog, "call")) == len(DATASETS["call"].attributes)
    warnings = [line for line in output.log.splitlines() if "WARNING" in line]
    assert len(warnings) == 5


@pytest.mark.parametrize("other", ["CALL", "Call", "call ", "call.", "cáll"])
def test_datasets_that_would_share_a_table_are_refused(
    simulate: Simulate, configure: Configure, other: str
) -> None:
    simulator = simulate(**SMALL, faults=[list_of(listed("call"), {**listed("call"), "id": other})])
    output = run_tap(configure(simulator, reporting_datasets=["*"]), "--discover", check=False)
    assert output.exit_code == 2
    assert "differ only in case or punctuation" in output.log
    assert repr(other) in output.log


def test_one_of_two_datasets_that_would_share_a_table_can_be_exported(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL)
    simulator.faults.add(list_of(listed("call"), {**listed("tickets"), "id": "Call"}))
    output = run_tap(configure(simulator, reporting_datasets=["call"]), "--discover", check=False)
    assert output.exit_code == 0, output.log


def test_dataset_that_is_listed_twice_has_the_attributes_of_both(
    simulate: Simulate, configure: Configure
) -> None:
    call = listed("call")
    halves = [
        {**call, "attributes": part} for part in (call["attributes"][:5], call["attributes"][3:])
    ]
    simulator = simulate(**SMALL, faults=[list_of(*halves)])
    output = run_tap(configure(simulator, reporting_datasets=["*"]), "--discover", check=False)
    assert output.exit_code == 0, output.log
    catalog = json.loads("\n".join(output.lines))
    assert len(schema_of(catalog, "call")) == len(DATASETS["call"].attributes)
    assert "Intercom lists the dataset call twice" in output.log


@pytest.mark.parametrize("time", ["", None, "no_such_attribute"])
def test_dataset_without_time_attribute_keeps_bookmark(
    simulate: Simulate, configure: Configure, time: str | None
) -> None:
    simulator = simulate(**SMALL)
    simulator.faults.add(list_of(listed("tickets", default_time_attribute_id=time)))
    config = configure(simulator, reporting_datasets=["tickets"], lookback_days=7)
    first = run_listed(config)
    (key,) = DATASETS["tickets"].key
    expected_ids = {row[key] for row in simulator.reporting.expected_rows("tickets", END)}
    assert {record["ticket_id"] for record in first.records("reporting_tickets")} == expected_ids
    assert first.bookmarks["reporting_tickets"] == config["end_date"]
    ends = {format_time(job.before) for job in simulator.reporting_jobs}
    assert {r["created_at_before"] for r in first.records("reporting_tickets")} == ends
    jobs = len(simulator.reporting_jobs)
    second = run_listed(config, first.state)
    assert len(simulator.reporting_jobs) == jobs
    simulator.clock.advance(DAY_SECONDS)
    later = configure(simulator, reporting_datasets=["tickets"], lookback_days=7)
    third = run_listed(later, second.state)
    (job,) = simulator.reporting_jobs[jobs:]
    assert (
        job.after == simulator.clock.timestamp() - 8 * DAY_SECONDS
    )  # the bookmark less lookback_days
    assert third.bookmarks["reporting_tickets"] == later["end_date"]
