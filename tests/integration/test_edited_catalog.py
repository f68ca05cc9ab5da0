"""Catalogs that are older than the settings, or edited: keys are always the tap's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.singer import discover_in_process, run_in_process, select

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate

OTHER_KEY = "The catalog has other key properties than the records"


def entry_of(catalog: dict[str, Any], stream: str) -> dict[str, Any]:
    """Return the entry of a stream, to edit it."""
    entries = {each["tap_stream_id"]: each for each in catalog["streams"]}
    entry: dict[str, Any] = entries[stream]
    return entry


@pytest.mark.parametrize("deselected", [(), ("receipt.email",)], ids=["all", "some deselected"])
def test_workspace_is_in_the_key_with_a_catalog_without_it(
    simulate: Simulate, configure: Configure, deselected: tuple[str, ...]
) -> None:
    """Two workspaces may share tables and have the same ids."""
    simulator = simulate()
    config = configure(simulator)
    catalog = select(discover_in_process(config), "receipt", deselected=[*deselected])
    output = run_in_process({**config, "workspace": "acme"}, catalog=catalog)
    assert {record["workspace"] for record in output.records("receipt")} == {"acme"}
    for message in output.messages:
        if message["type"] == "SCHEMA":
            assert message["key_properties"] == ["workspace", "receipt_id"]
            assert "workspace" in message["schema"]["properties"]
    assert OTHER_KEY in output.log


def test_workspace_is_not_in_the_key_with_a_catalog_that_has_it(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate()
    config = configure(simulator)
    catalog = select(discover_in_process({**config, "workspace": "acme"}), "receipt")
    output = run_in_process(config, catalog=catalog)
    keys = [m["key_properties"] for m in output.messages if m["type"] == "SCHEMA"]
    assert keys == [["receipt_id"]] * len(keys)
    assert len(output.loaded("receipt")) == simulator.workspace.receipts
    assert OTHER_KEY in output.log


@pytest.mark.parametrize("key", [["email"], ["nothing"], ["receipt_id", "email"]])
def test_other_key_in_catalog_is_not_used(
    simulate: Simulate, configure: Configure, key: list[str]
) -> None:
    simulator = simulate()
    config = configure(simulator)
    catalog = select(discover_in_process(config), "receipt")
    entry = entry_of(catalog, "receipt")
    entry |= {"key_properties": key, "replication_key": "email"}
    output = run_in_process(config, catalog=catalog)
    schemas = [m for m in output.messages if m["type"] == "SCHEMA"]
    assert {*map(str, (m["key_properties"] for m in schemas))} == {"['receipt_id']"}
    assert {*map(str, (m["bookmark_properties"] for m in schemas))} == {"['created_at']"}
    assert len(output.loaded("receipt")) == simulator.workspace.receipts
    assert OTHER_KEY in output.log


def test_catalog_without_keys_is_not_a_warning(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate()
    config = configure(simulator)
    catalog = select(discover_in_process(config), "receipt")
    entry = entry_of(catalog, "receipt")
    del entry["key_properties"], entry["replication_key"], entry["replication_method"]
    for part in entry["metadata"]:
        if not part["breadcrumb"]:
            part["metadata"] = {"selected": True}
    output = run_in_process(config, catalog=catalog)
    keys = [m["key_properties"] for m in output.messages if m["type"] == "SCHEMA"]
    assert keys == [["receipt_id"]] * len(keys)
    assert "WARNING" not in output.log
    second = run_in_process(config, catalog=catalog, state=output.state)
    assert second.records("receipt") == []


def test_key_properties_cannot_be_deselected(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate()
    config = configure(simulator)
    catalog = select(discover_in_process(config), "receipt")
    for part in entry_of(catalog, "receipt")["metadata"]:
        if part["breadcrumb"] in (["properties", "receipt_id"], ["properties", "created_at"]):
            part["metadata"] = {"selected": False}
    output = run_in_process(config, catalog=catalog)
    assert len(output.loaded("receipt")) == simulator.workspace.receipts
    assert all(record["created_at"] for record in output.records("receipt"))


@pytest.mark.parametrize("method", ["INCREMENTAL", "LOG_BASED"])
def test_list_is_a_full_table_whatever_the_catalog_says(
    simulate: Simulate, configure: Configure, method: str
) -> None:
    simulator = simulate(receipts=10, ai_pages=20)
    config = configure(simulator)
    catalog = select(discover_in_process(config), "external_page")
    entry = entry_of(catalog, "external_page")
    entry |= {"replication_method": method, "replication_key": "updated_at"}
    first = run_in_process(config, catalog=catalog)
    second = run_in_process(config, catalog=catalog, state=first.state)
    assert len(second.loaded("external_page")) == 20
    assert "replication_key_value" not in str(second.state)
    assert "ACTIVATE_VERSION" in {message["type"] for message in second.messages}


@pytest.mark.parametrize("streams", [("receipt",), ("open", "receipt"), ("content_export",)])
def test_catalog_may_have_the_selected_streams_only(
    simulate: Simulate,
    configure: Configure,
    streams: tuple[str, ...],
) -> None:
    """Without `content_export`, whose children the others are, and without `rejected_row`."""
    config = configure(simulate(days=20, receipts=40))
    complete = select(discover_in_process(config), *streams)
    expected = run_in_process(config, catalog=complete)
    entries = [one for one in complete["streams"] if one["tap_stream_id"] in streams]
    output = run_in_process(config, catalog={"streams": entries})
    assert {m["stream"] for m in output.messages if m["type"] == "RECORD"} == {*streams}
    for name in streams:
        assert len(output.loaded(name)) == len(expected.loaded(name)) > 0
    assert set(output.bookmarks) == {*streams}
