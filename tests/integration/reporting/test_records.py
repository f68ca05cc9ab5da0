"""Records of reporting datasets: cells, API versions, containers, variants."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from intercom_simulator import ApiVariant
from intercom_simulator.reporting.datasets import DATASETS
from tests.harness.expected_reporting import reporting_properties, reporting_rows
from tests.harness.expected_rows import row_differences
from tests.harness.singer import Output, discover_in_process, run_in_process, select
from tests.harness.stopped_simulator import END
from tests.integration.reporting.reporting_runs import (
    DAY_SECONDS,
    SMALL,
    attribute_ids,
    dataset_differences,
    run,
)

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


@pytest.mark.parametrize(
    ("language", "zone"),
    [("en", "UTC"), ("pt", "America/Sao_Paulo")],
    ids=["english", "portuguese"],
)
def test_all_cells_of_all_datasets_are_written(
    simulate: Simulate, configure: Configure, language: str, zone: str
) -> None:
    simulator = simulate(**SMALL, days=32, reporting_language=language, reporting_timezone=zone)
    config = configure(simulator, reporting_datasets=["*"], reporting_timezone=zone)
    output = run(config, *(f"reporting_{name}" for name in DATASETS))
    assert {name: dataset_differences(simulator, name, output) for name in DATASETS} == {
        name: [] for name in DATASETS
    }
    assert simulator.jobs == []
    assert set(output.bookmarks.values()) == {config["end_date"]}
    if language == "pt":
        channels = {record["channel"] for record in output.records("reporting_conversation")}
        assert "Conversa" in channels


def test_wrong_time_zone_setting_shifts_times(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL, reporting_timezone="America/Sao_Paulo")
    output = run(configure(simulator, reporting_datasets=["call"]))
    first = min(record["call_initiated_at"] for record in output.records("reporting_call"))
    at = min(
        r["timestamp.call_initiated_at"] for r in simulator.reporting.expected_rows("call", END)
    )
    assert first == f"{at.astimezone(ZoneInfo('America/Sao_Paulo')):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("version", ["2.14", "2.15"])
def test_older_versions_use_plain_ids(
    simulate: Simulate, configure: Configure, version: str
) -> None:
    names = ["conversation", "tickets"]
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=names, api_version=version)
    output = run(config)
    assert all("." not in one for ids in attribute_ids(simulator) for one in ids)
    for name in names:
        stream = f"reporting_{name}"
        schema = output.schemas(stream)[0]["properties"]
        properties = reporting_properties(simulator, name, schema, qualified=False)
        expected_rows = simulator.reporting.expected_rows(name, END, version)
        rows = reporting_rows(output.loaded(stream), properties)
        assert row_differences(expected_rows, rows) == []
    sent = {
        ids["standard.conversation_id"] for ids in simulator.reporting.expected_rows(names[0], END)
    }
    assert len(output.loaded("reporting_conversation")) < len(
        sent
    )  # without a message of the customer


@pytest.mark.parametrize("container", ["gzip", "tar.gz", "zip", "csv", "encoded"])
def test_container_is_recognized_by_its_bytes(
    simulate: Simulate, configure: Configure, container: Any
) -> None:
    word = "completed" if container == "zip" else "complete"
    variant = ApiVariant(reporting_container=container, reporting_completed_status=word)
    simulator = simulate(**SMALL, variant=variant)
    output = run(configure(simulator, reporting_datasets=["call"]))
    assert dataset_differences(simulator, "call", output) == []


@pytest.mark.parametrize(
    "variant",
    [
        ApiVariant(reporting_qualified_only=True, reporting_qualified_headers=True),
        ApiVariant(download_url="storage"),
        ApiVariant(download_url="other_region"),
        ApiVariant(redirect_status=302),
        ApiVariant(line_end="\r\n", byte_order_mark=True),
    ],
    ids=["qualified headers", "storage", "another region's host", "redirect", "spreadsheet"],
)
def test_records_are_equal_in_every_variant(
    simulate: Simulate, configure: Configure, variant: ApiVariant
) -> None:
    simulator = simulate(**SMALL, variant=variant)
    output = run(configure(simulator, reporting_datasets=["tickets"]))
    assert dataset_differences(simulator, "tickets", output) == []
    elsewhere = [request for request in simulator.requests if request.host == "storage"]
    assert not [request for request in elsewhere if request.header("Authorization")]


def max_actions_per_conversation(output: Output) -> int:
    """Return the largest number of loaded rows of a conversation."""
    rows = output.loaded("reporting_consolidated_conversation_part")
    return max(Counter(row["conversation_id"] for row in rows).values())


@pytest.mark.parametrize("version", ["2.15", "2.16"])
def test_changing_keys_of_actions_are_a_warning_before_2_16(
    simulate: Simulate, configure: Configure, version: str
) -> None:
    variant = ApiVariant(reporting_last_parts_only=True)
    simulator = simulate(receipts=10, conversations=200, days=20, variant=variant)
    settings = {
        "reporting_datasets": ["consolidated_conversation_part"],
        "api_version": version,
        "window_days": 60,
        "lookback_days": 20,
    }
    first = run(configure(simulator, **settings))
    simulator.clock.advance(5 * DAY_SECONDS)
    second = run(configure(simulator, **settings), state=first.state)
    assert max_actions_per_conversation(first) == 1
    both_runs = Output.of_runs(first, second)
    assert max_actions_per_conversation(both_runs) == 2  # the key of the row has changed
    assert ("rows of earlier runs remain as duplicates" in first.log) == (version == "2.15")


def test_sdk_encoder_gives_same_records(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, conversations=20, days=10)
    config = configure(simulator, reporting_datasets=["*"])
    streams = [f"reporting_{name}" for name in DATASETS]
    fast = run(config, *streams)
    maps = {name: {"extra": "'1'"} for name in streams}
    slow = run({**config, "stream_maps": maps}, *streams)
    for name in streams:
        records = slow.records(name)
        assert {record.pop("extra") for record in records} == {"1"}
        assert records == fast.records(name), name


def test_deselected_property_is_omitted(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=["call"])
    catalog = select(
        discover_in_process(config), "reporting_call", deselected=["reporting_call.user_email"]
    )
    output = run_in_process(config, catalog=catalog)
    assert all("user_email" not in record for record in output.records("reporting_call"))
    assert len(output.records("reporting_call")) >= len(
        simulator.reporting.expected_rows("call", END)
    )
