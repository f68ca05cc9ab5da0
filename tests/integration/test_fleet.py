"""examples/dagster with all of its processes: runs that are stopped, retried, refused, alerted.

Starting Dagster and Meltano takes most of the time, so the tests look at the same five runs, three
of which are of one workspace and wait for each other.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from fleet.engine import Engine
from fleet.runs import Run, workspaces_with_overlap
from fleet.workspace_checks import exported_twice, wrong_exports
from tests.conftest import create_database
from tests.harness.fleet_environment import (
    NEEDS_DAGSTER,
    NEEDS_MELTANO,
    sync_environment,
    write_workspaces,
)
from tests.harness.singer import discover_in_process
from tests.harness.stopped_simulator import stopped_simulator
from tests.harness.webhook import taking_alerts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from demo.postgres import Postgres
    from intercom_simulator import Simulator

pytestmark = [pytest.mark.timeout(600), pytest.mark.meltano, NEEDS_DAGSTER, NEEDS_MELTANO]

PATIENCE_SECONDS = 120
RECEIPTS = 1000
WORKSPACE = {"receipts": RECEIPTS, "days": 20, "max_delay_days": 1, "job_seconds": 3600}
GROUPS = ("content",)
PROGRAMS = {"meltano", "tap-intercom-export", "target-postgres"}
STARTED = re.compile(r"Started process for run \(pid: (\d+)\)")

SMALL_BUFFERS = {"MELTANO_ELT_BUFFER_SIZE": "100000", "TARGET_POSTGRES_BATCH_SIZE_ROWS": "300"}
"""The tap is soon as slow as the target then, as it is with many rows and any buffers."""

SHORT_INTERVALS = {"DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS": "1"}
"""How often Dagster looks for failed runs to retry; usually 5 seconds."""

SLOW_INSERTS = """
    create function pause() returns trigger language plpgsql
        as $$ begin perform pg_sleep(0.5); return null; end $$;
    create trigger slow after insert on intercom.receipt
        for each statement execute function pause();
"""


@dataclass(frozen=True)
class Outcome:
    """What the runs left behind.

    Args:
        simulator: The workspace acme.
        refusing: The workspace whose token is refused.
        engine: Dagster; it is still running.
        connection: Connection to the database.
        alerts: Texts that were sent to the webhook.
        evicted: Run of acme whose process got SIGTERM, while Intercom worked on its export job.
        canceled: Run of acme that was queued all the time, then canceled while it was writing.
        again: Dagster's retry of `evicted`, which was queued all the time, too.
        refused: Run of the other workspace.
        statuses: Status of each run when the tap of `evicted` was waiting.
        statuses_later: Status of each run when `canceled` was canceled.
        receipts: Number of receipts in the database after that.
        jobs: Number of export jobs until then.
        left: Processes of the sync after the end of `evicted`, then of `canceled`.
    """

    simulator: Simulator
    refusing: Simulator
    engine: Engine
    connection: psycopg.Connection[Any]
    alerts: list[str]
    evicted: str
    canceled: str
    again: str
    refused: str
    statuses: dict[str, str]
    statuses_later: dict[str, str]
    receipts: int
    jobs: int
    left: tuple[list[str], list[str]]

    def log(self, run: str) -> str:
        return "\n".join(self.engine.log(run))


@pytest.fixture(scope="module")
def outcome(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """Evict a run (SIGTERM, as Kubernetes does), cancel the next one, let the retry succeed."""
    home, database = tmp_path_factory.mktemp("dagster"), create_database(postgres)
    catalog = home / "catalog.json"  # Meltano's extra _catalog; discovery would take a second a run
    config = {"access_token": "any", "start_date": "2025-01-01", "workspace": "acme"}
    catalog.write_text(json.dumps(discover_in_process(config)))
    with ExitStack() as stack:
        simulator = stack.enter_context(stopped_simulator(**WORKSPACE))
        refusing = stack.enter_context(stopped_simulator(receipts=5))
        tokens = write_workspaces(
            home,
            {"acme": simulator, "refused": refusing},
            {"window_days": 10, "lookback_days": 2, "_catalog": str(catalog)},
            start_date=f"{simulator.clock.now() - timedelta(days=20):%Y-%m-%d}",
            schema="intercom",
            workspace_column=True,
        )
        webhook, alerts = stack.enter_context(taking_alerts())
        environment = {
            **sync_environment(home, postgres, database),
            **tokens,
            "TOKEN_REFUSED": "a-token-that-was-revoked",
            "INTERCOM_FLEET_ALERT_WEBHOOK": webhook,
            **SMALL_BUFFERS,
            **SHORT_INTERVALS,
        }
        run_queue = {"dequeue_interval_seconds": 1}
        engine = stack.enter_context(Engine(home, environment, {"run_queue": run_queue}))
        connection = stack.enter_context(psycopg.connect(postgres.url(database), autocommit=True))

        evicted, canceled = engine.launch("acme", GROUPS), engine.launch("acme", GROUPS)
        refused = engine.launch("refused", GROUPS)
        wait_until(lambda: is_polled(simulator))
        statuses = statuses_of(engine)
        running = processes(simulator)
        assert running
        os.kill(pid_of(engine.log(evicted)), signal.SIGTERM)
        engine.wait(evicted)
        left_of_evicted = [running[pid] for pid in running.keys() & processes(simulator).keys()]

        (job,) = simulator.jobs
        simulator.job_seconds = job.seconds = 0
        wait_until(lambda: has_table(connection), pause_seconds=0.02)
        connection.execute(SLOW_INSERTS)
        wait_until(lambda: receipts_loaded(connection))
        statuses_later = statuses_of(engine)
        running = processes(simulator)
        engine.terminate(canceled)
        engine.wait(canceled)
        left_of_canceled = [running[pid] for pid in running.keys() & processes(simulator).keys()]
        receipts, jobs = receipts_loaded(connection), len(simulator.jobs)
        connection.execute("drop trigger slow on intercom.receipt")
        job.seconds, polls = 3600, job.polls  # so that there is something to wait for
        wait_until(lambda: job.polls > polls)
        job.seconds = 0

        (again,) = (run["runId"] for run in engine.runs() if run["parentRunId"] == evicted)
        engine.wait(again, refused)
        wait_until(lambda: engine.is_idle(engine.statuses()))
        yield Outcome(
            simulator,
            refusing,
            engine,
            connection,
            alerts,
            evicted,
            canceled,
            again,
            refused,
            statuses,
            statuses_later,
            receipts,
            jobs,
            (left_of_evicted, left_of_canceled),
        )


def test_runs_of_a_workspace_wait_for_each_other_and_not_for_others(outcome: Outcome) -> None:
    assert outcome.statuses[outcome.evicted] == "STARTED"
    assert outcome.statuses[outcome.canceled] == "QUEUED"
    assert outcome.statuses[outcome.refused] != "QUEUED"  # although it was queued after that one
    assert outcome.statuses_later[outcome.canceled] == "STARTED"
    assert outcome.statuses_later[outcome.again] == "QUEUED"
    assert not workspaces_with_overlap([Run.from_log(run) for run in outcome.engine.runs()])


def test_only_the_evicted_run_is_retried(outcome: Outcome) -> None:
    statuses = statuses_of(outcome.engine)

    assert statuses == {
        outcome.evicted: "FAILURE",
        outcome.canceled: "CANCELED",
        outcome.refused: "FAILURE",
        outcome.again: "SUCCESS",
    }


def test_tap_of_a_stopped_run_gets_sigterm(outcome: Outcome) -> None:
    for run in (outcome.evicted, outcome.canceled):
        log = outcome.log(run)
        assert "tap-intercom-export: Stopped by SIGTERM" in log, log
        assert "Exit status of extractors 143" in log, log
    assert outcome.left == ([], [])


def test_export_job_of_a_stopped_run_is_resumed(outcome: Outcome) -> None:
    resumed = f"Resuming job {outcome.simulator.jobs[0].identifier}"

    assert resumed not in outcome.log(outcome.evicted)
    assert resumed in outcome.log(outcome.canceled)
    assert resumed in outcome.log(outcome.again)
    assert not [one for one in outcome.simulator.requests if "/cancel/" in one.path]
    assert not exported_twice(outcome.simulator)


def test_all_rows_are_loaded_in_the_end(outcome: Outcome) -> None:
    assert 0 < outcome.receipts < RECEIPTS
    simulator, connection = outcome.simulator, outcome.connection
    assert not wrong_exports(connection, simulator, "intercom", simulator.clock.now())
    found = connection.execute("select distinct workspace from intercom.receipt")
    assert found.fetchall() == [("acme",)]


def test_materialization_has_metadata_of_the_run(outcome: Outcome) -> None:
    simulator = outcome.simulator
    end = simulator.clock.now()
    written = sum(
        len(simulator.workspace.rows("receipt", job.after, job.before, end))
        for job in simulator.jobs
    )
    downloaded = sum(simulator.content_export.archive(job).stat().st_size for job in simulator.jobs)

    metadata = outcome.engine.metadata(outcome.again)

    assert metadata["rows"]["receipt"] == written > RECEIPTS
    assert metadata["dagster/row_count"] == sum(metadata["rows"].values())
    assert metadata["bookmark"] == f"{end:%Y-%m-%dT%H:%M:%SZ}"
    assert metadata["windows"] == len(simulator.jobs)
    assert metadata["export_jobs"] == len(simulator.jobs) - outcome.jobs == 1
    assert metadata["rejected_rows"] == 0
    assert 1 <= metadata["seconds_waited_for_intercom"] < 30
    assert metadata["downloaded_bytes"] == downloaded


def test_asset_checks_are_evaluated(outcome: Outcome) -> None:
    assert outcome.engine.checks(outcome.again) == {
        "rejected_share": True,
        "bookmark_age": True,
        "rows_in_target": True,
    }


def test_refused_token_fails_at_once_and_is_named(outcome: Outcome) -> None:
    log = outcome.log(outcome.refused)

    assert "refused: Intercom refuses the token" in log
    assert "read from environment variable TOKEN_REFUSED." in log
    assert "HTTP 401" in log
    assert "a-token-that-was-revoked" not in log
    (run,) = (run for run in outcome.engine.runs() if run["runId"] == outcome.refused)
    assert [len(step["attempts"]) for step in run["stepStats"]] == [1]
    assert len(outcome.refusing.requests) == 1


def test_only_the_refused_run_is_reported(outcome: Outcome) -> None:
    wait_until(lambda: outcome.alerts)

    (alert,) = outcome.alerts
    assert "intercom_refused failed: refused: Intercom refuses the token" in alert
    assert "environment variable TOKEN_REFUSED" in alert


def is_polled(simulator: Simulator) -> bool:
    return bool(simulator.jobs) and simulator.jobs[0].polls > 1


def has_table(connection: psycopg.Connection[Any]) -> bool:
    return connection.execute("select to_regclass('intercom.receipt')").fetchone() != (None,)


def receipts_loaded(connection: psycopg.Connection[Any]) -> int:
    found = connection.execute("select count(*) from intercom.receipt").fetchone()
    assert found
    return int(found[0])


def statuses_of(engine: Engine) -> dict[str, str]:
    return {run["runId"]: run["status"] for run in engine.statuses()}


def pid_of(log: list[str]) -> int:
    """The process of a run, as its log names it."""
    return next(int(found[1]) for line in log if (found := STARTED.match(line)))


def wait_until(is_so: Callable[[], object], pause_seconds: float = 0.1) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(pause_seconds)


def processes(simulator: Simulator) -> dict[int, str]:
    """The processes of Meltano, tap and target that sync a workspace: their command lines."""
    found = {}
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if not process.name.isdecimal():
                continue
            words = (process / "cmdline").read_text().split("\0")
            is_sync = PROGRAMS & {word.rpartition("/")[2] for word in words}
            if is_sync and simulator.url.encode() in (process / "environ").read_bytes():
                found[int(process.name)] = " ".join(words)
    return found
