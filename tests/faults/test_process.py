"""Faults that need a process: full disks, memory, temporary files, DEBUG logs, two taps."""

from __future__ import annotations

import json
import re
import resource
import stat
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import ApiVariant, Fault, JobFault, Simulator
from tap_intercom_export.errors import ExitStatus
from tests.faults import malicious_archives
from tests.faults.runner import configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import run_without_waiting
from tests.harness.stopped_simulator import END, stopped_simulator
from tests.harness.tap_process import running_tap

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

MAX_MEMORY_MIB = 250
"""An idle tap needs about 80 MiB."""


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with stopped_simulator(receipts=200) as simulator:
        yield simulator


def last_line(log: str) -> str:
    return log.rstrip().splitlines()[-1]


@pytest.mark.parametrize(
    ("variant", "receipts"),
    [(ApiVariant(), 200), (ApiVariant(gzip_layers=1), 200), (ApiVariant(container="tar.gz"), 200)],
    ids=["zip", "zip in gzip", "tar.gz"],
)
def test_full_disk_is_reported_in_one_line(variant: ApiVariant, receipts: int) -> None:
    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    with stopped_simulator(receipts=receipts, variant=variant) as sim:
        config = configuration(sim)
        with running_tap(config, before=small_disk) as tap:
            assert tap.wait() == 1
            assert "does not fit into" in last_line(tap.log)
            assert "TMPDIR" in last_line(tap.log)
            assert "Traceback" not in tap.log
            state = InMemoryTarget().load(tap.lines)
        assert not state.bookmarks
        again = InMemoryTarget().load(run_without_waiting(config, state.state).lines)
        assert not ExpectedRows(sim).missing(again.rows())


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL", "end"])
def test_spool_file_is_private_and_removed(sim: Simulator, how: str) -> None:
    stall = 0.8 if how == "end" else 8.0
    sim.faults.add(Fault("download", stall_after_bytes=9000, stall_seconds=stall))
    with running_tap(configuration(sim)) as tap:
        deadline = time.monotonic() + 10
        while not (spools := open_files(tap.process.pid, tap.temporary)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for status in spools:
            assert stat.S_IMODE(status.st_mode) == 0o600
            assert status.st_nlink == 0
        assert not list(tap.temporary.iterdir())
        if how == "SIGTERM":
            tap.process.terminate()
        elif how == "SIGKILL":
            tap.process.kill()
        tap.wait()
        assert not list(tap.temporary.iterdir())


def open_files(pid: int, folder: Path) -> list[os.stat_result]:
    """Return the open files of a process in a folder, including unlinked files."""
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if str(descriptor.readlink()).startswith(str(folder)):
                found.append(descriptor.stat())
    return found


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (lambda: malicious_archives.zip_bomb(110), "max_compression_ratio"),
        (lambda: malicious_archives.endless_line(120), None),
        (lambda: malicious_archives.many_files(300_000, announced=5), "refused|damaged"),
        (lambda: malicious_archives.large_pax_header(50), "refused|damaged"),
        (lambda: malicious_archives.unclosed_quotes(10), None),
    ],
    ids=["bomb", "a line of 120 MB", "300,000 hidden files", "a header of 50 MB", "open quotes"],
)
def test_memory_is_bounded_for_malicious_archives(body: Any, says: str | None) -> None:
    fault = Fault("download", body=body(), times=None)
    with Simulator(receipts=5, days=20, end=END, faults=[fault]) as sim:
        started = time.monotonic()
        with running_tap(configuration(sim, window_days=30), quick=True) as tap:
            status = tap.wait()
            log = tap.log
        assert tap.peak_memory_mib < MAX_MEMORY_MIB
        assert time.monotonic() - started < 30
        assert "Traceback" not in log
        if says:
            assert status == ExitStatus.UNREADABLE
            assert re.search(says, last_line(log))


@pytest.mark.parametrize(
    ("variant", "fault"),
    [
        (ApiVariant(redirect_status=302), Fault("storage", times=None, reset=True, handled=False)),
        (ApiVariant(redirect_status=302), Fault("storage", times=None, status=503)),
        (ApiVariant(download_url="storage"), Fault("download", times=None, status=500)),
        (ApiVariant(download_url="storage"), Fault("download", status=404)),
        (ApiVariant(), Fault(times=None, reset=True, handled=False)),
        (ApiVariant(), Fault("status", body="<html>")),
    ],
    ids=["reset", "503", "500", "404", "all reset", "no JSON"],
)
def test_debug_log_contains_neither_token_nor_signed_url(
    sim: Simulator, variant: ApiVariant, fault: Fault
) -> None:
    sim.variant = variant
    sim.faults.add(fault)
    debug = {"LOGLEVEL": "DEBUG", "TAP_INTERCOM_EXPORT_LOGLEVEL": "DEBUG"}
    with running_tap(configuration(sim), quick=True, environment=debug) as tap:
        tap.wait()
        log = tap.log
    assert "DEBUG" in log
    assert sim.token not in log
    assert "signature" not in log
    assert "Authorization" not in log


def test_user_errors_have_no_traceback(sim: Simulator) -> None:
    for settings, status in (
        ({"access_token": "wrong"}, ExitStatus.REFUSED),
        ({"api_url": "http://127.0.0.1:9"}, ExitStatus.UNAVAILABLE),
    ):
        with running_tap(configuration(sim, **settings), quick=True) as tap:
            assert tap.wait() == status
            assert "Traceback" not in tap.log
            assert "| ERROR " in last_line(tap.log)


def test_two_concurrent_taps_on_one_workspace_both_finish() -> None:
    with (
        stopped_simulator(receipts=100, job_seconds=0.15) as sim,
        ExitStack() as stack,
    ):
        config = configuration(sim, window_days=5)
        taps = [stack.enter_context(running_tap(config)) for _ in range(2)]
        assert [tap.wait() for tap in taps] == [0, 0]
        for tap in taps:
            assert not ExpectedRows(sim).missing(InMemoryTarget().load(tap.lines).rows())
        ranges = Counter((job.after, job.before) for job in sim.jobs)
        assert set(ranges.values()) == {2}
        assert any("Another export holds the workspace's job slot" in tap.log for tap in taps)


def test_job_of_a_terminated_run_is_not_canceled() -> None:
    with stopped_simulator(receipts=60, job_faults=[JobFault(never_ends=True)]) as sim:
        polled = threading.Event()
        sim._on_request = lambda request: polled.set() if request.method == "GET" else None
        with running_tap(configuration(sim)) as tap:
            assert polled.wait(10)
            tap.process.terminate()
            assert tap.wait() == 143
            state = json.loads(tap.lines[-1])["value"]
        assert state["bookmarks"]["content_export"]["job"]["job_identifier"] == (
            sim.jobs[0].identifier
        )
        assert not [each for each in sim.requests if "/cancel/" in each.path]
        assert sim.jobs[0].active
