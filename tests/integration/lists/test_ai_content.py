"""Content import sources and external pages: records, pages, versions, deletions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.singer import Output, run_in_process
from tests.integration.lists.list_runs import AI, OBJECTS, loaded, pages_of, records_of, run

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


def test_sources_and_pages_are_complete(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_sources=24, ai_pages=320)
    output = run(configure(simulator), *AI)
    assert output.streams == set(AI)
    assert loaded(output, "content_import_source") == records_of(simulator.ai_content.sources())
    assert loaded(output, "external_page") == records_of(simulator.ai_content.pages())
    assert max(len(record["html"]) for record in loaded(output, "external_page")) > 100_000
    assert simulator.jobs == simulator.reporting_jobs == []


def test_pages_are_requested_by_number_not_by_next_url(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10, ai_pages=320)
    run(configure(simulator), "external_page")
    assert pages_of(simulator, "/ai/external_pages") == [(1, 150), (2, 150), (3, 150)]
    assert all(request.header("Host") == simulator.url[7:] for request in simulator.requests)


def test_empty_list_is_an_empty_table(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_sources=0, ai_pages=0)
    output = run(configure(simulator), *AI)
    assert loaded(output, "external_page") == loaded(output, "content_import_source") == []
    kinds = [(m["type"], m["stream"]) for m in output.messages if m["type"] != "STATE"]
    assert {("ACTIVATE_VERSION", stream) for stream in AI} <= set(kinds)


@pytest.mark.parametrize("version", ["2.12", "2.14", "2.16", "Preview"])
def test_versions_since_2_12_have_ai_content(
    simulate: Simulate, configure: Configure, version: str
) -> None:
    simulator = simulate(receipts=10, ai_sources=8)
    output = run(configure(simulator, api_version=version), "content_import_source")
    expected_records = records_of(simulator.ai_content.sources())
    if version in {"2.12", "2.14"}:
        expected_records = [{**record, "audience_ids": None} for record in expected_records]
    assert loaded(output, "content_import_source") == expected_records


def test_older_version_error_names_setting(simulate: Simulate, configure: Configure) -> None:
    output = run(configure(simulate(receipts=10), api_version="2.11"), AI[0], check=False)
    assert output.exit_code == 2
    (line,) = [line for line in output.log.splitlines() if "ERROR" in line]
    assert "api_version" in line
    assert "2.11" in line


def test_entry_deleted_between_runs_is_removed(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_pages=30)
    config = configure(simulator)
    first = run(config, "external_page")
    removed, emptied = (simulator.ai_content.pages()[place]["id"] for place in (3, 20))
    simulator.ai_content.remove_page(removed)
    simulator.ai_content.delete_page(emptied)
    second = run(config, "external_page", state=first.state)
    both_runs = Output.of_runs(first, second)
    found = {record["id"]: record for record in both_runs.loaded("external_page")}
    assert removed not in found
    assert found[emptied]["html"] == ""
    assert len(found) == 29


def test_version_is_activated_after_all_records(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_pages=160)
    output = run(configure(simulator, custom_object_types=["Order"]), *AI, OBJECTS)
    for stream in (*AI, OBJECTS):
        kinds = [m["type"] for m in output.messages if m.get("stream") == stream]
        assert kinds[0] == "SCHEMA"
        assert kinds[-1] == "ACTIVATE_VERSION"
        assert set(kinds[1:-1]) == {"RECORD"}


def test_ai_content_is_in_the_catalog_and_not_selected(catalog: dict[str, Any]) -> None:
    tops = {
        entry["tap_stream_id"]: part["metadata"]
        for entry in catalog["streams"]
        for part in entry["metadata"]
        if not part["breadcrumb"]
    }
    assert not any(tops[stream]["selected"] for stream in AI)


def test_ai_content_is_not_requested_by_default(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=20, days=5)
    output = run_in_process(configure(simulator))
    assert not [r.path for r in simulator.requests if "/content/data" not in r.path]
    assert not {*AI, OBJECTS} & output.streams


def test_lists_need_no_export_scope(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, scopes=(), ai_pages=20)
    config = configure(simulator, custom_object_types=["Order"])
    output = run(config, *AI, OBJECTS)
    assert len(output.records("external_page")) == 20
    assert output.records(OBJECTS)
    assert not [r.path for r in simulator.requests if "export" in r.path]


def test_stream_maps_apply_to_lists(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_pages=20)
    maps = {"external_page": {"html": None, "shout": "title.upper()"}}
    output = run(configure(simulator, stream_maps=maps), "external_page")
    shouts = {record["id"]: record["shout"] for record in output.records("external_page")}
    assert shouts == {page["id"]: page["title"].upper() for page in simulator.ai_content.pages()}
    assert not [record for record in output.records("external_page") if "html" in record]


def test_log_has_number_of_list_entries(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10)
    output = run(configure(simulator), *AI)
    for name, entries in zip(
        AI, (simulator.ai_content.sources(), simulator.ai_content.pages()), strict=True
    ):
        assert f"Read {len(entries):,} entries of '{name}'" in output.log
