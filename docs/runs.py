"""Write docs/runs.md: logs and plans of runs against a simulated Intercom.

python docs/runs.py
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intercom_simulator import Clock, JobFault, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent
END = datetime(2026, 9, 1, 3, 0, tzinfo=timezone.utc)
DAY_SECONDS = 86_400
JOB_SECONDS = 2.0
"""Seconds that a simulated job takes; a real one takes minutes."""

LONGEST = 26
"""Maximum number of log lines; omitted lines are mentioned."""


@dataclass
class Case:
    """A run to show.

    Attributes:
        title: Heading of its section.
        text: Introduction of the section.
        days: Length of the simulated history.
        settings: Settings other than those of every run.
        earlier: Days before the end at which an earlier run ended; 0 for the first run.
        killed: Whether an earlier run was killed while its job was pending.
        job_faults: Faults of jobs.
    """

    title: str
    text: str
    days: int
    settings: dict[str, Any] = field(default_factory=dict)
    earlier: int = 0
    killed: bool = False
    job_faults: tuple[JobFault, ...] = ()


CASES = (
    Case("First run of 90 days", "Nothing was exported before.", 90),
    Case(
        "Nightly run",
        (
            "The next night, with `deep_lookback_days: 60`: one new day, and seven days of "
            "lookback. The run before had the deep lookback, and the state remembers what its "
            "windows took."
        ),
        90,
        {"deep_lookback_days": 60},
        earlier=1,
    ),
    Case("Backfill of two years", "Windows of 30 days, each with the lookback before it.", 730),
    Case(
        "Resumed after SIGKILL",
        "An earlier run was killed while its job was pending. Its job is in the state.",
        60,
        killed=True,
    ),
    Case(
        "Windows that are made smaller",
        "Every job of more than ten days fails.",
        40,
        job_faults=(
            JobFault(ends_as="failed", times=None, range_longer_than_seconds=10 * DAY_SECONDS),
        ),
    ),
    Case(
        "A run that fails",
        "Every job fails, however small.",
        10,
        {"window_days": 1, "lookback_days": 0},
        job_faults=(JobFault(ends_as="failed", times=None, job_number=None),),
    ),
)


def shown(log: str) -> list[str]:
    """Return the lines of a log without times and metrics; the middle of a long log is omitted."""
    lines = [re.sub(r"^\S+ \S+ \| (\w+) +\| [^|]+\| ", r"\1 ", line) for line in log.splitlines()]
    lines = [line for line in lines if "METRIC" not in line]
    table = [line for line in lines if line.startswith("INFO   ")]
    if len(table) > 4:  # noqa: PLR2004 - the first two and the last
        lines = [line for line in lines if line not in table[3:-1]]
        lines[lines.index(table[2])] = f"… {len(table) - 3} streams …"
    if len(lines) <= LONGEST:
        return lines
    head, tail = lines[: LONGEST // 2], lines[-LONGEST // 2 :]
    return [*head, f"… {len(lines) - len(head) - len(tail)} lines …", *tail]


def tap(files: dict[str, Any], *arguments: str, folder: Path) -> list[str]:
    """Return a command of the tap."""
    command = [sys.executable, "-m", "tap_intercom_export"]
    for name, content in files.items():
        if content is not None:
            path = folder / f"{name}.json"
            path.write_text(json.dumps(content))
            command += [f"--{name}", str(path)]
    return [*command, *arguments]


def last_state(lines: Iterable[str]) -> Any:
    """Return the value of the last STATE among messages."""
    return [json.loads(line)["value"] for line in lines if line.startswith('{"type":"STATE"')][-1]


def section(case: Case, folder: Path) -> str:
    """Run a case and return its section of the page."""
    simulator = Simulator(
        receipts=20 * case.days,
        days=case.days,
        end=END,
        clock=Clock(END, running=False),
        job_seconds=JOB_SECONDS,
        job_faults=case.job_faults,
    )
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    with simulator:
        config = {
            "access_token": simulator.token,
            "api_url": simulator.url,
            "start_date": f"{END - timedelta(days=case.days):%Y-%m-%dT%H:%M:%SZ}",
            "end_date": f"{END - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}",
            "poll_interval_seconds": 0.1,
            **case.settings,
        }
        state = None
        if case.earlier:
            end = END - timedelta(days=case.earlier)
            before = {**config, "end_date": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
            command = tap({"config": before}, folder=folder)
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env=environment
            )
            state = last_state(done.stdout.splitlines())
        if case.killed:
            simulator.job_seconds = 3 * JOB_SECONDS
            with subprocess.Popen(
                tap({"config": config}, folder=folder),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            ) as process:
                while not simulator.jobs:
                    time.sleep(0.05)
                time.sleep(0.5)
                process.send_signal(signal.SIGKILL)
                state = last_state(process.communicate()[0].splitlines())
            simulator.job_seconds = JOB_SECONDS
        files = {"config": config, "state": state}
        plan = subprocess.run(
            tap(files, "--plan", folder=folder),
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        ).stdout.splitlines()
        done = subprocess.run(
            tap(files, folder=folder), capture_output=True, text=True, check=False, env=environment
        )
    return "\n".join(
        [
            f"## {case.title}\n",
            f"{case.text} Exit status {done.returncode}.\n",
            "```text",
            "$ tap-intercom-export --plan …",
            *plan,
            "",
            "$ tap-intercom-export …",
            *shown(done.stderr),
            "```",
            "",
        ]
    )


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        sections = [section(case, Path(folder)) for case in CASES]
    head = (
        "# Sample runs\n\n"
        "The plan and the log of real runs against the simulated Intercom, without "
        f"the time of each line and without metrics. A simulated job takes {JOB_SECONDS:.0f} "
        "seconds here; Intercom's take minutes to hours. Written by `python docs/runs.py`.\n"
    )
    (ROOT / "docs" / "runs.md").write_text("\n".join([head, *sections]), encoding="utf-8")


if __name__ == "__main__":
    main()
