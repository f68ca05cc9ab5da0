"""Objects that all streams of a run share: settings, clients, clocks, and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_intercom_export.schemas import WORKSPACE_COLUMN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from singer_sdk.helpers._state import StateWriter

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings
    from tap_intercom_export.exports import EventQueue
    from tap_intercom_export.intercom import IntercomClient
    from tap_intercom_export.progress import RunLog
    from tap_intercom_export.schemas import Column
    from tap_intercom_export.singer.batch.output import BatchOutput
    from tap_intercom_export.singer.message_writer import MessageWriter


@dataclass(frozen=True, slots=True)
class SyncContext:
    """Passed to every stream by the tap, so that streams do not depend on the tap's class.

    Attributes:
        load_settings: Returns the validated settings. A function, because discovery must work with
            an incomplete configuration.
        new_client: Returns a client for the configured workspace; the clock sleeps between
            attempts.
        new_clock: Returns a clock for the main thread.
        new_worker_clock: Returns a clock for worker threads. Each export has its own, which it can
            stop.
        writer: Writes messages to stdout.
        state_writer: Writes STATE messages.
        load_events: Returns the events from worker threads to the main thread. A function, because
            discovery needs nothing of export jobs, not even their code.
        load_batch_output: Returns the output for batch files, or None without `batch_config`. A
            function for the same reason as `load_settings`.
        load_run_log: Returns the log lines and counts of the run; likewise.
        workspace: Value of the property `workspace` in every record; "" if records do not have it.
    """

    load_settings: Callable[[], Settings]
    new_client: Callable[[Clock], IntercomClient]
    new_clock: Callable[[], Clock]
    new_worker_clock: Callable[[], Clock]
    writer: MessageWriter
    state_writer: StateWriter
    load_events: Callable[[], EventQueue]
    load_batch_output: Callable[[], BatchOutput | None]
    load_run_log: Callable[[], RunLog]
    workspace: str = ""

    @property
    def settings(self) -> Settings:
        """Validated settings in the units that the code uses."""
        return self.load_settings()

    @property
    def events(self) -> EventQueue:
        """Events from worker threads to the main thread."""
        return self.load_events()

    @property
    def run_log(self) -> RunLog:
        """Log lines and counts of the run."""
        return self.load_run_log()

    @property
    def batch_output(self) -> BatchOutput | None:
        """Output for batch files; None without `batch_config`."""
        return self.load_batch_output()

    def with_workspace(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record with the property `workspace`, if it is configured.

        Args:
            record: The record without it.
        """
        return {WORKSPACE_COLUMN.name: self.workspace, **record} if self.workspace else record

    def columns_with_workspace(self, columns: Iterable[Column]) -> tuple[Column, ...]:
        """Return the properties of a stream, with `workspace` if it is configured.

        Args:
            columns: Properties without it.
        """
        return (WORKSPACE_COLUMN, *columns) if self.workspace else tuple(columns)

    def key_with_workspace(self, key: tuple[str, ...]) -> tuple[str, ...]:
        """Return the key of a stream, with `workspace` if it is configured.

        Args:
            key: The key within a workspace.
        """
        return (WORKSPACE_COLUMN.name, *key) if self.workspace else key
