"""A Meltano project in a folder; runs Meltano and parses its log line by line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TAP = "tap-intercom-export"
TARGET = "target-postgres"

DBT = "dbt-postgres"

ROOT = Path(__file__).resolve().parent.parent

DBT_PROGRAM = ROOT / ".venv-dbt" / "bin" / "dbt"
"""dbt, in a separate environment that `make` creates."""

DEFAULT_SELECTION = ("*.*", "!content_import_source.*", "!external_page.*")
"""Select rules for the default selection of the tap; `*.*` alone also selects AI content."""

_TERMINATION_TIMEOUT_SECONDS = 20.0
"""Time for Meltano and its plugins to end after a signal."""

_ENVIRONMENT = {
    "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
    "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
    "MELTANO_CLI_LOG_FORMAT": "json",
    "NO_COLOR": "1",
}
_REMOVED_PREFIXES = ("MELTANO_", "TAP_INTERCOM_EXPORT_", "TARGET_POSTGRES_", "DBT_")
"""Prefixes of environment variables that would change the project."""


class MeltanoError(Exception):
    """A Meltano command failed; the message contains its last lines."""


class LogLine(NamedTuple):
    """A line of Meltano's log. `plugin` is empty for lines of Meltano itself."""

    plugin: str
    text: str
    level: str = "info"


@dataclass
class Project:
    """A Meltano project with the tap and target-postgres from this Python environment.

    Args:
        folder: Empty folder for the project.
        tap: Configuration of the tap.
        database_url: SQLAlchemy URL of the database.
        schema: Database schema of the tables.
        select: Select rules, such as `receipt.*`.
        target: Additional configuration of the target.
        dbt: Configuration of dbt, as defined in the repository's meltano.yml; empty for no dbt.
    """

    folder: Path
    tap: Mapping[str, Any]
    database_url: str
    schema: str = "intercom"
    select: Sequence[str] = DEFAULT_SELECTION
    target: Mapping[str, Any] = field(default_factory=dict)
    dbt: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the project file."""
        self.write()

    def write(self) -> None:
        """Write `meltano.yml`, as JSON, which is valid YAML."""
        tap = {
            "name": TAP,
            "namespace": "tap_intercom_export",
            "executable": _program(TAP),
            "capabilities": ["catalog", "discover", "state", "about", "stream-maps"],
            "config": dict(self.tap),
            "select": list(self.select),
        }
        target = {
            "name": TARGET,
            "namespace": "target_postgres",
            "executable": _program(TARGET),
            "capabilities": ["target-schema"],
            "config": {
                "sqlalchemy_url": self.database_url,
                "default_target_schema": self.schema,
                # these settings make the target six times as fast
                "use_copy": True,
                "validate_records": False,
                "add_record_metadata": False,
                "activate_version": False,
                "batch_size_rows": 50_000,
                **self.target,
            },
        }
        plugins = {"extractors": [tap], "loaders": [target]}
        if self.dbt:
            plugins["utilities"] = [self._dbt_plugin()]
        content = {
            "default_environment": "demo",
            "environments": [{"name": "demo"}],
            "plugins": plugins,
        }
        (self.folder / "meltano.yml").write_text(json.dumps(content, indent=2))

    def _dbt_plugin(self) -> dict[str, Any]:
        """Return the repository's definition of dbt, with this project's configuration."""
        definition = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
        plugin = next(one for one in definition["plugins"]["utilities"] if one["name"] == DBT)
        del plugin["pip_url"]
        return {
            **plugin,
            "executable": str(DBT_PROGRAM),
            "config": {
                "project_dir": str(ROOT / "dbt" / "intercom_export"),
                "profiles_dir": str(ROOT / "dbt" / "profiles"),
                "source_schema": self.schema,
                **self.dbt,
            },
        }

    def run(
        self,
        *options: str,
        then: Sequence[str] = (),
        on_line: Callable[[LogLine], None] | None = None,
    ) -> list[LogLine]:
        """Run the tap into the target: `meltano run tap-intercom-export target-postgres`.

        Args:
            options: Options of `meltano run`, such as `--full-refresh`.
            then: Further commands of the run, such as `dbt-postgres:build`.
            on_line: Called with every log line.

        Returns:
            The lines of the log.

        Raises:
            MeltanoError: The command failed.
        """
        return self.meltano("run", *options, TAP, TARGET, *then, on_line=on_line)

    def meltano(
        self, *arguments: str, on_line: Callable[[LogLine], None] | None = None
    ) -> list[LogLine]:
        """Run a Meltano command; end it and its plugins if this program is interrupted.

        Args:
            arguments: Arguments of `meltano`.
            on_line: Called with every log line.

        Returns:
            The lines of the log.

        Raises:
            MeltanoError: The command failed.
        """
        lines: list[LogLine] = []
        with subprocess.Popen(  # noqa: S603 - our own program
            [_program("meltano"), *arguments],
            cwd=self.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # a process group, to end all its processes
        ) as process:
            try:
                for raw in process.stdout or ():
                    line = _log_line(raw)
                    if not line.text:
                        continue
                    lines.append(line)
                    if on_line is not None:
                        on_line(line)
                process.wait()
            finally:
                _end(process)
        if process.returncode:
            command = " ".join(("meltano", *arguments))
            last = "\n".join(line.text for line in lines[-40:])
            raise MeltanoError(f"{command} ended with status {process.returncode}:\n{last}")
        return lines


def _program(name: str) -> str:
    """Return the path of a program of this environment."""
    return str(Path(sys.executable).with_name(name))


def _environment() -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(_REMOVED_PREFIXES)
    }
    # without bytecode, starting Meltano takes twice as long
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    # a proxy cannot reach the simulator on this machine
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (kept.get(name), "127.0.0.1", "localhost")))
    return {**kept, **_ENVIRONMENT}


def _log_line(raw: str) -> LogLine:
    """Parse a line of Meltano's log: JSON, except for the first lines and tracebacks."""
    try:
        entry = json.loads(raw)
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or "event" not in entry:  # output of a command
        return LogLine("", raw.rstrip())
    text = str(entry.get("event") or "").rstrip()
    level = str(entry.get("level") or "info")
    # without a log parser, Meltano logs lines of a plugin as text, which contains the level
    inner = re.match(r"\S+ \S+ \| (\w+) +\|", text)
    return LogLine(str(entry.get("string_id") or ""), text, inner[1].lower() if inner else level)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and its children, if it is running."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_TERMINATION_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
