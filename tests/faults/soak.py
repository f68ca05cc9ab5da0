"""Soak test: many windows with random faults; no row may be lost and no resource may grow.

python -m tests.faults.soak --windows 5000 --seed 7
"""

# ruff: noqa: T201 - prints to a terminal
from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from intercom_simulator import Fault, JobFault
from intercom_simulator.faults import FaultQueue
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.stopped_simulator import END, stopped_simulator
from tests.harness.tap_process import TIMEOUT_SECONDS, TapProcess, running_tap

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST_FAULT_PROBABILITY = 0.35
"""Probability of a fault for each request."""

JOB_FAULT_PROBABILITY = 0.15
"""Probability of a fault for each job."""

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
"""Faults of requests."""

ARCHIVE_FAULTS = (
    Fault("download", cut_fraction=0.0, hide_cut=True),
    Fault("download", cut_fraction=0.5, hide_cut=True),
    Fault("download", cut_fraction=0.99, hide_cut=True),
    Fault("download", corrupt_at=0),
    Fault("download", corrupt_at=700),
    Fault("download", corrupt_at=-30),
)
"""Faults of archives, never twice in a row, which would be an error of the run."""

JOB_FAULTS = (
    JobFault(ends_as="failed"),
    JobFault(ends_as="canceled"),
    JobFault(expired=True),
    JobFault(not_found=True),
    JobFault(never_ends=True),
    JobFault(status_word="archiving", duration_seconds=0.01),
)
"""Faults of jobs, never of two jobs in a row."""


class RandomFaults(FaultQueue[Fault]):
    """Random faults of requests.

    Args:
        seed: Seed of the random number generator.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._damaged = False
        self.create_response_lost = False
        """Whether the last create response was lost, so that the tap cannot cancel its job."""
        self.counts: Counter[str] = Counter()

    @override
    def next(self, applies: Callable[[Fault], bool]) -> Fault | None:
        if applies(Fault("create")):
            self._damaged = self.create_response_lost = False
        if self._random.random() > REQUEST_FAULT_PROBABILITY or applies(Fault("cancel")):
            return None
        if (
            applies(Fault("download"))
            and not self._damaged
            and self._random.random() < REQUEST_FAULT_PROBABILITY
        ):
            self._damaged = True
            fault = self._random.choice(ARCHIVE_FAULTS)
        else:
            fault = self._random.choice(REQUEST_FAULTS)
            if not applies(fault):
                return None
        self.create_response_lost = fault.route == "create" and fault.handled is True
        self.counts[_describe(fault)] += 1
        return fault


class RandomJobFaults(FaultQueue[JobFault]):
    """Random faults of jobs.

    Args:
        seed: Seed of the random number generator.
        requests: The faults of requests.
    """

    def __init__(self, seed: int, requests: RandomFaults) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._requests = requests
        self._last = False
        self.counts: Counter[str] = Counter()

    @override
    def next(self, applies: Callable[[JobFault], bool]) -> JobFault | None:
        self._last = not self._last and self._random.random() < JOB_FAULT_PROBABILITY
        fault = self._random.choice(JOB_FAULTS)
        if not self._last or (fault.never_ends and self._requests.create_response_lost):
            return None
        self.counts[_describe(fault)] += 1
        return replace(fault, times=None)


def _describe(fault: Fault | JobFault) -> str:
    """Return the fields of a fault that differ from the defaults."""
    text = repr(fault)
    plain = repr(type(fault)())
    parts = set(plain[plain.index("(") + 1 : -1].split(", "))
    own = [part for part in text[text.index("(") + 1 : -1].split(", ") if part not in parts]
    return ", ".join(own)


@dataclass
class SoakResult:
    """Result of a soak test.

    Args:
        windows: Number of exported windows.
        jobs: Number of created jobs.
        faults: Number of faults by kind.
        problems: Problems, one line each.
        memory_mib: Memory of the process (MiB) at each STATE.
        descriptors: Number of open file descriptors at each STATE.
        temporary_files: Number of temporary files with a name at each STATE.
        seconds: Run time.
    """

    windows: int = 0
    jobs: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    temporary_files: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def sample(self, tap: TapProcess) -> None:
        """Measure the running tap."""
        process = Path(f"/proc/{tap.process.pid}")
        try:
            pages = int((process / "statm").read_text().split()[1])
            self.descriptors.append(len(list((process / "fd").iterdir())))
        except OSError:
            return
        self.memory_mib.append(pages * 4096 / 2**20)
        self.temporary_files.append(len(list(tap.temporary.iterdir())))


def run_soak(windows: int, seed: int) -> SoakResult:
    """Export windows of one day with random faults.

    Args:
        windows: Number of windows.
        seed: Seed of the faults.

    Returns:
        Counts, measurements and problems.
    """
    started = time.perf_counter()
    result = SoakResult()
    taps: list[TapProcess] = []

    def on_line(line: str) -> None:
        if '"STATE"' in line and taps:
            result.sample(taps[0])

    with stopped_simulator(receipts=windows * 3, days=windows, max_delay_days=0.9) as sim:
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
        with running_tap(config, quick=True, on_line=on_line) as tap:
            taps.append(tap)
            status = tap.wait(timeout_seconds=max(TIMEOUT_SECONDS, windows))
            loaded = InMemoryTarget().load(tap.lines)
            log = tap.log
        if status:
            result.problems.append(f"exit status {status}: {log[-1500:]}")
        if "Traceback" in log:
            result.problems.append(f"a traceback: {log[-1500:]}")
        expected_rows = ExpectedRows(sim)
        # a shortened window also shortens the lookback
        missing = expected_rows.missing(loaded.rows(), values=False)
        unexpected_rows = expected_rows.unexpected(loaded.rows())
        for what, found in (("missing", missing), ("too much", unexpected_rows)):
            if found:
                counts = ", ".join(f"{len(rows)} of {name}" for name, rows in found.items())
                result.problems.append(f"rows {what}: {counts}")
        result.windows = loaded.count("content_export")
        result.jobs = len(sim.jobs)
        result.faults = request_faults.counts + job_faults.counts
    result.problems += _growth(result)
    result.seconds = time.perf_counter() - started
    return result


def _growth(result: SoakResult) -> list[str]:
    """Return what grew between the first and the last fifth of the run."""
    begin = len(result.memory_mib) // 5
    if begin < 2:
        return ["too few measurements"]
    early, late = max(result.memory_mib[:begin]), max(result.memory_mib[-begin:])
    problems = []
    if late > early + 8:
        problems.append(f"memory grew from {early:.0f} to {late:.0f} MiB")
    if max(result.descriptors[-begin:]) > max(result.descriptors[:begin]) + 3:
        problems.append(f"file descriptors grew: {result.descriptors[:: max(1, begin // 4)]}")
    if max(result.temporary_files) > 0:
        problems.append(f"up to {max(result.temporary_files)} temporary files have names")
    return problems


def main() -> None:
    """Run the soak test and print the result."""
    parser = argparse.ArgumentParser(description="Export many windows with faults at every step.")
    parser.add_argument("--windows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = run_soak(options.windows, options.seed)
    for what, count in sorted(result.faults.items()):
        print(f"{count:6} {what}")
    print(
        f"{result.windows} windows, {result.jobs} jobs, {result.faults.total()} faults, "
        f"{max(result.memory_mib):.0f} MiB, {max(result.descriptors)} descriptors, "
        f"{result.seconds:.0f} s"
    )
    print("\n".join(result.problems) or "All rows were loaded; no resource grew.")
    sys.exit(bool(result.problems))


if __name__ == "__main__":
    main()
