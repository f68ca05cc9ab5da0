"""The commands that `make demo KEEP=1` prints for the running server work unchanged."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest

from demo.postgres import running_postgres

if TYPE_CHECKING:
    from pathlib import Path


def shell(command: str) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kept_server_can_be_inspected_and_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_postgres(lambda: True) as server:
        pass
    try:
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE SCHEMA intercom")
            connection.execute("CREATE TABLE intercom.receipt AS SELECT 1 AS receipt_id")
        with monkeypatch.context() as without_psql:
            without_psql.setenv("PATH", str(tmp_path))
            command = server.psql_command("intercom", "marts")
        assert shell(f"{command} --no-align --tuples-only -c 'TABLE receipt'").strip() == "1"
    finally:
        shell(server.stop_command)
    assert not server.socket_folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url())
