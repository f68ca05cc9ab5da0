"""Faults of responses and jobs, seen by an HTTP client and on a socket."""

from __future__ import annotations

import gzip
import http.client
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from intercom_simulator import ApiVariant, Fault, JobFault, Simulator
from intercom_simulator.faults import FaultQueue
from tests.simulator.api import DAY_SECONDS, END, NOW, call
from tests.simulator.message_export import job_requests
from tests.simulator.message_export.job_requests import poll

if TYPE_CHECKING:
    from collections.abc import Iterator

BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=100, end=END) as simulator:
        yield simulator


def create(sim: Simulator, days: int = 30) -> requests.Response:
    return job_requests.create(sim, (NOW - days * DAY_SECONDS, NOW))


def download(sim: Simulator) -> requests.Response:
    """Download the last job, which is created if there is none."""
    if not sim.jobs:
        create(sim)
    return job_requests.download(sim, sim.jobs[-1].identifier)


def test_replaced_status_means_request_was_not_processed(sim: Simulator) -> None:
    sim.faults.add(Fault("create", status=503))
    assert create(sim).status_code == 503
    assert not sim.jobs
    assert create(sim).status_code == 200


def test_response_can_be_lost_after_job_creation(sim: Simulator) -> None:
    sim.faults.add(Fault("create", status=500, handled=True))
    assert create(sim).status_code == 500
    assert len(sim.jobs) == 1


def test_times_and_skip_count_affected_requests(sim: Simulator) -> None:
    sim.faults.add(Fault("status", times=2, skip=1, status=502))
    create(sim)
    identifier = sim.jobs[0].identifier
    assert [poll(sim, identifier).status_code for _ in range(4)] == [200, 502, 502, 200]


def test_unlimited_fault_affects_every_request(sim: Simulator) -> None:
    sim.faults.add(Fault(times=None, status=500))
    assert {create(sim).status_code for _ in range(3)} == {500}
    sim.faults.clear()
    assert create(sim).status_code == 200


def test_faults_queue_up(sim: Simulator) -> None:
    sim.faults.add(Fault("create", status=500), Fault("create", status=503))
    assert [create(sim).status_code for _ in range(3)] == [500, 503, 200]


def test_headers_are_set_and_removed(sim: Simulator) -> None:
    headers = {"Retry-After": "7", "X-RateLimit-Reset": None}
    sim.faults.add(Fault("create", status=429, handled=True, headers=headers))
    response = create(sim)
    assert response.headers["Retry-After"] == "7"
    assert "X-RateLimit-Reset" not in response.headers
    assert "X-RateLimit-Limit" in response.headers


@pytest.mark.parametrize(
    ("body", "text"), [({"a": 1}, '{"a": 1}'), ("<html>", "<html>"), (b"\x00", "\x00")]
)
def test_body_can_be_replaced(sim: Simulator, body: object, text: str) -> None:
    sim.faults.add(Fault("create", body=body))
    assert create(sim).text == text


def test_body_can_be_missing(sim: Simulator) -> None:
    sim.faults.add(Fault("create", empty_body=True))
    response = create(sim)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == "0"


@pytest.mark.parametrize("length", [None, "1000000"])
def test_length_can_be_missing_or_wrong(sim: Simulator, length: str | None) -> None:
    whole = download(sim).content
    sim.faults.add(Fault("download", headers={"Content-Length": length}))
    if length is None:
        assert download(sim).content == whole
    else:
        with pytest.raises(BROKEN):
            download(sim)


def test_redirect_has_location(sim: Simulator) -> None:
    sim.faults.add(Fault("create", redirect="http://example.invalid/", status=307))
    body = {"created_at_after": 1, "created_at_before": 2}
    response = call(sim, "POST", "/export/content/data", json=body, allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (307, "http://example.invalid/")


def test_delay_is_before_response(sim: Simulator) -> None:
    sim.faults.add(Fault("create", delay_seconds=0.2))
    started = time.perf_counter()
    create(sim)
    assert time.perf_counter() - started >= 0.2


def test_stall_pauses_body(sim: Simulator) -> None:
    whole = download(sim).content
    sim.faults.add(Fault("download", stall_after_bytes=100, stall_seconds=0.2))
    started = time.perf_counter()
    assert download(sim).content == whole
    assert time.perf_counter() - started >= 0.2


def test_stopping_ends_a_stall() -> None:
    faults = (Fault("create", stall_after_bytes=0, stall_seconds=60),)
    started = time.perf_counter()
    with (
        Simulator(receipts=10, end=END, faults=faults) as sim,
        pytest.raises(requests.ConnectionError, match="timed out"),
    ):
        requests.post(
            f"{sim.url}/export/content/data",
            headers={"Authorization": "Bearer sim-token"},
            timeout=0.1,
        )
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("chunked", [True, False])
def test_visible_cut_breaks_transfer(*, chunked: bool) -> None:
    with Simulator(receipts=100, end=END, variant=ApiVariant(chunked=chunked)) as sim:
        size = len(download(sim).content)
        sim.faults.add(Fault("download", cut_after_bytes=1_000))
        with pytest.raises(BROKEN):
            download(sim)
        assert len(download(sim).content) == size
        assert len(sim.jobs) == 1


@pytest.mark.parametrize("chunked", [True, False])
def test_hidden_cut_looks_complete(*, chunked: bool) -> None:
    with Simulator(receipts=100, end=END, variant=ApiVariant(chunked=chunked)) as sim:
        whole = download(sim).content
        sim.faults.add(
            Fault("download", cut_after_bytes=1_000, hide_cut=True),
            Fault("download", cut_fraction=0.5, hide_cut=True),
        )
        assert download(sim).content == whole[:1_000]
        assert download(sim).content == whole[: len(whole) // 2]


def test_hidden_cut_of_decoded_body_raises_no_error(sim: Simulator) -> None:
    sim.variant = ApiVariant(container="gzip")
    whole = gzip.decompress(download(sim).content)
    headers = {"Content-Encoding": "gzip"}
    sim.faults.add(Fault("download", cut_fraction=0.5, hide_cut=True, headers=headers))
    received = download(sim).content
    assert received
    assert whole.startswith(received)
    assert len(received) < len(whole)


def test_one_byte_can_be_changed(sim: Simulator) -> None:
    whole = download(sim).content
    sim.faults.add(Fault("download", corrupt_at=500), Fault("download", corrupt_at=-1))
    first, last = download(sim).content, download(sim).content
    assert first == whole[:500] + bytes([whole[500] ^ 0xFF]) + whole[501:]
    assert last == whole[:-1] + bytes([whole[-1] ^ 0xFF])


def test_reset_after_handling_creates_job(sim: Simulator) -> None:
    sim.faults.add(Fault("create", reset=True))
    connection = http.client.HTTPConnection(sim.url.removeprefix("http://"), timeout=10)
    body = f'{{"created_at_after": {NOW - DAY_SECONDS}, "created_at_before": {NOW}}}'
    headers = {"Authorization": "Bearer sim-token"}
    connection.request("POST", "/export/content/data", body, headers)
    with pytest.raises(ConnectionResetError):
        connection.getresponse()
    assert len(sim.jobs) == 1
    assert sim.requests[0].status is None


def test_connection_can_be_closed_without_an_answer(sim: Simulator) -> None:
    sim.faults.add(Fault("create", close_connection=True, handled=False))
    with pytest.raises(requests.ConnectionError, match="without response"):
        create(sim)
    assert not sim.jobs


def test_reset_can_happen_in_body(sim: Simulator) -> None:
    download(sim)
    sim.faults.add(Fault("download", cut_after_bytes=500, reset=True))
    with pytest.raises(BROKEN):
        download(sim)
    assert sim.requests[-1].status == 200


def test_faults_do_not_affect_other_requests(sim: Simulator) -> None:
    sim.faults.add(Fault("download", status=500), Fault("cancel", status=418))
    create(sim)
    assert poll(sim, sim.jobs[0].identifier).status_code == 200
    path = f"/export/cancel/{sim.jobs[0].identifier}"
    assert [call(sim, "POST", path).status_code for _ in range(2)] == [418, 200]


def test_storage_host_has_separate_faults(sim: Simulator) -> None:
    sim.variant = ApiVariant(redirect_status=302)
    sim.faults.add(Fault("storage", status=503))
    assert download(sim).status_code == 503
    assert download(sim).status_code == 200


@pytest.mark.parametrize(("failed_status", "expected"), [(504, 504), (200, 200)])
def test_job_can_fail(failed_status: int, expected: int) -> None:
    variant = ApiVariant(failed_http_status=failed_status)
    faults = (JobFault(ends_as="failed"),)
    with Simulator(receipts=10, end=END, variant=variant, job_faults=faults) as sim:
        identifier = create(sim).json()["job_identifier"]
        response = poll(sim, identifier)
        assert response.status_code == expected
        assert response.json() == {
            "job_identifier": identifier,
            "status": "failed",
            "download_url": "",
            "download_expires_at": "",
        }
        assert poll(sim, create(sim).json()["job_identifier"]).json()["status"] == "completed"


@pytest.mark.parametrize("word", ["canceled", "no_data"])
def test_job_can_end_with_other_status(sim: Simulator, word: Any) -> None:
    sim.job_faults.add(JobFault(ends_as=word))
    assert poll(sim, create(sim).json()["job_identifier"]).json()["status"] == word
    assert not sim.jobs[0].cancelled


def test_job_can_show_an_unknown_status_and_never_end(sim: Simulator) -> None:
    sim.job_faults.add(JobFault(status_word="archiving", never_ends=True))
    identifier = create(sim).json()["job_identifier"]
    assert poll(sim, identifier).json()["status"] == "archiving"
    assert create(sim).status_code == 429


def test_long_ranges_can_fail(sim: Simulator) -> None:
    sim.job_faults.add(
        JobFault(ends_as="failed", range_longer_than_seconds=20 * DAY_SECONDS, times=None)
    )
    statuses = []
    for days in (21, 20, 30):
        identifier = create(sim, days).json()["job_identifier"]
        statuses.append(poll(sim, identifier).json()["status"])
    assert statuses == ["failed", "completed", "failed"]


def test_job_fault_applies_to_job_number(sim: Simulator) -> None:
    sim.job_faults.add(JobFault(job_number=2, ends_as="failed"))
    for _ in range(3):
        create(sim)
    assert [job.status for job in sim.jobs] == ["completed", "failed", "completed"]


def test_job_can_be_cut_at_a_number_of_rows(sim: Simulator) -> None:
    sim.variant = ApiVariant(container="csv")
    sim.job_faults.add(JobFault(max_rows=3))
    cut = download(sim).content
    create(sim)
    assert download(sim).content.startswith(cut)
    assert cut.count(b"961758") + cut.count(b"90071992") >= 1
    assert len(cut) < len(download(sim).content)


def test_completed_job_can_be_expired(sim: Simulator) -> None:
    sim.job_faults.add(JobFault(expired=True), JobFault(not_found=True))
    create(sim)
    assert poll(sim, sim.jobs[0].identifier).json()["status"] == "completed"
    assert download(sim).status_code == 404
    create(sim)
    assert poll(sim, sim.jobs[1].identifier).status_code == 404


def test_job_can_have_run_time(sim: Simulator) -> None:
    sim.job_faults.add(JobFault(duration_seconds=30))
    create(sim)
    assert sim.jobs[0].status == "pending"


def test_only_first_applicable_fault_is_used() -> None:
    faults = FaultQueue([Fault(status=1, skip=1), Fault(status=2, times=2), Fault(status=3)])
    found = [faults.next(lambda _: True) for _ in range(5)]
    assert [fault and fault.status for fault in found] == [2, 1, 2, 3, None]
