"""Requests of a page that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from intercom_simulator import Fault
from tests.integration.lists.list_runs import OBJECTS, loaded, pages_of, records_of, run

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
