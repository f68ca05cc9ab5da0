"""examples/dagster with all of its processes: runs that are stopped, and one that is refused."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from fleet.engine import Engine
from fleet.workspace_checks import exported_twice, wrong_exports
from tests.harness.webhook import taking_alerts
from tests.integration.test_fleet import NEEDS_DAGSTER, environment_of, write_workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.postgres import Postgres
    from intercom_simulator import Simulator

pytestmark = NEEDS_DAGSTER

PATIENCE_SECONDS = 300
GROUPS = ("content",)
PROGRAMS = {"meltano", "tap-intercom-export", "target-postgres"}
STARTED = re.compile(r"Started process for run \(pid: (\d+)\)")

SMALL_BUFFERS = {"MELTANO_ELT_BUFFER_SIZE": "400000", "TARGET_POSTGRES_BATCH_SIZE_ROWS": "400"}
"""The tap is soon as slow as the target then, as it is with many rows and any buffers."""


def test_a_run_that_is_stopped_keeps_its_place(
    simulate: Callable[..., Simulator], postgres: Postgres, database: str, tmp_path: Path
) -> None:
    """Canceled while the tap waits, and while it writes; ended by SIGTERM, as Kubernetes does."""
    stopped = {
        "waiting": simulate(receipts=60, days=20, job_seconds=3600),
        "writing": simulate(receipts=3000, days=20),
        "evicted": simulate(receipts=60, days=20, job_seconds=3600),
    }
    workspaces = {**stopped, "refused": simulate(receipts=5)}
    write_workspaces(tmp_path, workspaces)
    tokens = {name: simulator.token for name, simulator in stopped.items()}
    tokens["refused"] = "a-token-that-was-revoked"
    with (
        closing(psycopg.connect(postgres.url(database), autocommit=True)) as connection,
        taking_alerts() as (webhook, alerts),
        environment_of(tokens, postgres, database, tmp_path) as environment,
        Engine(
            tmp_path, {**environment, **SMALL_BUFFERS, "INTERCOM_FLEET_ALERT_WEBHOOK": webhook}
        ) as engine,
    ):
        runs = {name: engine.launch(name, GROUPS) for name in workspaces}
        wait_until(lambda: is_polled(workspaces["waiting"]))
        engine.terminate(runs["waiting"])
        wait_until(lambda: receipts(connection, "intercom_writing"))
        engine.terminate(runs["writing"])
        wait_until(lambda: is_polled(workspaces["evicted"]))
        os.kill(pid_of(engine.log(runs["evicted"])), signal.SIGTERM)

        assert dict(zip(runs, engine.wait(*runs.values()), strict=True)) == {
            "waiting": "CANCELED",
            "writing": "CANCELED",
            "evicted": "FAILURE",
            "refused": "FAILURE",
        }
        assert not processes(tmp_path)
        for name, simulator in stopped.items():
            log = "\n".join(engine.log(runs[name]))
            assert "tap-intercom-export: Stopped by SIGTERM" in log, log
            assert "Exit status of extractors 143" in log, log
            assert not [one for one in simulator.requests if "/cancel/" in one.path]
        assert 0 < receipts(connection, "intercom_writing") < 3000

        for simulator in stopped.values():
            simulator.job_seconds = 0
            for job in simulator.jobs:
                job.seconds = 0
        first_jobs = {name: simulator.jobs[0].identifier for name, simulator in stopped.items()}
        runs |= {name: engine.launch(name, GROUPS) for name in ("waiting", "writing")}
        assert engine.wait(runs["waiting"], runs["writing"]) == ["SUCCESS", "SUCCESS"]
        wait_until(lambda: engine.is_idle(engine.statuses()))
        (again,) = (run for run in engine.runs() if run["parentRunId"] == runs["evicted"])
        assert again["status"] == "SUCCESS"
        runs["evicted"] = again["runId"]
        for name, simulator in stopped.items():
            assert f"Resuming job {first_jobs[name]}" in "\n".join(engine.log(runs[name]))
            schema, until = f"intercom_{name}", simulator.clock.now()
            assert not wrong_exports(connection, simulator, schema, until)
            assert not exported_twice(simulator)

        (refused,) = (run for run in engine.runs() if run["jobName"] == "intercom_refused")
        assert [len(step["attempts"]) for step in refused["stepStats"]] == [1]
        assert len(workspaces["refused"].requests) == 1
        wait_until(lambda: alerts)
        assert len(alerts) == 1
        assert "intercom_refused failed: refused: Intercom refuses the token" in alerts[0]
        assert "environment variable TOKEN_REFUSED" in alerts[0]


def is_polled(simulator: Simulator) -> bool:
    return bool(simulator.jobs) and simulator.jobs[0].polls > 1


def receipts(connection: psycopg.Connection[Any], schema: str) -> int:
    """The receipts that are loaded so far."""
    with suppress(psycopg.errors.UndefinedTable):
        found = connection.execute(f"select count(*) from {schema}.receipt".encode()).fetchone()
        assert found
        return int(found[0])
    return 0


def pid_of(log: list[str]) -> int:
    """The process of a run, as its log names it."""
    return next(int(found[1]) for line in log if (found := STARTED.match(line)))


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)


def processes(folder: Path) -> list[str]:
    """The processes of Meltano, tap and target whose environment names a folder."""
    found = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if not process.name.isdecimal():
                continue
            words = (process / "cmdline").read_text().split("\0")
            is_sync = PROGRAMS & {word.rpartition("/")[2] for word in words}
            if is_sync and str(folder).encode() in (process / "environ").read_bytes():
                found.append(" ".join(words))
    return found
