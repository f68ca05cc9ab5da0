"""Deaths at every moment of a run, with real signals: as data, and played with a real process."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from intercom_simulator import Clock, Fault, Simulator
from tests.faults.play import END, Result, configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.loaded import Loaded
from tests.harness.process import Tap, running
from tests.harness.singer import Output, run_quickly

if TYPE_CHECKING:
    from intercom_simulator.http_messages import Request

LIMIT = 2.0
"""Seconds within which a tap ends after a signal."""

LEAVING = 5.0
"""Seconds within which a tap notices that nobody reads any more."""

SECOND_SIGNAL = 0.02
"""Seconds between two signals, as after Ctrl-C under Meltano."""


@dataclass(frozen=True)
class Moment:
    """A moment of a run.

    Args:
        name: As the matrix says it.
        request: The requests that lead to it, as the beginning of `METHOD path`.
        line: Or the lines of the output, as what each of them holds.
        count: Which of these requests or lines it is, from 1.
        wait: Seconds after it.
        faults: What goes wrong, to make the moment last.
        job_seconds: How long jobs take.
        held: Whether somebody else has the slot.
        receipts: How many messages the workspace has sent.
        job: Whether a job exists then, which the next run resumes.
        known: Whether the tap can know of the job that exists then.
        blocked: Whether the reader stops to read then.
    """

    name: str
    request: str = ""
    line: tuple[str, ...] = ()
    count: int = 1
    wait: float = 0.0
    faults: tuple[Fault, ...] = ()
    job_seconds: float = 0.0
    held: bool = False
    receipts: int = 60
    job: bool = True
    known: bool = True
    blocked: bool = False


_CREATE = "POST /export/content/data"
_STATUS = "GET /export/content/data/"
_DOWNLOAD = "GET /download/content/data/"

MOMENTS = (
    Moment("while it waits for the slot", request=_CREATE, count=2, held=True, job=False),
    Moment(
        "between two tries",
        request=_CREATE,
        count=2,
        wait=0.1,
        faults=(Fault("create", status=503, times=None),),
        job=False,
    ),
    Moment(
        "while its job is created",
        request=_CREATE,
        wait=0.1,
        faults=(Fault("create", delay_seconds=3.0),),
        known=False,
    ),
    Moment("while its job is pending", request=_STATUS, count=3, wait=0.02, job_seconds=0.4),
    Moment(
        "while it downloads",
        request=_DOWNLOAD,
        wait=0.1,
        faults=(Fault("download", stall_after_bytes=3000, stall_seconds=8.0),),
    ),
    Moment("inside a stream", line=('"RECORD"', '"receipt"'), count=100, receipts=1300),
    Moment("between two streams", line=('"SCHEMA"', '"click"'), receipts=1000),
    Moment("between two windows", line=('"STATE"', '"receipt":{"repl'), receipts=500),
    Moment(
        "while nobody reads",
        line=('"RECORD"', '"receipt"'),
        count=20,
        wait=0.3,
        receipts=1300,
        blocked=True,
    ),
)
"""Moments at which a run can die."""

SIGNALS: dict[str, tuple[signal.Signals, ...]] = {
    "SIGTERM": (signal.SIGTERM,),
    "SIGKILL": (signal.SIGKILL,),
    "SIGINT, then SIGTERM": (signal.SIGINT, signal.SIGTERM),
    "SIGTERM twice": (signal.SIGTERM, signal.SIGTERM),
}
"""How a run dies."""


@dataclass(frozen=True)
class Death:
    """A run that dies.

    Args:
        moment: When.
        how: One of `SIGNALS`, or "" for a reader that goes away.
    """

    moment: Moment
    how: str

    @property
    def name(self) -> str:
        """A few words."""
        return f"{self.how or 'reader gone'} {self.moment.name}"


DEATHS = (
    *(Death(moment, how) for moment in MOMENTS for how in ("SIGTERM", "SIGKILL")),
    *(
        Death(moment, how)
        for moment in MOMENTS
        for how in ("SIGINT, then SIGTERM", "SIGTERM twice")
        if moment.name in {"while its job is pending", "inside a stream"}
    ),
    *(
        Death(moment, "")
        for moment in MOMENTS
        if not moment.blocked and moment.name != "while its job is created"
    ),
)
"""All deaths that are played."""


@dataclass
class _Trigger:
    """Ends a run at its moment.

    Args:
        death: Which one.
    """

    death: Death
    tap: Tap | None = None
    pulled: float = 0.0
    blocked: threading.Event = field(default_factory=threading.Event)
    _seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on_request(self, request: Request) -> None:
        """Take a request."""
        moment = self.death.moment
        if moment.request and f"{request.method} {request.path}".startswith(moment.request):
            self._count()

    def on_line(self, line: str) -> None:
        """Take a line of the output."""
        moment = self.death.moment
        if moment.line and all(part in line for part in moment.line):
            self._count()
            if moment.blocked and self._seen >= moment.count:
                self.blocked.wait(LIMIT + 3)

    def _count(self) -> None:
        with self._lock:
            self._seen += 1
            if self._seen != self.death.moment.count:
                return
        threading.Thread(target=self._pull, daemon=True).start()

    def _pull(self) -> None:
        time.sleep(self.death.moment.wait)
        while self.tap is None:
            time.sleep(0.001)
        process = self.tap.process
        self.pulled = time.monotonic()
        if not self.death.how:
            self.tap.hang_up()
        for number, each in enumerate(SIGNALS.get(self.death.how, ())):
            time.sleep(SECOND_SIGNAL if number else 0)
            process.send_signal(each)


def play_death(death: Death) -> Result:
    """Let a run die and look at what the next one makes of it.

    Args:
        death: When and how.
    """
    begun = time.perf_counter()
    moment = death.moment
    trigger = _Trigger(death)
    with Simulator(
        receipts=moment.receipts,
        days=20,
        end=END,
        clock=Clock(END, running=False),
        faults=moment.faults,
        job_seconds=moment.job_seconds,
        on_request=trigger.on_request,
    ) as sim:
        held = sim.hold_slot() if moment.held else None
        truth = ExpectedRows(sim)
        config = configuration(sim)
        with running(config, on_line=trigger.on_line) as tap:
            trigger.tap = tap
            status = tap.wait(trigger.blocked.set)
            lasted = tap.ended - trigger.pulled
            left = list(tap.temporary.iterdir())
            loaded = Loaded().take(tap.whole_lines())
            run = Output(status, tap.log, tap.whole_lines())
            wrong = _about_the_end(death, run, tap, lasted)
        if left:
            wrong.append(f"temporary files are left: {left}")
        if truth.passed_over(loaded.rows(), loaded.bookmarks):
            wrong.append("a bookmark is past rows that were not written")
        state_jobs = loaded.state.get("bookmarks", {}).get("content_export", {}).get("job")
        if bool(state_jobs) != (moment.job and moment.known) and "windows" not in moment.name:
            wrong.append(f"the job in the last STATE is {state_jobs}")
        first = truth.count - sum(map(len, truth.missing(loaded.rows(), values=False).values()))
        sim.faults.clear()
        if held is not None:
            held.cancel()
        again = run_quickly(config, loaded.state)
        loaded.take(again.lines)
        if again.exit_code:
            wrong.append(f"the next run fails: {again.log[-500:]}")
        missing = truth.missing(loaded.rows())
        if missing:
            wrong.append(f"rows are missing in {list(missing)}")
        ranges = Counter((job.after, job.before) for job in sim.jobs)
        if death.how and moment.known and max(ranges.values()) > 1:
            wrong.append(f"a window's job was created twice: {ranges}")
    arrived = truth.count - sum(map(len, missing.values()))
    return Result(truth.count, first, arrived, wrong, time.perf_counter() - begun, run)


def _about_the_end(death: Death, run: Output, tap: Tap, lasted: float) -> list[str]:
    """Tell what is wrong with how a run ended."""
    signals = SIGNALS.get(death.how, ())
    killed = signal.SIGKILL in signals
    status = -signal.SIGKILL if killed else 128 + signals[0] if signals else 1
    limit = LIMIT if signals else LEAVING
    last = run.lines[-1] if run.lines else "{}"
    told = signals and not killed and not death.moment.blocked
    found = (
        (run.exit_code != status, f"exit status {run.exit_code} instead of {status}"),
        (lasted > limit, f"took {lasted:.1f} s to end"),
        ("Traceback" in run.log, "a traceback"),
        (not signals and "ERROR" in run.log, "an error about a reader that left"),
        (told and run.log.count("Stopped by") != 1, "not one line about the signal"),
        (told and len(run.lines) != len(tap.lines), "the last line is cut"),
        (told and json.loads(last).get("type") != "STATE", "STATE is not the last message"),
    )
    return [f"{what}: {run.log[-500:]}" for wrong, what in found if wrong]
