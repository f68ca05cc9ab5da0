"""The streams that the Meltano SDK syncs.

In: the tap as `singer_sdk.Tap`, and a `SyncContext`. Out: SCHEMA, RECORD or BATCH, and STATE
messages. Only `sdk` uses private parts of the SDK.

`reporting` and `reporting_run` are not exported here, because most workspaces have no reporting
datasets: `discovery` imports them where there are some.
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
from tap_intercom_export.streams.sdk import TapStream
from tap_intercom_export.streams.window_stream import WindowStream

__all__ = [
    "ContentExportStream",
    "ContentImportSourceStream",
    "CustomObjectInstanceStream",
    "ExternalPageStream",
    "ListStream",
    "MessageFileStream",
    "RejectedRowStream",
    "RejectedRowWriter",
    "SyncContext",
    "TapStream",
    "WindowStream",
]
