"""The fleet of examples/dagster on Airflow: a mapped task for each workspace and group of streams.

Copy it into the folder of your DAGs, and of examples/dagster `intercom_fleet/`, `workspaces.yaml`
and `meltano.yml` beside it or onto PYTHONPATH. The environment variables are those of that example:
INTERCOM_FLEET_WORKSPACES, INTERCOM_FLEET_PROJECT, TARGET_POSTGRES_SQLALCHEMY_URL, and those of
Meltano's state backend. `meltano` must be on PATH, or named by MELTANO.

One run a workspace: its groups are one task, and `max_active_runs` is 1. At most n in all:
`max_active_tis_per_dag`.
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
        """Return only names, so that no secret gets into Airflow's database."""
        return [workspace.name for workspace in load(_FILE)]

    @task(
        max_active_tis_per_dag=MAX_CONCURRENT_SYNCS,
        retries=3,
        retry_delay=timedelta(minutes=5),
        retry_exponential_backoff=True,
        map_index_template="{{ workspace_name }}",
    )
    def sync(name: str) -> dict[str, Any]:
        """Sync a workspace; a SIGTERM to the task is passed to the tap.

        Raises:
            AirflowFailException: The sync failed, and a retry would fail, too.
            RuntimeError: The sync failed, and a retry may succeed.
        """
        cast("dict[str, Any]", get_current_context())["workspace_name"] = name
        workspace = next(found for found in load(_FILE) if found.name == name)
        rows: dict[str, int] = {}
        failed = []
        for group in workspace.streams:
            one = Sync.from_environment(workspace, group)
            result = one.run(_log.info)
            rows |= {stream: rows.get(stream, 0) + n for stream, n in result.log.rows.items()}
            if not result.outcome.is_success:
                failed.append((result.outcome, f"{group}: {one.explain(result)}"))
        if not failed:
            return rows
        explanations = "; ".join(explanation for _, explanation in failed)
        if any(outcome.pauses for outcome, _ in failed):
            raise RuntimeError(explanations)
        raise AirflowFailException(explanations)

    sync.expand(name=workspaces())


intercom_fleet()
