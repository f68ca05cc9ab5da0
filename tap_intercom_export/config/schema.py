"""The settings as a JSON schema: names, types, defaults, descriptions and examples."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_intercom_export.config.batch import BATCH_PROPERTY

RANGE_WARNING_DAYS = 90
"""Range length above which a warning is logged. One client of Intercom got "export period is longer
than 90 days"; another one requests 365 days in one job."""

LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
"""Hosts of this machine. Only these may be used over http."""

API_URLS = {
    "us": "https://api.intercom.io",
    "eu": "https://api.eu.intercom.io",
    "au": "https://api.au.intercom.io",
}
"""Host of each region, from `servers` in Intercom's OpenAPI description."""


def _number(minimum: float, maximum: float | None = None) -> th.CustomType:
    """Return the type of a number that may have a fraction.

    It includes "integer" because the SDK parses an environment variable as a number only then.
    """
    limits = {"minimum": minimum} | ({} if maximum is None else {"maximum": maximum})
    return th.CustomType({"type": ["integer", "number", "null"], **limits})


CONFIG_JSONSCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "access_token",
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Access token",
        description="Access token of a private Intercom app with the scope export_content_data.",
        examples=["dG9rOmFi…"],
    ),
    th.Property(
        "region",
        th.StringType(allowed_values=list(API_URLS)),
        default="us",
        title="Region",
        description="Region of the workspace: us, eu or au. A token works in one region only.",
        examples=["eu"],
    ),
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Host to use instead of the region's: https, or http on this machine only.",
        examples=["http://127.0.0.1:8080"],
    ),
    th.Property(
        "api_version",
        th.StringType(pattern=r"^([12]\.[0-9]{1,2}|Preview|Unstable)$"),
        default="2.16",
        title="API version",
        description="Version of the Intercom API, sent as Intercom-Version.",
        examples=["2.14"],
    ),
    th.Property(
        "workspace",
        th.StringType(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"),
        title="Workspace",
        description=(
            "Name of the workspace, for tables that several workspaces share. It adds a column "
            "workspace to every record and to the key of every stream, and becomes part of the "
            "names of batch files. Without it there is no such column."
        ),
        examples=["acme_eu"],
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        required=True,
        title="Start date",
        description="Export messages sent from this time on (ISO 8601, UTC without an offset).",
        examples=["2026-01-01", "2026-01-01T00:00:00Z"],
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description="Export up to and including this time; without it, up to a minute ago.",
        examples=["2026-06-30T23:59:59Z"],
    ),
    th.Property(
        "window_days",
        th.IntegerType(minimum=1),
        default=30,
        title="Window (days)",
        description=(
            "New days that one export job covers. Intercom may refuse more than 90 days including "
            "lookback_days; the tap then requests smaller windows."
        ),
        examples=[7],
    ),
    th.Property(
        "lookback_days",
        th.IntegerType(minimum=0),
        default=7,
        title="Lookback (days)",
        description=(
            "Days before the bookmark that every job exports again, to pick up late opens, clicks "
            "and replies. 0 for none."
        ),
        examples=[14],
    ),
    th.Property(
        "deep_lookback_days",
        th.IntegerType(minimum=0),
        default=0,
        title="Deep lookback (days)",
        description=(
            "Days before the bookmark that one job exports again every deep_lookback_every_days, "
            "to pick up replies, goals and survey answers that come weeks later. 0 for none."
        ),
        examples=[60],
    ),
    th.Property(
        "deep_lookback_every_days",
        th.IntegerType(minimum=1),
        default=7,
        title="Days between deep lookbacks",
        description="Days between two jobs that reach back deep_lookback_days.",
        examples=[14],
    ),
    th.Property(
        "poll_interval_seconds",
        _number(0.01),
        default=5,
        title="First poll interval (seconds)",
        description="First pause between two polls of a job; each later one is 1.5 times as long.",
        examples=[10],
    ),
    th.Property(
        "poll_max_interval_seconds",
        _number(0.01),
        default=60,
        title="Longest poll interval (seconds)",
        description="Longest pause between two polls of a job.",
        examples=[300],
    ),
    th.Property(
        "job_timeout_minutes",
        _number(0.001),
        default=1440,
        title="Job timeout (minutes)",
        description="How long a job may take before it is canceled and a smaller one is requested.",
        examples=[720],
    ),
    th.Property(
        "slot_timeout_minutes",
        _number(0),
        default=240,
        title="Slot timeout (minutes)",
        description=(
            "How long to wait while another export holds the workspace's only job slot. 0 fails at "
            "once."
        ),
        examples=[60],
    ),
    th.Property(
        "max_rejected_percent",
        _number(0, 100),
        default=50,
        title="Maximum rejected rows (percent)",
        description=(
            "Share of a file's rows that may be unreadable. If more are, in a file of at least 20 "
            "rows, the run fails and the bookmarks stay: the file's format has probably changed. "
            "100 never fails."
        ),
        examples=[5],
    ),
    th.Property(
        "export_row_limit",
        th.IntegerType(minimum=1),
        default=10_000_000,
        title="Row limit of an export",
        description=(
            "Row count at which Intercom silently truncates an export. A job that reaches it is "
            "requested again in smaller windows."
        ),
        examples=[5_000_000],
    ),
    th.Property(
        "request_timeout_seconds",
        _number(0.1),
        default=300,
        title="Request timeout (seconds)",
        description="How long a connection may be silent before the request is retried.",
        examples=[60],
    ),
    th.Property(
        "reporting_datasets",
        th.ArrayType(th.StringType(min_length=1)),
        title="Reporting datasets",
        description='Ids of the reporting datasets to export, or ["*"] for all; none by default.',
        examples=[["conversation", "tickets"]],
    ),
    th.Property(
        "reporting_timezone",
        th.StringType,
        default="UTC",
        title="Time zone of reporting datasets",
        description="Time zone that Intercom uses for times in reporting datasets.",
        examples=["America/Sao_Paulo"],
    ),
    th.Property(
        "reporting_concurrency",
        th.IntegerType(minimum=1, maximum=5),
        default=3,
        title="Concurrent reporting jobs",
        description="Jobs for reporting datasets that run at the same time; Intercom allows five.",
        examples=[5],
    ),
    th.Property(
        "reporting_retention_days",
        th.IntegerType(minimum=1),
        default=730,
        title="Retention of reporting data (days)",
        description="How long Intercom keeps reporting data; an earlier start_date is moved there.",
        examples=[1095],
    ),
    th.Property(
        "custom_object_types",
        th.ArrayType(th.StringType(min_length=1)),
        title="Custom object types",
        description="Types of custom objects to export; none by default. Needs api_version 2.16.",
        examples=[["Order", "Subscription"]],
    ),
    th.Property(
        "excluded_columns",
        th.ArrayType(th.StringType(min_length=1)),
        title="Excluded columns",
        description=(
            "Patterns of columns that are never written, even if selected: stream.column, with * "
            "for any text. They also match columns that Intercom adds later, and keys inside "
            "answers, row and custom_attributes."
        ),
        examples=[["*.email", "*.*phone*", "collected_email.*_id"]],
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Emit ACTIVATE_VERSION messages",
        description=(
            "Whether ACTIVATE_VERSION tells the target which rows were deleted from a list. Set "
            "false for targets that fail on this message."
        ),
        examples=[False],
    ),
    th.Property(
        "max_archive_gigabytes",
        _number(0.000001),
        default=100,
        title="Largest archive (GB)",
        description="Maximum size of a download in GB. It needs this much temporary disk space.",
        examples=[20],
    ),
    th.Property(
        "max_unpacked_gigabytes",
        _number(0.000001),
        default=2000,
        title="Largest unpacked archive (GB)",
        description="Maximum unpacked size of an archive's files in GB.",
        examples=[200],
    ),
    th.Property(
        "max_compression_ratio",
        _number(1),
        default=500,
        title="Highest compression ratio",
        description="Maximum ratio of unpacked to packed size; an archive above it is refused.",
        examples=[200],
    ),
    th.Property(
        "user_agent",
        th.StringType,
        title="User agent",
        description="User-Agent of every request; the tap's name and version by default.",
        examples=["acme-elt/1.0 (data@acme.example)"],
    ),
    BATCH_PROPERTY,
).to_dict()
