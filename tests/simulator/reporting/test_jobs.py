"""Reporting jobs: requests that are refused, polling, slots, downloads, faults."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
import requests

from intercom_simulator import ApiVariant, Fault, JobFault, Simulator
from tests.simulator.api import DAY_SECONDS, NOW, message
from tests.simulator.reporting.report_requests import IDS, call, download, enqueue, report


def poll(sim: Simulator, identifier: str) -> requests.Response:
    return call(sim, "GET", f"/export/reporting_data/{identifier}")


GOOD = {
    "dataset_id": "conversation",
    "attribute_ids": ["conversation_id"],
    "start_time": NOW - DAY_SECONDS,
    "end_time": NOW,
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"dataset_id": None}, "'dataset_id' is a required parameter"),
        ({"dataset_id": "imaginary"}, "imaginary is not a valid dataset_id"),
        ({"attribute_ids": None}, "'attribute_ids' is a required parameter"),
        ({"attribute_ids": []}, "attribute_ids must contain at least one attribute_id"),
        (
            {"attribute_ids": "not an array"},
            "'attribute_ids' not an array must be of type Array",
        ),
        (
            {"attribute_ids": ["a", "conversation_id", "standard.b"]},
            "attribute_ids invalid for conversation dataset: a, standard.b",
        ),
        ({"start_time": None}, "'start_time' is a required parameter"),
        ({"end_time": None}, "'end_time' is a required parameter"),
        ({"end_time": "now"}, "'end_time' must be an integer"),
        ({"start_time": NOW + 1}, "start_time is greater than end_time"),
        (
            {"start_time": NOW - 731 * DAY_SECONDS},
            "start_time is beyond the reporting data retention of 2 years",
        ),
    ],
)
def test_invalid_report_request_is_refused(
    sim: Simulator, change: dict[str, Any], expected: str
) -> None:
    body = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    response = call(sim, "POST", "/export/reporting_data/enqueue", json=body)
    assert message(response) == f"400 bad_request: {expected}"
    assert not sim.reporting_jobs


@pytest.mark.parametrize(
    ("variant", "text"),
    [
        (
            ApiVariant(reporting_max_range_seconds=30 * DAY_SECONDS),
            "The time range is longer than 30 days",
        ),
        (
            ApiVariant(reporting_max_attributes=1),
            "attribute_ids must contain at most 1 attribute_ids",
        ),
        (
            ApiVariant(refused_attributes=("standard.conversation_id",)),
            "attribute_ids invalid for conversation dataset: standard.conversation_id",
        ),
    ],
)
def test_unpublished_limits_can_be_set(sim: Simulator, variant: ApiVariant, text: str) -> None:
    sim.variant = variant
    assert message(enqueue(sim)) == f"400 bad_request: {text}"


def test_variant_may_require_qualified_ids(sim: Simulator) -> None:
    sim.variant = ApiVariant(reporting_qualified_only=True, reporting_qualified_headers=True)
    assert message(enqueue(sim, attributes=("conversation_id",))).endswith(": conversation_id")
    assert report(sim)[0] == list(IDS)


def test_report_is_created_polled_and_downloaded(sim: Simulator) -> None:
    sim.job_seconds = 0.2
    created = enqueue(sim)
    identifier = created.json()["job_identifier"]
    pending = {
        "job_identifier": identifier,
        "status": "pending",
        "download_url": "",
        "download_expires_at": "",
    }
    assert (created.status_code, created.json()) == (200, pending)
    assert poll(sim, identifier).json() == pending
    sim.reporting_jobs[0].started -= 1
    done = poll(sim, identifier).json()
    assert done["status"] == "complete"
    assert done["download_url"] == f"{sim.url}/download/reporting_data/{identifier}"
    assert int(done["download_expires_at"]) == pytest.approx(NOW + 2 * DAY_SECONDS, abs=5)
    assert download(sim, identifier).headers["Content-Type"] == "application/octet-stream"
    assert sim.requests[-1].path == f"/download/reporting_data/{identifier}"
    assert not sim.jobs


def test_five_reports_may_be_pending_besides_a_message_export(sim: Simulator) -> None:
    sim.job_seconds = 60
    span = {"created_at_after": NOW - DAY_SECONDS, "created_at_before": NOW}
    assert call(sim, "POST", "/export/content/data", json=span).status_code == 200
    assert [enqueue(sim).status_code for _ in range(5)] == [200] * 5
    expected = "Exceeded rate limit of 5 pending reporting dataset export jobs"
    assert message(enqueue(sim)) == f"429 rate_limit_exceeded: {expected}"
    sim.reporting_jobs[0].end("failed")
    assert enqueue(sim).status_code == 200


def test_another_client_can_occupy_report_slots(sim: Simulator) -> None:
    held = sim.hold_reporting_slots()
    assert enqueue(sim).status_code == 429
    held[2].cancel()
    assert enqueue(sim).status_code == 200


def test_report_cannot_be_cancelled(sim: Simulator) -> None:
    identifier = enqueue(sim).json()["job_identifier"]
    assert call(sim, "POST", f"/export/cancel/{identifier}").status_code == 404


def test_unknown_unfinished_or_expired_report_is_not_found(sim: Simulator) -> None:
    text = "404 not_found: Export job not found for identifier: "
    assert message(poll(sim, "job1")) == f"{text}job1"
    assert message(download(sim, "job1")) == f"{text}job1"
    sim.job_seconds = 60
    identifier = enqueue(sim).json()["job_identifier"]
    assert message(download(sim, identifier)) == text + identifier
    sim.reporting_jobs[0].started -= 60
    assert download(sim, identifier).status_code == 200
    sim.clock.advance(3 * DAY_SECONDS)
    assert message(download(sim, identifier)) == text + identifier


def test_download_needs_its_accept_header(sim: Simulator) -> None:
    identifier = enqueue(sim).json()["job_identifier"]
    response = call(sim, "GET", f"/download/reporting_data/{identifier}")
    assert message(response).startswith("400 bad_request: ")


def test_faults_apply_to_report_routes(sim: Simulator) -> None:
    sim.faults.add(
        Fault("create", status=500),
        Fault("reporting_datasets", status=501),
        Fault("reporting_create", status=502),
        Fault("reporting_status", status=503),
        Fault("reporting_download", cut_fraction=0.5, hide_cut=True),
    )
    assert call(sim, "GET", "/export/reporting_data/get_datasets").status_code == 501
    assert enqueue(sim).status_code == 502
    identifier = enqueue(sim).json()["job_identifier"]
    assert poll(sim, identifier).status_code == 503
    short, whole = download(sim, identifier).content, download(sim, identifier).content
    assert whole.startswith(short)
    assert len(short) < len(whole)


def test_job_faults_distinguish_exports_and_datasets(sim: Simulator) -> None:
    sim.job_faults.add(
        JobFault(ends_as="failed"),
        JobFault(export="reporting", dataset="call", ends_as="failed"),
        JobFault(export="reporting", max_rows=3),
    )
    assert len(report(sim)) == 4
    assert len(report(sim)) == 61
    identifier = enqueue(sim, "call", ("call_id",)).json()["job_identifier"]
    failed = poll(sim, identifier)
    assert (failed.status_code, failed.json()["status"]) == (200, "failed")
    assert failed.json()["download_url"] == ""


def test_reports_can_come_from_the_storage_host(sim: Simulator) -> None:
    sim.variant = ApiVariant(download_url="storage", reporting_completed_status="completed")
    identifier = enqueue(sim).json()["job_identifier"]
    job = poll(sim, identifier).json()
    assert job["status"] == "completed"
    assert job["download_url"].startswith(sim.storage_url)
    assert gzip.decompress(requests.get(job["download_url"], timeout=10).content)
    bearer = {"Authorization": "Bearer x"}
    assert requests.get(job["download_url"], headers=bearer, timeout=10).status_code == 400
