"""Checked settings, in the units the code works in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_seconds
from tap_intercom_export.config.schema import API_URLS

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = 86_400
"""Seconds."""

GIGABYTE_BYTES = 1_000_000_000
"""Bytes."""


@dataclass(frozen=True)
class Settings:
    """Checked settings in the units the code works in.

    Attributes:
        access_token: Bearer token. Kept out of the repr.
        api_url: Scheme and host, without a slash at the end.
        api_version: Value of `Intercom-Version`.
        start: First second to export, unix seconds.
        end: Last second to export, or None for "up to a minute ago".
        window: Seconds of new time in one job.
        lookback: Seconds before the bookmark that a job covers again.
        deep_lookback: Seconds that it covers again every now and then; 0 for never.
        deep_lookback_every: Seconds between two such jobs.
        poll_interval: First pause between two polls, seconds.
        poll_max_interval: Longest pause between two polls, seconds.
        job_timeout: Seconds that a job may take.
        slot_timeout: Seconds to wait for the workspace's job slot.
        max_rejected_percent: Share of a file's rows that may be set aside.
        export_row_limit: Rows at which an export counts as cut.
        request_timeout: Seconds of silence that end a request.
        reporting_timezone: Name of the time zone of reporting datasets.
        reporting_concurrency: Reporting jobs at once.
        reporting_retention: Seconds for which Intercom keeps reporting data.
        max_archive_bytes: Size of a download above which it is refused.
        max_unpacked_bytes: Size of an archive's files above which it is refused.
        max_compression_ratio: Unpacked to packed size above which an archive is refused.
        encoding_processes: Processes that encode rows, 1 or 2.
        user_agent: Value of `User-Agent`, or None for the tap's own.
    """

    access_token: str = field(repr=False)
    api_url: str
    api_version: str
    start: int
    end: int | None
    window: int
    lookback: int
    deep_lookback: int
    deep_lookback_every: int
    poll_interval: float
    poll_max_interval: float
    job_timeout: float
    slot_timeout: float
    max_rejected_percent: float
    export_row_limit: int
    request_timeout: float
    reporting_timezone: str
    reporting_concurrency: int
    reporting_retention: int
    max_archive_bytes: int
    max_unpacked_bytes: int
    max_compression_ratio: float
    encoding_processes: int
    user_agent: str | None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings of a configuration in which `checks` found nothing."""
        poll_interval = float(config["poll_interval_seconds"])
        return cls(
            access_token=config["access_token"],
            api_url=(config.get("api_url") or API_URLS[config["region"]]).rstrip("/"),
            api_version=config["api_version"],
            start=to_seconds(config["start_date"]),
            end=to_seconds(config["end_date"]) if config.get("end_date") else None,
            window=int(config["window_days"]) * DAY,
            lookback=int(config["lookback_days"]) * DAY,
            deep_lookback=int(config["deep_lookback_days"]) * DAY,
            deep_lookback_every=int(config["deep_lookback_every_days"]) * DAY,
            poll_interval=poll_interval,
            poll_max_interval=max(poll_interval, float(config["poll_max_interval_seconds"])),
            job_timeout=float(config["job_timeout_minutes"]) * 60,
            slot_timeout=float(config["slot_timeout_minutes"]) * 60,
            max_rejected_percent=float(config["max_rejected_percent"]),
            export_row_limit=int(config["export_row_limit"]),
            request_timeout=float(config["request_timeout_seconds"]),
            reporting_timezone=config["reporting_timezone"],
            reporting_concurrency=int(config["reporting_concurrency"]),
            reporting_retention=int(config["reporting_retention_days"]) * DAY,
            max_archive_bytes=int(float(config["max_archive_gigabytes"]) * GIGABYTE_BYTES),
            max_unpacked_bytes=int(float(config["max_unpacked_gigabytes"]) * GIGABYTE_BYTES),
            max_compression_ratio=float(config["max_compression_ratio"]),
            encoding_processes=int(config["encoding_processes"]),
            user_agent=config.get("user_agent") or None,
        )


def put_workspace_into_batch_names(config: dict[str, Any]) -> None:
    """Let the names of batch files begin with the workspace, after the user's own prefix.

    Args:
        config: A configuration, which is changed; a second time changes nothing more.
    """
    workspace, batch = config.get("workspace"), config.get("batch_config")
    if not workspace or not isinstance(batch, dict):
        return
    storage = batch.get("storage")
    if not isinstance(storage, dict):
        return  # `validate` has told so
    prefix, own = storage.get("prefix") or "", f"{workspace}--"
    if isinstance(prefix, str) and not prefix.endswith(own):
        config["batch_config"] = {**batch, "storage": {**storage, "prefix": prefix + own}}
