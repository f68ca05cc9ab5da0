"""Datasets that change between discovery and run, unusual times, order of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import ApiVariant, Fault, Mutation
from intercom_simulator.reporting.datasets import DATASETS
from tap_intercom_export.tap import TapIntercomExport
from tests.harness.singer import discover, discover_in_process, run_in_process, select
from tests.harness.stopped_simulator import END
from tests.integration.reporting.reporting_runs import (
    SMALL,
    attribute_ids,
    dataset_differences,
    list_of,
    listed,
    run,
    run_listed,
)

if TYPE_CHECKING:
    from singer_sdk import Stream

    from tests.harness.fixture_types import Configure, Simulate


def test_values_follow_labels_and_missing_columns_are_logged(
    simulate: Simulate, configure: Configure
) -> None:
    attributes = [
        {"id": "brand", "name": "Brand", "qualified_id": "people.brand"},
        {"id": "channel", "name": "Channel", "qualified_id": "standard.channel"},
    ]
    asked = listed("conversation_state", attributes=attributes, default_time_attribute_id="")
    simulator = simulate(**SMALL, faults=[list_of(asked)])
    body = b"channel,team\nChat,Blue\n"
    simulator.faults.add(Fault("reporting_download", body=body, times=None))
    job = {"job_identifier": "abcdefghijklmnop", "status": "complete", "download_url": ""}
    for route in ("reporting_create", "reporting_status"):
        simulator.faults.add(Fault(route, times=None, status=200, body=job))
    config = configure(simulator, reporting_datasets=["conversation_state"], window_days=60)
    output = run_listed(config)
    (record,) = output.records("reporting_conversation_state")
    assert (record["people_brand"], record["channel"], record["team"]) == (None, "Chat", "Blue")
    (line,) = [line for line in output.log.splitlines() if "no columns for" in line]
    assert "WARNING" in line
    assert "people.brand" in line


def replaced(dataset: str) -> dict[str, Any]:
    """Return the dataset after an admin has replaced an attribute."""
    changed = listed(dataset)
    changed["attributes"][-1] = {"id": "New", "name": "New", "qualified_id": "people.New"}
    return changed


@pytest.mark.parametrize("change", [True, False], ids=["replaced", "the same"])
def test_job_for_other_attributes_is_not_resumed(
    simulate: Simulate,
    configure: Configure,
    change: bool,  # noqa: FBT001
) -> None:
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=["call"], window_days=60)
    state = run(config).states[0]
    (stored,) = simulator.reporting_jobs
    assert state["bookmarks"]["reporting_call"]["job"]["job_identifier"] == stored.identifier
    entry = replaced("call") if change else listed("call")
    simulator.faults.add(list_of(entry))
    simulator.variant = ApiVariant(refused_attributes=("people.New",))
    catalog = select(discover(config), "reporting_call")
    output = run_in_process(config, catalog=catalog, state=state, check=not change)
    if change:
        assert "the attributes of the dataset have changed" in output.log
        assert len(attribute_ids(simulator)) > 1
        assert stored.downloads == 1
    else:
        assert "Resuming job" in output.log
        assert stored.downloads == 2
        assert dataset_differences(simulator, "call", output) == []


@pytest.mark.parametrize(
    ("zone", "unusual"),
    [
        ("America/Sao_Paulo", "9999-12-31 23:59:59"),
        ("Asia/Dhaka", "0001-01-01 00:00:00"),
    ],
)
def test_time_beyond_year_9999_goes_to_text_column(
    simulate: Simulate, configure: Configure, zone: str, unusual: str
) -> None:
    ids = [one.id for one in DATASETS["admin_status_change"].attributes]
    row = {"teammate_status_period_started_at": "2025-04-25 10:00:00"}
    row |= {"teammate_status_period_ended_at": unusual}
    line = ",".join(row.get(name, "") for name in ids).encode()
    mutation = Mutation("admin_status_change", line=1, replace=line)
    simulator = simulate(
        **SMALL, variant=ApiVariant(mutations=(mutation,)), reporting_timezone=zone, days=60
    )
    config = configure(
        simulator,
        reporting_datasets=["admin_status_change"],
        reporting_timezone=zone,
        window_days=83,
    )
    output = run(config, "reporting_admin_status_change", "rejected_row")
    records = output.records("reporting_admin_status_change")
    (record,) = [one for one in records if unusual in one.values()]
    assert record["teammate_status_period_ended_at"] is None
    assert record["teammate_status_period_ended_at_text"] == unusual
    assert len(records) > 10
    assert output.records("rejected_row") == []


@pytest.mark.parametrize("number", [1, 3])
def test_order_of_streams_does_not_matter(
    simulate: Simulate, configure: Configure, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    names = ["call", "conversation", "tickets"]
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=names, reporting_concurrency=number)

    class BackwardsTap(TapIntercomExport):
        @property
        def streams(self) -> dict[str, Stream]:
            return dict(reversed(list(super().streams.items())))

    monkeypatch.setattr("tap_intercom_export.tap.TapIntercomExport", BackwardsTap)
    output = run(config)
    order = list(dict.fromkeys(m["stream"] for m in output.messages if m["type"] == "RECORD"))
    assert order == [f"reporting_{name}" for name in reversed(names)]
    assert {name: dataset_differences(simulator, name, output) for name in names} == {
        n: [] for n in names
    }
    assert len(simulator.reporting_jobs) == 6
    assert set(output.bookmarks.values()) == {config["end_date"]}


@pytest.mark.parametrize("mapped", [False, True], ids=["as it is", "mapped"])
def test_attribute_missing_in_older_catalog_is_added_to_schema(
    simulate: Simulate,
    configure: Configure,
    mapped: bool,  # noqa: FBT001
) -> None:
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=["call"])
    catalog = select(discover_in_process(config), "reporting_call")
    (entry,) = (e for e in catalog["streams"] if e["tap_stream_id"] == "reporting_call")
    del entry["schema"]["properties"]["user_email"]
    entry["metadata"] = [m for m in entry["metadata"] if "user_email" not in m["breadcrumb"]]
    if mapped:
        config["stream_maps"] = {"reporting_call": {"extra": "'1'"}}
    output = run_in_process(config, catalog=catalog)
    assert "user_email" not in output.schemas("reporting_call")[0]["properties"]
    assert "user_email" in output.schemas("reporting_call")[-1]["properties"]
    assert "New columns in 'reporting_call': user_email" in output.log
    expected_emails = {
        row["standard.user_email"] for row in simulator.reporting.expected_rows("call", END)
    }
    assert {record["user_email"] for record in output.records("reporting_call")} == expected_emails
