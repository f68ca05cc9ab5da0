"""Reporting datasets, from a simulated workspace to records: all cells, all ways to go wrong."""

from __future__ import annotations

import json
import re
import signal
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from intercom_simulator import Clock, Dialect, Fault, JobFault, Mutation, Simulator
from intercom_simulator.reporting.datasets import DATASETS
from tap_intercom_export.errors import TapError
from tap_intercom_export.schemas.reporting_dataset import Attribute, Dataset
from tap_intercom_export.tap import TapIntercomExport
from tests.conftest import END
from tests.harness.expected_reporting import reporting_properties, reporting_rows
from tests.harness.expected_rows import row_differences
from tests.harness.singer import (
    discover,
    discover_in_process,
    problems,
    run_in_process,
    run_tap,
    running_process,
    select,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk import Stream

    from intercom_simulator.http_messages import Request
    from tests.harness.singer import Output

    Simulate = Callable[..., Simulator]
    Configure = Callable[..., dict[str, Any]]

DAY = 86_400
DATASETS_WITHOUT_KEY = {
    "admin_status_change",
    "call_team_stats",
    "call_teammate_stats",
    "conversation_sla_status_log",
    "conversation_state",
    "copilot_prompt_response_pair",
    "ticket_time_in_state",
}
"""Datasets of which nobody has published what identifies a row."""

SMALL = {"receipts": 10, "conversations": 45}


def schema_of(catalog: dict[str, Any], dataset: str) -> dict[str, Any]:
    (entry,) = (e for e in catalog["streams"] if e["tap_stream_id"] == f"reporting_{dataset}")
    properties: dict[str, Any] = entry["schema"]["properties"]
    return properties


def run(
    config: dict[str, Any], *streams: str, state: dict[str, Any] | None = None, check: bool = True
) -> Output:
    """Run the tap with some streams selected: those of the datasets that are asked for, if none.

    Args:
        config: Its configuration.
        streams: Names of streams.
        state: The state it starts from.
        check: Whether it must succeed; then it runs in this process.
    """
    names = streams or tuple(f"reporting_{name}" for name in config["reporting_datasets"])
    catalog = select(discover_in_process(config), *names)
    if check:
        return run_in_process(config, state=state, catalog=catalog)
    return run_tap(config, state=state, catalog=catalog, check=False)


def dataset_differences(
    simulator: Simulator, dataset: str, output: Output, **options: Any
) -> list[str]:
    """What differs between the truth of now and what a target ends up with."""
    name = f"reporting_{dataset}"
    properties = reporting_properties(simulator, dataset, output.schemas(name)[0]["properties"])
    truth = simulator.reporting.expected_rows(dataset, simulator.clock.now(), **options)
    assert truth
    return row_differences(truth, reporting_rows(output.loaded(name), properties))


def attribute_ids(simulator: Simulator) -> list[list[str]]:
    """The attributes that were asked for, request by request."""
    return [json.loads(r.body)["attribute_ids"] for r in simulator.requests if r.method == "POST"]


# What comes out


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
        truth = simulator.reporting.expected_rows(name, END, version)
        rows = reporting_rows(output.loaded(stream), properties)
        assert row_differences(truth, rows) == []
    sent = {
        ids["standard.conversation_id"] for ids in simulator.reporting.expected_rows(names[0], END)
    }
    assert len(output.loaded("reporting_conversation")) < len(sent)  # without a customer's word


@pytest.mark.parametrize("container", ["gzip", "tar.gz", "zip", "csv", "encoded"])
def test_container_is_recognized_by_its_bytes(
    simulate: Simulate, configure: Configure, container: Any
) -> None:
    word = "completed" if container == "zip" else "complete"
    dialect = Dialect(reporting_container=container, reporting_completed_status=word)
    simulator = simulate(**SMALL, dialect=dialect)
    output = run(configure(simulator, reporting_datasets=["call"]))
    assert dataset_differences(simulator, "call", output) == []


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(reporting_qualified_only=True, reporting_qualified_headers=True),
        Dialect(download_url="storage"),
        Dialect(download_url="other_region"),
        Dialect(redirect_status=302),
        Dialect(line_end="\r\n", byte_order_mark=True),
    ],
    ids=["qualified headers", "storage", "another region's host", "redirect", "spreadsheet"],
)
def test_records_are_equal_in_every_dialect(
    simulate: Simulate, configure: Configure, dialect: Dialect
) -> None:
    simulator = simulate(**SMALL, dialect=dialect)
    output = run(configure(simulator, reporting_datasets=["tickets"]))
    assert dataset_differences(simulator, "tickets", output) == []
    elsewhere = [request for request in simulator.requests if request.host == "storage"]
    assert not [request for request in elsewhere if request.header("Authorization")]


def max_actions_per_conversation(output: Output) -> int:
    """The most rows that a target has of one conversation."""
    rows = output.loaded("reporting_consolidated_conversation_part")
    return max(Counter(row["conversation_id"] for row in rows).values())


@pytest.mark.parametrize("version", ["2.15", "2.16"])
def test_changing_keys_of_actions_are_a_warning_before_2_16(
    simulate: Simulate, configure: Configure, version: str
) -> None:
    dialect = Dialect(reporting_last_parts_only=True)
    simulator = simulate(receipts=10, conversations=200, days=20, dialect=dialect)
    settings = {
        "reporting_datasets": ["consolidated_conversation_part"],
        "api_version": version,
        "window_days": 60,
        "lookback_days": 20,
    }
    first = run(configure(simulator, **settings))
    simulator.clock.advance(5 * DAY)
    second = run(configure(simulator, **settings), state=first.state)
    assert max_actions_per_conversation(first) == 1
    together = type(first)(0, "", first.lines + second.lines)
    assert max_actions_per_conversation(together) == 2  # the key of the first run's row has changed
    assert ("key action_id changes" in first.log) == (version == "2.15")


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
    output = run_tap(config, catalog=catalog)
    assert all("user_email" not in record for record in output.records("reporting_call"))
    assert len(output.records("reporting_call")) >= len(
        simulator.reporting.expected_rows("call", END)
    )


# Discovery


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


# Alone, and off until asked for


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
    run_tap(configure(simulator))
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


# Several jobs at once


def max_concurrent_jobs(simulator: Simulator) -> int:
    """How many reports were under way at one moment."""
    jobs = simulator.reporting_jobs
    return max(
        sum(one.started <= job.started < one.started + one.seconds for one in jobs) for job in jobs
    )


@pytest.mark.parametrize("number", [1, 2, 5])
def test_number_of_concurrent_jobs_follows_setting(
    simulate: Simulate, configure: Configure, number: int
) -> None:
    names = ["call", "conversation", "tickets"]
    simulator = simulate(**SMALL, job_seconds=0.3)
    config = configure(simulator, reporting_datasets=names, reporting_concurrency=number)
    output = run(config)
    assert len(simulator.reporting_jobs) == 6
    assert max_concurrent_jobs(simulator) == number
    assert not [r for r in simulator.requests if r.status == 429]
    for name in names:
        assert dataset_differences(simulator, name, output) == []


def test_jobs_of_several_datasets_and_of_several_windows_run_together(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL, job_seconds=0.3)
    run(configure(simulator, reporting_datasets=["call", "tickets"], reporting_concurrency=3))
    first = [
        (job.report_request.dataset.id, job.after)
        for job in simulator.reporting_jobs
        if job.report_request
    ][:3]
    assert len({dataset for dataset, _ in first}) == 2
    assert len({after for _, after in first}) == 2


def test_tap_waits_for_occupied_report_slots(simulate: Simulate, configure: Configure) -> None:
    def free(request: Request) -> None:
        if request.status == 429:
            held.pop().cancel()

    simulator = simulate(**SMALL, on_request=free)
    held = simulator.hold_reporting_slots()
    output = run(configure(simulator, reporting_datasets=["call"], reporting_concurrency=1))
    assert len(held) == 4
    assert "Another export holds" in output.log
    assert dataset_differences(simulator, "call", output) == []


def test_permanently_occupied_slots_end_run_with_error(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL)
    simulator.hold_reporting_slots()
    config = configure(simulator, reporting_datasets=["call"], slot_timeout_minutes=0)
    output = run(config, check=False)
    assert output.exit_code == 4
    assert "slot_timeout_minutes" in output.log
    assert simulator.reporting_jobs == []


def test_one_free_slot_is_enough(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL, job_seconds=0.05)
    simulator.hold_reporting_slots(number=4)
    output = run(configure(simulator, reporting_datasets=["call", "tickets"]))
    assert max_concurrent_jobs(simulator) == 1
    assert (
        dataset_differences(simulator, "call", output)
        == dataset_differences(simulator, "tickets", output)
        == []
    )


# From run to run


def text(second: int) -> str:
    return f"{datetime.fromtimestamp(second, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def test_second_run_loads_new_and_changed_rows(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL, days=20)
    settings = {"reporting_datasets": ["*"], "window_days": 40, "lookback_days": 50}
    streams = [f"reporting_{name}" for name in DATASETS]
    first = run(configure(simulator, **settings), *streams)
    before = {name: simulator.reporting.expected_rows(name, END) for name in DATASETS}
    jobs = len(simulator.reporting_jobs)
    simulator.clock.advance(timedelta(days=5).total_seconds())
    second = run(configure(simulator, **settings), *streams, state=first.state)
    assert len(simulator.reporting_jobs) == jobs + len(DATASETS)
    together = type(first)(0, "", first.lines + second.lines)
    for name in DATASETS:
        truth = simulator.reporting.expected_rows(name, simulator.clock.now())
        found = dataset_differences(simulator, name, together)
        assert len(truth) > len(before[name])
        assert not [line for line in found if line.startswith("missing")], name
        if name not in DATASETS_WITHOUT_KEY:
            assert found == [], name
            assert any(row not in truth for row in before[name]), name
        else:  # a row that has changed has another hash
            assert len(found) == sum(row not in truth for row in before[name]), name


def test_change_is_missed_without_lookback(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, conversations=120, days=20)
    settings = {"reporting_datasets": ["conversation"], "lookback_days": 0}
    first = run(configure(simulator, **settings))
    simulator.clock.advance(timedelta(days=5).total_seconds())
    second = run(configure(simulator, **settings), state=first.state)
    together = type(first)(0, "", first.lines + second.lines)
    assert dataset_differences(simulator, "conversation", together)


def test_bookmarks_follow_windows(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    output = run(configure(simulator, reporting_datasets=["call", "tickets"]))
    ends = {text(job.before) for job in simulator.reporting_jobs}
    assert len(ends) == 2
    for state in output.states:
        for entry in state["bookmarks"].values():
            assert entry.get("replication_key_value") in {None, *ends}
    assert not [entry for entry in output.state["bookmarks"].values() if "job" in entry]


def test_dataset_selected_later_gets_history(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    first = run(configure(simulator, reporting_datasets=["call"]))
    jobs = len(simulator.reporting_jobs)
    both = configure(simulator, reporting_datasets=["call", "tickets"])
    second = run(both, state=first.state)
    assert second.records("reporting_call") == []
    assert dataset_differences(simulator, "tickets", second) == []
    assert len(simulator.reporting_jobs) == 2 * jobs


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_next_run_resumes_jobs_of_terminated_run(
    simulate: Simulate, configure: Configure, how: signal.Signals
) -> None:
    names = ["call", "conversation"]
    simulator = simulate(**SMALL, job_seconds=600)
    config = configure(simulator, reporting_datasets=names)
    catalog = select(discover_in_process(config), *(f"reporting_{name}" for name in names))
    with running_process(config, catalog) as process:
        while not all(job.polls for job in simulator.reporting_jobs[:3]) or (
            len(simulator.reporting_jobs) < 3
        ):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(how)
        written, _ = process.communicate(timeout=20)
    states = [line for line in written.splitlines() if '"type":"STATE"' in line]
    simulator.job_seconds = 0
    for job in simulator.reporting_jobs:
        job.started -= 600
    output = run_tap(config, catalog=catalog, state=json.loads(states[-1])["value"])
    ranges = [
        (job.report_request.dataset.id, job.after)
        for job in simulator.reporting_jobs
        if job.report_request
    ]
    assert len(ranges) == 4
    assert len(set(ranges)) == 4
    assert {job.downloads for job in simulator.reporting_jobs} == {1}
    for name in names:
        assert dataset_differences(simulator, name, output) == []


@pytest.mark.parametrize("end", ["failed", "forgotten"])
def test_unusable_stored_job_is_created_again(
    simulate: Simulate, configure: Configure, end: str
) -> None:
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=["call"], window_days=60)
    state = run(config).states[0]
    state["bookmarks"]["reporting_call"]["job"]["requested_at"] = "2025-05-01T00:00:00Z"
    for job in simulator.reporting_jobs:
        if end == "failed":
            job.end("failed")
        else:
            job.fault = JobFault(not_found=True)
    again = run(config, state=state)
    assert len(simulator.reporting_jobs) == 2
    assert dataset_differences(simulator, "call", again) == []


# What goes wrong with jobs


@pytest.mark.parametrize(
    ("dialect", "fault", "settings"),
    [
        (Dialect(), {"ends_as": "failed", "longer_than": 11 * DAY}, {}),
        (Dialect(), {"never_ends": True, "times": 2}, {"job_timeout_minutes": 0.01}),
        (Dialect(), {"rows": 25}, {"export_row_limit": 25}),
        (Dialect(reporting_max_range_seconds=10 * DAY), None, {}),
    ],
    ids=["failing", "endless", "cut", "refused"],
)
def test_too_large_job_is_split(
    simulate: Simulate,
    configure: Configure,
    dialect: Dialect,
    fault: dict[str, Any] | None,
    settings: dict[str, Any],
) -> None:
    simulator = simulate(**SMALL, dialect=dialect)
    if fault:
        fault = {"times": None, **fault}
        simulator.job_faults.add(JobFault(export="reporting", dataset="conversation", **fault))
    config = configure(simulator, reporting_datasets=["conversation", "call"], **settings)
    output = run(config)
    assert "shortened" in output.log
    assert (
        dataset_differences(simulator, "conversation", output)
        == dataset_differences(simulator, "call", output)
        == []
    )


@pytest.mark.parametrize(
    "fault",
    [
        Fault("reporting_create", status=500),
        Fault("reporting_status", status=502),
        Fault("reporting_status", reset=True),
        Fault("reporting_download", cut_fraction=0.5),
        Fault("reporting_download", corrupt_at=60),
    ],
    ids=["create", "status", "reset", "cut", "corrupt"],
)
def test_no_row_is_lost_after_fault(simulate: Simulate, configure: Configure, fault: Fault) -> None:
    simulator = simulate(**SMALL)
    config = configure(simulator, reporting_datasets=["call"], window_days=60)
    catalog = select(discover_in_process(config), "reporting_call")
    simulator.faults.add(fault)
    output = run_tap(config, catalog=catalog)
    assert dataset_differences(simulator, "call", output) == []
    assert len(simulator.reporting_jobs) == 1


def test_window_without_data_moves_the_bookmark(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    fault = JobFault(export="reporting", ends_as="no_data", times=None)
    simulator.job_faults.add(fault)
    config = configure(simulator, reporting_datasets=["call"])
    output = run(config)
    assert output.records("reporting_call") == []
    assert output.bookmarks["reporting_call"] == config["end_date"]


# Retention


@pytest.fixture
def today() -> datetime:
    """The real present: what Intercom has kept is counted from it."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def test_early_start_date_is_moved_to_retention_limit(
    simulate: Simulate, configure: Configure, today: datetime
) -> None:
    simulator = simulate(**SMALL, days=20, end=today, clock=Clock(today))
    settings = {"reporting_datasets": ["call", "tickets"], "start_date": "2015-01-01"}
    config = configure(simulator, **settings, window_days=83, reporting_retention_days=200)
    del config["end_date"]
    output = run(config)
    (warning,) = [line for line in output.log.splitlines() if "reporting_retention_days" in line]
    assert "WARNING" in warning
    assert "200 days" in warning
    first = min(job.after for job in simulator.reporting_jobs)
    assert 198 * DAY <= today.timestamp() - first <= 200 * DAY
    assert len(output.loaded("reporting_tickets")) == len(
        simulator.reporting.expected_rows("tickets", today - timedelta(minutes=2))
    )


def test_moved_start_date_is_valid_after_wait(
    simulate: Simulate, configure: Configure, today: datetime
) -> None:
    simulator = simulate(**SMALL, days=20, end=today, clock=Clock(today))
    settings = {"reporting_datasets": ["call"], "start_date": "2015-01-01", "window_days": 83}
    config = configure(simulator, **settings)
    del config["end_date"]
    catalog = select(discover_in_process(config), "reporting_call")
    simulator.hold_reporting_slots(seconds=2.2)
    output = run_tap(config, catalog=catalog)
    assert output.records("reporting_call")


# Attributes and columns


REFUSED = (
    "ticket-type-7002._default_title_",
    "people.Brand",
    "duration.ticket_time_to_resolve",
)


def ticket_differences(simulator: Simulator, output: Output, refused: tuple[str, ...]) -> list[str]:
    """What differs in `tickets` where attributes were refused."""
    stream = "reporting_tickets"
    schema = output.schemas(stream)[0]["properties"]
    properties = reporting_properties(simulator, "tickets", schema)
    truth = [
        {**row, **dict.fromkeys(refused)}
        for row in simulator.reporting.expected_rows("tickets", END)
    ]
    return row_differences(truth, reporting_rows(output.loaded(stream), properties))


def test_refused_attributes_are_omitted_and_logged(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL, dialect=Dialect(refused_attributes=REFUSED))
    output = run(configure(simulator, reporting_datasets=["tickets"], window_days=60))
    assert ticket_differences(simulator, output, REFUSED) == []
    (line,) = [line for line in output.log.splitlines() if "refuses attributes" in line]
    assert "WARNING" in line
    assert all(name in line for name in REFUSED)
    assert [len(ids) for ids in attribute_ids(simulator)] == [
        len(DATASETS["tickets"].attributes),
        len(DATASETS["tickets"].attributes) - len(REFUSED),
    ]


def test_refused_attributes_of_several_windows_at_once(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(
        **SMALL,
        dialect=Dialect(refused_attributes=REFUSED),
        # all are asked for before the first is refused, the second hears of it later
        faults=[
            Fault("reporting_create", delay_seconds=0.1),
            Fault("reporting_create", delay_seconds=0.5),
        ],
    )
    config = configure(simulator, reporting_datasets=["tickets"], window_days=10)
    output = run(config)
    assert ticket_differences(simulator, output, REFUSED) == []
    assert output.log.count("refuses attributes") == 1


def test_job_without_refused_attributes_is_resumed(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL, dialect=Dialect(refused_attributes=REFUSED))
    config = configure(simulator, reporting_datasets=["tickets"], window_days=60)
    state = run(config).states[0]
    output = run(config, state=state)
    assert len(simulator.reporting_jobs) <= 2
    assert ticket_differences(simulator, output, REFUSED) == []


def test_permanently_refused_request_is_an_error(simulate: Simulate, configure: Configure) -> None:
    ids = tuple(one.qualified_id for one in DATASETS["call"].attributes)
    simulator = simulate(**SMALL, dialect=Dialect(refused_attributes=ids))
    output = run(configure(simulator, reporting_datasets=["call"]), check=False)
    assert output.exit_code == 3
    assert "attribute_ids invalid for call dataset" in output.log


def test_unknown_headers_are_matched_by_position(simulate: Simulate, configure: Configure) -> None:
    number = len(DATASETS["tickets"].attributes)
    header = ",".join(f"Atributo {place % 100}" for place in range(number)).encode()
    dialect = Dialect(mutations=(Mutation("tickets", line=0, replace=header),))
    simulator = simulate(**SMALL, dialect=dialect)
    output = run(configure(simulator, reporting_datasets=["tickets"]))
    assert dataset_differences(simulator, "tickets", output) == []
    assert len(output.schemas("reporting_tickets")) == 1


RATED = Dataset(
    id="conversation",
    name="Conversation",
    description="",
    time_attribute="conversation_started_at",
    attributes=(
        Attribute("conversation_id", "Conversation ID", "standard.conversation_id"),
        Attribute("conversation_started_at", "Started at", "timestamp.conversation_started_at"),
        Attribute("cvd_1", "Topic", "conversation.Topic"),
    ),
)


def without_hash(name: str) -> str:
    """Return a property's name without the hash that tells it from another one."""
    return re.sub(r"_[0-9a-f]{8}$", "_#", name)


def matched(*header: str, refused: tuple[str, ...] = ()) -> list[str]:
    return [column.name for column in RATED.match(refused, list(header), RATED.file)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("x", "y", "z"), ["conversation_id", "conversation_started_at", "conversation_topic"]),
        (
            ("conversation_id", "y", "z"),
            ["conversation_id", "conversation_started_at", "conversation_topic"],
        ),
        (("x", "Topic", "z"), ["conversation_id", "conversation_topic", "z"]),
        (
            ("conversation_started_at", "conversation_id", "Tema"),
            ["conversation_started_at", "conversation_id", "conversation_topic"],
        ),
        (("Topic", "conversation_id"), ["conversation_topic", "conversation_id"]),
        (
            ("Conversation_ID", "STARTED AT ", "standard.x"),
            ["conversation_id", "conversation_started_at", "conversation_topic"],
        ),
    ],
    ids=[
        "none known",
        "one known",
        "one known elsewhere",
        "another order",
        "fewer",
        "other capitals",
    ],
)
def test_columns_are_matched_by_label_then_by_position(
    header: tuple[str, ...], expected: list[str]
) -> None:
    assert matched(*header) == expected


BRANDED = Dataset(
    id="another",
    name="Another",
    description="",
    time_attribute="",
    attributes=tuple(Attribute(name, name, "") for name in ("brand", "channel", "team")),
)


@pytest.mark.parametrize(
    ("header", "refused", "expected"),
    [
        (("channel", "team"), ("team",), ["channel", "team"]),
        (("channel", "mood"), ("team",), ["channel", "mood"]),
        (("mood", "channel"), ("team",), ["brand", "channel"]),
        (("channel", "channel"), ("team",), ["channel_#", "channel"]),
        (("team", "team", "x"), (), ["team", "team_#", "x"]),
        (("team", "brand", "channel"), (), ["team", "brand", "channel"]),
    ],
)
def test_column_is_not_matched_to_other_attribute_than_its_label(
    header: tuple[str, ...], refused: tuple[str, ...], expected: list[str]
) -> None:
    columns = BRANDED.match(refused, list(header), BRANDED.file)
    assert [without_hash(column.name) for column in columns] == expected


def test_repeated_labels_match_attributes_in_order() -> None:
    titles = Dataset(
        id="titles",
        name="Titles",
        description="",
        time_attribute="",
        attributes=(
            *(Attribute("title", "Title", f"type-{number}.title") for number in (1, 2, 3)),
            Attribute("brand", "Brand", "people.brand"),
        ),
    )
    header = ["brand", "title", "title", "title"]
    names = [column.name for column in titles.match((), header, titles.file)]
    assert names == ["people_brand", "type_1_title", "type_2_title", "type_3_title"]


def test_missing_key_column_is_an_error_with_equal_column_count() -> None:
    with pytest.raises(TapError, match="no column conversation_id"):
        matched("conversation_started_at", "Tema", refused=("standard.conversation_id",))


def test_repeated_headers_lose_nothing(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, conversations=100)
    output = run(configure(simulator, reporting_datasets=["tickets"]))
    assert dataset_differences(simulator, "tickets", output) == []
    titles = {
        name
        for record in output.records("reporting_tickets")
        for name, value in record.items()
        if name.endswith("_default_title") and value is not None
    }
    assert len(titles) > 6


def test_unrequested_column_is_kept(simulate: Simulate, configure: Configure) -> None:
    ids = [one.id for one in DATASETS["admin_status_change"].attributes]
    mutations = (
        Mutation("admin_status_change", line=0, replace=",".join([*ids, "Mood"]).encode()),
        Mutation("admin_status_change", line=1, replace=b"2025-04-25 10:00:00,,,1,Away,sunny"),
    )
    simulator = simulate(**SMALL, dialect=Dialect(mutations=mutations))
    config = configure(
        simulator,
        reporting_datasets=["admin_status_change"],
        window_days=60,
        max_rejected_percent=100,  # the rows of the simulator have one cell less than the header
    )
    output = run(config, "reporting_admin_status_change", "rejected_row")
    (record,) = output.records("reporting_admin_status_change")
    assert record["mood"] == "sunny"
    assert record["teammate_status"] == "Away"
    assert len(output.records("rejected_row")) > 10


# Cells that cannot be read, and damaged rows


@pytest.mark.parametrize("mapped", [False, True], ids=["as it is", "mapped"])
@pytest.mark.parametrize("dataset", ["conversation", "conversation_state"])
def test_value_of_wrong_type_is_kept_as_text(
    simulate: Simulate,
    configure: Configure,
    dataset: str,
    mapped: bool,  # noqa: FBT001
) -> None:
    unusual = {"time": "soon", "duration": "3 min", "text": "x"}
    attributes = DATASETS[dataset].attributes
    row = ",".join(unusual[one.kind] for one in attributes).encode()
    mutation = Mutation(dataset, append=row + b"\n")
    simulator = simulate(**SMALL, dialect=Dialect(mutations=(mutation,)))
    config = configure(simulator, reporting_datasets=[dataset], window_days=60)
    stream = f"reporting_{dataset}"
    if mapped:
        config["stream_maps"] = {stream: {"extra": "'1'"}}
    output = run(config, stream, "rejected_row")
    (record,) = [one for one in output.records(stream) if "soon" in one.values()]
    for name, one in zip(schema_of(discover_in_process(config), dataset), attributes, strict=False):
        if dataset == "conversation" and one.kind != "text":
            assert (record[name], record[f"{name}_text"]) == (None, unusual[one.kind])
    assert Counter(record.values())["soon"] == sum(one.kind == "time" for one in attributes)
    assert Counter(record.values())["3 min"] == sum(one.kind == "duration" for one in attributes)
    assert output.records("rejected_row") == []
    assert len(output.loaded(stream)) == len(simulator.reporting.expected_rows(dataset, END)) + 1


@pytest.mark.parametrize("dataset", ["call", "conversation_state"], ids=["keyed", "hashed"])
@pytest.mark.parametrize("selected", [True, False], ids=["selected", "not selected"])
def test_damaged_row_is_rejected(
    simulate: Simulate,
    configure: Configure,
    dataset: str,
    selected: bool,  # noqa: FBT001
) -> None:
    mutation = Mutation(dataset, append=b'three,"cells",only\n')
    simulator = simulate(**SMALL, dialect=Dialect(mutations=(mutation,)))
    config = configure(simulator, reporting_datasets=[dataset], window_days=60)
    streams = (f"reporting_{dataset}", *(("rejected_row",) if selected else ()))
    output = run(config, *streams)
    assert dataset_differences(simulator, dataset, output) == []
    assert re.search(r"WARNING.*[Dd]amaged row", output.log)
    rejected = [(r["job_identifier"], r["raw"]) for r in output.records("rejected_row")]
    (job,) = simulator.reporting_jobs
    assert rejected == ([(job.identifier, 'three,"cells",only')] if selected else [])
    assert simulator.jobs == []


def test_damaged_rows_of_both_exports_are_in_one_stream(
    simulate: Simulate, configure: Configure
) -> None:
    mutations = (
        Mutation("call", append=b"reported,badly\n"),
        Mutation("receipt", append=b"sent,badly\n"),
    )
    simulator = simulate(**SMALL, dialect=Dialect(mutations=mutations))
    config = configure(simulator, reporting_datasets=["call"], window_days=60)
    output = run(config, "receipt", "reporting_call", "rejected_row", check=False)
    assert output.exit_code == 0
    assert not [line for line in problems(output) if "rejected_row" not in line]
    raw = {record["raw"] for record in output.records("rejected_row")}
    assert raw == {"reported,badly", "sent,badly"}


# A dataset as Intercom lists it, by hand


def listed(dataset: str, **changes: Any) -> dict[str, Any]:
    """A dataset of the simulator as the list has it, with some of it changed."""
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
    """What answers each request for the list of datasets."""
    body = {"type": "list", "data": list(entries), **envelope}
    return Fault("reporting_datasets", times=None, status=200, body=body)


def run_listed(config: dict[str, Any], state: dict[str, Any] | None = None) -> Output:
    """Run the tap with a list of datasets that is written by hand."""
    names = [f"reporting_{name}" for name in config["reporting_datasets"]]
    return run_in_process(config, state=state, catalog=select(discover(config), *names))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("reporting_datasets", status=200, body={"type": "list"}), "no list of entries"),
        (list_of(listed("call"), total_count=2), "more than the 1 in it"),
        (list_of(listed("call"), pages={"next": "https://x/?page=2"}), "more than the 1 in it"),
    ],
    ids=["no data", "short", "more pages"],
)
def test_incomplete_list_of_datasets_is_an_error(
    simulate: Simulate, configure: Configure, fault: Fault, message: str
) -> None:
    simulator = simulate(**SMALL, faults=[fault])
    output = run_tap(configure(simulator, reporting_datasets=["*"]), "--discover", check=False)
    assert output.exit_code == 5
    assert message in output.log
    assert "Traceback" not in output.log


def test_invalid_entries_of_dataset_list_are_logged(
    simulate: Simulate, configure: Configure
) -> None:
    call = listed("call")
    call["attributes"] += [None, {"name": "Nameless"}, "text"]
    simulator = simulate(**SMALL, faults=[list_of(None, {"name": "x"}, call)])
    output = run_tap(configure(simulator, reporting_datasets=["*"]), "--discover", check=False)
    assert output.exit_code == 0
    catalog = json.loads("\n".join(output.lines))
    assert len(schema_of(catalog, "call")) == len(DATASETS["call"].attributes)
    warnings = [line for line in output.log.splitlines() if "WARNING" in line]
    assert len(warnings) == 5


@pytest.mark.parametrize("time", ["", None, "no_such_attribute"])
def test_dataset_without_time_attribute_keeps_bookmark(
    simulate: Simulate, configure: Configure, time: str | None
) -> None:
    simulator = simulate(**SMALL)
    simulator.faults.add(list_of(listed("tickets", default_time_attribute_id=time)))
    config = configure(simulator, reporting_datasets=["tickets"], lookback_days=7)
    first = run_listed(config)
    (key,) = DATASETS["tickets"].key
    truth = {row[key] for row in simulator.reporting.expected_rows("tickets", END)}
    assert {record["ticket_id"] for record in first.records("reporting_tickets")} == truth
    assert first.bookmarks["reporting_tickets"] == config["end_date"]
    ends = {text(job.before) for job in simulator.reporting_jobs}
    assert {r["created_at_before"] for r in first.records("reporting_tickets")} == ends
    jobs = len(simulator.reporting_jobs)
    second = run_listed(config, first.state)
    assert len(simulator.reporting_jobs) == jobs
    simulator.clock.advance(DAY)
    later = configure(simulator, reporting_datasets=["tickets"], lookback_days=7)
    third = run_listed(later, second.state)
    (job,) = simulator.reporting_jobs[jobs:]
    assert job.after == simulator.clock.timestamp() - 8 * DAY  # the bookmark less lookback_days
    assert third.bookmarks["reporting_tickets"] == later["end_date"]


# Values under the right attribute, times that no date-time can hold


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
    """The dataset after an admin has put another attribute in the place of one."""
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
    simulator.dialect = Dialect(refused_attributes=("people.New",))
    catalog = select(discover(config), "reporting_call")
    output = run_tap(config, catalog=catalog, state=state, check=not change)
    if change:
        assert "it was asked for other attributes" in output.log
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
        **SMALL, dialect=Dialect(mutations=(mutation,)), reporting_timezone=zone, days=60
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
    truth = {row["standard.user_email"] for row in simulator.reporting.expected_rows("call", END)}
    assert {record["user_email"] for record in output.records("reporting_call")} == truth
