"""HTTP to Intercom: the only package that sends requests.

In: paths, request bodies, and a destination for downloads. Out: responses, pages of lists and
downloaded bytes, or an error from `errors.py` chosen by how to recover from it. `error_responses`
decides what a response with an error means, also each kind of 429; `retry` how long to wait.
"""

from __future__ import annotations

from tap_intercom_export.intercom.client import IntercomClient
from tap_intercom_export.intercom.download import Destination, Downloader, absolute_url
from tap_intercom_export.intercom.export_api import ExportApi
from tap_intercom_export.intercom.list_page import ListPage
from tap_intercom_export.intercom.message_export import MESSAGE_EXPORT
from tap_intercom_export.intercom.probe import Probe, send_probe
from tap_intercom_export.intercom.reporting import (
    ALL_DATASETS,
    DATASETS_PATH,
    ReportingRequest,
    list_datasets,
    unknown_datasets,
)
from tap_intercom_export.intercom.responses import JOB_IDENTIFIER_KEYS, parse_json

__all__ = [
    "ALL_DATASETS",
    "DATASETS_PATH",
    "JOB_IDENTIFIER_KEYS",
    "MESSAGE_EXPORT",
    "Destination",
    "Downloader",
    "ExportApi",
    "IntercomClient",
    "ListPage",
    "Probe",
    "ReportingRequest",
    "absolute_url",
    "list_datasets",
    "parse_json",
    "send_probe",
    "unknown_datasets",
]
