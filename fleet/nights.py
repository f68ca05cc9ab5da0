"""The two nights: syncs, backfills, and the faults that are injected."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from fleet import workspaces
from fleet.engine import kill_run
from fleet.workspaces import FIRST_NIGHT, NIGHT, SimulatedWorkspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from fleet.engine import Engine
    from fleet.state_store_process import StateStore

LATE_START = FIRST_NIGHT - timedelta(days=20)
"""First `start_date` of the workspaces that are backfilled in the second night."""

_NIGHT_SECONDS = 3600
_SLOT_HELD_SECONDS = 60
_MIN_STORE_OUTAGE_SECONDS = 8
_MAX_STORE_OUTAGE_SECONDS = 60
_KILLED_AFTER_JOBS = 2
"""Number of export jobs after which a run is killed: it is about to write its first window."""


@dataclass
class Fleet:
    """Runs the two nights and injects the faults.

    Args:
        members: The workspaces.
        file: The YAML file with them.
        engine: Dagster.
        store: The store of Meltano's state.

    Attributes:
        events: Injected faults and their times.
        lost_jobs: Number of export jobs of each killed run that no state contains, by workspace.
        failed_connections: Number of failed connections to the stopped state store.
    """

    members: list[SimulatedWorkspace]
    file: Path
    engine: Engine
    store: StateStore
    events: list[tuple[float, str]] = field(default_factory=list)
    lost_jobs: dict[str, int] = field(default_factory=dict)
    failed_connections: int = 0

    def __post_init__(self) -> None:
        """Choose the workspace for each fault."""
        self.killed, self.refused, self.held = self.members[1:4]
        self.backfilled = (self.members[0], self.members[-1])
        self.killed_backfill = self.members[-1]
        for member in self.backfilled:
            member.start_date = LATE_START

    def first_night(self) -> None:
        """Sync all workspaces, with most of the faults."""
        self._launch(FIRST_NIGHT)
        self._run_night(
            self._hold_slot,
            partial(self._kill, self.killed, 0),
            partial(self._stop_store, len(self.members) // 3),
        )

    def second_night(self) -> None:
        """Sync up to a day later, backfill two workspaces, and kill one of the backfills."""
        for member in self.backfilled:
            member.start_date = workspaces.START
        self._launch(FIRST_NIGHT + NIGHT, backfilled=self.backfilled)
        self._run_night(partial(self._kill, self.killed_backfill, len(self.killed_backfill.jobs)))

    def _launch(self, end: datetime, backfilled: tuple[SimulatedWorkspace, ...] = ()) -> None:
        """Put a sync of each workspace into the queue.

        Args:
            end: The instant up to which they are synced.
            backfilled: The workspaces that are loaded from the start.
        """
        for member in self.members:
            member.simulator.clock.set(end)
        workspaces.write(self.file, self.members, end)
        for member in self.members:
            self.engine.launch(member.name, member.groups, full_refresh=member in backfilled)
        names = " and ".join(member.name for member in backfilled)
        self._note(
            f"{len(self.members)} syncs are queued, with data up to {end:%Y-%m-%d %H:%M}"
            + (f"; those of {names} are backfills" if names else "")
        )

    def _run_night(self, *steps: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait for the end of the night and inject faults.

        Args:
            steps: Faults: functions that take the runs and return whether the fault was injected.
        """
        pending = list(steps)
        deadline = time.monotonic() + _NIGHT_SECONDS
        while time.monotonic() < deadline:
            runs = self.engine.runs()
            pending = [step for step in pending if not step(runs)]
            if self.engine.is_idle(runs):
                if pending:
                    raise RuntimeError(f"The night ended before {pending}")
                return
            time.sleep(0.3 if pending else 3)
        raise RuntimeError("The night does not end; see Dagster's logs")

    def _hold_slot(self, runs: list[dict[str, Any]]) -> bool:
        held = self.held
        if not any(run["jobName"] == held.job_name and run["startTime"] for run in runs):
            return False
        held.simulator.hold_slot(_SLOT_HELD_SECONDS)
        self._note(f"{held.name}: another client occupies its export slot for a minute")
        return True

    def _kill(self, member: SimulatedWorkspace, jobs_before: int, _: object) -> bool:
        if len(member.jobs) < jobs_before + _KILLED_AFTER_JOBS:
            return False
        if not kill_run(f"{member.name}-content"):
            return False
        self.lost_jobs[member.name] = len(member.jobs) - jobs_before
        self._note(f"{member.name}: its run is killed with SIGKILL")
        return True

    def _stop_store(self, after_runs: int, runs: list[dict[str, Any]]) -> bool:
        """Stop the state store until a connection has failed, after a run was killed.

        Args:
            after_runs: Number of runs that must have succeeded before.
            runs: The runs.
        """
        succeeded = sum(run["status"] == "SUCCESS" for run in runs)
        if succeeded < after_runs or not self.lost_jobs:
            return False
        stopped_at = time.time()
        self.store.send("stop")
        while (outage := time.time() - stopped_at) < _MAX_STORE_OUTAGE_SECONDS:
            self.failed_connections = self.store.send("count")
            if self.failed_connections and outage >= _MIN_STORE_OUTAGE_SECONDS:
                break
            time.sleep(0.2)
        self.store.send("start")
        self._note(
            f"The state store is unavailable for {outage:.0f} seconds; {self.failed_connections} "
            "connections fail",
            stopped_at,
        )
        return True

    def _note(self, text: str, at: float | None = None) -> None:
        self.events.append((at or time.time(), text))
        sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        sys.stdout.flush()
