"""What the command line does besides a sync: `--test` and `--plan`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Protocol

from singer_sdk.helpers._util import load_json
from singer_sdk.singerlib import Catalog

from tap_intercom_export.checks import Selection
from tap_intercom_export.schemas import statistics

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings
    from tap_intercom_export.exports import RunPlan
    from tap_intercom_export.intercom.client import IntercomClient

MESSAGE_STREAMS = ("content_export", *statistics.FILES, statistics.OTHER.name)
"""Streams for which jobs of the message export are made."""


class PlannableTap(Protocol):
    """What these commands need of the tap."""

    clock_class: type[Clock]

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration as it was given."""

    @property
    def logger(self) -> logging.Logger:
        """The tap's logger."""

    @property
    def settings(self) -> Settings:
        """The settings, checked."""

    def client(self, clock: Clock) -> IntercomClient:
        """Return a client for the configured workspace."""

    def plan(self) -> RunPlan:
        """Return what a run would do."""


def test_connection(tap_class: Callable[..., PlannableTap], options: Mapping[str, Any]) -> int:
    """Tell part by part what works, on stdout; what is needed and does not, also in the log.

    Args:
        tap_class: The tap.
        options: Of the command line: `config` and `catalog`.

    Returns:
        The exit status.
    """
    from tap_intercom_export.checks import connection_test  # noqa: PLC0415 - not for --discover

    config = options["config"]
    tap = tap_class(
        config=config.config,
        parse_env_config=config.parse_env,
        validate_config=True,
        setup_mapper=False,  # would ask Intercom for its datasets, and ask again
    )
    selection = Selection.from_config(tap.config)
    if options.get("catalog"):
        catalog = Catalog.from_dict(load_json(options["catalog"].read()))
        selected = [
            entry.tap_stream_id
            for entry in catalog.streams
            if entry.metadata.resolve_selection()[()]
        ]
        selection = Selection.from_streams(selected, MESSAGE_STREAMS, tap.config)
    clock = tap.clock_class()
    parts = connection_test.look(
        selection, tap.config, tap.settings, lambda: tap.client(clock), clock.now
    )
    table = connection_test.table(parts, sys.stdout.encoding or "ascii")
    sys.stdout.write(f"{table}\n")
    for part in parts:
        if part.error:
            tap.logger.error("%s: %s", part.name, part.error)
    return connection_test.exit_status(parts)


def show_plan(tap_class: Callable[..., PlannableTap], options: Mapping[str, Any]) -> None:
    """Write what a run would do to stdout.

    Args:
        tap_class: The tap.
        options: Of the command line: `config`, `catalog`, `state` and `about_format`.
    """
    config = options["config"]
    files = {
        name: None if options.get(name) is None else load_json(options[name].read())
        for name in ("catalog", "state")
    }
    tap = tap_class(config=config.config, parse_env_config=config.parse_env, **files)
    plan = tap.plan()
    if options.get("about_format") == "json":
        text = json.dumps(plan.to_dict(), indent=2)
    else:
        text = "\n".join(plan.lines())
    sys.stdout.write(f"{text}\n")
