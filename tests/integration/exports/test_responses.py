"""Unusual responses: empty and partial downloads, large error bodies, errors in the log, hosts."""

from __future__ import annotations

import re

import pytest

from intercom_simulator import ApiVariant, Fault, JobFault, Simulator
from tap_intercom_export.tap import TapIntercomExport
from tests.faults.runner import configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.quick_clock import QuickClock
from tests.harness.singer import (
    run_without_waiting,
)
from tests.harness.stopped_simulator import stopped_simulator
from tests.harness.tap_process import running_tap

LARGE_BODY = b" " * 150_000_000


def test_empty_download_of_completed_job_is_damage(sim: Simulator) -> None:
    config = configuration(sim)
    sim.faults.add(Fault("download", empty_body=True, times=2))
    run = run_without_waiting(config)
    assert run.exit_code
    assert "it is empty" in run.log
    loaded = InMemoryTarget().load(run.lines)
    assert loaded.bookmarks == {}
    job = loaded.state["bookmarks"]["content_export"]["job"]
    assert job["job_identifier"] == sim.jobs[0].identifier
    again = run_without_waiting(config, loaded.state)
    assert ExpectedRows(sim).missing(loaded.load(again.lines).rows()) == {}
    assert sim.jobs[0].downloads == 3


@pytest.mark.parametrize(
    "headers",
    [{"ETag": '"another"'}, {"Content-Range": "bytes 3000-9999/10000"}],
    ids=["another ETag", "another total"],
)
def test_range_response_of_another_file_is_not_appended(
    sim: Simulator, headers: dict[str, str]
) -> None:
    """The body is the correct rest, so only the headers differ."""
    sim.faults.add(
        Fault("download", cut_after_bytes=3000),
        Fault("download", headers=headers, handled=True, corrupt_at=500),
    )
    run = run_without_waiting(configuration(sim))
    assert run.exit_code == 0
    assert "is damaged" not in run.log  # the partial response was not used
    ranges = [r.header("Range") for r in sim.requests if r.path.startswith("/download/")]
    assert ranges[:3] == [None, "bytes=3000-", None]
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("download", status=206, headers={"Content-Range": "bytes 5-6/7"}, body=LARGE_BODY),
        Fault("download", status=503, body=LARGE_BODY),
        Fault("status", status=503, body=LARGE_BODY),
        Fault("create", status=503, body=LARGE_BODY),
    ],
    ids=["another range", "download", "status", "create"],
)
def test_error_body_is_not_held_in_memory(sim: Simulator, fault: Fault) -> None:
    sim.faults.add(fault)
    with running_tap(configuration(sim), quick=True) as tap:
        assert tap.wait() == 0
        assert tap.peak_memory_mib < 160


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("HTTPS://API.Intercom.io/x", True),
        ("https://api.intercom.io:443/x", True),
        ("https://api.intercom.io./x", True),
        ("http://api.intercom.io/x", False),
        ("https://api.intercom.io:8443/x", False),
        ("https://api.intercom.io.example.com/x", False),
        ("https://api.intercom.io@example.com/x", False),
        ("https://api.intercom.io:port/x", False),
        ("https://api.eu.intercom.io/x", False),
    ],
)
def test_token_is_sent_to_same_host_in_any_spelling(url: str, *, own: bool) -> None:
    config = {"access_token": "t", "start_date": "2026-01-01"}
    tap = TapIntercomExport(config=config, setup_mapper=False)
    assert tap.client(QuickClock()).is_own_host(url) is own


def test_tar_that_is_too_large_unpacked_names_the_right_setting() -> None:
    variant = ApiVariant(container="tar.gz")
    with stopped_simulator(receipts=60, variant=variant) as sim:
        run = run_without_waiting(configuration(sim, max_unpacked_gigabytes=0.00001))
    assert "max_unpacked_gigabytes" in run.log
    assert "max_archive_gigabytes" not in run.log


def test_intercom_message_is_quoted_without_final_period(sim: Simulator) -> None:
    error = {"code": "action_forbidden", "message": "No."}
    body = {"type": "error.list", "errors": [error], "request_id": "r1"}
    sim.faults.add(Fault(status=403, body=body, times=None))
    run = run_without_waiting(configuration(sim))
    assert "action_forbidden: No (request r1). The app" in run.log
    assert ".. " not in run.log


def test_single_attempt_is_not_reported_as_several(sim: Simulator) -> None:
    sim.faults.add(Fault("cancel", status=500, times=None, handled=True))
    sim.job_faults.add(JobFault(never_ends=True))
    run = run_without_waiting(configuration(sim, job_timeout_minutes=30))
    assert re.search(r"could not be canceled: POST .* failed once: HTTP 500", run.log)
