"""The writing thread: rows are written while the next job is created; its STATE is not delayed."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from intercom_simulator import Fault, Simulator
from tap_intercom_export.exports.events import EventQueue
from tap_intercom_export.singer.message_writer import MessageWriter
from tests.faults.runner import configuration
from tests.harness.singer import clean_environment, command
from tests.harness.stopped_simulator import stopped_simulator
from tests.harness.tap_process import running_tap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLOW_SECONDS = 2.5
"""Time that Intercom takes to create the second job."""


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A simulator with two windows, where creating the second job is slow."""
    with stopped_simulator(
        receipts=1300, faults=[Fault("create", skip=1, delay_seconds=SLOW_SECONDS)]
    ) as simulator:
        yield simulator


def jobs_of(line: str) -> list[str]:
    """Return the jobs in a STATE."""
    entry = json.loads(line)["value"]["bookmarks"].get("content_export", {})
    found = [*([entry["job"]] if "job" in entry else []), *entry.get("next_jobs", [])]
    return [job["job_identifier"] for job in found]


def test_rows_are_written_while_next_job_is_created(sim: Simulator) -> None:
    times: list[tuple[float, str]] = []
    with running_tap(
        configuration(sim), on_line=lambda line: times.append((time.monotonic(), line))
    ) as tap:
        assert tap.wait() == 0
    first_row = next(at for at, line in times if '"stream":"receipt"' in line and "RECORD" in line)
    second = sim.jobs[1].identifier
    named = next(at for at, line in times if '"STATE"' in line and second in jobs_of(line))
    assert named - first_row > SLOW_SECONDS / 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how full a pipe is")
def test_job_created_while_reader_stops_is_in_state_before_kill(sim: Simulator) -> None:
    """The reader stops when the second job has been requested, and does not continue."""
    import subprocess  # noqa: PLC0415 - its only use

    with (
        command(config=configuration(sim)) as arguments,
        subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=clean_environment()
        ) as process,
    ):
        assert process.stdout is not None
        pipe = process.stdout.fileno()
        capacity = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
        read = b""
        while len(sim.jobs) < 2:  # the response is sent from now on
            read += os.read(pipe, 4096) if waiting_bytes(pipe) else b""
            assert process.poll() is None
        time.sleep(SLOW_SECONDS + 1)
        assert waiting_bytes(pipe) < capacity
        process.kill()
        process.wait()
        while chunk := os.read(pipe, 65_536):
            read += chunk
    states = [line for line in read.decode().splitlines() if line.startswith('{"type":"STATE"')]
    assert sim.jobs[1].identifier in jobs_of(states[-1])


def waiting_bytes(pipe: int) -> int:
    """Return the number of bytes in a pipe."""
    import struct  # noqa: PLC0415 - its only use
    import termios  # noqa: PLC0415 - likewise

    answer = fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4)
    return int(struct.unpack("i", answer)[0])


def test_other_threads_cannot_write_to_stdout() -> None:
    writer = MessageWriter()
    caught: list[BaseException] = []

    def write() -> None:
        try:
            writer.write(b"{}\n")
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert "thread that owns stdout" in str(caught[0])


class RecordingEvent:
    """An event that records the thread that applied it."""

    def __init__(self) -> None:
        self.applied_by: list[str] = []

    def apply(self) -> None:
        """Record the thread."""
        self.applied_by.append(threading.current_thread().name)


def test_job_creation_waits_for_space_in_pipe() -> None:
    room = False
    events = EventQueue(lambda: room, lambda: None)
    order: list[str] = []
    noted = RecordingEvent()

    def work() -> None:
        from tap_intercom_export.clock import Clock as TapClock  # noqa: PLC0415 - its only use

        with events.job_request(TapClock()):
            order.append("created")
            events.post(noted)

    worker = threading.Thread(target=work)
    worker.start()
    started = time.monotonic()
    while not events.is_requesting or time.monotonic() - started < 0.3:
        events.wait()
    assert not order
    room = True
    while worker.is_alive():
        events.wait()
    assert order == ["created"]
    assert noted.applied_by == [threading.current_thread().name]


class InterruptedEvent:
    """An event during which a signal arrives once; the handler ends the process."""

    def __init__(self) -> None:
        self.calls = 0

    def apply(self) -> None:
        """Raise at the first call, as the handler does."""
        self.calls += 1
        if self.calls == 1:
            raise KeyboardInterrupt


def test_event_that_a_signal_interrupts_is_applied_by_its_handler() -> None:
    events, event = EventQueue(lambda: True, lambda: None), InterruptedEvent()
    events.post(event)
    with pytest.raises(KeyboardInterrupt):
        events.handle()
    events.finish_requests(0.1)
    assert event.calls == 2


def test_rows_wait_for_create_response_without_pipe_size(sim: Simulator, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import fcntl\ndel fcntl.F_GETPIPE_SZ\n")
    times: list[tuple[float, str]] = []
    environment = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    with running_tap(
        configuration(sim),
        on_line=lambda line: times.append((time.monotonic(), line)),
        environment=environment,
    ) as tap:
        assert tap.wait() == 0
    second = sim.jobs[1].identifier
    named = next(n for n, (_, line) in enumerate(times) if "STATE" in line and second in line)
    assert times[named][0] - times[named - 1][0] > SLOW_SECONDS / 2
