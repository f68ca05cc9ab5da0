"""Discovery of reporting datasets, selection and `--test`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Fault
from intercom_simulator.reporting.datasets import DATASETS
from tests.harness.singer import discover, discover_in_process, run_in_process, run_tap, select
from tests.integration.reporting.reporting_runs import (
    DATASETS_WITHOUT_KEY,
    SMALL,
    dataset_differences,
    run,
    schema_of,
)

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


def test_stream_for_each_dataset_with_its_time_and_key(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL)
    catalog = discover(configure(simulator, reporting_datasets=["*"]))
    found = {
        entry["tap_stream_id"].removeprefix("reporting_"): entry
        for entry in catalog["streams"]
        if entry["tap_stream_id"].startswith("reporting_")
    }
    assert set(found) == set(DATASETS)
    for name, dataset in DATASETS.items():
        entry = found[name]
        plain = {one.qualified_id: one.id for one in dataset.attributes}
        key = ["row_id"] if name in DATASETS_WITHOUT_KEY else [plain[part] for part in dataset.key]
        assert sorted(entry["key_properties"]) == sorted(key), name
        assert entry["replication_key"] == dataset.time, name
        assert entry["schema"]["properties"][dataset.time]["format"] == "date-time"
        top = next(part["metadata"] for part in entry["metadata"] if not part["breadcrumb"])
        assert top["valid-replication-keys"] == [dataset.time]


def test_names_are_plain_if_unique_and_valid_in_databases(
    simulate: Simulate, configure: Configure
) -> None:
    catalog = discover_in_process(configure(simulate(**SMALL), reporting_datasets=["*"]))
    for dataset in DATASETS.values():
        names = [name for name in schema_of(catalog, dataset.id) if name != "row_id"]
        assert len({name.casefold() for name in names}) == len(names)
        assert all(len(name.encode()) <= 63 for name in names)
        for name, one in zip(names, dataset.attributes, strict=True):
            assert re.fullmatch("[a-z_][a-z0-9_]*", name, re.ASCII)
            assert name not in {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}
            if not one.custom and not one.qualified_id.startswith("conversation."):
                assert name == one.id
            elif re.fullmatch("[A-Za-z.0-9_ -]+", one.qualified_id):
                plain = re.sub("[. _-]+", "_", one.qualified_id.lower()).strip("_")
                assert re.fullmatch(f"{re.escape(plain)}(_[0-9a-f]{{8}})?", name)


def test_types_follow_qualified_id_prefix(simulate: Simulate, configure: Configure) -> None:
    catalog = discover_in_process(configure(simulate(**SMALL), reporting_datasets=["*"]))
    for dataset in DATASETS.values():
        properties = {n: s for n, s in schema_of(catalog, dataset.id).items() if n != "row_id"}
        for schema, one in zip(properties.values(), dataset.attributes, strict=True):
            kind = one.qualified_id.partition(".")[0]
            expected = "number" if kind == "duration" else "string"
            assert expected in schema["type"], one
            assert (schema.get("format") == "date-time") == (kind == "timestamp"), one


def test_discovery_requests_datasets_once_and_only_if_configured(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL)
    unreported: list[dict[str, Any]] = [
        {},
        {"reporting_datasets": []},
        {"custom_object_types": ["Order"]},
    ]
    for settings in unreported:
        discover(configure(simulator, **settings))
    assert simulator.requests == []
    discover(configure(simulator, reporting_datasets=["call", "call"]))
    assert [r.path for r in simulator.requests] == ["/export/reporting_data/get_datasets"]


def test_unknown_dataset_error_lists_existing_ones(
    simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(**SMALL), reporting_datasets=["call", "calls"])
    output = run_tap(config, "--discover", check=False)
    assert output.exit_code == 2
    assert "reporting_datasets" in output.log
    assert "no calls" in output.log
    assert all(name in output.log for name in DATASETS)


def test_discovery_of_reports_without_token_is_an_error() -> None:
    output = run_tap({"reporting_datasets": ["*"]}, "--discover", check=False)
    assert output.exit_code == 2
    assert "access_token: is required and not set" in output.log
    assert "reporting_datasets" in output.log
    assert "Traceback" not in output.log


@pytest.mark.parametrize(
    ("options", "settings", "message"),
    [
        ({"scopes": ("export_content_data",)}, {}, "export_reporting_data"),
        ({}, {"api_version": "2.13"}, "api_version"),
        ({}, {"access_token": "another"}, "access_token"),
    ],
    ids=["scope", "version", "token"],
)
def test_refused_discovery_error_says_what_to_do(
    simulate: Simulate,
    configure: Configure,
    options: dict[str, Any],
    settings: dict[str, Any],
    message: str,
) -> None:
    config = configure(simulate(**SMALL, **options), reporting_datasets=["*"], **settings)
    output = run_tap(config, "--discover", check=False)
    assert output.exit_code == (2 if message == "api_version" else 3)
    (line,) = [line for line in output.log.splitlines() if "ERROR" in line]
    assert message in line


def test_server_error_on_discovery_is_retried(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL, faults=[Fault("reporting_datasets", status=503)])
    assert schema_of(discover(configure(simulator, reporting_datasets=["call"])), "call")


# Reports without the message export, disabled by default


def test_reports_need_no_message_export(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL, scopes=("export_reporting_data",))
    output = run(configure(simulator, reporting_datasets=["call"]))
    assert dataset_differences(simulator, "call", output) == []
    assert simulator.jobs == []
    assert not [r.path for r in simulator.requests if "content" in r.path]


def test_token_with_reporting_scope_only_passes_test(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL, scopes=("export_reporting_data",))
    config = configure(simulator, reporting_datasets=["call"])
    catalog = select(discover_in_process(config), "reporting_call")
    assert run_tap(config, "--test", catalog=catalog, check=False).exit_code == 0


def test_message_export_starts_no_reports(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL, scopes=("export_content_data",))
    run_in_process(configure(simulator))
    assert simulator.reporting_jobs == []
    assert not [r.path for r in simulator.requests if "reporting" in r.path]


def test_deselected_reports_start_no_job(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    run(configure(simulator, reporting_datasets=["*"]), "reporting_call")
    assert {
        job.report_request.dataset.id for job in simulator.reporting_jobs if job.report_request
    } == {"call"}


def test_test_option_starts_no_report(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=["*"])
    assert run_tap(config, "--test", check=False).exit_code == 0
    assert simulator.reporting_jobs == []
    assert {request.method for request in simulator.requests} == {"GET"}
    assert len(simulator.requests) <= 4
