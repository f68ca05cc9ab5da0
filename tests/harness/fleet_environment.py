"""What the examples of many workspaces need to run: their YAML file, and environment variables."""

from __future__ import annotations

import json
import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from fleet.engine import DAGSTER_BIN, MELTANO_BIN, free_port
from fleet.state_store import BUCKET
from fleet.state_store_process import StateStore
from tests.harness.singer import clean_environment

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from demo.postgres import Postgres
    from intercom_simulator import Simulator

NEEDS_DAGSTER = pytest.mark.skipif(
    not (DAGSTER_BIN / ".." / ".installed").exists(),
    reason="needs the environment of examples/dagster: make pytest makes it",
)

NEEDS_MELTANO = pytest.mark.skipif(
    not (MELTANO_BIN / ".." / ".installed").exists(),
    reason="needs the environment of Meltano of examples/dagster: make pytest makes it",
)


def write_workspaces(
    folder: Path,
    simulators: Mapping[str, Simulator],
    settings: Mapping[str, Any] | None = None,
    **workspace: Any,
) -> dict[str, str]:
    """Write the YAML file, which JSON is, of workspaces by their names.

    Args:
        folder: Where to write it, as workspaces.yaml.
        simulators: A simulated workspace for each name.
        settings: Further settings of the tap.
        workspace: Further keys of all workspaces.

    Returns:
        The environment variables with the tokens.
    """
    workspaces = [
        {
            "name": name,
            "access_token": {"env": f"TOKEN_{name.upper()}"},
            "api_url": simulator.url,
            "start_date": "2025-05-01",
            "settings": {
                "end_date": f"{simulator.clock.now():%Y-%m-%dT%H:%M:%SZ}",
                "poll_interval_seconds": 1,
                "poll_max_interval_seconds": 1,
                **(settings or {}),
            },
            **workspace,
        }
        for name, simulator in simulators.items()
    ]
    (folder / "workspaces.yaml").write_text(json.dumps({"workspaces": workspaces}))
    return {f"TOKEN_{name.upper()}": simulator.token for name, simulator in simulators.items()}


def sync_environment(folder: Path, postgres: Postgres, database: str) -> dict[str, str]:
    """Return environment variables for syncs into a database, with the state in a folder.

    Args:
        folder: Folder of workspaces.yaml, and for Meltano's files.
        postgres: The server.
        database: Name of the database.
    """
    return {
        **clean_environment(),
        "PATH": os.pathsep.join((str(MELTANO_BIN), os.environ["PATH"])),
        "INTERCOM_FLEET_WORKSPACES": str(folder / "workspaces.yaml"),
        "INTERCOM_FLEET_WORK": str(folder / "work"),
        "TARGET_POSTGRES_SQLALCHEMY_URL": postgres.url(database, "postgresql+psycopg"),
    }


@contextmanager
def state_in_s3() -> Generator[dict[str, str]]:
    """Run an S3 (moto); yields environment variables for Meltano's state in it."""
    with closing(StateStore(free_port())) as store:
        yield {
            "MELTANO_STATE_BACKEND_URI": f"s3://fleet:fleet@{BUCKET}/state",
            "MELTANO_STATE_BACKEND_S3_ENDPOINT_URL": store.url,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
