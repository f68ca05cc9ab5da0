"""The tap: settings, discovery, and what happens on a signal."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.singerlib import Catalog, StateMessage
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_intercom_export import METRICS_LEVEL_VARIABLE, commands
from tap_intercom_export.checks import Selection, check_before_first_job, selection_warnings
from tap_intercom_export.clock import Clock
from tap_intercom_export.config import (
    CONFIG_JSONSCHEMA,
    BatchSettings,
    Settings,
    check_state,
    find_warnings,
    from_environment,
    put_workspace_into_batch_names,
    validate,
)
from tap_intercom_export.errors import SettingsError
from tap_intercom_export.exports import EventQueue, RunPlan
from tap_intercom_export.intercom import datasets
from tap_intercom_export.progress import Bar, RunLog, log_points, wants_bar
from tap_intercom_export.schemas import statistics as files
from tap_intercom_export.singer import stdout
from tap_intercom_export.singer.message_writer import MessageWriter
from tap_intercom_export.streams import (
    ContentExportStream,
    ContentImportSourceStream,
    CustomObjectInstanceStream,
    ExternalPageStream,
    ListStream,
    RejectedRowStream,
    ReportingRun,
    ReportingStream,
    StatisticStream,
    SyncContext,
    TapStream,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from singer_sdk import Stream

    from tap_intercom_export.exports import ExportPlan
    from tap_intercom_export.intercom.client import IntercomClient
    from tap_intercom_export.rows import EncodingProcess
    from tap_intercom_export.singer.batch.output import BatchOutput


SHUTDOWN_DEADLINE_SECONDS = 1.5
"""Seconds that a signal leaves for the state and a line in the log."""


JOB_REQUEST_GRACE_SECONDS = 1.0
"""Seconds of these for a job whose answer is on its way."""


class TapIntercomExport(Tap):
    """Every message sent with Intercom and what people did with it, from its export jobs."""

    name = "tap-intercom-export"
    package_name = "tap-intercom-export"
    message_writer_class = MessageWriter
    clock_class: type[Clock] = Clock
    """What waits; a test may put in a clock of its own."""
    message_writer: MessageWriter
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_JSONSCHEMA

    @override
    def __init__(self, **options: Any) -> None:
        check_state(options.get("state"))
        super().__init__(**options)
        if level := os.environ.get(METRICS_LEVEL_VARIABLE):
            self.metrics_logger.setLevel(level.upper())

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - of a class
        """The settings in the environment. The SDK takes an empty variable for a number or JSON."""
        cls.append_builtin_config(cls.config_jsonschema)
        return from_environment(cls.config_jsonschema, cls._env_var_prefix)

    @cached_property
    def events(self) -> EventQueue:
        """What worker threads report to the thread that writes."""
        events = EventQueue(_can_write_state, stdout.raise_if_reader_gone)
        self.message_writer.background = events
        return events

    @cached_property
    def run_log(self) -> RunLog:
        """What follows the run, and says how far it is."""
        return RunLog(self.clock_class().monotonic, Bar() if wants_bar() else None)

    def clock(self) -> Clock:
        """Return a clock for the main thread: its pauses end when stdout is closed by its reader.

        Those of worker threads need no such end: they do not keep the process alive.
        """
        clock = self.clock_class()
        clock.check = stdout.raise_if_reader_gone
        return clock

    @cached_property
    def settings(self) -> Settings:
        """The settings, checked and in the units the code works in."""
        return Settings.from_config(self.config)

    @cached_property
    def sync_context(self) -> SyncContext:
        """What the streams share."""
        return SyncContext(
            load_settings=lambda: self.settings,
            new_client=self.client,
            new_clock=self.clock,
            new_worker_clock=self.clock_class,
            writer=self.message_writer,
            state_writer=self.state_writer,
            events=self.events,
            load_batch_output=lambda: self.batch_output,
            load_encoding_process=lambda: self.encoding_process,
            run_log=self.run_log,
            workspace=self.config.get("workspace") or "",
        )

    @cached_property
    def batch_output(self) -> BatchOutput | None:
        """What takes the records in place of RECORD messages, where `batch_config` asks for it."""
        settings = BatchSettings.from_config(self.config)
        if settings is None:
            return None
        from tap_intercom_export.singer.batch.output import BatchOutput  # noqa: PLC0415 - few need it

        return BatchOutput(settings, self.name, self.write_message, self.logger)

    @cached_property
    def encoding_process(self) -> EncodingProcess | None:
        """The process that helps to encode large files; it is started for the first one."""
        if self.settings.encoding_processes < 2:  # noqa: PLR2004 - the process itself and another
            return None
        from tap_intercom_export.rows import EncodingProcess  # noqa: PLC0415 - not for --discover

        return EncodingProcess()

    def client(self, clock: Clock) -> IntercomClient:
        """Return a client for the configured workspace.

        Args:
            clock: Waits between tries.
        """
        from tap_intercom_export.intercom.client import IntercomClient  # noqa: PLC0415 - not for --discover

        return IntercomClient(self.settings, f"{self.name}/{self.plugin_version}", clock)

    @override
    def setup_mapper(self) -> None:
        """Deselect what `excluded_columns` matches; apply stream maps to selected streams only.

        The schemas of the others have no properties, so that a map for one of them, or for `*`,
        would be refused.
        """
        if self.config.get("excluded_columns"):
            for stream in self.streams.values():
                if isinstance(stream, TapStream):
                    stream.column_selection.apply_exclusions()
        super(Tap, self).setup_mapper()
        selected, others = Catalog(), Catalog()
        for entry in self.catalog.streams:
            is_selected = entry.metadata.resolve_selection()[()]
            (selected if is_selected else others)[entry.tap_stream_id] = entry
        self.mapper.register_raw_streams_from_catalog(selected)
        stream_maps, self.mapper.stream_maps_dict = self.mapper.stream_maps_dict, {}
        self.mapper.register_raw_streams_from_catalog(others)
        self.mapper.stream_maps_dict = stream_maps

    @override
    def discover_streams(self) -> Sequence[Stream]:
        sync = self.sync_context
        parent = ContentExportStream(self, sync)
        rejected = RejectedRowStream(self, sync)
        statistics = [
            StatisticStream(self, sync, file, parent, rejected)
            for file in (*files.FILES.values(), files.OTHER)
        ]
        lists: list[Stream] = [
            ContentImportSourceStream(self, sync, rejected),
            ExternalPageStream(self, sync, rejected),
        ]
        if self.config.get("custom_object_types"):
            lists.append(CustomObjectInstanceStream(self, sync, rejected))
        return [parent, *statistics, rejected, *self._reporting_streams(rejected), *lists]

    def _reporting_streams(self, rejected: RejectedRowStream) -> list[ReportingStream]:
        """Return the streams of the datasets that are asked for, which Intercom has to name."""
        wanted = self.config.get("reporting_datasets")
        if not wanted:
            return []
        found = self._validate_config(raise_errors=False)
        if found:
            why = "Intercom has to name the datasets of reporting_datasets"
            raise ConfigValidationError(why, errors=[f"{line} ({why})" for line in found])
        sync = self.sync_context
        client = self.client(self.clock())
        run = ReportingRun(sync, client)
        return [
            ReportingStream(self, sync, dataset, rejected, run)
            for dataset in datasets(client, wanted)
        ]

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.append_builtin_config(self.config_jsonschema)
        found = validate(self._config, self.config_jsonschema)
        put_workspace_into_batch_names(self._config)
        if raise_errors:  # where a run is meant; it is called more than once for --discover
            for line in find_warnings(
                self._config, self.config_jsonschema, self.clock_class().now()
            ):
                self.logger.warning("%s", line)
            if found:
                raise ConfigValidationError("; ".join(found), errors=found)
        return found

    @override  # type: ignore[misc]  # see below
    def sync_all(self) -> None:  # ty: ignore[override-of-final-method]  # likewise
        """Check what can be checked, and sync all streams.

        Final in the SDK, which has no place for checks before the first stream.
        """
        selected = [stream.name for stream in self.streams.values() if stream.selected]
        self._warn_of_selection(selected)
        check_before_first_job(
            Selection.from_streams(selected, commands.MESSAGE_STREAMS, self.config),
            self.config,
            lambda: self.client(self.clock_class()),
        )
        try:
            super().sync_all()
        except BrokenPipeError:  # there is nobody to tell
            raise
        except BaseException:
            self._sum_up("Ended by an error", selected)
            raise
        finally:
            if helper := vars(self).get("encoding_process"):
                helper.close()
        self._sum_up("Done", selected)

    def _sum_up(self, how: str, selected: list[str]) -> None:
        """Put the summary and the metrics of the run into the log."""
        entries = self.state.get("bookmarks", {})
        bookmarks = {
            name: entries[name]["replication_key_value"]
            for name in selected
            if isinstance(entries.get(name, {}).get("replication_key_value"), str)
        }
        totals = self.run_log.end(how, self.message_writer.reader_wait, bookmarks)
        log_points(totals, self.clock_class().now())

    def _warn_of_selection(self, selected: list[str]) -> None:
        """Say what is selected and likely not meant."""
        properties = {name: stream.schema["properties"] for name, stream in self.streams.items()}
        rules = os.environ.get(selection_warnings.SELECT_RULES_VARIABLE)
        for line in (
            *selection_warnings.nothing_selected(selected),
            *selection_warnings.unknown_in_catalog(self.input_catalog, properties),
            *selection_warnings.rules_without_match(rules, properties),
            *selection_warnings.exclusions_without_stream(
                self.config.get("excluded_columns") or (), properties
            ),
            *selection_warnings.bookmarks_in_the_future(
                self.state, selected, self.clock_class().now()
            ),
        ):
            self.logger.warning("%s", line)

    def plan(self) -> RunPlan:
        """Return what a run with this configuration, catalog and state would do."""
        streams = self.streams.values()
        exports: list[ExportPlan] = []
        for stream in streams:
            if isinstance(stream, ContentExportStream):
                plan = stream.plan(self.clock_class().now())
                exports += [plan] if plan else []
            elif isinstance(stream, ReportingStream) and stream.selected:
                exports.append(stream.plan())
        lists = [s.name for s in streams if isinstance(s, ListStream) and s.selected]
        others = [s.name for s in streams if not s.selected]
        return RunPlan(tuple(exports), tuple(lists), tuple(others))

    @classmethod
    @override
    def invoke(cls, *, plan: bool = False, **options: Any) -> None:
        try:
            if plan:
                commands.show_plan(cls, options)
            else:
                super().invoke(**options)
        except ConfigValidationError as error:  # of which the SDK makes exit status 1
            raise SettingsError(error.errors) from error

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Tell part by part what works, for `--test`; the SDK's way would run an export."""
        if value == CliTestOptionValue.All.value:
            ctx.exit(commands.test_connection(cls, ctx.params))
        super().cb_test(ctx, param, value)

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.params.append(
            click.Option(
                ["--plan"],
                is_flag=True,
                help=(
                    "Show the windows that a run would make, with --format json for programs. No "
                    "export job is asked for."
                ),
            )
        )
        for option in command.params:
            if option.name in {"catalog", "state"}:
                option.is_eager = True  # before --test, wherever it stands in the command line
            if option.name == "test" and isinstance(option, click.Option):
                option.help = (
                    "Tell part by part what works: host, token, scopes, clock, temporary space. "
                    "No export job is asked for. --test=schema writes SCHEMA messages."
                )
        return command

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End on a signal: the state with the job that the next run resumes, and one line."""
        for other in (signal.SIGINT, signal.SIGTERM):
            signal.signal(other, signal.SIG_IGN)
        # If a target that does not read blocks the line that is being written, nothing more can be
        # said; the state with the job went out when the job was created.
        deadline = threading.Timer(SHUTDOWN_DEADLINE_SECONDS, os._exit, [128 + signum])
        deadline.daemon = True
        deadline.start()
        self.message_writer.between_lines(partial(self._end_on_signal, signum))

    def _end_on_signal(self, signum: int) -> None:
        """Send the state and exit as signals do, without any clean-up that could take long.

        Before the sync, while streams are discovered, the state is not read yet: an empty one
        would take the place of what is stored.
        """
        logging.raiseExceptions = False  # the signal may have come in the middle of a log line
        with contextlib.suppress(OSError):
            if "events" in vars(self):  # a job may be about to be named
                self.events.finish_requests(JOB_REQUEST_GRACE_SECONDS)
            if self.state:
                self.message_writer.last_message(StateMessage(value=self.state))
        name = signal.Signals(signum).name
        self.logger.warning("Stopped by %s; the next run goes on from the last STATE", name)
        os._exit(128 + signum)


def _can_write_state() -> bool:
    """Tell whether a STATE can be written now, as far as the system tells."""
    keeps_up = stdout.keeps_up()
    return stdout.is_writable() if keeps_up is None else keeps_up
