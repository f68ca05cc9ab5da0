"""`python -m fleet`: two nights of a fleet on Dagster, with faults.

The environment variable `WORKSPACES` sets the number of workspaces (default 24, at least 5). A
successful run with 24 writes docs/fleet.md and docs/fleet.svg.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from demo.postgres import running_postgres
from fleet import workspaces
from fleet.engine import DAGSTER_BIN, MELTANO_BIN, Engine, free_port
from fleet.fleet_checks import check_fleet
from fleet.nights import Fleet
from fleet.page import page
from fleet.runs import Run
from fleet.state_store import BUCKET
from fleet.state_store_process import StateStore
from fleet.timeline import chart
from fleet.workspaces import FIRST_NIGHT, SimulatedWorkspace

if TYPE_CHECKING:
    from types import FrameType

DEFAULT_WORKSPACES = 24
"""Number of workspaces without `WORKSPACES`; only runs with so many write the page."""

DOCS = Path(__file__).resolve().parent.parent / "docs"


def main() -> int:
    """Run the fleet.

    Returns:
        The exit status: 0 if all checks succeed.
    """
    for name in (DAGSTER_BIN / "dagster", MELTANO_BIN / "meltano"):
        if not name.exists():
            sys.exit(f"{name.parent.parent} does not exist: use 'make fleet'")
    signal.signal(signal.SIGTERM, _interrupt)
    number = int(os.environ.get("WORKSPACES") or DEFAULT_WORKSPACES)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="intercom-fleet-")))
        members = [SimulatedWorkspace(n) for n in range(number)]
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
            members[2].token_variable: "a-token-that-was-revoked",
            "INTERCOM_FLEET_WORKSPACES": str(file),
            "INTERCOM_FLEET_WORK": str(home / "meltano"),
            "TARGET_POSTGRES_SQLALCHEMY_URL": postgres.url(driver="postgresql+psycopg"),
            "MELTANO_STATE_BACKEND_URI": f"s3://fleet:fleet@{BUCKET}/state",
            "MELTANO_STATE_BACKEND_S3_ENDPOINT_URL": store.url,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        engine = stack.enter_context(Engine(home, environment))
        fleet = Fleet(members, file, engine, store)
        fleet.first_night()
        fleet.second_night()
        passed, failed = check_fleet(fleet, postgres.url())
        runs = [Run.from_log(entry) for entry in engine.runs()]
        for line in passed:
            sys.stdout.write(f"ok: {line}\n")
        for line in failed:
            sys.stdout.write(f"FAILED: {line}\n")
        target = (
            DOCS
            if number == DEFAULT_WORKSPACES and not failed
            else Path(tempfile.mkdtemp(prefix="fleet-page-"))
        )
        (target / "fleet.svg").write_text(chart(runs, fleet.events))
        (target / "fleet.md").write_text(page(runs, fleet.events, passed + failed))
        sys.stdout.write(f"The timeline is in {target / 'fleet.md'}\n")
    return 1 if failed else 0


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
