"""Builds the streams of the tap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_intercom_export.schemas import MESSAGE_FILES, UNKNOWN_FILE
from tap_intercom_export.streams import (
    ContentExportStream,
    ContentImportSourceStream,
    CustomObjectInstanceStream,
    ExternalPageStream,
    MessageFileStream,
    RejectedRowStream,
    RejectedRowWriter,
)

if TYPE_CHECKING:
    from singer_sdk import Stream, Tap

    from tap_intercom_export.streams import SyncContext
    from tap_intercom_export.streams.reporting import ReportingStream


def build_streams(tap: Tap, sync: SyncContext) -> list[Stream]:
    """Return all streams of the tap.

    If `reporting_datasets` is set, the list of datasets is requested from Intercom.

    Args:
        tap: The tap.
        sync: Objects that all streams of a run share.

    Raises:
        ConfigurationError: The workspace has no dataset of a configured id.
        ApiError: Intercom refuses, or cannot be reached.
    """
    rejected_rows = RejectedRowStream(tap, sync)
    rejected = RejectedRowWriter(rejected_rows, sync)
    streams: list[Stream] = [
        ContentExportStream(tap, sync),
        *(
            MessageFileStream(tap, sync, file, rejected)
            for file in (*MESSAGE_FILES.values(), UNKNOWN_FILE)
        ),
        rejected_rows,
        *_reporting_streams(tap, sync, rejected),
        ContentImportSourceStream(tap, sync, rejected),
        ExternalPageStream(tap, sync, rejected),
    ]
    if tap.config.get("custom_object_types"):
        streams.append(CustomObjectInstanceStream(tap, sync, rejected))
    return streams


def _reporting_streams(
    tap: Tap, sync: SyncContext, rejected: RejectedRowWriter
) -> list[ReportingStream]:
    """Return the streams of the configured reporting datasets."""
    wanted = tap.config.get("reporting_datasets")
    if not wanted:
        return []
    from tap_intercom_export.intercom import list_datasets  # noqa: PLC0415 - few need it
    from tap_intercom_export.streams.reporting import ReportingStream  # noqa: PLC0415 - likewise
    from tap_intercom_export.streams.reporting_run import ReportingRun  # noqa: PLC0415 - likewise

    client = sync.new_client(sync.new_clock())
    run = ReportingRun(sync, client)
    return [
        ReportingStream(tap, sync, dataset, rejected, run)
        for dataset in list_datasets(client, wanted)
    ]
