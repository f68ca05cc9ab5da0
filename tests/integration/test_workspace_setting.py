"""The setting `workspace`: several workspaces in shared tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import ApiVariant, Member, Mutation, Simulator
from tap_intercom_export.config.settings import add_workspace_to_batch_prefix
from tests.harness.singer import discover_in_process, run_in_process, select

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate
    from tests.harness.singer import Output


EVERYTHING: dict[str, Any] = {
    "reporting_datasets": ["conversation", "tickets"],
    "custom_object_types": ["Order"],
}
"""Settings that enable every kind of stream."""


def everything(config: dict[str, Any]) -> dict[str, Any]:
    """Return the catalog with all streams selected, including those deselected by default."""
    return select(discover_in_process(config))


def run_both(
    simulate: Simulate, configure: Configure, **settings: Any
) -> tuple[Output, Output, Simulator]:
    """Run the tap twice over one history, without and with the setting."""
    simulator = simulate(ai_sources=3, ai_pages=5)
    plain = configure(simulator, **EVERYTHING, **settings)
    named = {**plain, "workspace": "acme_eu"}
    return (
        run_in_process(plain, catalog=everything(plain)),
        run_in_process(named, catalog=everything(named)),
        simulator,
    )


def test_every_record_has_workspace_and_is_otherwise_equal(
    simulate: Simulate, configure: Configure
) -> None:
    without, with_it, _ = run_both(simulate, configure)

    assert without.streams == with_it.streams
    assert {"receipt", "reporting_conversation", "external_page", "custom_object_instance"} <= (
        with_it.streams
    )
    of_a_job = {"content_export", "rejected_row"}  # ids and times of other jobs
    for stream in with_it.streams:
        records = with_it.records(stream)
        assert {record.get("workspace") for record in records} <= {"acme_eu"}, stream
        assert not any("workspace" in record for record in without.records(stream)), stream
        if stream not in of_a_job:
            rest = [{k: v for k, v in record.items() if k != "workspace"} for record in records]
            assert sorted(map(repr, rest)) == sorted(map(repr, without.records(stream))), stream


def test_workspace_is_the_first_part_of_every_key(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate()
    plain = configure(simulator, **EVERYTHING)
    named = {**plain, "workspace": "acme_eu"}

    keys = {s["stream"]: s["key_properties"] for s in discover_in_process(plain)["streams"]}
    shared = {s["stream"]: s["key_properties"] for s in discover_in_process(named)["streams"]}

    assert shared == {stream: ["workspace", *key] for stream, key in keys.items()}


def test_sdk_encoded_records_have_workspace(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate()
    config = configure(simulator, workspace="acme_eu", flattening_enabled=True)
    config["flattening_max_depth"] = 1

    output = run_in_process(config)

    assert {record["workspace"] for record in output.records("receipt")} == {"acme_eu"}


def test_damaged_rows_have_workspace(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(variant=ApiVariant(mutations=(Mutation("open", append=b"one,cell\r\n"),)))

    output = run_in_process(configure(simulator, workspace="acme_eu"))

    rejected = output.records("rejected_row")
    assert rejected
    assert {record["workspace"] for record in rejected} == {"acme_eu"}


def test_damage_in_unknown_file_does_not_fail_window(
    simulate: Simulate, configure: Configure
) -> None:
    member = Member("hologram_view{stamp}.csv", b"a,b\n" + b"1\n" * 30 + b"4,5\n")
    simulator = simulate(variant=ApiVariant(extra_members=(member,)))

    output = run_in_process(configure(simulator, workspace="acme_eu"))

    assert {record["workspace"] for record in output.loaded("other_statistic")} == {"acme_eu"}
    assert len(output.loaded("rejected_row")) == 30 * len(simulator.jobs)


@pytest.mark.parametrize(("before", "now"), [("acme", "beta"), ("acme", None), (None, "beta")])
def test_state_of_another_workspace_is_refused(
    simulate: Simulate, configure: Configure, before: str | None, now: str | None
) -> None:
    simulator = simulate()
    first = run_in_process(configure(simulator, workspace=before))
    jobs = len(simulator.jobs)

    second = run_in_process(configure(simulator, workspace=now), state=first.state, check=False)

    assert second.exit_code != 0
    assert "workspace" in second.log
    assert not second.records("receipt")
    assert len(simulator.jobs) == jobs


def test_state_of_same_workspace_continues(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate()
    config = configure(simulator, workspace="acme")
    first = run_in_process(config)
    jobs = len(simulator.jobs)

    run_in_process(config, state=first.state)

    assert len(simulator.jobs) == jobs  # everything is written


@pytest.mark.parametrize("name", ["", "acme eu", "../acme", "-acme", "a" * 64, "a'b"])
def test_invalid_workspace_name_is_refused(
    simulate: Simulate, configure: Configure, name: str
) -> None:
    output = run_in_process(configure(simulate(), workspace=name), check=False)

    if name:
        assert output.exit_code != 0
        assert "workspace" in output.log
    else:
        assert output.exit_code == 0
        assert "workspace" not in output.schemas("receipt")[0]["properties"]


def test_batch_file_names_start_with_workspace() -> None:
    config: dict[str, Any] = {
        "workspace": "acme",
        "batch_config": {"encoding": {}, "storage": {"root": "file:///x", "prefix": "raw-"}},
    }

    add_workspace_to_batch_prefix(config)
    add_workspace_to_batch_prefix(config)

    assert config["batch_config"]["storage"] == {"root": "file:///x", "prefix": "raw-acme--"}
