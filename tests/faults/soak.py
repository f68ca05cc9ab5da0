"""A soak: window after window, something wrong at every step, and nothing lost, nothing growing.

python -m tests.faults.soak --windows 5000 --seed 7
"""

# ruff: noqa: T201 - to be read by people
from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from intercom_simulator import Clock, Fault, JobFault, Simulator
from intercom_simulator.faults import FaultQueue
from tests.harness.expected_rows import ExpectedRows
from tests.harness.loaded import Loaded
from tests.harness.process import PATIENCE, Tap, running

if TYPE_CHECKING:
    from collections.abc import Callable

END = datetime(2025, 6, 1, 12, 30, tzinfo=timezone.utc)

SHARE = 0.35
"""How many requests something goes wrong with."""

JOB_SHARE = 0.15
"""How many jobs something becomes of."""

_RATE = {"type": "error.list", "errors": [{"code": "rate_limit_exceeded", "message": "Too many"}]}

REQUEST_FAULTS = (
    Fault(status=500),
    Fault(status=502, empty_body=True),
    Fault(status=503, body="<html>Sorry</html>"),
    Fault(status=504, empty_body=True),
    Fault(status=429, body=_RATE, headers={"Retry-After": "3"}),
    Fault("create", status=500, handled=True),
    Fault("create", body="<html>"),
    Fault("status", body=b'{"status": "comp'),
    Fault("status", delay_seconds=0.01),
    Fault(reset=True, handled=False),
    Fault(close_connection=True, handled=False),
    Fault("download", cut_fraction=0.1),
    Fault("download", cut_fraction=0.5, reset=True),
    Fault("download", cut_fraction=0.9),
)
"""What goes wrong with a request, again and again."""

DAMAGE = (
    Fault("download", cut_fraction=0.0, hide_cut=True),
    Fault("download", cut_fraction=0.5, hide_cut=True),
    Fault("download", cut_fraction=0.99, hide_cut=True),
    Fault("download", corrupt_at=0),
    Fault("download", corrupt_at=700),
    Fault("download", corrupt_at=-30),
)
"""What goes wrong with an archive, never twice in a row: that would be an error."""

JOB_FAULTS = (
    JobFault(ends_as="failed"),
    JobFault(ends_as="canceled"),
    JobFault(expired=True),
    JobFault(not_found=True),
    JobFault(never_ends=True),
    JobFault(status_word="archiving", duration_seconds=0.01),
)
"""What becomes of a job, never of two in a row."""


class RandomFaults(FaultQueue[Fault]):
    """Something wrong with any request, by chance.

    Args:
        seed: Of the chance.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._damaged = False
        self.lost = False
        """Whether the answer to the last request for a job is lost: nobody can cancel that."""
        self.seen: Counter[str] = Counter()

    @override
    def next(self, concerned: Callable[[Fault], bool]) -> Fault | None:
        if concerned(Fault("create")):
            self._damaged = self.lost = False
        if self._random.random() > SHARE or concerned(Fault("cancel")):
            return None
        if concerned(Fault("download")) and not self._damaged and self._random.random() < SHARE:
            self._damaged = True
            fault = self._random.choice(DAMAGE)
        else:
            fault = self._random.choice(REQUEST_FAULTS)
            if not concerned(fault):
                return None
        self.lost = fault.route == "create" and fault.handled is True
        self.seen[_describe(fault)] += 1
        return fault


class RandomJobFaults(FaultQueue[JobFault]):
    """Something wrong with any job, by chance.

    Args:
        seed: Of the chance.
        requests: What goes wrong with requests.
    """

    def __init__(self, seed: int, requests: RandomFaults) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._requests = requests
        self._last = False
        self.seen: Counter[str] = Counter()

    @override
    def next(self, concerned: Callable[[JobFault], bool]) -> JobFault | None:
        self._last = not self._last and self._random.random() < JOB_SHARE
        fault = self._random.choice(JOB_FAULTS)
        if not self._last or (fault.never_ends and self._requests.lost):
            return None
        self.seen[_describe(fault)] += 1
        return replace(fault, times=None)


def _describe(fault: Fault | JobFault) -> str:
    """Give what is set in a fault."""
    text = repr(fault)
    plain = repr(type(fault)())
    parts = set(plain[plain.index("(") + 1 : -1].split(", "))
    own = [part for part in text[text.index("(") + 1 : -1].split(", ") if part not in parts]
    return ", ".join(own)


@dataclass
class Soak:
    """What a soak showed.

    Args:
        windows: How many windows were exported.
        jobs: How many jobs that took.
        faults: How often what went wrong.
        wrong: What was not as it should be.
        memory: MiB of memory at the end of each window, as far as it was looked at.
        descriptors: Open file descriptors likewise.
        files: Temporary files likewise.
        seconds: How long it took.
    """

    windows: int = 0
    jobs: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def look(self, tap: Tap) -> None:
        """Look at a running tap."""
        process = Path(f"/proc/{tap.process.pid}")
        try:
            pages = int((process / "statm").read_text().split()[1])
            self.descriptors.append(len(list((process / "fd").iterdir())))
        except OSError:
            return
        self.memory.append(pages * 4096 / 2**20)
        self.files.append(len(list(tap.temporary.iterdir())))


def soak(windows: int, seed: int) -> Soak:
    """Export window after window of a day, with something wrong at every step.

    Args:
        windows: How many.
        seed: Of what goes wrong.
    """
    begun = time.perf_counter()
    result = Soak()
    taps: list[Tap] = []

    def on_line(line: str) -> None:
        if '"STATE"' in line and taps:
            result.look(taps[0])

    with Simulator(
        receipts=windows * 3,
        days=windows,
        end=END,
        max_delay_days=0.9,
        clock=Clock(END, running=False),
    ) as sim:
        request_faults = RandomFaults(seed)
        job_faults = RandomJobFaults(seed, request_faults)
        sim.faults, sim.content_export.job_faults = request_faults, job_faults
        start = END - timedelta(days=windows)
        config = {
            "access_token": sim.token,
            "api_url": sim.url,
            "start_date": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "end_date": f"{END:%Y-%m-%dT%H:%M:%SZ}",
            "window_days": 1,
            "lookback_days": 1,
            "poll_interval_seconds": 1,
            "job_timeout_minutes": 5,
        }
        with running(config, quick=True, on_line=on_line) as tap:
            taps.append(tap)
            status = tap.wait(patience=max(PATIENCE, windows))
            loaded = Loaded().take(tap.lines)
            log = tap.log
        if status:
            result.wrong.append(f"exit status {status}: {log[-1500:]}")
        if "Traceback" in log:
            result.wrong.append(f"a traceback: {log[-1500:]}")
        truth = ExpectedRows(sim)
        # a window that was shortened once sees less of what came late
        missing = truth.missing(loaded.rows(), values=False)
        strange = truth.too_much(loaded.rows())
        for what, found in (("missing", missing), ("too much", strange)):
            if found:
                counts = ", ".join(f"{len(rows)} of {name}" for name, rows in found.items())
                result.wrong.append(f"rows {what}: {counts}")
        result.windows = loaded.count("content_export")
        result.jobs = len(sim.jobs)
        result.faults = request_faults.seen + job_faults.seen
    result.wrong += _growth(result)
    result.seconds = time.perf_counter() - begun
    return result


def _growth(result: Soak) -> list[str]:
    """Tell what grew between the first fifth and the end."""
    begin = len(result.memory) // 5
    if begin < 2:
        return ["too few looks at the tap"]
    early, late = max(result.memory[:begin]), max(result.memory[-begin:])
    wrong = []
    if late > early + 8:
        wrong.append(f"memory grew from {early:.0f} to {late:.0f} MiB")
    if max(result.descriptors[-begin:]) > max(result.descriptors[:begin]) + 3:
        wrong.append(f"file descriptors grew: {result.descriptors[:: max(1, begin // 4)]}")
    if max(result.files) > 0:
        wrong.append(f"up to {max(result.files)} temporary files have names")
    return wrong


def main() -> None:
    """Soak, and tell what came of it."""
    parser = argparse.ArgumentParser(description="Export many windows with faults at every step.")
    parser.add_argument("--windows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = soak(options.windows, options.seed)
    for what, count in sorted(result.faults.items()):
        print(f"{count:6} {what}")
    print(
        f"{result.windows} windows, {result.jobs} jobs, {result.faults.total()} faults, "
        f"{max(result.memory):.0f} MiB, {max(result.descriptors)} descriptors, "
        f"{result.seconds:.0f} s"
    )
    print("\n".join(result.wrong) or "Every row arrived; nothing grew.")
    sys.exit(bool(result.wrong))


if __name__ == "__main__":
    main()
