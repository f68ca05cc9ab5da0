"""A Meltano project in a folder, and `meltano run` with its log handed on line by line."""

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
"""dbt, in an environment of its own that `make` makes."""

BY_DEFAULT = ("*.*", "!content_import_source.*", "!external_page.*")
"""The rules that select what the tap selects by itself: `*.*` alone takes the AI lists too."""

_PATIENCE = 20.0
"""Seconds that Meltano and its plugins get to end after a signal."""

_ENVIRONMENT = {
    "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
    "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
    "MELTANO_CLI_LOG_FORMAT": "json",
    "NO_COLOR": "1",
}
_NOT_OURS = ("MELTANO_", "TAP_INTERCOM_EXPORT_", "TARGET_POSTGRES_", "DBT_")
"""How variables begin that would reach into the project from the outside."""


class MeltanoError(Exception):
    """A Meltano command ended with an error; the text holds its last lines."""


class LogLine(NamedTuple):
    """A line of Meltano's log: the plugin that wrote it, or "", its text, and its level."""

    plugin: str
    text: str
    level: str = "info"


@dataclass
class Project:
    """A Meltano project with the tap and target-postgres, run from this very environment.

    Args:
        folder: An empty folder for it.
        tap: Configuration of the tap.
        database_url: SQLAlchemy address of the database to load into.
        schema: The database schema to load into.
        select: Selection rules, such as `receipt.*`.
        target: Configuration of the target besides its own.
        dbt: Configuration of dbt, as the repository's meltano.yml defines it; without one the
            project has no dbt.
    """

    folder: Path
    tap: Mapping[str, Any]
    database_url: str
    schema: str = "intercom"
    select: Sequence[str] = BY_DEFAULT
    target: Mapping[str, Any] = field(default_factory=dict)
    dbt: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the project file."""
        self.write()

    def write(self) -> None:
        """Write `meltano.yml`, in JSON, which is YAML."""
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
                # these make it six times as fast
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
            then: What is run after that, such as `dbt-postgres:build`.
            on_line: Gets every line of the log as it comes.

        Returns:
            The lines of the log.

        Raises:
            MeltanoError: It did not succeed.
        """
        return self.meltano("run", *options, TAP, TARGET, *then, on_line=on_line)

    def meltano(
        self, *arguments: str, on_line: Callable[[LogLine], None] | None = None
    ) -> list[LogLine]:
        """Run a Meltano command and end it, plugins included, if this program is interrupted.

        Args:
            arguments: What follows `meltano`.
            on_line: Gets every line of the log as it comes.

        Returns:
            The lines of the log.

        Raises:
            MeltanoError: It did not succeed.
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
            start_new_session=True,  # a process group of its own, to be ended as a whole
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
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_NOT_OURS)}
    # without bytecode every start of Meltano takes twice as long
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    # the simulated Intercom is on this machine: a proxy could not reach it
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (kept.get(name), "127.0.0.1", "localhost")))
    return {**kept, **_ENVIRONMENT}


def _log_line(raw: str) -> LogLine:
    """Read a line of Meltano's log, which is JSON; the first lines and tracebacks are not."""
    try:
        entry = json.loads(raw)
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or "event" not in entry:  # the latter is what a command prints
        return LogLine("", raw.rstrip())
    text = str(entry.get("event") or "").rstrip()
    level = str(entry.get("level") or "info")
    # without a log parser Meltano takes each line of a plugin as text, with its own level in it
    inner = re.match(r"\S+ \S+ \| (\w+) +\|", text)
    return LogLine(str(entry.get("string_id") or ""), text, inner[1].lower() if inner else level)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process, if it runs, and what it started."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
