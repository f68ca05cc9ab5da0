"""The tap: configuration, discovery, and the run as a whole."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.singerlib import Catalog
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_intercom_export import METRICS_LEVEL_VARIABLE, commands
from tap_intercom_export.clock import Clock
from tap_intercom_export.config import (
    CONFIG_JSONSCHEMA,
    BatchSettings,
    Settings,
    add_workspace_to_batch_prefix,
    check_catalog,
    check_state,
    config_from_environment,
    find_warnings,
    validate,
)
from tap_intercom_export.discovery import build_streams
from tap_intercom_export.errors import SettingsError
from tap_intercom_export.singer import stdout
from tap_intercom_export.singer.message_writer import MessageWriter
from tap_intercom_export.streams import SyncContext, TapStream
from tap_intercom_export.termination import Termination

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    import click
    from singer_sdk import Stream

    from tap_intercom_export.exports import EventQueue
    from tap_intercom_export.intercom import IntercomClient
    from tap_intercom_export.progress import RunLog
    from tap_intercom_export.singer.batch.output import BatchOutput


class TapIntercomExport(Tap):
    """Every message sent with Intercom and what people did with it, from its export jobs."""

    name = "tap-intercom-export"
    package_name = "tap-intercom-export"
    message_writer_class = MessageWriter
    clock_class: type[Clock] = Clock
    """Class of all clocks of a run. Tests replace it."""
    message_writer: MessageWriter
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_JSONSCHEMA

    @override
    def __init__(self, **options: Any) -> None:
        check_state(options.get("state"))
        check_catalog(options.get("catalog"))
        super().__init__(**options)
        if level := os.environ.get(METRICS_LEVEL_VARIABLE):
            self.metrics_logger.setLevel(level.upper())

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - of a class
        """Settings from environment variables. The SDK parses empty ones as numbers or JSON."""
        cls.append_builtin_config(cls.config_jsonschema)
        return config_from_environment(cls.config_jsonschema, cls._env_var_prefix)

    @cached_property
    def events(self) -> EventQueue:
        """Queue of events from worker threads to the main thread."""
        from tap_intercom_export.exports import EventQueue  # noqa: PLC0415 - not for --discover

        events = EventQueue(stdout.can_write_state, stdout.raise_if_reader_gone)
        self.message_writer.worker_events = events
        return events

    @cached_property
    def run_log(self) -> RunLog:
        """Log lines, counts and progress bar of the run."""
        from tap_intercom_export.progress import (  # noqa: PLC0415 - not for --discover
            ProgressBar,
            RunLog,
            wants_progress_bar,
        )

        bar = ProgressBar() if wants_progress_bar() else None
        if bar and not os.environ.get(METRICS_LEVEL_VARIABLE):  # metrics are for programs
            self.metrics_logger.setLevel("WARNING")
        return RunLog(self.clock_class().monotonic, bar)

    def clock(self) -> Clock:
        """Return a clock for the main thread; its pauses end when stdout is closed by its reader.

        Worker threads do not need this, because they do not keep the process alive.
        """
        clock = self.clock_class()
        clock.check = stdout.raise_if_reader_gone
        return clock

    @cached_property
    def settings(self) -> Settings:
        """Validated settings in the units that the code uses."""
        return Settings.from_config(self.config)

    @cached_property
    def sync_context(self) -> SyncContext:
        """Objects that all streams of a run share."""
        return SyncContext(
            load_settings=lambda: self.settings,
            new_client=self.client,
            new_clock=self.clock,
            new_worker_clock=self.clock_class,
            writer=self.message_writer,
            state_writer=self.state_writer,
            load_events=lambda: self.events,
            load_batch_output=lambda: self.batch_output,
            load_run_log=lambda: self.run_log,
            workspace=self.config.get("workspace") or "",
        )

    @cached_property
    def batch_output(self) -> BatchOutput | None:
        """Output to batch files instead of RECORD messages; None without `batch_config`."""
        settings = BatchSettings.from_config(self.config)
        if settings is None:
            return None
        from tap_intercom_export.singer.batch.output import BatchOutput  # noqa: PLC0415 - few need it

        return BatchOutput(settings, self.name, self.write_message, self.logger)

    def client(self, clock: Clock) -> IntercomClient:
        """Return a client for the configured workspace.

        Args:
            clock: Sleeps between attempts.
        """
        from tap_intercom_export.intercom import IntercomClient  # noqa: PLC0415 - not for --discover

        return IntercomClient(self.settings, f"{self.name}/{self.plugin_version}", clock)

    @override
    def setup_mapper(self) -> None:
        """Deselect the columns in `excluded_columns`; apply stream maps to selected streams only.

        The schemas of other streams have no properties, so the SDK would refuse a map for one of
        them or for `*`.
        """
        for stream in self.streams.values():  # their keys replace those of the catalog
            if isinstance(stream, TapStream) and self.config.get("excluded_columns"):
                stream.column_selection.apply_exclusions()
        super(Tap, self).setup_mapper()
        selected, others = Catalog(), Catalog()
        for entry in self.catalog.streams:
            is_selected = entry.metadata.resolve_selection()[()]
            (selected if is_selected else others)[entry.tap_stream_id] = entry
        self.mapper.register_raw_streams_from_catalog(selected)
        stream_maps, self.mapper.stream_maps_dict = self.mapper.stream_maps_dict, {}
        self.mapper.register_raw_streams_from_catalog(others)
        for stream in self.streams.values():  # the parent of the selected ones may be among them
            if self.catalog.get_stream(stream.name) is None:
                self.mapper.register_raw_stream_schema(
                    stream.name, {"type": "object", "properties": {}}, stream.primary_keys
                )
        self.mapper.stream_maps_dict = stream_maps

    @override
    def discover_streams(self) -> Sequence[Stream]:
        if self.config.get("reporting_datasets"):
            self._require_valid_config("reporting_datasets needs a request to Intercom")
        return build_streams(self, self.sync_context)

    def _require_valid_config(self, reason: str) -> None:
        """Raise an error if the configuration is invalid, although discovery does not validate it.

        Args:
            reason: Why it must be valid.

        Raises:
            ConfigValidationError: It is invalid.
        """
        if problems := self._validate_config(raise_errors=False):
            raise ConfigValidationError(
                reason, errors=[f"{problem} ({reason})" for problem in problems]
            )

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.append_builtin_config(self.config_jsonschema)
        problems = validate(self._config, self.config_jsonschema)
        add_workspace_to_batch_prefix(self._config)
        if raise_errors:  # only for a run: --discover validates several times
            for warning in find_warnings(
                self._config, self.config_jsonschema, self.clock_class().now()
            ):
                self.logger.warning("%s", warning)
            if problems:
                raise ConfigValidationError("; ".join(problems), errors=problems)
        return problems

    @override  # type: ignore[misc]  # see below
    def sync_all(self) -> None:  # ty: ignore[override-of-final-method]  # likewise
        """Run the checks that precede the first export job, and sync all streams.

        The method is final in the SDK, which has no hook before the first stream.
        """
        from tap_intercom_export.checks import (  # noqa: PLC0415 - not for --discover
            Selection,
            check_before_first_job,
            find_selection_warnings,
        )

        run_log = self.run_log  # its time begins here
        selected = [stream.name for stream in self.streams.values() if stream.selected]
        for warning in find_selection_warnings(
            selected,
            {name: stream.schema["properties"] for name, stream in self.streams.items()},
            self.input_catalog,
            self.config,
            self.state,
            self.clock_class().now(),
        ):
            self.logger.warning("%s", warning)
        self._warn_of_other_keys()
        check_before_first_job(
            Selection.from_streams(selected, commands.MESSAGE_STREAMS, self.config),
            self.config,
            lambda: self.client(self.clock_class()),
        )
        try:
            super().sync_all()
        except BrokenPipeError:  # logged by the command line
            raise
        except BaseException:
            self._sum_up(run_log, "Ended by an error", selected)
            raise
        self._sum_up(run_log, "Done", selected)

    def _warn_of_other_keys(self) -> None:
        """Log which selected streams have another key in the catalog than in fact."""
        names = [
            stream.name
            for stream in self.streams.values()
            if isinstance(stream, TapStream) and stream.selected and stream.has_other_key_in_catalog
        ]
        if names:
            self.logger.warning(
                "The catalog has other key properties than the records: it may be older than the "
                "tap, or than the setting workspace. The tap's own are used for %s. Create the "
                "catalog again with --discover",
                ", ".join(names),
            )

    def _sum_up(self, run_log: RunLog, how: str, selected: list[str]) -> None:
        """Log the metrics and the summary of the run, the summary last: people read the end."""
        from tap_intercom_export.progress import log_points  # noqa: PLC0415 - not for --discover

        entries = self.state.get("bookmarks", {})
        bookmarks = {
            name: entries[name]["replication_key_value"]
            for name in selected
            if isinstance(entries.get(name, {}).get("replication_key_value"), str)
        }
        totals = run_log.end(self.message_writer.reader_wait, bookmarks)
        log_points(totals, self.clock_class().now())
        run_log.log_summary(how)

    @classmethod
    @override
    def invoke(cls, *, plan: bool = False, **options: Any) -> None:
        try:
            if plan:
                commands.show_plan(cls, options)
            else:
                super().invoke(**options)
        except ConfigValidationError as error:  # the SDK would exit with status 1
            raise SettingsError(error.errors) from error

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Run the connection test for `--test`; the SDK's own test would run an export."""
        if value == CliTestOptionValue.All.value:
            ctx.exit(commands.check_connection(cls, ctx.params))
        super().cb_test(ctx, param, value)

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        commands.add_options(command)
        return command

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        Termination(
            self.message_writer,
            events=lambda: vars(self).get("events"),
            state=lambda: self.state,
            clean_up=self._discard_batch_files,
            logger=self.logger,
        ).handle(signum)

    def _discard_batch_files(self) -> None:
        """Delete the batch files that are not finished, if there are any."""
        output: BatchOutput | None = vars(self).get("batch_output")
        if output is not None:
            output.discard_local_files()
