"""The simulated lists: AI content and custom objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from intercom_simulator import Fault, Simulator
from tests.simulator.api import END, NOW, call, message

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES, PAGES = "/ai/content_import_sources", "/ai/external_pages"
ORDERS = "/custom_object_instances/Order"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=0, end=END) as simulator:
        yield simulator


@pytest.fixture
def small() -> Iterator[Simulator]:
    types = {"Thing": 3}
    with Simulator(receipts=0, end=END, ai_pages=5, custom_objects=types) as simulator:
        yield simulator


def get(sim: Simulator, path: str, version: str = "2.16", **query: Any) -> requests.Response:
    return call(sim, "GET", path, {"Intercom-Version": version}, params=query)


def everything(sim: Simulator, path: str, per_page: int) -> list[dict[str, Any]]:
    first = get(sim, path, per_page=per_page).json()
    found: list[dict[str, Any]] = first["data"]
    for page in range(2, first["pages"]["total_pages"] + 1):
        found += get(sim, path, per_page=per_page, page=page).json()["data"]
    return found


@pytest.mark.parametrize(
    ("path", "total", "size"), [(SOURCES, 24, 50), (PAGES, 400, 50), (ORDERS, 320, 20)]
)
def test_list_response_has_envelope(sim: Simulator, path: str, total: int, size: int) -> None:
    first = get(sim, path).json()
    assert set(first) == {"type", "data", "total_count", "pages"}
    assert (first["type"], first["total_count"]) == ("list", total)
    assert len(first["data"]) == min(size, total)
    pages = first["pages"]
    assert (pages["type"], pages["page"], pages["per_page"]) == ("pages", 1, size)
    assert pages["total_pages"] == -(-total // size)


def test_next_url_has_other_host_and_is_absent_on_last_page(sim: Simulator) -> None:
    first, last, beyond = (get(sim, PAGES, page=page, per_page=150).json() for page in (1, 3, 4))
    link = urlsplit(first["pages"]["next"])
    assert (link.scheme, link.path, link.query) == ("https", PAGES, "page=2&per_page=150")
    assert link.hostname != urlsplit(sim.url).hostname
    assert str(link.hostname).endswith(".invalid")
    assert "next" not in last["pages"]
    assert len(last["data"]) == 100
    assert (beyond["data"], beyond["total_count"]) == ([], 400)
    assert "next" not in beyond["pages"]


@pytest.mark.parametrize("query", [{"per_page": 151}, {"page": 0}, {"per_page": "x"}])
def test_invalid_page_is_refused(sim: Simulator, query: dict[str, Any]) -> None:
    assert message(get(sim, PAGES, **query)).startswith("400 parameter_invalid: ")


def test_all_pages_together_are_complete(sim: Simulator) -> None:
    assert everything(sim, SOURCES, 7) == sim.ai_content.sources()
    assert everything(sim, PAGES, 150) == sim.ai_content.pages()
    assert everything(sim, ORDERS, 20) == sim.custom_objects.instances("Order")


def test_single_entry_can_be_requested(sim: Simulator) -> None:
    source, page = sim.ai_content.sources()[3], sim.ai_content.pages()[7]
    order = sim.custom_objects.instances("Order")[5]
    assert get(sim, f"{SOURCES}/{source['id']}").json() == source
    assert get(sim, f"{PAGES}/{page['id']}").json() == page
    assert get(sim, f"{ORDERS}/{order['id']}").json() == order
    assert get(sim, ORDERS, external_id=order["external_id"]).json() == order
    assert get(sim, f"{PAGES}/0").status_code == 404
    assert get(sim, f"{SOURCES}/0").status_code == 404
    assert get(sim, ORDERS, external_id="0").status_code == 404


def test_same_seed_gives_the_same_lists() -> None:
    first, second, other = (
        Simulator(receipts=0, end=END, seed=seed, ai_pages=50) for seed in (1, 1, 2)
    )
    assert first.ai_content.pages() == second.ai_content.pages() != other.ai_content.pages()
    assert first.ai_content.sources() == second.ai_content.sources()
    assert first.custom_objects.instances("Order") == second.custom_objects.instances("Order")


def test_ids_are_unique_sources_by_number_and_pages_by_text(sim: Simulator) -> None:
    sources, pages = sim.ai_content.sources(), sim.ai_content.pages()
    assert {type(source["id"]) for source in sources} == {int}
    assert {type(page["id"]) for page in pages} == {str}
    assert len({page["id"] for page in pages}) == len(pages)
    assert any(int(page["id"]) > 2**53 for page in pages)
    assert {page["source_id"] for page in pages} <= {source["id"] for source in sources}


def test_pages_are_large_in_many_scripts_nullable_and_sometimes_deleted(sim: Simulator) -> None:
    pages = sim.ai_content.pages()
    sizes = [len(page["html"]) for page in pages]
    assert max(sizes) >= 200_000
    assert min(sizes) == 0
    text = "".join(page["html"] + page["title"] for page in pages)
    assert all(mark in text for mark in ("設", "ü", "🇨🇦", "\r\n", "\n"))
    for name in ("url", "external_id", "last_ingested_at"):
        assert 0 < sum(page[name] is None for page in pages) < len(pages)
    times = [page["created_at"] for page in pages]
    assert times == sorted(times, reverse=True)
    assert max(page["updated_at"] for page in pages) <= NOW


def test_ai_content_exists_from_2_12_and_audiences_from_2_15(sim: Simulator) -> None:
    for path in (SOURCES, PAGES):
        assert message(get(sim, path, "2.11")).startswith("400 intercom_version_invalid: ")
        assert get(sim, path, "2.12").status_code == 200
    first = f"{SOURCES}/{sim.ai_content.sources()[0]['id']}"
    for version, there in (("2.14", False), ("2.15", True), ("Preview", True)):
        listed = get(sim, SOURCES, version).json()["data"]
        assert {"audience_ids" in source for source in listed} == {there}
        assert ("audience_ids" in get(sim, first, version).json()) is there
    assert {type(source["audience_ids"]) for source in sim.ai_content.sources()} == {
        list,
        type(None),
    }


def test_deleted_page_stays_without_its_text(small: Simulator) -> None:
    before = small.ai_content.pages()
    identifier = before[-1]["id"]
    assert before[-1]["html"]
    small.ai_content.delete_page(identifier)
    page = get(small, f"{PAGES}/{identifier}")
    assert (page.status_code, page.json()["html"]) == (200, "")
    assert page.json()["updated_at"] >= NOW
    assert [one["id"] for one in everything(small, PAGES, 2)] == [one["id"] for one in before]


def test_later_entries_move_up_after_removal(small: Simulator) -> None:
    ids = [page["id"] for page in small.ai_content.pages()]
    small.ai_content.remove_page(ids[0])
    assert [page["id"] for page in get(small, PAGES, per_page=2).json()["data"]] == ids[1:3]
    assert get(small, f"{PAGES}/{ids[0]}").status_code == 404
    things = small.custom_objects.instances("Thing")
    small.custom_objects.remove("Thing", things[1]["id"])
    assert small.custom_objects.instances("Thing") == [things[0], things[2]]
    with pytest.raises(KeyError):
        small.ai_content.remove_page(ids[0])
    with pytest.raises(KeyError):
        small.custom_objects.remove("Thing", things[1]["id"])


def test_returned_entries_are_copies(small: Simulator) -> None:
    small.ai_content.pages()[0]["html"] = "x"
    small.custom_objects.instances("Thing")[0]["custom_attributes"]["x"] = 1
    assert small.ai_content.pages()[0]["html"] != "x"
    assert "x" not in small.custom_objects.instances("Thing")[0]["custom_attributes"]


def test_instances_have_attributes_of_every_kind(sim: Simulator) -> None:
    orders = sim.custom_objects.instances("Order")
    assert set(orders[0]) == {
        "id",
        "type",
        "external_id",
        "external_created_at",
        "external_updated_at",
        "created_at",
        "updated_at",
        "custom_attributes",
    }
    assert {order["type"] for order in orders} == {"Order"}
    assert len({order["id"] for order in orders}) == 320
    kinds = {type(value) for order in orders for value in order["custom_attributes"].values()}
    assert kinds == {str, int, float, bool, list, type(None)}
    assert any(order["custom_attributes"].get("lines") for order in orders)
    assert any(order["custom_attributes"] == {} for order in orders)
    assert any(order["external_updated_at"] is None for order in orders)


def test_types_may_have_spaces_be_empty_or_unknown(sim: Simulator) -> None:
    base = "/custom_object_instances"
    assert get(sim, f"{base}/Subscription%20plan").json()["total_count"] == 24
    empty = get(sim, f"{base}/Wishlist").json()
    assert (empty["data"], empty["total_count"], empty["pages"]["total_pages"]) == ([], 0, 0)
    expected = "404 not_found: Custom object type `Unicorn` not found"
    assert message(get(sim, f"{base}/Unicorn")) == expected
    assert message(get(sim, f"{base}/Unicorn/1")) == expected


def test_instances_are_listed_from_2_16_and_fetched_from_2_13(sim: Simulator) -> None:
    order = sim.custom_objects.instances("Order")[0]
    assert message(get(sim, ORDERS, "2.15")).startswith("400 intercom_version_invalid: ")
    assert get(sim, ORDERS, "2.13", external_id=order["external_id"]).json() == order
    assert get(sim, f"{ORDERS}/{order['id']}", "2.13").json() == order
    assert get(sim, f"{ORDERS}/{order['id']}", "2.12").status_code == 400
    assert get(sim, ORDERS, "Preview").status_code == 200


@pytest.mark.parametrize(
    ("on", "path"),
    [
        ("ai_sources", SOURCES),
        ("ai_source", f"{SOURCES}/33100000"),
        ("ai_pages", PAGES),
        ("ai_page", f"{PAGES}/48200000"),
        ("custom_objects", "/custom_object_instances/Thing"),
        ("custom_object", "/custom_object_instances/Thing/1"),
    ],
)
def test_faults_apply_to_list_routes(small: Simulator, on: Any, path: str) -> None:
    small.faults.add(Fault(on, status=503))
    assert [get(small, path).status_code == 503 for _ in range(2)] == [True, False]
    assert [request.path for request in small.requests] == [path, path]


def test_status_endpoint_counts_all_data(small: Simulator) -> None:
    status = requests.get(f"{small.url}/simulator/status", timeout=10).json()
    assert status["ai_content_counts"] == {"content_import_source": 24, "external_page": 5}
    assert status["custom_object_counts"] == {"Thing": 3}
    assert status["reporting_counts"]["conversation"] == 300
    assert status["reporting_jobs"] == []


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("content_import_source", 24),
        ("external_page", 5),
        ("custom_object_instance", 3),
        ("reporting_conversation", 300),
    ],
)
def test_expected_rows_endpoint_returns_rows(small: Simulator, name: str, rows: int) -> None:
    response = requests.get(f"{small.url}/simulator/expected_rows/{name}", timeout=10)
    assert len([json.loads(line) for line in response.text.split("\n") if line]) == rows
