"""Records in every variant of the simulated API."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import API_VARIANTS, ApiVariant, Fault, JobFault, Mutation
from intercom_simulator.content_export.columns import FILES
from tests.harness.expected_rows import differences, expected
from tests.harness.singer import run_in_process

if TYPE_CHECKING:
    from intercom_simulator import Simulator
    from tests.harness.fixture_types import Configure, Simulate
    from tests.harness.singer import Output

MORE_VARIANTS = {
    "tar_gz": ApiVariant(container="tar.gz"),
    "tar_gz_in_folder": ApiVariant(container="tar.gz", folder="data/", parts_per_file=2),
    "wrapped_twice": ApiVariant(gzip_layers=2),
    "plain_time": ApiVariant(time_format="plain"),
    "milliseconds": ApiVariant(time_format="milliseconds"),
    "seconds_in_csv": ApiVariant(
        container="csv", time_format="seconds", byte_order_mark=True, line_end="\r\n"
    ),
    "no_stamp": ApiVariant(timestamp_format=""),
    "iso_stamp": ApiVariant(timestamp_format="-%Y%m%dT%H%M"),
    "redirect_permanent": ApiVariant(redirect_status=308, chunked=True),
    "storage_link_chunked": ApiVariant(download_url="storage", chunked=True, range_requests=False),
    "events_by_receipt": ApiVariant(events_by="receipt"),
}
ALL_VARIANTS = {**API_VARIANTS, **MORE_VARIANTS}

ONLY_RECEIPTS = {"gzip", "csv"}


def assert_complete(simulator: Simulator, output: Output, variant: ApiVariant) -> None:
    statistics = ["receipt"] if variant.container in ONLY_RECEIPTS else list(FILES)
    for statistic in statistics:
        expected_rows = expected(simulator, statistic, simulator.clock.now())
        assert expected_rows, (
            f"the simulator has nothing of {statistic}, so the comparison would prove nothing"
        )
        missing = [column for file, column in variant.dropped_columns if file == statistic]
        loaded = output.loaded(statistic)
        assert differences(statistic, expected_rows, loaded, missing=missing) == [], statistic


OTHER_TOTALS = {"overview_of_all_time"}
"""Variants in which the totals of `overview` have another meaning."""


@pytest.mark.parametrize(
    "variant",
    [variant for name, variant in ALL_VARIANTS.items() if name not in OTHER_TOTALS],
    ids=[name for name in ALL_VARIANTS if name not in OTHER_TOTALS],
)
def test_records_are_equal_in_every_variant(
    simulate: Simulate,
    configure: Configure,
    variant: ApiVariant,
) -> None:
    simulator = simulate(variant=variant)
    output = run_in_process(configure(simulator))
    assert_complete(simulator, output, variant)
    assert output.records("rejected_row") == []


@pytest.mark.parametrize(
    "variant",
    [API_VARIANTS["storage_link"], API_VARIANTS["storage_redirect"]],
    ids=["storage_link", "storage_redirect"],
)
def test_token_is_sent_to_no_other_host(
    simulate: Simulate,
    configure: Configure,
    variant: ApiVariant,
) -> None:
    simulator = simulate(variant=variant, receipts=30, days=5)
    output = run_in_process(configure(simulator))
    elsewhere = [request for request in simulator.requests if request.host == "storage"]
    assert all(simulator.token not in str(request.headers) for request in elsewhere)
    assert output.records("receipt")


def test_failed_job_with_status_200_is_retried(simulate: Simulate, configure: Configure) -> None:
    variant = API_VARIANTS["failed_with_200"]
    simulator = simulate(variant=variant, job_faults=[JobFault(job_number=1, ends_as="failed")])
    output = run_in_process(configure(simulator))
    assert_complete(simulator, output, variant)


@pytest.mark.parametrize("name", ["message-data-export.1a2b.3c4d.csv", "export", "open.txt"])
def test_single_file_is_recognized_by_columns(
    simulate: Simulate, configure: Configure, name: str
) -> None:
    """The name occurs in the samples of Intercom's reference."""
    packed = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=packed) as stream:
        stream.write(b"receipt_id,opened_at\n1,2025-05-20T10:00:00.000Z\n")
    simulator = simulate(faults=[Fault("download", body=packed.getvalue(), times=None)])
    output = run_in_process(configure(simulator))
    assert [record["receipt_id"] for record in output.loaded("open")] == ["1"]
    assert output.records("other_statistic") == []


def test_unknown_file_is_written_row_by_row(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(variant=API_VARIANTS["schema_drift"])
    output = run_in_process(configure(simulator))
    found = output.loaded("other_statistic")
    assert {record["statistic"] for record in found} == {"hologram_view"}
    assert {str(sorted(record["row"].items())) for record in found} == {
        str(sorted(row.items()))
        for row in (
            {
                "receipt_id": "961758128",
                "projected_at": "2026-01-05T10:00:00.000Z",
                "colour": "teal",
            },
            {
                "receipt_id": "961758135",
                "projected_at": "2026-01-06T11:30:00.000Z",
                "colour": "blue, dark",
            },
        )
    }


def test_unknown_column_is_added_to_schema_and_records(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(variant=API_VARIANTS["schema_drift"])
    output = run_in_process(configure(simulator))
    first, *_, last = output.schemas("open")
    assert "client" not in first["properties"]
    assert "null" in last["properties"]["client"]["type"]
    assert last["properties"]["client"]["description"]
    assert {record["client"] for record in output.records("open")} == {"Mail, v2"}


def test_damaged_rows_are_rejected_and_others_are_written(
    simulate: Simulate, configure: Configure
) -> None:
    mutations = (
        Mutation("open", line=1, replace=b'"never closed,2025-05-01T00:00:00.000Z'),
        Mutation("click", line=2, keep_cells=2),
        Mutation("reply", line=1, insert=b"\x00"),
        Mutation("checkpoint", line=1, keep_cells=3),
        Mutation("completion", line=1, replace=b"77,not a time"),
        Mutation("dismissal", line=1, replace=b",2025-05-01T00:00:00.000Z"),
    )
    simulator = simulate(variant=ApiVariant(mutations=mutations), days=20)
    output = run_in_process(configure(simulator))
    rejected = output.loaded("rejected_row")
    damaged = {mutation.file for mutation in mutations}
    assert {record["file"].rpartition("_")[0] for record in rejected} == damaged
    assert all(record["reason"] and record["raw"] for record in rejected)
    assert "damaged" in output.log
    for statistic in FILES:
        expected_rows = expected(simulator, statistic, simulator.clock.now())
        differing = differences(statistic, expected_rows, output.loaded(statistic))
        assert len(differing) == (statistic in damaged), (statistic, differing)


@pytest.mark.parametrize("container", ["zip", "gzip", "tar.gz", "csv"])
def test_empty_window_moves_bookmark_in_any_container(
    simulate: Simulate,
    configure: Configure,
    container: Any,
) -> None:
    variant = replace(ApiVariant(), container=container, empty_files=True)
    simulator = simulate(variant=variant, receipts=0, days=3)
    output = run_in_process(configure(simulator))
    assert output.bookmarks["receipt"] == configure(simulator)["end_date"]
    assert output.records("receipt") == []
