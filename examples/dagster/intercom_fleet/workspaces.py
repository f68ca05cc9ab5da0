"""The workspaces of a fleet, read from a YAML file."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping  # noqa: TC003 - a dataclass, whose fields are inspected
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

STREAM_GROUPS: dict[str, tuple[str, ...]] = {
    "content": (
        "*.*",
        "!reporting_*.*",
        "!content_import_source.*",
        "!external_page.*",
        "!custom_object_instance.*",
    ),
    "reporting": ("reporting_*.*", "rejected_row.*"),
    "lists": ("content_import_source.*", "external_page.*", "custom_object_instance.*"),
}
"""Meltano's selection rules by group of streams; each group is an asset."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_GROUP_SETTINGS = {
    # in the other groups, they would only cost requests
    "reporting_datasets": "reporting",
    "custom_object_types": "lists",
}
_SECRET_KINDS = {"env": "environment variable", "file": "file", "command": "command"}


class FleetError(Exception):
    """The YAML file cannot be used, or a token cannot be read."""


@dataclass(frozen=True)
class Secret:
    """Location of a token, never the token itself, which must not get into a log or a database.

    Args:
        kind: `env` (name of an environment variable), `file` (path, as secret stores mount it) or
            `command` (words of a command that prints it, such as a secret store's client).
        where: The name, the path or the words.
    """

    kind: str
    where: str | tuple[str, ...]

    def __str__(self) -> str:
        """Return the location, for messages."""
        words = (self.where,) if isinstance(self.where, str) else self.where
        return " ".join((_SECRET_KINDS[self.kind], *words))

    def read(self) -> str:
        """Return the token.

        Raises:
            FleetError: The token cannot be read, or is empty.
        """
        try:
            if self.kind == "env":
                token = os.environ.get(str(self.where), "")
            elif self.kind == "file":
                token = Path(str(self.where)).read_text(encoding="utf-8")
            else:
                token = subprocess.run(  # noqa: S603 - the command is from the fleet's own file
                    list(self.where), check=True, capture_output=True, text=True, timeout=60
                ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            name = type(error).__name__  # its text may contain output of the command
            raise FleetError(f"access_token: cannot read {self}: {name}") from None
        if not token.strip():
            raise FleetError(f"access_token: {self} is empty")
        return token.strip()


@dataclass(frozen=True)
class Workspace:
    """One Intercom workspace.

    Args:
        name: Name in the fleet: part of asset keys, state ids and the database schema.
        access_token: Location of the token.
        start_date: Earlier messages are not exported.
        region: us, eu or au.
        api_url: URL of the API, instead of the one of the region.
        schedule: Cron expression of the syncs.
        timezone: The time zone of `schedule`.
        streams: The groups of streams to sync.
        schema: Database schema of the tables; by default `intercom_` and the name.
        workspace_column: Whether every record has the name in the column `workspace`, so that
            several workspaces can share a schema.
        max_age_hours: Maximum age of the bookmark and of the last sync.
        max_rejected_share: Maximum share of damaged rows.
        settings: Further settings of the tap.
    """

    name: str
    access_token: Secret
    start_date: str
    region: str = "us"
    api_url: str | None = None
    schedule: str = "0 3 * * *"
    timezone: str = "UTC"
    streams: tuple[str, ...] = ("content",)
    schema: str = ""
    workspace_column: bool = False
    max_age_hours: float = 30
    max_rejected_share: float = 0.001
    settings: Mapping[str, Any] = field(default_factory=dict)

    def tap_settings(self, group: str) -> dict[str, Any]:
        """Return the settings of the tap for a group of streams, without the token.

        Args:
            group: One of `STREAM_GROUPS`.
        """
        extra = {
            name: value
            for name, value in self.settings.items()
            if _GROUP_SETTINGS.get(name, group) == group
        }
        settings: dict[str, Any] = {"region": self.region, "start_date": self.start_date, **extra}
        if self.api_url:
            settings["api_url"] = self.api_url
        if self.workspace_column:
            settings["workspace"] = self.name
        return settings


def load(path: Path | str) -> list[Workspace]:
    """Read the workspaces of a YAML file.

    Args:
        path: The file, with a list `workspaces` and optional `defaults` for all of them.

    Raises:
        FleetError: The file is invalid; the text names the workspace and the key.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise FleetError(f"{path}: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("workspaces"), list):
        raise FleetError(f"{path}: must have a list `workspaces`")
    defaults = content.get("defaults") or {}
    found = [_workspace({**defaults, **entry}, defaults) for entry in content["workspaces"]]
    names = [workspace.name for workspace in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise FleetError(f"{path}: {', '.join(twice)}: more than one workspace has this name")
    tables = [w.schema for w in found if not w.workspace_column]
    if shared := sorted(
        {schema for schema in tables if [w.schema for w in found].count(schema) > 1}
    ):
        raise FleetError(
            f"{path}: more than one workspace in {', '.join(shared)}: set `workspace_column` for "
            "all, or their rows cannot be told apart"
        )
    return found


def _workspace(entry: dict[str, Any], defaults: Mapping[str, Any]) -> Workspace:
    name = str(entry.get("name", ""))
    if not _NAME.fullmatch(name):
        raise FleetError(f"{name!r}: `name` must be of a-z, 0-9 and _, and begin with a letter")
    known = {one.name for one in fields(Workspace)}
    if unknown := sorted(set(entry) - known):
        raise FleetError(f"{name}: unknown key {', '.join(unknown)}")
    if missing := [key for key in ("access_token", "start_date") if not entry.get(key)]:
        raise FleetError(f"{name}: {', '.join(missing)} is missing")
    groups = tuple(entry.get("streams") or ("content",))
    if unknown := sorted(set(groups) - set(STREAM_GROUPS)):
        raise FleetError(f"{name}: streams: {', '.join(unknown)}: not {', '.join(STREAM_GROUPS)}")
    settings = {**(defaults.get("settings") or {}), **(entry.get("settings") or {})}
    values: dict[str, Any] = {
        **entry,
        "access_token": _secret(name, entry["access_token"]),
        "start_date": str(entry["start_date"]),
        "streams": groups,
        "schema": str(entry.get("schema") or f"intercom_{name}"),
        "settings": settings,
    }
    return Workspace(**values)


def _secret(name: str, given: Any) -> Secret:
    if isinstance(given, dict) and len(given) == 1:
        kind, where = next(iter(given.items()))
        if kind in {"env", "file"} and isinstance(where, str):
            return Secret(kind, where)
        if kind == "command" and isinstance(where, list):
            return Secret(kind, tuple(map(str, where)))
    raise FleetError(
        f"{name}: access_token: must be {{env: NAME}}, {{file: PATH}} or {{command: [WORDS]}}, "
        "not the token itself"
    )
