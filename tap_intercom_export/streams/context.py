"""What the streams of a run share: settings, clients, clocks, and where messages go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_intercom_export.schemas import WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from singer_sdk.helpers._state import StateWriter

    from tap_intercom_export.clock import Clock
    from tap_intercom_export.config import Settings
    from tap_intercom_export.exports import EventQueue
    from tap_intercom_export.intercom.client import IntercomClient
    from tap_intercom_export.progress import RunLog
    from tap_intercom_export.rows import EncodingProcess
    from tap_intercom_export.schemas import Column
    from tap_intercom_export.singer.batch.output import BatchOutput
    from tap_intercom_export.singer.message_writer import MessageWriter


@dataclass(frozen=True, slots=True)
class SyncContext:
    """What `tap.py` hands to every stream, so that streams do not know the tap's class.

    Attributes:
        load_settings: Returns the checked settings. A function, because discovery must work with
            a configuration that is not complete.
        new_client: Returns a client for the configured workspace that waits with a clock.
        new_clock: Returns a clock for the main thread.
        new_worker_clock: Returns a clock for worker threads; each export has one of its own, which
            it can stop.
        writer: Writes messages to stdout.
        state_writer: Writes STATE messages.
        events: What worker threads report to the main thread.
        load_batch_output: Returns what takes the records in place of RECORD messages, or None; a
            function for the same reason as `load_settings`.
        load_encoding_process: Returns the process that helps to encode large files, or None.
        run_log: Follows the run: counts what happens, and says it.
        workspace: Value of the property `workspace` of every record; "" for no such property.
    """

    load_settings: Callable[[], Settings]
    new_client: Callable[[Clock], IntercomClient]
    new_clock: Callable[[], Clock]
    new_worker_clock: Callable[[], Clock]
    writer: MessageWriter
    state_writer: StateWriter
    events: EventQueue
    load_batch_output: Callable[[], BatchOutput | None]
    load_encoding_process: Callable[[], EncodingProcess | None]
    run_log: RunLog
    workspace: str = ""

    @property
    def settings(self) -> Settings:
        """The settings, checked and in the units the code works in."""
        return self.load_settings()

    @property
    def batch_output(self) -> BatchOutput | None:
        """What takes the records where `batch_config` is set."""
        return self.load_batch_output()

    @property
    def encoding_process(self) -> EncodingProcess | None:
        """The process that helps to encode large files."""
        return self.load_encoding_process()

    def with_workspace(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record with the workspace's name, if it is to have it.

        Args:
            record: The record without it.
        """
        return {WORKSPACE.name: self.workspace, **record} if self.workspace else record

    def columns_of(self, columns: Iterable[Column]) -> tuple[Column, ...]:
        """Return the properties of a stream's records.

        Args:
            columns: Those without the workspace.
        """
        return (WORKSPACE, *columns) if self.workspace else tuple(columns)

    def key_of(self, key: tuple[str, ...]) -> tuple[str, ...]:
        """Return what identifies a stream's records.

        Args:
            key: What identifies them within a workspace.
        """
        return (WORKSPACE.name, *key) if self.workspace else key
