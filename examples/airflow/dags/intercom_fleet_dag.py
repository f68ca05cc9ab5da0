"""The workspaces of examples/dagster on Airflow, with a mapped task for each workspace.

Copy this file into your DAGs folder. Copy `intercom_fleet/`, `workspaces.yaml` and `meltano.yml` of
examples/dagster beside it, or put them on PYTHONPATH. The environment variables are those of that
example: INTERCOM_FLEET_WORKSPACES, INTERCOM_FLEET_PROJECT, TARGET_POSTGRES_SQLALCHEMY_URL, and
those of Meltano's state backend. `meltano` must be on PATH, or its path in MELTANO.

A workspace is synced once at a time, because one task syncs all its groups of streams and
`max_active_runs` is 1. `max_active_tis_per_dag` limits the number of concurrent syncs.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from intercom_fleet.sync import Sync
from intercom_fleet.workspaces import load

MAX_CONCURRENT_SYNCS = 6

_FILE = Path(
    os.environ.get("INTERCOM_FLEET_WORKSPACES") or Path(__file__).with_name("workspaces.yaml")
)
_log = logging.getLogger(__name__)


@dag(
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,  # the state contains the bookmark, so a later run loads missed days
    max_active_runs=1,
    tags=["intercom"],
)
def intercom_fleet() -> None:
    """Sync all workspaces of the YAML file."""

    @task
    def workspaces() -> list[str]:
        """Return the names only, so that Airflow's database contains no secrets."""
        return [workspace.name for workspace in load(_FILE)]

    @task(
        max_active_tis_per_dag=MAX_CONCURRENT_SYNCS,
        retries=3,
        retry_delay=timedelta(minutes=5),
        retry_exponential_backoff=True,
        map_index_template="{{ workspace_name }}",
    )
    def sync(name: str) -> dict[str, Any]:
        """Sync all groups of streams of a workspace; a SIGTERM to the task is passed to the tap.

        Args:
            name: Name of the workspace.

        Returns:
            The number of rows by stream.

        Raises:
            AirflowFailException: The sync failed, and a retry would fail too.
            RuntimeError: The sync failed, and a retry may succeed.
        """
        cast("dict[str, Any]", get_current_context())["workspace_name"] = name
        workspace = next(entry for entry in load(_FILE) if entry.name == name)
        rows: dict[str, int] = {}
        failed = []
        for group in workspace.streams:
            group_sync = Sync.from_environment(workspace, group)
            result = group_sync.run(_log.info)
            rows |= {stream: rows.get(stream, 0) + n for stream, n in result.log.rows.items()}
            if not result.outcome.is_success:
                failed.append((result.outcome, f"{group}: {group_sync.explain(result)}"))
        if not failed:
            return rows
        explanations = "; ".join(explanation for _, explanation in failed)
        if any(outcome.pauses for outcome, _ in failed):
            raise RuntimeError(explanations)
        raise AirflowFailException(explanations)

    sync.expand(name=workspaces())


intercom_fleet()
