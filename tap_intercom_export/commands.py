"""Command line options of the tap besides the SDK's, and the commands `--test` and `--plan`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Protocol

import click
from singer_sdk.helpers._util import load_json
from singer_sdk.singerlib import Catalog

from tap_intercom_export.schemas import MESSAGE_FILES, UNKNOWN_FILE
from tap_intercom_export.streams import ListStream, WindowStream

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping

    from singer_sdk import Stream

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings
    from tap_intercom_export.exports import RunPlan
    from tap_intercom_export.intercom import IntercomClient

MESSAGE_STREAMS = ("content_export", *MESSAGE_FILES, UNKNOWN_FILE.name)
"""Streams that are filled by jobs of the message export."""


class PlannableTap(Protocol):
    """The part of the tap that these commands use."""

    clock_class: type[Clock]

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration as given by the user."""

    @property
    def logger(self) -> logging.Logger:
        """The tap's logger."""

    @property
    def settings(self) -> Settings:
        """The validated settings."""

    def client(self, clock: Clock) -> IntercomClient:
        """Return a client for the configured workspace.

        Args:
            clock: Sleeps between attempts.
        """

    @property
    def streams(self) -> Mapping[str, Stream]:
        """The streams by name."""


def add_options(command: click.Command) -> None:
    """Add `--plan` to the SDK's command, and adapt its other options.

    Args:
        command: The command; it is changed in place.
    """
    command.params.append(
        click.Option(
            ["--plan"],
            is_flag=True,
            help=(
                "Show the windows that a run would export, with --format json for programs. No "
                "export job is created."
            ),
        )
    )
    for option in command.params:
        if option.name in {"catalog", "state"}:
            option.is_eager = True  # before --test, in any order on the command line
        if option.name == "test" and isinstance(option, click.Option):
            option.help = (
                "Check host, token, scopes, clock and temporary space, and show the result of "
                "each. No export job is created. --test=schema writes SCHEMA messages."
            )


def check_connection(tap_class: Callable[..., PlannableTap], options: Mapping[str, Any]) -> int:
    """Check each part of the connection, print the results, and log the errors that matter.

    Args:
        tap_class: Class of the tap.
        options: Options of the command line: `config` and `catalog`.

    Returns:
        The exit status.
    """
    from tap_intercom_export.checks import (  # noqa: PLC0415 - not for --discover
        Selection,
        check_result,
        connection,
    )

    config = options["config"]
    tap = tap_class(
        config=config.config,
        parse_env_config=config.parse_env,
        validate_config=True,
        setup_mapper=False,  # it would request the list of datasets a second time
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
    results = connection.run_checks(
        selection, tap.config, tap.settings, lambda: tap.client(clock), clock.now
    )
    table = check_result.format_table(results, sys.stdout.encoding or "ascii")
    sys.stdout.write(f"{table}\n")
    for result in results:
        if result.error:
            tap.logger.error("%s: %s", result.name, result.error)
    return check_result.exit_status(results)


def show_plan(tap_class: Callable[..., PlannableTap], options: Mapping[str, Any]) -> None:
    """Print the plan of a run to stdout.

    Args:
        tap_class: Class of the tap.
        options: Options of the command line: `config`, `catalog`, `state` and `about_format`.
    """
    config = options["config"]
    files = {
        name: None if options.get(name) is None else load_json(options[name].read())
        for name in ("catalog", "state")
    }
    tap = tap_class(config=config.config, parse_env_config=config.parse_env, **files)
    plan = plan_run(tap.streams.values(), tap.clock_class().now())
    if options.get("about_format") == "json":
        text = json.dumps(plan.to_dict(), indent=2)
    else:
        text = "\n".join(plan.lines())
    sys.stdout.write(f"{text}\n")


def plan_run(streams: Iterable[Stream], now: float) -> RunPlan:
    """Return the plan of a run with this configuration, catalog and state.

    Args:
        streams: All streams of the tap.
        now: The current time in unix seconds.
    """
    from tap_intercom_export.exports import RunPlan  # noqa: PLC0415 - not for --discover

    streams = tuple(streams)
    plans = (stream.plan(now) for stream in streams if isinstance(stream, WindowStream))
    exports = [plan for plan in plans if plan is not None]
    lists = [s.name for s in streams if isinstance(s, ListStream) and s.selected]
    others = [s.name for s in streams if not s.selected]
    return RunPlan(tuple(exports), tuple(lists), tuple(others))
