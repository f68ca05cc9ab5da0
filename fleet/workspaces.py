"""The simulated workspaces, and the YAML file that describes them to the example."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from intercom_simulator import Clock, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FIRST_NIGHT = datetime(2026, 6, 1, 3, 0, tzinfo=timezone.utc)
"""The simulated instant of the first sync. The clocks of the workspaces stand still in a night."""

NIGHT = timedelta(days=1)

REGIONS = ("us", "eu", "au")

ALL_GROUPS = ("content", "reporting", "lists")

_HISTORY_DAYS = 75
_SIZES = (60, 150, 400, 1_000, 2_500, 40, 90, 700)
"""Messages in the history of a workspace."""

_WITH_ALL_GROUPS_EVERY = 8


@dataclass
class SimulatedWorkspace:
    """A workspace that is synced.

    Args:
        number: Its number, from 0, which decides about everything else.
        start_date: The `start_date` of its entry in the YAML file.
    """

    number: int
    start_date: datetime = FIRST_NIGHT - timedelta(days=80)
    simulator: Simulator = field(init=False)

    def __post_init__(self) -> None:
        """Make up its history."""
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
        """Its name in the fleet."""
        return f"ws{self.number:02}"

    @property
    def region(self) -> str:
        """Where it is hosted."""
        return REGIONS[self.number % len(REGIONS)]

    @property
    def schema(self) -> str:
        """The schema of its tables."""
        return f"intercom_{self.name}"

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of streams that are synced."""
        return ALL_GROUPS if self.number % _WITH_ALL_GROUPS_EVERY == 0 else ALL_GROUPS[:1]

    @property
    def token_variable(self) -> str:
        """The environment variable with its token."""
        return f"INTERCOM_TOKEN_{self.name.upper()}"

    def entry(self, end: datetime) -> dict[str, Any]:
        """Return its entry in the YAML file.

        Args:
            end: The night's instant.
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
                "window_days": 30,
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
        workspaces: What stands in it.
        end: The night's instant.
    """
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"workspaces": [one.entry(end) for one in workspaces]}, indent=1))
    new.replace(path)  # a run that begins now must not read half a file


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
