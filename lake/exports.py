"""A simulated workspace with two exports that overlap; the second one has a new column."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from intercom_simulator import ApiVariant, Clock, Simulator

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

FIRST_EXPORT = datetime(2026, 6, 1, 12, 30, tzinfo=timezone.utc)

SECOND_EXPORT = FIRST_EXPORT + timedelta(days=2)

NEW_COLUMN = "mood"
"""Column of `receipt` that only the second export has."""


@dataclass(frozen=True)
class Workspace:
    """A simulated workspace whose clock does not run.

    Args:
        simulator: The simulator.
    """

    simulator: Simulator

    def exports(
        self, *, window_days: int = 10, lookback_days: int = 14
    ) -> Iterator[dict[str, Any]]:
        """Advance the clock and yield the configuration of the tap, for each export.

        Args:
            window_days: Setting of the tap.
            lookback_days: Setting of the tap.
        """
        simulator = self.simulator
        start = FIRST_EXPORT - timedelta(days=simulator.workspace.days + 1)
        for end in (FIRST_EXPORT, SECOND_EXPORT):
            simulator.clock.set(end)
            if end == SECOND_EXPORT:
                simulator.variant = ApiVariant(added_columns=(("receipt", NEW_COLUMN, "sunny"),))
            yield {
                "access_token": simulator.token,
                "api_url": simulator.url,
                "start_date": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                "end_date": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                "poll_interval_seconds": 0.02,
                "window_days": window_days,
                "lookback_days": lookback_days,
            }
        simulator.variant = ApiVariant()


@contextmanager
def running_workspace(**options: Any) -> Generator[Workspace]:
    """Start the simulator.

    Args:
        options: Arguments of `Simulator`. By default, all engagement is within the lookback.
    """
    clock = Clock(FIRST_EXPORT, running=False)
    options = {"days": 50, "max_delay_days": 14, "end": FIRST_EXPORT, "clock": clock, **options}
    with Simulator(**options) as simulator:
        yield Workspace(simulator)


def run_tap(
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    environment: Mapping[str, str],
    catalog: Mapping[str, Any],
) -> dict[str, Any]:
    """Run the tap without a target; it writes batch files.

    Args:
        config: Configuration.
        state: State from which it starts.
        environment: Environment variables.
        catalog: Catalog with the selection.

    Returns:
        The last STATE.

    Raises:
        RuntimeError: The tap failed.
    """
    with TemporaryDirectory(prefix="intercom-lake-") as name:
        command = [sys.executable, "-m", "tap_intercom_export"]
        files = {"config": config, "catalog": catalog, "state": state}
        for option, content in files.items():
            if content is not None:
                path = Path(name, f"{option}.json")
                path.write_text(json.dumps(content), encoding="utf-8")
                command += [f"--{option}", str(path)]
        done = subprocess.run(  # noqa: S603 - our own program
            command, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"The tap ended with {done.returncode}:\n{done.stderr[-4000:]}")
    states = [line for line in done.stdout.splitlines() if line.startswith('{"type":"STATE"')]
    last: dict[str, Any] = json.loads(states[-1])["value"]
    return last
