"""The code location: `dagster dev -m intercom_fleet.definitions`."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from intercom_fleet.alerts import alert_of_failed_checks, alert_of_failed_runs
from intercom_fleet.assets import make_asset
from intercom_fleet.workspaces import Workspace, load

WORKSPACES_VARIABLE = "INTERCOM_FLEET_WORKSPACES"
"""Environment variable with the path of the YAML file; by default the one next to this package."""


def make_definitions(workspaces: list[Workspace]) -> dg.Definitions:
    """Return the assets, jobs, schedules and sensors.

    Args:
        workspaces: The workspaces of the fleet.
    """
    jobs = {
        workspace.name: dg.define_asset_job(
            f"intercom_{workspace.name}",
            selection=dg.AssetSelection.groups(workspace.name),
            # One process per run. The groups of streams run one after the other; they share a pool.
            executor_def=dg.in_process_executor,
            tags={"intercom/workspace": workspace.name, "intercom/region": workspace.region},
        )
        for workspace in workspaces
    }
    return dg.Definitions(
        assets=[
            make_asset(workspace, group) for workspace in workspaces for group in workspace.streams
        ],
        jobs=list(jobs.values()),
        schedules=[
            dg.ScheduleDefinition(
                job=jobs[workspace.name],
                cron_schedule=workspace.schedule,
                execution_timezone=workspace.timezone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
            )
            for workspace in workspaces
        ],
        sensors=[alert_of_failed_runs, alert_of_failed_checks],
        executor=dg.in_process_executor,
    )


_FILE = os.environ.get(WORKSPACES_VARIABLE) or Path(__file__).parent.parent / "workspaces.yaml"
defs = make_definitions(load(_FILE))
