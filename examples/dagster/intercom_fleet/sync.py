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


@dataclass(frozen=True)
class Result:
    """How a sync ended.

    Args:
        outcome: What its exit status means.
        log: What it did.
    """

    outcome: Outcome
    log: TapLog


@dataclass(frozen=True)
class Sync:
    """A workspace's group of streams, to be synced.

    Args:
        workspace: The workspace.
        group: One of `STREAM_GROUPS`.
        project: Folder of meltano.yml.
        work: Folder for what Meltano writes down while it runs; nothing in it needs to be kept.
        meltano: The program `meltano`.
    """

    workspace: Workspace
    group: str
    project: Path
    work: Path
    meltano: str = "meltano"

    @classmethod
    def from_environment(cls, workspace: Workspace, group: str) -> Sync:
        """Return it for the folders that environment variables name.

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
        """What tells its state id from those of other workspaces and groups."""
        return f"{self.workspace.name}-{self.group}"

    @property
    def state_id(self) -> str:
        """The id of its state in Meltano's state backend."""
        return f"{ENVIRONMENT}:{TAP}-to-{TARGET}:{self.state_suffix}"

    def run(self, on_line: Callable[[str], None]) -> Result:
        """Load everything there is.

        Args:
            on_line: Gets every line of the log.

        Returns:
            How it ended.
        """
        log = TapLog()

        def take(raw: str) -> None:
            if line := log.add(raw):
                on_line(line)

        arguments = ("run", "--state-id-suffix", self.state_suffix, TAP, TARGET)
        status = self._call(arguments, {**self._settings(), **self._secrets()}, take)
        return Result(outcome_of(status, log.exit_codes, log.error), log)

    def explain(self, result: Result) -> str:
        """Say how a sync ended, to those who have to mend it.

        Args:
            result: What `run` returned.
        """
        outcome = result.outcome
        said = [f"{outcome.name}: {outcome.meaning}"]
        if outcome is REFUSED:
            said.append(f"It is read from {self.workspace.access_token}.")
        return " ".join([*said, *(result.log.errors[:1] or [result.log.error])]).rstrip()

    def bookmarks(self) -> dict[str, str]:
        """Return how far each stream has come, as the state backend has it.

        Raises:
            subprocess.CalledProcessError: Meltano cannot read it.
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
        """Let the next run begin at `start_date`.

        Raises:
            subprocess.CalledProcessError: Meltano cannot remove it.
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
        """Run Meltano to its end.

        Returns:
            Its exit status; negative if a signal ended it.
        """
        work = self.work / self.workspace.name
        work.mkdir(parents=True, exist_ok=True)
        # of other workspaces, which the machine may have in its environment, nothing gets in
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_variable(""))}
        environment = {
            **inherited,
            **settings,
            "MELTANO_ENVIRONMENT": ENVIRONMENT,
            # catalog, state and configuration of a run lie there: not shared by parallel runs
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
