"""Discovers the catalog and selects streams."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.harness.singer.process import run_tap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_CATALOG_SETTINGS = ("reporting_datasets", "custom_object_types", "api_version", "workspace")
_catalogs: dict[str, str] = {}


def discover(config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run discovery as a process.

    Args:
        config: Configuration, for streams that depend on it.

    Returns:
        The catalog.
    """
    completed = run_tap(config, "--discover", check=False)
    assert completed.exit_code == 0, completed.log
    catalog: dict[str, Any] = json.loads("\n".join(completed.lines))
    return catalog


def discover_in_process(config: Mapping[str, Any]) -> dict[str, Any]:
    """Run discovery in this process; the result is cached by the settings it depends on.

    Args:
        config: Configuration for a simulator.

    Returns:
        The catalog.
    """
    from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415 - only needed here

    key = json.dumps([config.get(name) for name in _CATALOG_SETTINGS])
    if key not in _catalogs:
        _catalogs[key] = json.dumps(TapIntercomExport(config=dict(config)).catalog_dict)
    catalog: dict[str, Any] = json.loads(_catalogs[key])
    return catalog


def select(
    catalog: dict[str, Any], *streams: str, deselected: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a copy of a catalog with the given streams selected.

    Args:
        catalog: A catalog.
        streams: Names of streams; none to select all streams.
        deselected: Properties to deselect, as `stream.property`.
    """
    copy: dict[str, Any] = json.loads(json.dumps(catalog))
    for entry in copy["streams"]:
        name = entry["tap_stream_id"]
        for part in entry["metadata"]:
            breadcrumb, metadata = part["breadcrumb"], part["metadata"]
            if not breadcrumb:
                metadata["selected"] = not streams or name in streams
            elif f"{name}.{breadcrumb[-1]}" in deselected:
                metadata["selected"] = False
    return copy
