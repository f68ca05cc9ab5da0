"""`python -m fleet`: two nights of a fleet on Dagster, one of them with faults.

Environment variables: `WORKSPACES` (24, at least 5). Writes docs/fleet.md and docs/fleet.svg when
all of them took part.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.postgres import running_postgres
from fleet import verify, workspaces
from fleet.engine import DAGSTER_BIN, MELTANO_BIN, Engine, free_port, kill_run
from fleet.state_store import BUCKET, HOST
from fleet.timeline import Run, at_once, chart, overlapping, page
from fleet.workspaces import FIRST_NIGHT, NIGHT, SimulatedWorkspace

if TYPE_CHECKING:
    from datetime import datetime
    from types import FrameType

ALL = 24
NIGHTS = 2
AT_ONCE = 6
"""Concurrency, as in examples/dagster/dagster.yaml."""

DOCS = Path(__file__).resolve().parent.parent / "docs"

_NIGHT_SECONDS = 3600
_SLOT_HELD_SECONDS = 60
_STATE_AWAY_SECONDS = 8
_LATE_START = timedelta(days=20)
"""Start of the workspaces that are backfilled later."""


class StateStore:
    """The process of `fleet.state_store`.

    Args:
        port: Where it listens.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        script = Path(__file__).with_name("state_store.py")
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [str(MELTANO_BIN / "python"), str(script), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a line for each request
            text=True,
            start_new_session=True,
        )
        self._wait()

    def tell(self, word: str) -> None:
        """Say `stop` or `start` to it.

        Args:
            word: The word.
        """
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        self._wait()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _wait(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        if not self._process.stdout.readline():
            raise RuntimeError("The state store does not start")


@dataclass
class Fleet:
    """The story of the two nights.

    Args:
        members: The workspaces.
        file: The YAML file with them.
        engine: Dagster.
        store: Where Meltano's state is.
        database: The address of the database.
    """

    members: list[SimulatedWorkspace]
    file: Path
    engine: Engine
    store: StateStore
    database: str
    events: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Choose the workspaces of the faults."""
        last = len(self.members)
        self.killed, self.refused, self.held = (self.members[i] for i in (1, 2, 3))
        self.backfilled = [self.members[0], self.members[last - 1]]

    def night(self, end: datetime, *, disturbed: bool, backfill: bool = False) -> None:
        """Sync all workspaces up to an instant, and wait for the end of it.

        Args:
            end: The instant.
            disturbed: Whether things go wrong in it.
            backfill: Whether the workspaces that began late are loaded from the start.
        """
        for member in self.members:
            member.simulator.clock.set(end)
        workspaces.write(self.file, self.members, end)
        if disturbed:
            self.held.simulator.hold_slot(_SLOT_HELD_SECONDS)
            self._note(f"{self.held.name}: somebody else holds its export slot for a minute")
        for member in self.members:
            refresh = backfill and member in self.backfilled
            self.engine.launch(member.name, member.groups, full_refresh=refresh)
        self._note(f"{len(self.members)} syncs are in the queue, up to {end:%Y-%m-%d %H:%M}")
        to_kill, to_stop = disturbed, disturbed
        deadline = time.monotonic() + _NIGHT_SECONDS
        while time.monotonic() < deadline:
            if to_kill and len(self.killed.simulator.jobs) >= 2:  # noqa: PLR2004 - the first is written
                to_kill = not kill_run(f"{self.killed.name}-content")
                if not to_kill:
                    self._note(f"{self.killed.name}: its run is killed with SIGKILL")
            runs = self.engine.runs()
            done = sum(run["status"] == "SUCCESS" for run in runs)
            if to_stop and not to_kill and done >= len(self.members) // 3:
                to_stop = False
                self._note(f"The state store is away for {_STATE_AWAY_SECONDS} seconds")
                self.store.tell("stop")
                time.sleep(_STATE_AWAY_SECONDS)
                self.store.tell("start")
            if self.engine.is_idle(runs):
                return
            time.sleep(0.5 if to_kill else 3)
        raise RuntimeError("The night does not end; see Dagster's logs")

    def verify(self, end: datetime) -> tuple[list[str], list[str]]:
        """Return the results of the checks.

        Args:
            end: The instant of the last night.
        """
        log = self.engine.runs()
        runs = [Run.from_log(entry) for entry in log]
        good: list[str] = []
        bad: list[str] = []

        def check(sentence: str, wrong: Any) -> None:
            (bad if wrong else good).append(f"{sentence}: {wrong}" if wrong else sentence)

        whole = [member for member in self.members if member is not self.refused]
        wrong = {
            m.name: found[:3] for m in whole if (found := verify.wrong_rows(self.database, m, end))
        }
        check(f"{len(whole)} workspaces are complete, compared row by row", wrong)
        latest = {run.workspace: run for run in sorted(runs, key=lambda run: run.queued)}
        red = sorted(name for name, run in latest.items() if run.status != "SUCCESS")
        check(
            f"Only {self.refused.name}, whose token is refused, is red",
            red if red != [self.refused.name] else None,
        )
        tries = sum(
            max(1, len(step["attempts"]))
            for entry in log
            if entry["jobName"] == f"intercom_{self.refused.name}"
            for step in entry["stepStats"]
        )
        check("It was not tried again", tries if tries != NIGHTS else None)
        check(f"Never more than {AT_ONCE} runs at once", max(0, at_once(runs) - AT_ONCE))
        check("Never two runs of a workspace at once", overlapping(runs))
        twice = {m.name: verify.exported_twice(m.simulator) for m in self.members}
        undisturbed = {
            name: found
            for name, found in twice.items()
            if found and name not in {self.killed.name, *self._state_was_lost(log)}
        }
        check("No range was exported twice without need", undisturbed)
        return good, bad

    def _state_was_lost(self, log: list[dict[str, Any]]) -> set[str]:
        """Return the workspaces with a sync that was tried again: its state may be lost."""
        return {
            str(entry["jobName"]).removeprefix("intercom_")
            for entry in log
            if any(len(step["attempts"]) > 1 for step in entry["stepStats"])
        }

    def _note(self, text: str) -> None:
        self.events.append((time.time(), text))
        sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        sys.stdout.flush()


def main() -> int:
    """Run the fleet.

    Returns:
        The exit status: 0 if all checks succeed.
    """
    for name in (DAGSTER_BIN / "dagster", MELTANO_BIN / "meltano"):
        if not name.exists():
            sys.exit(f"{name.parent.parent} is not there: use 'make fleet'")
    signal.signal(signal.SIGTERM, _interrupt)
    number = int(os.environ.get("WORKSPACES") or ALL)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="intercom-fleet-")))
        members = [SimulatedWorkspace(n) for n in range(number)]
        for member in (members[0], members[-1]):
            member.start_date = FIRST_NIGHT - _LATE_START
        for member in members:
            stack.enter_context(member.simulator)
        postgres = stack.enter_context(running_postgres())
        store = StateStore(free_port())
        stack.callback(store.close)
        file = home / "workspaces.yaml"
        workspaces.write(file, members, FIRST_NIGHT)
        tokens = {member.token_variable: member.simulator.token for member in members}
        environment = {
            **tokens,
            members[2].token_variable: "another-token",
            "INTERCOM_FLEET_WORKSPACES": str(file),
            "INTERCOM_FLEET_WORK": str(home / "meltano"),
            "TARGET_POSTGRES_SQLALCHEMY_URL": postgres.url(driver="postgresql+psycopg"),
            "MELTANO_STATE_BACKEND_URI": f"s3://fleet:fleet@{BUCKET}/state",
            "MELTANO_STATE_BACKEND_S3_ENDPOINT_URL": store.url,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        engine = stack.enter_context(Engine(home, environment))
        fleet = Fleet(members, file, engine, store, postgres.url())
        fleet.night(FIRST_NIGHT, disturbed=True)
        for member in fleet.backfilled:
            member.start_date = FIRST_NIGHT - timedelta(days=80)
        fleet.night(FIRST_NIGHT + NIGHT, disturbed=False, backfill=True)
        good, bad = fleet.verify(FIRST_NIGHT + NIGHT)
        runs = [Run.from_log(entry) for entry in engine.runs()]
        for line in good:
            sys.stdout.write(f"as it should be: {line}\n")
        for line in bad:
            sys.stdout.write(f"WRONG: {line}\n")
        target = DOCS if number == ALL and not bad else Path(tempfile.mkdtemp(prefix="fleet-page-"))
        (target / "fleet.svg").write_text(chart(runs, fleet.events))
        (target / "fleet.md").write_text(page(runs, fleet.events, good + bad))
        sys.stdout.write(f"The timeline is in {target / 'fleet.md'}\n")
    return 1 if bad else 0


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
