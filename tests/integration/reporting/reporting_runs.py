"""Helpers of the tests of reporting datasets."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from intercom_simulator import Fault, Simulator
from intercom_simulator.reporting.datasets import DATASETS
from tests.harness.expected_reporting import reporting_properties, reporting_rows
from tests.harness.expected_rows import row_differences
from tests.harness.singer import discover, discover_in_process, run_in_process, select

if TYPE_CHECKING:
    from tests.harness.singer import Output


DAY_SECONDS = 86_400
DATASETS_WITHOUT_KEY = {
    "admin_status_change",
    "call_team_stats",
    "call_teammate_stats",
    "conversation_sla_status_log",
    "conversation_state",
    "copilot_prompt_response_pair",
    "ticket_time_in_state",
}
"""Datasets whose key has not been published."""

SMALL = {"receipts": 10, "conversations": 45}


def schema_of(catalog: dict[str, Any], dataset: str) -> dict[str, Any]:
    (entry,) = (e for e in catalog["streams"] if e["tap_stream_id"] == f"reporting_{dataset}")
    properties: dict[str, Any] = entry["schema"]["properties"]
    return properties


def run(
    config: dict[str, Any], *streams: str, state: dict[str, Any] | None = None, check: bool = True
) -> Output:
    """Run the tap with some streams selected.

    Args:
        config: Configuration.
        streams: Names of streams; by default those of all configured datasets.
        state: State from which it starts.
        check: Whether it must succeed; then it runs in this process.
    """
    names = streams or tuple(f"reporting_{name}" for name in config["reporting_datasets"])
    catalog = select(discover_in_process(config), *names)
    if check:
        return run_in_process(config, state=state, catalog=catalog)
    return run_in_process(config, state=state, catalog=catalog, check=False)


def dataset_differences(
    simulator: Simulator, dataset: str, output: Output, **options: Any
) -> list[str]:
    """Return the differences between the expected rows and the loaded rows of a dataset."""
    name = f"reporting_{dataset}"
    properties = reporting_properties(simulator, dataset, output.schemas(name)[0]["properties"])
    expected_rows = simulator.reporting.expected_rows(dataset, simulator.clock.now(), **options)
    assert expected_rows
    return row_differences(expected_rows, reporting_rows(output.loaded(name), properties))


def attribute_ids(simulator: Simulator) -> list[list[str]]:
    """Return the requested attribute ids, by request."""
    return [json.loads(r.body)["attribute_ids"] for r in simulator.requests if r.method == "POST"]


def listed(dataset: str, **changes: Any) -> dict[str, Any]:
    """Return a dataset in the format of the list, with changes."""
    one = DATASETS[dataset]
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "default_time_attribute_id": one.time,
        "attributes": [
            {"id": each.id, "name": each.name, "qualified_id": each.qualified_id}
            for each in one.attributes
        ],
    } | changes


def list_of(*entries: Any, **envelope: Any) -> Fault:
    """Return a fault that replaces the list of datasets."""
    body = {"type": "list", "data": list(entries), **envelope}
    return Fault("reporting_datasets", times=None, status=200, body=body)


def run_listed(config: dict[str, Any], state: dict[str, Any] | None = None) -> Output:
    """Run the tap with a hand-written list of datasets."""
    names = [f"reporting_{name}" for name in config["reporting_datasets"]]
    return run_in_process(config, state=state, catalog=select(discover(config), *names))


def format_time(second: int) -> str:
    return f"{datetime.fromtimestamp(second, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
