"""The message export (`/export/content/data`): receipts and events, one pending job a workspace."""

from __future__ import annotations

from tap_intercom_export.intercom.export_api import ExportApi

MESSAGE_EXPORT = ExportApi(
    name="message export",
    create_path="/export/content/data",
    status_path="/export/content/data/{}",
    download_path="/download/content/data/{}",
    cancel_path="/export/cancel/{}",
    body=lambda after, before: {"created_at_after": after, "created_at_before": before},
)
