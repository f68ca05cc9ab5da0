"""Selected streams and properties, stream maps and flattening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from intercom_simulator import ApiVariant
from tests.harness.expected_rows import differences, expected
from tests.harness.singer import run_in_process, select

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


def test_one_job_feeds_all_streams(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(days=20)
    output = run_in_process(configure(simulator))
    assert len(simulator.jobs) == 1
    assert simulator.jobs[0].downloads == 1
    (export,) = output.records("content_export")
    assert export["job_identifier"] == simulator.jobs[0].identifier
    counts = simulator.workspace.counts(simulator.clock.now())
    assert export["rows"] == {name: count for name, count in counts.items() if count}
    assert export["row_count"] == sum(counts.values())
    assert export["status"] == "completed"


def test_unselected_parent_still_feeds_its_children(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(days=40)
    config = configure(simulator)
    output = run_in_process(config, catalog=select(catalog, "open", "click"))
    assert {message["stream"] for message in output.messages if message["type"] == "RECORD"} == {
        "open",
        "click",
    }
    assert output.streams == {"open", "click"}
    for statistic in ("open", "click"):
        expected_rows = expected(simulator, statistic, simulator.clock.now())
        assert differences(statistic, expected_rows, output.loaded(statistic)) == []
    assert {output.bookmarks["open"], output.bookmarks["click"]} == {config["end_date"]}


def test_single_child_stream_can_be_selected(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(days=20)
    output = run_in_process(configure(simulator), catalog=select(catalog, "answer_combined"))
    assert output.streams == {"answer_combined"}
    expected_rows = expected(simulator, "answer_combined", simulator.clock.now())
    assert differences("answer_combined", expected_rows, output.loaded("answer_combined")) == []


def test_parent_stream_alone_can_be_selected(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(days=40)
    output = run_in_process(configure(simulator), catalog=select(catalog, "content_export"))
    assert output.streams == {"content_export"}
    assert len(output.records("content_export")) == len(simulator.jobs) > 1


def test_deselected_column_is_omitted(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    simulator = simulate(days=20)
    chosen = select(catalog, "receipt", deselected=["receipt.email", "receipt.name"])
    output = run_in_process(configure(simulator), catalog=chosen)
    assert all("email" not in schema["properties"] for schema in output.schemas("receipt"))
    assert all({"email", "name"}.isdisjoint(record) for record in output.records("receipt"))
    assert {record["receipt_id"] for record in output.records("receipt")} == {
        row["receipt_id"] for row in expected(simulator, "receipt", simulator.clock.now())
    }


def test_stream_maps_change_records(simulate: Simulate, configure: Configure) -> None:
    maps = {
        "receipt": {
            "email": None,
            "domain": "email.split('@')[-1] if email else None",
            "__filter__": "content_type == 'Email'",
        },
        "open": {"__alias__": "opened"},
        "click": None,
    }
    simulator = simulate(days=20)
    output = run_in_process(configure(simulator, stream_maps=maps))
    emails = [
        row
        for row in expected(simulator, "receipt", simulator.clock.now())
        if row["content_type"] == "Email"
    ]
    assert emails
    assert sorted((r["receipt_id"], r["domain"]) for r in output.records("receipt")) == sorted(
        (row["receipt_id"], row["email"].split("@")[-1] if row["email"] else None) for row in emails
    )
    assert all("email" not in record for record in output.records("receipt"))
    assert output.records("opened")
    assert {"open", "click"}.isdisjoint(output.streams)


def test_new_column_reaches_a_mapped_stream(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(days=20, variant=ApiVariant(added_columns=(("open", "client", "Mail"),)))
    output = run_in_process(configure(simulator, stream_maps={"open": {"__alias__": "opened"}}))
    assert {record["client"] for record in output.records("opened")} == {"Mail"}


def test_flattening_leaves_no_objects(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(days=20)
    settings = {"flattening_enabled": True, "flattening_max_depth": 1}
    output = run_in_process(configure(simulator, **settings))
    for stream in output.streams:
        for record in output.records(stream):
            assert not any(isinstance(value, dict) for value in record.values()), stream
    assert len(output.loaded("answer_combined")) == len(
        expected(simulator, "answer_combined", simulator.clock.now())
    )
