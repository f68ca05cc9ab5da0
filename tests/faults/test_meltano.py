"""Terminations under Meltano: the run counts as failed, and the next run continues from it."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from demo.project import TAP, TARGET, MeltanoError, Project
from tests.faults.runner import configuration
from tests.harness.stopped_simulator import stopped_simulator

if TYPE_CHECKING:
    from demo.postgres import Postgres
    from intercom_simulator.http_messages import Request

pytestmark = pytest.mark.meltano


@pytest.mark.parametrize("stop", ["the tap", "Ctrl-C"])
def test_terminated_run_fails_and_the_next_run_loads_the_rest(
    postgres: Postgres, database: str, tmp_path: Path, stop: str
) -> None:
    """Ctrl-C reaches the whole process group, and Meltano also sends a SIGTERM to its plugins.

    The target then discards what it has not loaded, and the STATE with it. If only the tap is
    terminated, the target loads everything it received, and the next run resumes the job.
    """
    second_job = threading.Event()

    def on_request(request: Request) -> None:
        if request.method == "GET" and len(sim.jobs) > 1:
            second_job.set()

    with stopped_simulator(receipts=60, job_seconds=0.7, on_request=on_request) as sim:
        address = postgres.url(database, driver="postgresql+psycopg")
        project = Project(tmp_path, configuration(sim), address)
        failure: list[MeltanoError] = []

        def run() -> None:
            try:
                project.run()
            except MeltanoError as error:
                failure.append(error)

        running = threading.Thread(target=run)
        running.start()
        assert second_job.wait(60)
        if stop == "the tap":
            os.kill(process_of(tmp_path, TAP, "--config"), signal.SIGTERM)
        else:
            os.killpg(process_of(tmp_path, "run", TAP, TARGET), signal.SIGINT)
        running.join(60)
        assert failure, "Meltano reports the run as successful"
        assert not any("/cancel/" in request.path for request in sim.requests)

        project.run()
        with psycopg.connect(postgres.url(database)) as connection:
            loaded = connection.execute(
                "SELECT count(*), count(DISTINCT receipt_id) FROM intercom.receipt"
            ).fetchone()
        expected = len(sim.workspace.expected_rows("receipt", sim.clock.now()))
        assert loaded == (expected, expected)
        if stop == "the tap":
            assert len(sim.jobs) == 2


def process_of(folder: Path, *words: str) -> int:
    """Return the id of the process with a working directory and words of its command line."""
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if not process.name.isdecimal() or (process / "cwd").readlink() != folder.resolve():
                continue
            line = (process / "cmdline").read_text().split("\0")
            if set(words) <= {word.rpartition("/")[2] for word in line}:
                return int(process.name)
    raise AssertionError(f"There is no process with {words}")
