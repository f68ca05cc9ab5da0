"""Terminations of a run in every phase, as data, and a function that tests one with signals."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from intercom_simulator import Fault
from tests.faults.runner import Result, configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import Output, run_without_waiting
from tests.harness.stopped_simulator import stopped_simulator
from tests.harness.tap_process import TapProcess, running_tap

if TYPE_CHECKING:
    from intercom_simulator.http_messages import Request

SHUTDOWN_LIMIT_SECONDS = 2.0
"""Time within which the tap must end after a signal."""

BROKEN_PIPE_LIMIT_SECONDS = 5.0
"""Time within which the tap must end after its reader has closed stdout."""

SECOND_SIGNAL_DELAY_SECONDS = 0.02
"""Time between two signals, as after Ctrl-C under Meltano."""


@dataclass(frozen=True)
class RunPhase:
    """A phase of a run in which it is terminated.

    Args:
        name: Description in the matrix.
        request: Start of `METHOD path` of the requests to count.
        line: Texts that an output line contains, to count such lines instead of requests.
        count: Number of requests or lines after which the run is terminated.
        delay_seconds: Delay after that request or line.
        faults: Faults that make the phase last longer.
        job_seconds: Run time of jobs.
        slot_occupied: Whether another client occupies the job slot.
        receipts: Number of messages in the workspace.
        job: Whether a job exists that the next run resumes.
        job_known: Whether the tap can know the identifier of that job.
        blocked: Whether the reader stops to read in this phase.
    """

    name: str
    request: str = ""
    line: tuple[str, ...] = ()
    count: int = 1
    delay_seconds: float = 0.0
    faults: tuple[Fault, ...] = ()
    job_seconds: float = 0.0
    slot_occupied: bool = False
    receipts: int = 60
    job: bool = True
    job_known: bool = True
    blocked: bool = False


_CREATE = "POST /export/content/data"
_STATUS = "GET /export/content/data/"
_DOWNLOAD = "GET /download/content/data/"

PHASES = (
    RunPhase(
        "while waiting for the job slot", request=_CREATE, count=2, slot_occupied=True, job=False
    ),
    RunPhase(
        "between two retries",
        request=_CREATE,
        count=2,
        delay_seconds=0.1,
        faults=(Fault("create", status=503, times=None),),
        job=False,
    ),
    RunPhase(
        "while creating a job",
        request=_CREATE,
        delay_seconds=0.1,
        faults=(Fault("create", delay_seconds=3.0),),
        job_known=False,
    ),
    RunPhase(
        "while a job is pending", request=_STATUS, count=3, delay_seconds=0.02, job_seconds=0.4
    ),
    RunPhase(
        "while downloading",
        request=_DOWNLOAD,
        delay_seconds=0.1,
        faults=(Fault("download", stall_after_bytes=3000, stall_seconds=8.0),),
    ),
    RunPhase("within a stream", line=('"RECORD"', '"receipt"'), count=100, receipts=1300),
    RunPhase("between two streams", line=('"SCHEMA"', '"click"'), receipts=1000),
    RunPhase("between two windows", line=('"STATE"', '"receipt":{"repl'), receipts=500),
    RunPhase(
        "while the pipe is full",
        line=('"RECORD"', '"receipt"'),
        count=20,
        delay_seconds=0.3,
        receipts=1300,
        blocked=True,
    ),
)
"""Phases in which a run is terminated."""

SIGNALS: dict[str, tuple[signal.Signals, ...]] = {
    "SIGTERM": (signal.SIGTERM,),
    "SIGKILL": (signal.SIGKILL,),
    "SIGINT, then SIGTERM": (signal.SIGINT, signal.SIGTERM),
    "SIGTERM twice": (signal.SIGTERM, signal.SIGTERM),
}
"""Signals by name."""


@dataclass(frozen=True)
class Termination:
    """A termination of a run.

    Args:
        phase: Phase of the run.
        signals: Key of `SIGNALS`, or "" if the reader closes stdout.
    """

    phase: RunPhase
    signals: str

    @property
    def name(self) -> str:
        """Short name."""
        return f"{self.signals or 'stdout closed'} {self.phase.name}"


TERMINATIONS = (
    *(Termination(phase, signals) for phase in PHASES for signals in ("SIGTERM", "SIGKILL")),
    *(
        Termination(phase, signals)
        for phase in PHASES
        for signals in ("SIGINT, then SIGTERM", "SIGTERM twice")
        if phase.name in {"while a job is pending", "within a stream"}
    ),
    *(
        Termination(phase, "")
        for phase in PHASES
        if not phase.blocked and phase.name != "while creating a job"
    ),
)
"""All tested terminations."""


@dataclass
class _Trigger:
    """Terminates a run in the given phase.

    Args:
        termination: The termination.
    """

    termination: Termination
    tap: TapProcess | None = None
    triggered_at: float = 0.0
    blocked: threading.Event = field(default_factory=threading.Event)
    _matched: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on_request(self, request: Request) -> None:
        """Count a request."""
        phase = self.termination.phase
        if phase.request and f"{request.method} {request.path}".startswith(phase.request):
            self._count()

    def on_line(self, line: str) -> None:
        """Count an output line."""
        phase = self.termination.phase
        if phase.line and all(part in line for part in phase.line):
            self._count()
            if phase.blocked and self._matched >= phase.count:
                self.blocked.wait(SHUTDOWN_LIMIT_SECONDS + 3)

    def _count(self) -> None:
        with self._lock:
            self._matched += 1
            if self._matched != self.termination.phase.count:
                return
        threading.Thread(target=self._terminate, daemon=True).start()

    def _terminate(self) -> None:
        time.sleep(self.termination.phase.delay_seconds)
        while self.tap is None:
            time.sleep(0.001)
        process = self.tap.process
        self.triggered_at = time.monotonic()
        if not self.termination.signals:
            self.tap.close_stdout()
        for number, each in enumerate(SIGNALS.get(self.termination.signals, ())):
            time.sleep(SECOND_SIGNAL_DELAY_SECONDS if number else 0)
            process.send_signal(each)


def run_termination(termination: Termination) -> Result:
    """Terminate a run, then check it and the next run.

    Args:
        termination: Phase and signals.

    Returns:
        Row counts and problems.
    """
    started = time.perf_counter()
    phase = termination.phase
    trigger = _Trigger(termination)
    with stopped_simulator(
        receipts=phase.receipts,
        faults=phase.faults,
        job_seconds=phase.job_seconds,
        on_request=trigger.on_request,
    ) as sim:
        slot_occupied = sim.hold_slot() if phase.slot_occupied else None
        expected_rows = ExpectedRows(sim)
        config = configuration(sim)
        with running_tap(config, on_line=trigger.on_line) as tap:
            trigger.tap = tap
            status = tap.wait(trigger.blocked.set)
            shutdown_seconds = tap.ended_at - trigger.triggered_at
            left = list(tap.temporary.iterdir())
            written = "".join(tap.complete_lines())
            loaded = InMemoryTarget().load(tap.complete_lines())
            run = Output(status, tap.log, tap.complete_lines())
            problems = _check_shutdown(termination, run, tap, shutdown_seconds)
        if left:
            problems.append(f"temporary files are left: {left}")
        if expected_rows.missing_before_bookmark(loaded.rows(), loaded.bookmarks):
            problems.append("a bookmark is past rows that were not written")
        state_jobs = loaded.state.get("bookmarks", {}).get("content_export", {}).get("job")
        if bool(state_jobs) != (phase.job and phase.job_known) and "windows" not in phase.name:
            problems.append(f"the job in the last STATE is {state_jobs}")
        first_run = expected_rows.count - sum(
            map(len, expected_rows.missing(loaded.rows(), values=False).values())
        )
        # SIGKILL leaves no time for the STATE with a job that is being requested
        is_killed = termination.signals == "SIGKILL"
        unknown = [job for job in sim.jobs if is_killed and job.identifier not in written]
        sim.faults.clear()
        if slot_occupied is not None:
            slot_occupied.cancel()
        again = run_without_waiting(config, loaded.state)
        loaded.load(again.lines)
        if again.exit_code:
            problems.append(f"the next run fails: {again.log[-500:]}")
        missing = expected_rows.missing(loaded.rows())
        if missing:
            problems.append(f"rows are missing in {list(missing)}")
        ranges = Counter((job.after, job.before) for job in sim.jobs if job not in unknown)
        if termination.signals and phase.job_known and max(ranges.values()) > 1:
            problems.append(f"a window's job was created twice: {ranges}")
    loaded_rows = expected_rows.count - sum(map(len, missing.values()))
    return Result(
        expected_rows.count, first_run, loaded_rows, problems, time.perf_counter() - started, run
    )


def _check_shutdown(
    termination: Termination, run: Output, tap: TapProcess, shutdown_seconds: float
) -> list[str]:
    """Return the problems of a terminated run."""
    signals = SIGNALS.get(termination.signals, ())
    is_killed = signal.SIGKILL in signals
    status = -signal.SIGKILL if is_killed else 128 + signals[0] if signals else 1
    limit = SHUTDOWN_LIMIT_SECONDS if signals else BROKEN_PIPE_LIMIT_SECONDS
    last = run.lines[-1] if run.lines else "{}"
    reported = signals and not is_killed and not termination.phase.blocked
    found = (
        (run.exit_code != status, f"exit status {run.exit_code} instead of {status}"),
        (shutdown_seconds > limit, f"took {shutdown_seconds:.1f} s to end"),
        ("Traceback" in run.log, "the log has a traceback"),
        (not signals and "ERROR" in run.log, "an error about the closed stdout"),
        (
            reported and run.log.count("Stopped by") != 1,
            "the log does not have exactly one line about the signal",
        ),
        (reported and len(run.lines) != len(tap.lines), "the last line is cut"),
        (reported and json.loads(last).get("type") != "STATE", "STATE is not the last message"),
    )
    return [f"{text}: {run.log[-500:]}" for is_wrong, text in found if is_wrong]
