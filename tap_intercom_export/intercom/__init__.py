"""HTTP to Intercom: the only package that sends requests.

In: paths, bodies, and where a download goes. Out: `Reply` objects, pages of lists, downloaded
bytes; or an error of `errors.py` chosen by how to recover from it.
"""

from __future__ import annotations

from tap_intercom_export.intercom.export_kind import ExportKind
from tap_intercom_export.intercom.list_page import ListPage
from tap_intercom_export.intercom.message_export import MESSAGE_EXPORT
from tap_intercom_export.intercom.reporting import (
    ALL_DATASETS,
    DATASETS_PATH,
    ReportingRequest,
    datasets,
)

__all__ = [
    "ALL_DATASETS",
    "DATASETS_PATH",
    "MESSAGE_EXPORT",
    "ExportKind",
    "ListPage",
    "ReportingRequest",
    "datasets",
]
