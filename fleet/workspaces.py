"""The simulated workspaces, and the YAML file with their configuration."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from intercom_simulator import Clock, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from intercom_simulator.jobs import Job

FIRST_NIGHT = datetime(2026, 6, 1, 3, 0, tzinfo=timezone.utc)
"""Simulated time of the first sync. The simulated clocks do not run during a night."""

NIGHT = timedelta(days=1)

START = FIRST_NIGHT - timedelta(days=80)
"""The `start_date` of the workspaces: before the first message."""

WINDOW = timedelta(days=30)

REGIONS = ("us", "eu", "au")

ALL_GROUPS = ("content", "reporting", "lists")

_HISTORY_DAYS = 75
_SIZES = (60, 150, 400, 1_000, 2_500, 40, 90, 700)
"""Numbers of messages in a workspace."""

_WITH_ALL_GROUPS_EVERY = 8


@dataclass
class SimulatedWorkspace:
    """A simulated workspace.

    Args:
        number: Number, from 0, which determines all other properties.
        start_date: Setting `start_date` of the workspace.
    """

    number: int
    start_date: datetime = START
    simulator: Simulator = field(init=False)

    def __post_init__(self) -> None:
        """Create the simulator."""
        self.simulator = Simulator(
            receipts=_SIZES[self.number % len(_SIZES)],
            days=_HISTORY_DAYS,
            seed=100 + self.number,
            end=FIRST_NIGHT,
            clock=Clock(FIRST_NIGHT, running=False),
            region=self.region,
            token_region=self.region,
            token=f"token-of-{self.name}",
            job_seconds=1.0 + self.number % 3,
            conversations=40,
            ai_pages=30,
        )

    @property
    def name(self) -> str:
        """Name in the fleet."""
        return f"ws{self.number:02}"

    @property
    def job_name(self) -> str:
        """Name of the job in Dagster."""
        return f"intercom_{self.name}"

    @property
    def jobs(self) -> list[Job]:
        """Requested message exports."""
        return self.simulator.jobs

    @property
    def region(self) -> str:
        """Region of the workspace."""
        return REGIONS[self.number % len(REGIONS)]

    @property
    def schema(self) -> str:
        """Database schema of the tables."""
        return f"intercom_{self.name}"

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of streams that are synced."""
        return ALL_GROUPS if self.number % _WITH_ALL_GROUPS_EVERY == 0 else ALL_GROUPS[:1]

    @property
    def token_variable(self) -> str:
        """Environment variable with the token."""
        return f"INTERCOM_TOKEN_{self.name.upper()}"

    def entry(self, end: datetime) -> dict[str, Any]:
        """Return the entry in the YAML file.

        Args:
            end: Simulated time of the night.
        """
        return {
            "name": self.name,
            "region": self.region,
            "api_url": self.simulator.url,
            "access_token": {"env": self.token_variable},
            "streams": list(self.groups),
            "schedule": "0 3 * * *",
            "start_date": _text(self.start_date),
            "settings": {
                "end_date": _text(end),
                "window_days": WINDOW.days,
                "lookback_days": 7,
                "poll_interval_seconds": 1,
                "poll_max_interval_seconds": 5,
                "reporting_datasets": ["conversation"],
                "custom_object_types": ["Order"],
            },
        }


def write(path: Path, workspaces: Iterable[SimulatedWorkspace], end: datetime) -> None:
    """Write the YAML file of the fleet, as JSON, which is YAML.

    Args:
        path: The file.
        workspaces: The workspaces.
        end: Simulated time of the night.
    """
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"workspaces": [one.entry(end) for one in workspaces]}, indent=1))
    new.replace(path)  # a starting run must not read an incomplete file


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
