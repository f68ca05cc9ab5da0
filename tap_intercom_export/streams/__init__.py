"""The streams that the Meltano SDK syncs.

In: the tap as `singer_sdk.Tap`, and a `SyncContext`. Out: SCHEMA, RECORD or BATCH, and STATE
messages. Only `sdk` uses private parts of the SDK.
"""

from __future__ import annotations

from tap_intercom_export.streams.ai_content import ContentImportSourceStream, ExternalPageStream
from tap_intercom_export.streams.context import SyncContext
from tap_intercom_export.streams.custom_objects import CustomObjectInstanceStream
from tap_intercom_export.streams.list_stream import ListStream
from tap_intercom_export.streams.message_export import ContentExportStream
from tap_intercom_export.streams.message_file import MessageFileStream
from tap_intercom_export.streams.rejected_row import RejectedRowStream
from tap_intercom_export.streams.rejections import RejectedRowWriter
from tap_intercom_export.streams.reporting import ReportingStream
from tap_intercom_export.streams.reporting_run import ReportingRun
from tap_intercom_export.streams.sdk import TapStream

__all__ = [
    "ContentExportStream",
    "ContentImportSourceStream",
    "CustomObjectInstanceStream",
    "ExternalPageStream",
    "ListStream",
    "MessageFileStream",
    "RejectedRowStream",
    "RejectedRowWriter",
    "ReportingRun",
    "ReportingStream",
    "SyncContext",
    "TapStream",
]
