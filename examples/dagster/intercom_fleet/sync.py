"""One sync: `meltano run` for a workspace and a group of streams, as a process."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intercom_fleet import meltano_process
from intercom_fleet.outcome import REFUSED, Outcome, outcome_of
from intercom_fleet.tap_log import TAP, TapLog
from intercom_fleet.workspaces import STREAM_GROUPS, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

TARGET = "target-postgres"
ENVIRONMENT = "prod"

_STATE_BACKEND_RETRIES = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "12"}
"""Retries of boto3, for about 50 s: Meltano succeeds even if it cannot store the last state."""


@dataclass(frozen=True)
class Result:
    """Result of a sync.

    Args:
        outcome: Outcome, by the exit statuses.
        log: Rows, jobs and errors, from the log.
    """

    outcome: Outcome
    log: TapLog


@dataclass(frozen=True)
class Sync:
    """Syncs a group of streams of a workspace.

    Args:
        workspace: The workspace.
        group: One of `STREAM_GROUPS`.
        project: Folder of meltano.yml.
        work: Folder for Meltano's files of a run, which need not be kept.
        meltano: The program `meltano`.
    """

    workspace: Workspace
    group: str
    project: Path
    work: Path
    meltano: str = "meltano"

    @classmethod
    def from_environment(cls, workspace: Workspace, group: str) -> Sync:
        """Create a sync with the folders in environment variables.

        Args:
            workspace: The workspace.
            group: One of `STREAM_GROUPS`.
        """
        project = Path(__file__).resolve().parent.parent
        return cls(
            workspace,
            group,
            Path(os.environ.get("INTERCOM_FLEET_PROJECT") or project),
            Path(os.environ.get("INTERCOM_FLEET_WORK") or project / ".meltano"),
            os.environ.get("MELTANO") or "meltano",
        )

    @property
    def state_suffix(self) -> str:
        """Suffix of the state id, unique for the workspace and group."""
        return f"{self.workspace.name}-{self.group}"

    @property
    def state_id(self) -> str:
        """State id in Meltano's state backend."""
        return f"{ENVIRONMENT}:{TAP}-to-{TARGET}:{self.state_suffix}"

    def run(self, on_line: Callable[[str], None]) -> Result:
        """Run the sync.

        Args:
            on_line: Called with every line of the log.

        Returns:
            The result.
        """
        log = TapLog()

        def add_line(raw: str) -> None:
            if line := log.add(raw):
                on_line(line)

        arguments = ("run", "--state-id-suffix", self.state_suffix, TAP, TARGET)
        status = self._call(arguments, {**self._settings(), **self._secrets()}, add_line)
        return Result(outcome_of(status, log.exit_codes, log.error), log)

    def explain(self, result: Result) -> str:
        """Return a text about a failed sync, for the operator.

        Args:
            result: The result of `run`.
        """
        outcome = result.outcome
        sentences = [f"{outcome.name}: {outcome.meaning}"]
        if outcome is REFUSED:
            sentences.append(f"It is read from {self.workspace.access_token}.")
        return " ".join([*sentences, *(result.log.errors[:1] or [result.log.error])]).rstrip()

    def bookmarks(self) -> dict[str, str]:
        """Return the bookmark of each stream, from the state backend.

        Raises:
            subprocess.CalledProcessError: Meltano cannot read the state.
        """
        lines: list[str] = []
        status = self._call(("state", "get", self.state_id), {}, lines.append)
        if status:
            raise subprocess.CalledProcessError(status, f"meltano state get {self.state_id}")
        state: dict[str, Any] = next(
            (json.loads(line) for line in reversed(lines) if line[:1] == "{"), {}
        )
        entries = state.get("singer_state", {}).get("bookmarks", {})
        return {
            stream: str(entry["replication_key_value"])
            for stream, entry in entries.items()
            if entry.get("replication_key_value")
        }

    def forget_state(self) -> None:
        """Clear the state, so that the next run starts from `start_date`.

        Raises:
            subprocess.CalledProcessError: Meltano cannot clear the state.
        """
        lines: list[str] = []
        status = self._call(("state", "clear", "--force", self.state_id), {}, lines.append)
        if status and not any("No state found" in line for line in lines):
            raise subprocess.CalledProcessError(status, f"meltano state clear {self.state_id}")

    def _settings(self) -> dict[str, str]:
        """Return the environment variables of this workspace and group."""
        settings = {
            _variable(name): value if isinstance(value, str) else json.dumps(value)
            for name, value in self.workspace.tap_settings(self.group).items()
        }
        return {
            **settings,
            f"{_variable('')}_SELECT": json.dumps(STREAM_GROUPS[self.group]),
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": self.workspace.schema,
        }

    def _secrets(self) -> dict[str, str]:
        return {_variable("access_token"): self.workspace.access_token.read()}

    def _call(
        self, arguments: tuple[str, ...], settings: dict[str, str], on_line: Callable[[str], None]
    ) -> int:
        """Run Meltano until it ends.

        Returns:
            The exit status; negative if a signal ended the process.
        """
        work = self.work / self.workspace.name
        work.mkdir(parents=True, exist_ok=True)
        # without settings of the tap from this machine, which may be for another workspace
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_variable(""))}
        environment = {
            **_STATE_BACKEND_RETRIES,
            **inherited,
            **settings,
            "MELTANO_ENVIRONMENT": ENVIRONMENT,
            # catalog, state and configuration of a run; parallel runs must not share them
            "MELTANO_SYS_DIR_ROOT": str(work),
            "MELTANO_CLI_LOG_FORMAT": "json",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
            "NO_COLOR": "1",
        }
        return meltano_process.run(
            [self.meltano, "--cwd", str(self.project), *arguments], environment, on_line
        )


def _variable(setting: str) -> str:
    return f"TAP_INTERCOM_EXPORT_{setting.upper()}"
