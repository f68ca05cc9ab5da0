"""Responses that Intercom does not document but a proxy or a change could bring, over real HTTP."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from intercom_simulator import Clock, Fault, JobFault, Simulator
from tap_intercom_export.errors import UnavailableError
from tests.faults.runner import configuration
from tests.harness.downloads import download, serving
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import run_without_waiting
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Iterator

ERRORS = {
    "type": "error.list",
    "request_id": "r1",
    "errors": [{"code": "server_error", "message": "Out of order."}],
}
SLOT_TAKEN = {
    "type": "error.list",
    "errors": [
        {"code": "x", "message": "Exceeded rate limit of 1 pending message data export jobs"}
    ],
}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=60, days=20, end=END, clock=Clock(END, running=False)) as simulator:
        yield simulator


@pytest.mark.parametrize("route", ["create", "status", "download"])
@pytest.mark.parametrize("status", [501, 507, 520, 522, 524, 529])
def test_any_server_error_is_retried(sim: Simulator, route: Any, status: int) -> None:
    sim.faults.add(Fault(route, status=status, body="<html>", times=2))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0, run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize("status", [201, 202, 204])
def test_archive_that_is_not_ready_is_requested_again(sim: Simulator, status: int) -> None:
    body = None if status == 204 else {"status": "preparing"}
    sim.faults.add(Fault("download", status=status, body=body, empty_body=not body, times=4))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0, run.log
    assert len(sim.jobs) == 2
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


def test_archive_that_is_never_ready_ends_the_run(sim: Simulator) -> None:
    sim.faults.add(Fault("download", status=202, body={}, times=None))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 4
    assert "Download from 127.0.0.1" in run.log
    assert run.bookmarks == {}
    assert "job" in run.state["bookmarks"]["content_export"]


INVALID_DATES = [
    "",
    "yesterday",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Mon, 01 Jan 99999 00:00:00 GMT",
    "Mon, 01 Jan 2025 00:00:00 +999999999999999999999",
]


@pytest.mark.parametrize("date", INVALID_DATES)
def test_invalid_date_of_a_response_is_ignored(sim: Simulator, date: str) -> None:
    """Otherwise all would be exported up to 1970, in every run."""
    sim.faults.add(Fault(headers={"Date": date}, times=None, handled=True))
    run = run_without_waiting(configuration(sim, end_date=None, window_days=400, lookback_days=0))
    assert run.exit_code == 0, run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize("date", INVALID_DATES)
def test_invalid_date_to_retry_at_is_ignored(sim: Simulator, date: str) -> None:
    sim.faults.add(Fault("status", status=429, headers={"Retry-After": date}, times=2))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0, run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize("route", ["status", "download"])
def test_410_means_that_the_job_is_gone(sim: Simulator, route: Any) -> None:
    first = run_without_waiting({**configuration(sim), "max_archive_gigabytes": 0.000001})
    assert first.exit_code
    job = first.state["bookmarks"]["content_export"]["job"]
    job["requested_at"] = "2025-05-01T00:00:00Z"  # a new job may only be unknown yet
    sim.faults.add(Fault(route, status=410, body=ERRORS, times=2 if route == "download" else 1))
    again = run_without_waiting(configuration(sim), first.state)
    assert again.exit_code == 0, again.log
    assert f"Forgetting job {job['job_identifier']}, which is gone" in again.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(again.lines).rows()) == {}


@pytest.mark.parametrize("route", ["create", "status"])
def test_errors_in_a_success_are_retried(sim: Simulator, route: Any) -> None:
    sim.faults.add(Fault(route, status=200, body=ERRORS, times=2))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0, run.log
    assert "server_error: Out of order (request r1); retrying in" in run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize("route", ["create", "status"])
def test_errors_in_a_success_are_in_the_last_error(sim: Simulator, route: Any) -> None:
    sim.faults.add(Fault(route, status=200, body=ERRORS, times=None))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 4
    assert "failed 9 times; the last time: HTTP 200 server_error: Out of order" in run.log


def test_taken_slot_in_a_success_is_waited_for(sim: Simulator) -> None:
    sim.faults.add(Fault("create", status=200, body=SLOT_TAKEN, times=12))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0, run.log
    assert "Another export holds the workspace's job slot" in run.log


def test_missing_status_of_job_is_logged_once(sim: Simulator) -> None:
    sim.faults.add(Fault("status", status=200, body={"job_identifier": "x"}, times=3, skip=1))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0, run.log
    assert run.log.count("has the unknown status ''; still waiting") == 1


@pytest.mark.parametrize(
    "status", ["COMPLETED", " completed ", "Complete\n", "Success", "DONE", "completed_with_errors"]
)
def test_completed_in_any_spelling(sim: Simulator, status: str) -> None:
    sim.faults.add(Fault("status", body={"job_identifier": "x", "status": status}, times=None))
    run = run_without_waiting(configuration(sim, window_days=30))
    assert run.exit_code == 0, run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}
    assert ("WARNING The tap does not know the status" in run.log) is ("errors" in status)


@pytest.mark.parametrize("status", ["No Data", " no-data", "NO_DATA"])
def test_no_data_in_any_spelling(sim: Simulator, status: str) -> None:
    """Otherwise the job would be polled for hours, canceled, and requested again."""
    sim.faults.add(Fault("status", body={"job_identifier": "x", "status": status}, times=None))
    run = run_without_waiting(configuration(sim, window_days=30))
    assert run.exit_code == 0, run.log
    assert len(sim.jobs) == 1
    assert run.bookmarks["receipt"] == "2025-06-01T12:30:00Z"


@pytest.mark.parametrize("status", ["Failed", " ERROR ", "Cancelled", "Expired"])
def test_failed_in_any_spelling(sim: Simulator, status: str) -> None:
    sim.faults.add(Fault("status", body={"job_identifier": "x", "status": status}))
    run = run_without_waiting(configuration(sim, window_days=30))
    assert run.exit_code == 0, run.log
    assert len(sim.jobs) == 2


def test_504_of_a_gateway_without_a_job_is_retried(sim: Simulator) -> None:
    sim.faults.add(Fault("status", status=504, body={"status": "failed", "message": "upstream"}))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0, run.log
    assert len(sim.jobs) == 2
    assert "ended as 'failed'" not in run.log


def test_504_of_a_failed_job_is_not_retried(sim: Simulator) -> None:
    sim.job_faults.add(JobFault(ends_as="failed"))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0, run.log
    assert len(sim.jobs) == 3
    assert "ended as 'failed'" in run.log


INVALID_URLS = [
    5,
    {"url": "x"},
    ["https://x"],
    True,
    " ",
    "\0",
    "None",
    "https://",
    "http://[bad",
    "https://api.intercom.io:port/x",
    "https://[1]:99999999/x",
    "https://a b/c",
    "https://\udcff/x",
    "ftp://intercom.example/x",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "//other.invalid/x",
    "http://127.0.0.1:1/x",
]
"""Values of `download_url` that no archive can be downloaded from."""


@pytest.mark.parametrize("url", INVALID_URLS)
def test_invalid_download_url_does_not_matter(sim: Simulator, url: Any) -> None:
    body = {"job_identifier": "x", "status": "completed", "download_url": url}
    sim.faults.add(Fault("status", body=body, times=None))
    run = run_without_waiting(configuration(sim, window_days=30))
    assert run.exit_code == 0, run.log
    assert len(sim.jobs) == 1
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize("url", INVALID_URLS)
def test_job_whose_archive_is_nowhere_is_gone(sim: Simulator, url: Any) -> None:
    """Otherwise every run would stop at it, although a new job has the same data."""
    body = {"job_identifier": "x", "status": "completed", "download_url": url}
    sim.faults.add(
        Fault("status", body=body, times=None), Fault("download", status=404, body=ERRORS)
    )
    run = run_without_waiting(configuration(sim, window_days=30))
    assert run.exit_code == 0, run.log
    assert len(sim.jobs) == 2
    assert f"Forgetting job {sim.jobs[0].identifier}, which is gone" in run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


def test_log_does_not_have_the_password_of_a_download_url(sim: Simulator) -> None:
    body = {
        "job_identifier": "x",
        "status": "completed",
        "download_url": "https://user:secret@127.0.0.1:1/x",
    }
    sim.faults.add(
        Fault("status", body=body, times=None), Fault("download", status=404, body=ERRORS)
    )
    run = run_without_waiting(configuration(sim, window_days=30))
    assert "Download from 127.0.0.1:1 failed" in run.log
    assert "secret" not in run.log


@pytest.mark.parametrize("location", ["https://[bad", "ftp://x/y", " "])
@pytest.mark.parametrize("route", ["status", "download"])
def test_redirect_to_an_invalid_url_is_an_error(sim: Simulator, route: Any, location: str) -> None:
    sim.faults.add(Fault(route, redirect=location, times=None))
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 3
    assert "was redirected to" in run.log
    assert "job" in run.state["bookmarks"]["content_export"]


class _CappedRanges(ThreadingHTTPServer):
    """Serves `content`, at most `CAP` bytes in one response, as a 206."""

    CAP = 300
    daemon_threads = True

    def __init__(self, *, etag: str) -> None:
        super().__init__(("127.0.0.1", 0), _CappedRangesHandler)
        self.content = b"receipt_id\n" + b"1\n" * 500
        self.etag = etag
        self.requests = 0


class _CappedRangesHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _CappedRanges)
        server.requests += 1
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))
        first = int(wanted[1]) if wanted else 0
        body = server.content[first : first + server.CAP]
        self.send_response(206)
        self.send_header("Content-Length", str(len(body)))
        last = first + len(body) - 1
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(server.content)}")
        if server.etag:
            self.send_header("ETag", server.etag)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_rest_of_a_file_in_capped_ranges_is_requested() -> None:
    with serving(_CappedRanges(etag='"a"')) as server:
        assert download(server) == server.content
        assert server.requests == 4


def test_part_of_a_file_is_not_the_file() -> None:
    """Without an ETag the rest cannot be requested, and a CSV does not tell that it is cut."""
    with serving(_CappedRanges(etag="")) as server, pytest.raises(UnavailableError):
        download(server)
