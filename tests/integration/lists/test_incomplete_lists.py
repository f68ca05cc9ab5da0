"""An incomplete list is read again, and deletes nothing in the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Fault
from tests.harness.singer import Output
from tests.integration.lists.list_runs import (
    OBJECTS,
    ONE,
    activated,
    entry_of,
    loaded,
    page_of,
    pages_of,
    records_of,
    run,
)

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


NEXT = "https://api.intercom.invalid/ai/external_pages?page=2"
EMPTY = page_of(total_count=320, pages={"page": 2, "per_page": 150, "total_pages": 3})


def loaded_after(*outputs: Output, stream: str) -> set[str]:
    """Return the ids in a target after several runs."""
    all_runs = Output.of_runs(*outputs)
    return {str(record["id"]) for record in all_runs.loaded(stream)}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "list"}, "has no list of entries in 'data'"),
        ({"type": "list", "data": {"1": ONE}}, "has no list of entries in 'data'"),
        (page_of(ONE, type="error.list"), "has the type 'error.list'"),
        (page_of(ONE, pages=[1]), "something other than an object in 'pages'"),
        (page_of(ONE, total_count="many"), "no number in 'total_count'"),
        (page_of(ONE, total_count=3), "received 1 different entry of 3"),
        (page_of(ONE, ONE, ONE), "received 1 different entry of 3"),
        (page_of(total_count=1), "received 0 different entries of 1"),
        (page_of(ONE, total_count=None, pages=None), "no page said that it is the last"),
        (page_of(ONE, total_count=None, pages={"next": NEXT}), "no page said that it is the last"),
        (
            page_of(ONE, total_count=None, pages={"total_pages": 5}),
            "no page said that it is the last",
        ),
    ],
    ids=[
        "no data",
        "data an object",
        "an error",
        "pages a list",
        "total a text",
        "short",
        "repeated",
        "empty",
        "no envelope",
        "always a next page",
        "more pages that repeat",
    ],
)
def test_incomplete_list_is_an_error_and_deletes_nothing(
    simulate: Simulate, configure: Configure, body: dict[str, Any], message: str
) -> None:
    simulator = simulate(receipts=10, ai_pages=20)
    config = configure(simulator)
    whole = run(config, "external_page")
    simulator.faults.add(Fault("ai_pages", times=None, status=200, body=body))
    cut = run(config, "external_page", state=whole.state, check=False)
    assert cut.exit_code == 5
    assert activated(cut) == []
    assert message in cut.log
    assert "Traceback" not in cut.log
    expected_ids = {page["id"] for page in simulator.ai_content.pages()}
    assert expected_ids <= loaded_after(whole, cut, stream="external_page")


def test_list_cut_once_is_read_again(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_pages=320)
    simulator.faults.add(Fault("ai_pages", skip=1, status=200, body=EMPTY))
    output = run(configure(simulator), "external_page")
    asked = [page for page, _ in pages_of(simulator, "/ai/external_pages")]
    assert asked == [1, 2, 1, 2, 3]
    assert loaded(output, "external_page") == records_of(simulator.ai_content.pages())
    assert activated(output) == ["external_page"]


@pytest.mark.parametrize(
    "envelope",
    [
        {"total_count": None},
        {"total_count": "2"},
        {"pages": None},
        {"type": None},
        {"total_count": None, "pages": {"type": "pages"}},
        {"total_count": None, "pages": {"type": "pages", "next": None}},
        {"pages": {"type": "pages", "total_pages": 0}},
    ],
)
def test_sufficient_envelope_counts_as_complete(
    simulate: Simulate, configure: Configure, envelope: dict[str, Any]
) -> None:
    simulator = simulate(receipts=10)
    body = page_of(entry_of(1), entry_of(2), **envelope)
    simulator.faults.add(Fault("ai_pages", status=200, body=body))
    output = run(configure(simulator), "external_page")
    assert [record["id"] for record in output.records("external_page")] == ["1", "2"]
    assert activated(output) == ["external_page"]


def test_pages_are_requested_until_last_without_total(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10)
    for number, following in ((1, NEXT), (2, NEXT), (3, None)):
        body = page_of(entry_of(number), total_count=None, pages={"next": following})
        simulator.faults.add(Fault("ai_pages", status=200, body=body))
    output = run(configure(simulator), "external_page")
    assert [record["id"] for record in output.records("external_page")] == ["1", "2", "3"]
    assert activated(output) == ["external_page"]


def test_list_that_shrinks_while_read_is_read_again(
    simulate: Simulate, configure: Configure
) -> None:
    removed: list[str] = []

    def remove_seven(request: Any) -> None:
        if request.path == "/ai/external_pages" and not removed:
            removed.extend(page["id"] for page in simulator.ai_content.pages()[:7])
            for identifier in removed:
                simulator.ai_content.remove_page(identifier)

    simulator = simulate(receipts=10, ai_pages=320)
    config = configure(simulator)
    first = run(config, "external_page")
    simulator._on_request = remove_seven
    second = run(config, "external_page", state=first.state)
    assert len(removed) == 7
    expected_ids = {page["id"] for page in simulator.ai_content.pages()}
    assert expected_ids <= loaded_after(first, second, stream="external_page")
    assert activated(second) == ["external_page"]


def test_constantly_changing_list_is_a_warning(simulate: Simulate, configure: Configure) -> None:
    def remove_one(request: Any) -> None:
        if request.path == "/ai/external_pages" and "page=1&" in request.query:
            simulator.ai_content.remove_page(simulator.ai_content.pages()[0]["id"])

    simulator = simulate(receipts=10, ai_pages=320)
    config = configure(simulator)
    first = run(config, "external_page")
    simulator._on_request = remove_one
    second = run(config, "external_page", state=first.state)
    assert activated(second) == []
    expected_ids = {page["id"] for page in simulator.ai_content.pages()}
    assert expected_ids <= loaded_after(first, second, stream="external_page")
    (line,) = [line for line in second.log.splitlines() if "WARNING" in line]
    assert "external_page" in line
    assert "changed while it was read" in line


def test_incomplete_list_of_one_type_deletes_no_instances(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10, custom_objects={"Order": 5, "Return": 3})
    config = configure(simulator, custom_object_types=["Order", "Return"])
    first = run(config, OBJECTS)
    instance = simulator.custom_objects.instances("Order")[0]
    short = page_of(instance, total_count=5)
    for count in (5, 4):
        body = {**short, "total_count": count}
        simulator.faults.add(Fault("custom_objects", status=200, body=body))
    second = run(config, OBJECTS, state=first.state)
    assert activated(second) == []
    assert {record["type"] for record in second.records(OBJECTS)} == {"Order", "Return"}
    assert len(loaded_after(first, second, stream=OBJECTS)) == 8
    assert "custom_object_instance/Order" in second.log


@pytest.mark.parametrize("entry", [None, {"title": "no id"}], ids=["null", "no id"])
def test_endless_list_with_unreadable_entry_ends(
    simulate: Simulate, configure: Configure, entry: Any
) -> None:
    """A server that ignores `page` always sends the same page and announces another one."""
    simulator = simulate(receipts=10)
    body = page_of(ONE, entry, total_count=None, pages={"next": NEXT})
    simulator.faults.add(Fault("ai_pages", times=40, status=200, body=body))
    output = run(configure(simulator), "external_page", check=False)
    assert output.exit_code == 5
    assert "no page said that it is the last" in output.log
    assert [page for page, _ in pages_of(simulator, "/ai/external_pages")] == [1, 2, 1, 2]
