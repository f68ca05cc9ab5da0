"""Variants of the API: how it responds where public sources about Intercom disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from intercom_simulator.clock import DAY_SECONDS

if TYPE_CHECKING:
    from intercom_simulator.mutation import Mutation

TIME_FORMATS = {
    "iso": "%04d-%02d-%02dT%02d:%02d:%02d.000Z",
    "plain": "%04d-%02d-%02d %02d:%02d:%02d",
    "utc": "%04d-%02d-%02d %02d:%02d:%02d UTC",
}
"""printf formats for the six numbers of a date-time; `strftime` is ten times slower."""


Container = Literal["zip", "gzip", "tar.gz", "csv", "encoded"]
"""Container formats of downloads; `encoded` is gzip with a `Content-Encoding` header."""


@dataclass(frozen=True)
class Member:
    """An extra file in every archive, besides those of the statistics.

    Args:
        name: Path in the archive; `{stamp}` is replaced by the timestamp in file names.
        body: Content of the file.
    """

    name: str
    body: bytes


@dataclass(frozen=True)
class ApiVariant:
    """How the API responds. The defaults are what clients in production see.

    Args:
        container: Container format of downloads. `gzip` and `csv` contain `receipt` only, as in the
            oldest API version.
        gzip_name: Whether the gzip header contains the file name.
        gzip_layers: Number of additional gzip layers around the container.
        timestamp_format: What follows the statistic in a file name: a `strftime` format for the
            creation time of the job.
        plural_receipts: Whether the file of `receipt` is named `receipts`.
        folder: Folder in front of the file names, with its slash.
        uppercase_names: Whether file names are in upper case.
        extra_members: Files besides those of the statistics.
        parts_per_file: Number of files into which each statistic is split; they are numbered if
            there is more than one.
        omitted_statistics: Statistics that are never in the archive.
        empty_files: Whether a statistic without rows has a file with only the header.
        time_format: `iso`, `plain`, `utc`, `seconds` or `milliseconds`.
        line_end: Line end of the CSV files.
        byte_order_mark: Whether the CSV files start with a byte order mark.
        renamed_columns: Columns with another name, as (file, column, new name).
        dropped_columns: Missing columns, as (file, column).
        added_columns: Unknown columns, as (file, column, value of every row); they come last.
        shuffled_columns: Whether columns are in random order.
        shuffled_rows: Whether rows are in random order instead of by time.
        mutations: Changes to the bytes of files.
        overview_of_all_time: Whether the counters of `overview` cover all time, as the statistics
            in Intercom do, instead of the range only.
        events_by: Whether events are in range by their own time only (`event`), or by the time of
            their message as well (`receipt`).
        identifier_key: JSON key of the job identifier.
        completed_status: Status of a completed job.
        failed_http_status: HTTP status of the response about a failed job.
        download_url: What a job contains as `download_url`: an absolute or relative URL, an empty
            string, a URL of a storage host that refuses bearer tokens, or a URL of the host of
            another region, which responds with 404 (as seen in a workspace in Europe).
        redirect_status: HTTP status with which a download redirects to the storage host; None for
            no redirect.
        expires_at_format: Format of `download_expires_at`: unix seconds as text or number, ISO, or
            an empty string.
        expires_after_seconds: Seconds after the end of a job during which it can be downloaded.
        content_encoding: `Content-Encoding` header of a download; None for no header.
        chunked: Whether downloads use chunked transfer encoding, without a length.
        range_requests: Whether downloads support `Range` requests and have an `ETag`.
        max_range_seconds: Longest range of a job.
        reporting_container: Container format of a report.
        reporting_completed_status: Status of a completed report job.
        reporting_qualified_headers: Whether the column headers of a report are qualified ids.
        reporting_qualified_only: Whether plain attribute ids are refused.
        refused_attributes: Attributes that the API lists but refuses, by the id in the request.
        reporting_retention_seconds: Age of the oldest data that can be reported.
        reporting_max_range_seconds: Longest range of a report; None for no limit.
        reporting_max_attributes: Largest number of attributes in a report; None for no limit.
        reporting_last_parts_only: Whether `consolidated_conversation_part` contains only the last
            action of each conversation, as one client has seen since about July 2026.
    """

    container: Literal["zip", "gzip", "tar.gz", "csv"] = "zip"
    gzip_name: bool = False
    gzip_layers: int = 0
    timestamp_format: str = "_%Y%m%d-%H%M%S"
    plural_receipts: bool = False
    folder: str = ""
    uppercase_names: bool = False
    extra_members: tuple[Member, ...] = ()
    parts_per_file: int = 1
    omitted_statistics: tuple[str, ...] = ()
    empty_files: bool = False
    time_format: Literal["iso", "plain", "utc", "seconds", "milliseconds"] = "iso"
    line_end: Literal["\n", "\r\n"] = "\n"
    byte_order_mark: bool = False
    renamed_columns: tuple[tuple[str, str, str], ...] = ()
    dropped_columns: tuple[tuple[str, str], ...] = ()
    added_columns: tuple[tuple[str, str, str], ...] = ()
    shuffled_columns: bool = False
    shuffled_rows: bool = False
    mutations: tuple[Mutation, ...] = ()
    overview_of_all_time: bool = False
    events_by: Literal["event", "receipt"] = "event"
    identifier_key: str = "job_identifier"
    completed_status: str = "completed"
    failed_http_status: int = 504
    download_url: Literal["absolute", "relative", "empty", "storage", "other_region"] = "absolute"
    redirect_status: int | None = None
    expires_at_format: Literal["text", "number", "iso", "empty"] = "text"
    expires_after_seconds: int = 2 * DAY_SECONDS
    content_encoding: str | None = None
    chunked: bool = False
    range_requests: bool = True
    max_range_seconds: int = 90 * DAY_SECONDS
    reporting_container: Container = "gzip"
    reporting_completed_status: str = "complete"
    reporting_qualified_headers: bool = False
    reporting_qualified_only: bool = False
    refused_attributes: tuple[str, ...] = ()
    reporting_retention_seconds: int = 730 * DAY_SECONDS
    reporting_max_range_seconds: int | None = None
    reporting_max_attributes: int | None = None
    reporting_last_parts_only: bool = False
