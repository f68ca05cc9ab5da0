"""examples/dagster with all of its processes: runs that are stopped, and one that is refused."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import closing, suppress
from datetime import datetime, timezone
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
    simulator, refusing = simulate(receipts=3000, days=20, job_seconds=3600), simulate(receipts=5)
    write_workspaces(tmp_path, {"acme": simulator, "refused": refusing})
    tokens = {"acme": simulator.token, "refused": "a-token-that-was-revoked"}
    with (
        closing(psycopg.connect(postgres.url(database), autocommit=True)) as connection,
        taking_alerts() as (webhook, alerts),
        environment_of(tokens, postgres, database, tmp_path) as environment,
        Engine(
            tmp_path, {**environment, **SMALL_BUFFERS, "INTERCOM_FLEET_ALERT_WEBHOOK": webhook}
        ) as engine,
    ):
        waiting, refused = engine.launch("acme", GROUPS), engine.launch("refused", GROUPS)
        wait_until(lambda: is_polled(simulator))
        engine.terminate(waiting)
        assert engine.wait(waiting, refused) == ["CANCELED", "FAILURE"]

        simulator.job_seconds = simulator.jobs[0].seconds = 0
        writing = engine.launch("acme", GROUPS)
        wait_until(lambda: receipts_loaded(connection))
        engine.terminate(writing)
        assert engine.wait(writing) == ["CANCELED"]
        assert 0 < receipts_loaded(connection) < 3000

        now = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%f}"
        evicted = engine.launch("acme", GROUPS)
        wait_until(lambda: receipts_loaded(connection, since=now))
        os.kill(pid_of(engine.log(evicted)), signal.SIGTERM)
        assert engine.wait(evicted) == ["FAILURE"]
        assert not processes(tmp_path)

        wait_until(lambda: engine.is_idle(engine.statuses()), pause_seconds=1)
        (again,) = (run for run in engine.runs() if run["parentRunId"] == evicted)
        assert again["status"] == "SUCCESS"
        for run in (waiting, writing, evicted):
            log = "\n".join(engine.log(run))
            assert "tap-intercom-export: Stopped by SIGTERM" in log, log
            assert "Exit status of extractors 143" in log, log
        for run in (writing, evicted, again["runId"]):
            resumed = f"Resuming job {simulator.jobs[0].identifier}"
            assert resumed in "\n".join(engine.log(run))
        assert not [one for one in simulator.requests if "/cancel/" in one.path]
        assert not wrong_exports(connection, simulator, "intercom_acme", simulator.clock.now())
        assert not exported_twice(simulator)

        log = "\n".join(engine.log(refused))
        assert "refused: Intercom refuses the token" in log
        assert "read from environment variable TOKEN_REFUSED." in log
        assert "HTTP 401" in log
        assert tokens["refused"] not in log
        (only,) = (run for run in engine.runs() if run["jobName"] == "intercom_refused")
        assert [len(step["attempts"]) for step in only["stepStats"]] == [1]
        assert len(refusing.requests) == 1
        wait_until(lambda: alerts)
        assert len(alerts) == 1
        assert "intercom_refused failed: refused: Intercom refuses the token" in alerts[0]
        assert "environment variable TOKEN_REFUSED" in alerts[0]


def is_polled(simulator: Simulator) -> bool:
    return bool(simulator.jobs) and simulator.jobs[0].polls > 1


def receipts_loaded(connection: psycopg.Connection[Any], since: str = "-infinity") -> int:
    """The receipts that the target has written since a time; those written again count once."""
    with suppress(psycopg.errors.UndefinedTable):
        found = connection.execute(
            "select count(*) from intercom_acme.receipt where _sdc_batched_at > %s", [since]
        ).fetchone()
        assert found
        return int(found[0])
    return 0


def pid_of(log: list[str]) -> int:
    """The process of a run, as its log names it."""
    return next(int(found[1]) for line in log if (found := STARTED.match(line)))


def wait_until(is_so: Callable[[], object], pause_seconds: float = 0.1) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(pause_seconds)


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
