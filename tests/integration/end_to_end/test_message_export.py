"""End to end: every row of the message export in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from intercom_simulator import ApiVariant, Member
from intercom_simulator.content_export.columns import FILES
from tests.harness.expected_rows import differences, expected

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate
    from tests.integration.end_to_end.conftest import OpenWarehouse

pytestmark = pytest.mark.meltano


def test_two_runs_load_every_row_of_every_stream(
    simulate: Simulate, configure: Configure, open_warehouse: OpenWarehouse
) -> None:
    simulator = simulate(receipts=400, days=60, max_delay_days=2, late_share=0.5, late_days=6)
    warehouse = open_warehouse()
    warehouse.load(configure(simulator))
    assert len(simulator.jobs) == 3
    warehouse.assert_complete(simulator)
    assert {"content_import_source", "external_page"}.isdisjoint(warehouse.tables())
    unopened = {r["receipt_id"] for r in warehouse.rows("receipt") if r["first_open"] is None}

    simulator.clock.advance(timedelta(days=3).total_seconds())
    warehouse.load(configure(simulator))
    assert len(simulator.jobs) == 4
    warehouse.assert_complete(simulator)
    opened = {r["receipt_id"] for r in warehouse.rows("receipt") if r["first_open"] is not None}
    assert opened & unopened

    receipt, overview = warehouse.types("receipt"), warehouse.types("overview")
    assert receipt["received_at"] == receipt["first_open"] == "timestamp without time zone"
    assert {receipt[name] for name in ("receipt_id", "user_id", "company_id")} == {"text"}
    assert overview["open_total"] == overview["open_rate"] == "numeric"
    assert warehouse.types("checkpoint")["times_processed"] in {"integer", "bigint"}
    assert warehouse.types("answer_combined")["answers"] == "jsonb"
    for statistic in set(FILES) - {"overview"}:
        assert warehouse.types(statistic)["created_at"] == "timestamp without time zone", statistic


def test_full_refresh_loads_everything_again(
    simulate: Simulate, configure: Configure, open_warehouse: OpenWarehouse
) -> None:
    simulator = simulate(receipts=150, days=20)
    config = configure(simulator)
    warehouse = open_warehouse()
    warehouse.load(config)
    assert len(simulator.jobs) == 1
    warehouse.load(config, "--full-refresh")
    assert len(simulator.jobs) == 2
    warehouse.assert_complete(simulator)


def test_selection_of_streams_and_columns(
    simulate: Simulate, configure: Configure, open_warehouse: OpenWarehouse
) -> None:
    simulator = simulate(receipts=150, days=20)
    rules = ("open.*", "receipt.*", "!receipt.email", "!receipt.name")
    warehouse = open_warehouse(select=rules)
    warehouse.load(configure(simulator))
    assert warehouse.tables() == {"open", "receipt"}
    assert {"email", "name"}.isdisjoint(warehouse.types("receipt"))
    expected_rows = expected(simulator, "open", simulator.clock.now())
    assert differences("open", expected_rows, warehouse.rows("open")) == []


def test_columns_with_any_name_are_loaded_in_every_run(
    simulate: Simulate, configure: Configure, open_warehouse: OpenWarehouse
) -> None:
    names = ["Discount %", 'Plan "Pro"', "ctid", "XMIN", "Größe", "W" * 70, "", "Client", "client"]
    simulator = simulate(receipts=60, days=20)
    warehouse = open_warehouse(select=("open.*",), use_copy=True)
    warehouse.load(configure(simulator))
    plain = set(warehouse.types("open"))
    added = tuple(("open", name, f"value {place}") for place, name in enumerate(names))
    simulator.variant = ApiVariant(added_columns=added)
    for _ in range(2):
        simulator.clock.advance(timedelta(days=3).total_seconds())
        warehouse.load(configure(simulator))
    new = set(warehouse.types("open")) - plain
    assert len(new) == len(names)
    assert {"grosse", "client"} <= new
    filled = [row for row in warehouse.rows("open") if row["client"]]
    assert filled
    for row in filled:
        assert {row[name] for name in new} == {value for _, _, value in added}
        assert row["grosse"] == "value 4"


def test_deny_rules_and_excluded_columns_keep_personal_data_out(
    simulate: Simulate, configure: Configure, open_warehouse: OpenWarehouse
) -> None:
    text = b"receipt_id,failed_at,device_token,Owner\n1,2025-05-30,private,private\n"
    variant = ApiVariant(
        extra_members=(Member("push_failure{stamp}.csv", text),),
        omitted_statistics=("push_failure",),
    )
    simulator = simulate(receipts=60, days=20, variant=variant)
    rules = ("receipt.*", "push_failure.*", "!push_failure.device_token")
    warehouse = open_warehouse(select=rules)
    warehouse.load(configure(simulator, excluded_columns=["receipt.email", "*.name"]))
    rows = warehouse.rows("push_failure")
    assert rows
    assert "private" not in str(rows)
    assert {"email", "name"}.isdisjoint(warehouse.types("receipt"))
    assert len(warehouse.rows("receipt")) == 60
