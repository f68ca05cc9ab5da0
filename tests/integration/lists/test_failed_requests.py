"""Requests of a page that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Fault
from tests.integration.lists.list_runs import (
    OBJECTS,
    activated,
    loaded,
    pages_of,
    records_of,
    run,
)

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


@pytest.mark.parametrize(
    "fault",
    [
        Fault("ai_pages", skip=1, status=500),
        Fault("ai_pages", skip=1, status=429, headers={"Retry-After": "0"}),
        Fault("ai_pages", skip=1, reset=True),
        Fault("ai_pages", skip=1, cut_fraction=0.5),
    ],
    ids=["500", "429", "reset", "cut"],
)
def test_failed_page_is_retried(simulate: Simulate, configure: Configure, fault: Fault) -> None:
    simulator = simulate(receipts=10, ai_pages=320, faults=[fault])
    output = run(configure(simulator), "external_page")
    assert loaded(output, "external_page") == records_of(simulator.ai_content.pages())
    asked = [page for page, _ in pages_of(simulator, "/ai/external_pages")]
    assert asked == [1, 2, 2, 3]


def test_failed_list_deletes_nothing(simulate: Simulate, configure: Configure) -> None:
    fault = Fault("ai_pages", skip=1, times=None, status=403)
    simulator = simulate(receipts=10, ai_pages=320, faults=[fault])
    output = run(configure(simulator), "external_page", check=False)
    assert output.exit_code == 3
    assert not [m for m in output.messages if m["type"] == "ACTIVATE_VERSION"]
    assert "Traceback" not in output.log


def test_failed_page_of_instances_is_retried(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, faults=[Fault("custom_objects", skip=1, status=503)])
    output = run(configure(simulator, custom_object_types=["Order"]), OBJECTS)
    assert loaded(output, OBJECTS) == records_of(simulator.custom_objects.instances("Order"))


NOT_FOUND = {"type": "error.list", "errors": [{"code": "not_found", "message": "No such page"}]}


@pytest.mark.parametrize(
    ("route", "stream", "settings"),
    [
        ("ai_pages", "external_page", {}),
        ("custom_objects", OBJECTS, {"custom_object_types": ["Order"]}),
    ],
)
def test_list_without_its_second_page_is_read_again(
    simulate: Simulate, configure: Configure, route: Any, stream: str, settings: dict[str, Any]
) -> None:
    """The list may have become shorter since its first page."""
    fault = Fault(route, skip=1, status=404, body=NOT_FOUND)
    simulator = simulate(receipts=10, ai_pages=320, faults=[fault])
    output = run(configure(simulator, **settings), stream)
    entries = simulator.ai_content.pages() if stream == "external_page" else None
    entries = entries or simulator.custom_objects.instances("Order")
    assert loaded(output, stream) == records_of(entries)
    assert "is incomplete: there is no page 2 (GET /" in output.log
    assert activated(output) == [stream]


@pytest.mark.parametrize(
    ("route", "stream", "settings"),
    [
        ("ai_pages", "external_page", {}),
        ("custom_objects", OBJECTS, {"custom_object_types": ["Order"]}),
    ],
)
def test_list_that_never_has_its_second_page_is_an_error(
    simulate: Simulate, configure: Configure, route: Any, stream: str, settings: dict[str, Any]
) -> None:
    faults = [Fault(route, skip=skip, status=404, body=NOT_FOUND) for skip in (1, 3)]
    simulator = simulate(receipts=10, ai_pages=320, faults=faults)
    output = run(configure(simulator, **settings), stream, check=False)
    assert output.exit_code == 5
    assert "is incomplete: there is no page 2" in output.log
    assert "Missing entries are kept in the target" in output.log
    assert activated(output) == []


@pytest.mark.parametrize("data", [None, {}, "x"])
def test_second_page_without_entries_is_read_again(
    simulate: Simulate, configure: Configure, data: Any
) -> None:
    page = {"type": "list", "data": data, "total_count": 320}
    simulator = simulate(receipts=10, ai_pages=320, faults=[Fault("ai_pages", skip=1, body=page)])
    output = run(configure(simulator), "external_page")
    assert loaded(output, "external_page") == records_of(simulator.ai_content.pages())
    assert "has no list of entries in 'data'" in output.log
