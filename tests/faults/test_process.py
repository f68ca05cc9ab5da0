"""What only a process shows: full disks, memory, temporary files, the log at DEBUG, two at once."""

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

from intercom_simulator import Clock, Dialect, Fault, JobFault, Simulator
from tap_intercom_export.errors import ExitStatus
from tests.faults import hostile
from tests.faults.play import END, configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.loaded import Loaded
from tests.harness.process import running
from tests.harness.singer import run_quickly

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

MOST_MEMORY = 250
"""MiB. An idle tap takes about 80."""


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=200, days=20, end=END, clock=Clock(END, running=False)) as simulator:
        yield simulator


def last_line(log: str) -> str:
    return log.rstrip().splitlines()[-1]


@pytest.mark.parametrize(
    ("dialect", "receipts"),
    [(Dialect(), 200), (Dialect(gzip_layers=1), 200), (Dialect(container="tar.gz"), 200)],
    ids=["zip", "zip in gzip", "tar.gz"],
)
def test_a_full_disk_is_told_in_one_line(dialect: Dialect, receipts: int) -> None:
    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    with Simulator(
        receipts=receipts, days=20, end=END, clock=Clock(END, running=False), dialect=dialect
    ) as sim:
        config = configuration(sim)
        with running(config, before=small_disk) as tap:
            assert tap.wait() == 1
            assert "does not fit into" in last_line(tap.log)
            assert "TMPDIR" in last_line(tap.log)
            assert "Traceback" not in tap.log
            state = Loaded().take(tap.lines)
        assert not state.bookmarks
        again = Loaded().take(run_quickly(config, state.state).lines)
        assert not ExpectedRows(sim).missing(again.rows())


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL", "end"])
def test_the_spool_is_private_and_leaves_nothing(sim: Simulator, how: str) -> None:
    stall = 0.8 if how == "end" else 8.0
    sim.faults.add(Fault("download", stall_after_bytes=9000, stall_seconds=stall))
    with running(configuration(sim)) as tap:
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
    """The files in a folder that a process has open, also those without a name."""
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if str(descriptor.readlink()).startswith(str(folder)):
                found.append(descriptor.stat())
    return found


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (lambda: hostile.bomb(110), "max_compression_ratio"),
        (lambda: hostile.endless_line(120), None),
        (lambda: hostile.crowd(300_000, admitted=5), "refused|damaged"),
        (lambda: hostile.long_pax(50), "refused|damaged"),
        (lambda: hostile.quotes(10), None),
    ],
    ids=["bomb", "a line of 120 MB", "300,000 hidden files", "a header of 50 MB", "open quotes"],
)
def test_memory_is_bounded_whatever_comes(body: Any, says: str | None) -> None:
    fault = Fault("download", body=body(), times=None)
    with Simulator(receipts=5, days=20, end=END, faults=[fault]) as sim:
        started = time.monotonic()
        with running(configuration(sim, window_days=30), quick=True) as tap:
            status = tap.wait()
            log = tap.log
        assert tap.peak < MOST_MEMORY
        assert time.monotonic() - started < 30
        assert "Traceback" not in log
        if says:
            assert status == ExitStatus.UNREADABLE
            assert re.search(says, last_line(log))


@pytest.mark.parametrize(
    ("dialect", "fault"),
    [
        (Dialect(redirect_status=302), Fault("storage", times=None, reset=True, handled=False)),
        (Dialect(redirect_status=302), Fault("storage", times=None, status=503)),
        (Dialect(download_url="storage"), Fault("download", times=None, status=500)),
        (Dialect(download_url="storage"), Fault("download", status=404)),
        (Dialect(), Fault(times=None, reset=True, handled=False)),
        (Dialect(), Fault("status", body="<html>")),
    ],
    ids=["reset", "503", "500", "404", "all reset", "no JSON"],
)
def test_neither_token_nor_signed_address_is_logged_at_debug(
    sim: Simulator, dialect: Dialect, fault: Fault
) -> None:
    sim.dialect = dialect
    sim.faults.add(fault)
    debug = {"LOGLEVEL": "DEBUG", "TAP_INTERCOM_EXPORT_LOGLEVEL": "DEBUG"}
    with running(configuration(sim), quick=True, environment=debug) as tap:
        tap.wait()
        log = tap.log
    assert "DEBUG" in log
    assert sim.token not in log
    assert "signature" not in log
    assert "Authorization" not in log


def test_no_error_of_a_user_shows_a_traceback(sim: Simulator) -> None:
    for settings, status in (
        ({"access_token": "wrong"}, ExitStatus.REFUSED),
        ({"api_url": "http://127.0.0.1:9"}, ExitStatus.UNAVAILABLE),
    ):
        with running(configuration(sim, **settings), quick=True) as tap:
            assert tap.wait() == status
            assert "Traceback" not in tap.log
            assert "| ERROR " in last_line(tap.log)


def test_two_taps_on_one_workspace_both_finish() -> None:
    with (
        Simulator(
            receipts=100, days=20, end=END, clock=Clock(END, running=False), job_seconds=0.15
        ) as sim,
        ExitStack() as stack,
    ):
        config = configuration(sim, window_days=5)
        taps = [stack.enter_context(running(config)) for _ in range(2)]
        assert [tap.wait() for tap in taps] == [0, 0]
        for tap in taps:
            assert not ExpectedRows(sim).missing(Loaded().take(tap.lines).rows())
        ranges = Counter((job.after, job.before) for job in sim.jobs)
        assert set(ranges.values()) == {2}
        assert any("Another export holds the workspace's job slot" in tap.log for tap in taps)


def test_what_a_run_that_was_stopped_left_is_not_canceled() -> None:
    with Simulator(
        receipts=60,
        days=20,
        end=END,
        clock=Clock(END, running=False),
        job_faults=[JobFault(never_ends=True)],
    ) as sim:
        polled = threading.Event()
        sim._on_request = lambda request: polled.set() if request.method == "GET" else None
        with running(configuration(sim)) as tap:
            assert polled.wait(10)
            tap.process.terminate()
            assert tap.wait() == 143
            state = json.loads(tap.lines[-1])["value"]
        assert state["bookmarks"]["content_export"]["job"]["job_identifier"] == (
            sim.jobs[0].identifier
        )
        assert not [each for each in sim.requests if "/cancel/" in each.path]
        assert sim.jobs[0].active
