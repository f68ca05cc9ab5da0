"""End to end for reporting datasets, AI content and custom objects."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Fault
from tests.harness.expected_reporting import reporting_properties, reporting_rows
from tests.harness.expected_rows import row_differences
from tests.harness.singer import discover_in_process

if TYPE_CHECKING:
    from intercom_simulator import Simulator
    from tests.harness.fixture_types import Configure, Simulate
    from tests.integration.end_to_end.conftest import OpenWarehouse, Warehouse

pytestmark = pytest.mark.meltano

TYPES = ["Order", "Subscription plan"]


def assert_equal_to_intercom(
    warehouse: Warehouse, simulator: Simulator, config: dict[str, Any]
) -> None:
    """Check that the tables equal the rows of the simulator."""
    streams = {entry["tap_stream_id"]: entry for entry in discover_in_process(config)["streams"]}
    schema = streams["reporting_tickets"]["schema"]["properties"]
    properties = reporting_properties(simulator, "tickets", schema)
    expected_rows = simulator.reporting.expected_rows("tickets", simulator.clock.now())
    rows = reporting_rows(warehouse.rows("reporting_tickets"), properties)
    assert row_differences(expected_rows, rows) == []

    pages = {row["id"]: row for row in warehouse.rows("external_page")}
    assert {name: row["html"] for name, row in pages.items()} == {
        page["id"]: page["html"] for page in simulator.ai_content.pages()
    }
    sources = {str(source["id"]) for source in simulator.ai_content.sources()}
    assert {row["id"] for row in warehouse.rows("content_import_source")} == sources
    assert {row["source_id"] for row in pages.values()} <= sources

    objects = {
        (row["type"], row["id"]): row["custom_attributes"]
        for row in warehouse.rows("custom_object_instance")
    }
    assert objects == {
        (name, one["id"]): one["custom_attributes"]
        for name in TYPES
        for one in simulator.custom_objects.instances(name)
    }


def test_two_runs_load_entries_and_delete_removed_ones(
    simulate: Simulate, configure: Configure, open_warehouse: OpenWarehouse
) -> None:
    simulator = simulate(receipts=10, days=30, conversations=150, ai_pages=200)
    settings = {
        "reporting_datasets": ["tickets"],
        "custom_object_types": TYPES,
        "lookback_days": 50,
    }
    select = (
        "reporting_tickets.*",
        "content_import_source.*",
        "external_page.*",
        "custom_object_instance.*",
    )
    target = {"add_record_metadata": True, "activate_version": True, "hard_delete": True}
    warehouse = open_warehouse(select=select, **target)
    config = configure(simulator, **settings)
    warehouse.load(config)
    assert_equal_to_intercom(warehouse, simulator, config)
    assert warehouse.tables() == {rule.removesuffix(".*") for rule in select}
    before = simulator.reporting.expected_rows("tickets", simulator.clock.now())

    simulator.clock.advance(timedelta(days=4).total_seconds())
    page, order = simulator.ai_content.pages()[7], simulator.custom_objects.instances("Order")[3]
    simulator.ai_content.remove_page(page["id"])
    simulator.custom_objects.remove("Order", order["id"])
    config = configure(simulator, **settings)
    warehouse.load(config)
    assert_equal_to_intercom(warehouse, simulator, config)
    after = simulator.reporting.expected_rows("tickets", simulator.clock.now())
    assert len(after) > len(before)
    assert any(row not in after for row in before)
    assert simulator.jobs == []

    tickets = warehouse.types("reporting_tickets")
    assert tickets["ticket_created_at"] == "timestamp without time zone"
    assert tickets["ticket_time_to_resolve"] == "numeric"
    assert tickets["ticket_id"] == tickets["people_account_tier"] == "text"
    for pattern in ("people_plan_[0-9a-f]{8}", "people_account_tier_[0-9a-f]{8}"):
        assert [name for name in tickets if re.fullmatch(pattern, name)]
    assert warehouse.types("custom_object_instance")["custom_attributes"] == "jsonb"
    serials = [row["custom_attributes"] for row in warehouse.rows("custom_object_instance")]
    assert json.dumps(serials).count("90071992547") > 100  # exact beyond 2^53


def list_of(*entries: Any, total: int) -> dict[str, Any]:
    """Return a hand-written page of a list."""
    pages = {"type": "pages", "page": 1, "per_page": 150, "total_pages": 1}
    return {"type": "list", "data": list(entries), "total_count": total, "pages": pages}


def test_incomplete_lists_delete_nothing(
    simulate: Simulate, configure: Configure, open_warehouse: OpenWarehouse
) -> None:
    simulator = simulate(receipts=10)
    target = {"add_record_metadata": True, "activate_version": True, "hard_delete": True}
    select = ("custom_object_instance.*", "rejected_row.*")
    warehouse = open_warehouse(select=select, **target)
    config = configure(simulator, custom_object_types=["Order"])
    odd = {"a\0b": "c\0", "half": "\ud83d", "deep": [{"\ude00": 1}]}
    instances = [{"id": "1", "external_id": "x\0", "custom_attributes": odd}, {"id": "2"}]
    body = list_of(*instances, {"id": "3\0"}, None, total=4)
    simulator.faults.add(Fault("custom_objects", status=200, body=body))
    warehouse.load(config)
    rows = {row["id"]: row for row in warehouse.rows("custom_object_instance")}
    assert set(rows) == {"1", "2"}
    assert rows["1"]["external_id"] == "x\ufffd"
    assert rows["1"]["custom_attributes"] == {
        "a\ufffdb": "c\ufffd",
        "half": "\ufffd",
        "deep": [{"\ufffd": 1}],
    }
    rejected = warehouse.query("SELECT line, reason FROM intercom.rejected_row ORDER BY line")
    assert [row["line"] for row in rejected] == [3, 4]

    for total in (2, 3):  # the list changes each time it is read
        body = list_of({"id": "2"}, total=total)
        simulator.faults.add(Fault("custom_objects", status=200, body=body))
    warehouse.load(config)
    assert {row["id"] for row in warehouse.rows("custom_object_instance")} == {"1", "2"}

    body = list_of({"id": "2"}, total=1)
    simulator.faults.add(Fault("custom_objects", status=200, body=body))
    warehouse.load(config)
    assert {row["id"] for row in warehouse.rows("custom_object_instance")} == {"2"}
