"""Instances of custom objects: types, ids, deletions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness.singer import Output, discover_in_process, run_in_process, run_tap
from tests.harness.stopped_simulator import END
from tests.integration.lists.list_runs import AI, OBJECTS, loaded, records_of, run

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


def test_instances_of_all_types_are_written(simulate: Simulate, configure: Configure) -> None:
    types = {"Order": 320, "Subscription plan": 24, "Wishlist": 0, "a/b?c": 3}
    simulator = simulate(receipts=10, custom_objects=types)
    output = run(configure(simulator, custom_object_types=list(types)), OBJECTS)
    instances = [one for name in types for one in simulator.custom_objects.instances(name)]
    assert loaded(output, OBJECTS) == records_of(instances)
    assert output.schemas(OBJECTS)[0]["properties"]["custom_attributes"]["type"][0] == "object"
    assert simulator.jobs == simulator.reporting_jobs == []


def test_only_configured_types_are_read(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10)
    output = run(configure(simulator, custom_object_types=["Subscription plan"]), OBJECTS)
    assert {record["type"] for record in output.records(OBJECTS)} == {"Subscription plan"}
    paths = {request.path for request in simulator.requests}
    assert paths == {"/custom_object_instances/Subscription%20plan"}


def test_duplicate_type_is_read_once(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, custom_objects={"Order": 5})
    output = run(configure(simulator, custom_object_types=["Order", "Order"]), OBJECTS)
    assert len(output.records(OBJECTS)) == 5


def test_instances_of_two_types_may_share_an_id(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, custom_objects={"Order": 4, "Return": 4})
    instances = simulator.custom_objects._instances
    for one, other in zip(instances["Order"], instances["Return"], strict=True):
        other["id"] = one["id"]
    output = run(configure(simulator, custom_object_types=["Order", "Return"]), OBJECTS)
    assert len(output.loaded(OBJECTS)) == 8


def test_removed_instance_is_deleted_by_next_run(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, custom_objects={"Order": 5, "Return": 3})
    config = configure(simulator, custom_object_types=["Order", "Return"])
    first = run(config, OBJECTS)
    simulator.custom_objects.remove("Order", simulator.custom_objects.instances("Order")[1]["id"])
    second = run(config, OBJECTS, state=first.state)
    both_runs = Output.of_runs(first, second)
    assert len(both_runs.loaded(OBJECTS)) == 7


def test_unknown_type_error_names_type(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10)
    config = configure(simulator, custom_object_types=["Wishlist", "Ordr"])
    output = run(config, OBJECTS, check=False)
    assert output.exit_code == 2
    (line,) = [line for line in output.log.splitlines() if "ERROR" in line]
    assert "custom_object_types" in line
    assert "Ordr" in line
    assert not [m for m in output.messages if m["type"] == "ACTIVATE_VERSION"]


@pytest.mark.parametrize("version", ["2.13", "2.15"])
def test_version_without_list_is_reported_before_first_request(
    simulate: Simulate, configure: Configure, version: str
) -> None:
    simulator = simulate(receipts=10)
    config = configure(simulator, custom_object_types=["Order"], api_version=version)
    output = run_in_process(config, check=False)
    assert output.exit_code == 2
    assert "api_version: must be 2.16 or later for custom_object_types" in output.log
    assert simulator.requests == []


def test_test_option_requests_one_entry_of_each_list(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10)
    config = configure(simulator, custom_object_types=["Order"])
    assert run_tap(config, "--test", check=False).exit_code == 0
    assert simulator.jobs == []
    queries = [request.query for request in simulator.requests if "export" not in request.path]
    assert len(queries) == 3
    assert set(queries) == {"page=1&per_page=1"}


def test_without_types_there_is_no_stream(simulate: Simulate, configure: Configure) -> None:
    config = configure(simulate(receipts=10, end=END), custom_object_types=[])
    names = {entry["tap_stream_id"] for entry in discover_in_process(config)["streams"]}
    assert OBJECTS not in names
    assert set(AI) <= names
