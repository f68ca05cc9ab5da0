"""Validated settings in the units that the code uses; `schema` defines them for users."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import DAY_SECONDS, to_seconds
from tap_intercom_export.config.schema import API_URLS

if TYPE_CHECKING:
    from collections.abc import Mapping

GIGABYTE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Settings:
    """Validated settings in the units that the code uses.

    Attributes:
        access_token: Bearer token. Left out of the repr.
        api_url: Scheme and host, without a trailing slash.
        api_version: Value of the header `Intercom-Version`.
        start: First unix second to export.
        end: Last unix second to export, or None for "up to a minute ago".
        window_seconds: Seconds of new time in one job.
        lookback_seconds: Seconds before the bookmark that each job exports again.
        deep_lookback_seconds: Seconds before the bookmark that a deep lookback exports again; 0
            for none.
        deep_lookback_every_seconds: Seconds between two deep lookbacks.
        poll_interval_seconds: First pause between two polls.
        poll_max_interval_seconds: Longest pause between two polls.
        job_timeout_seconds: Maximum duration of a job.
        slot_timeout_seconds: Maximum time to wait for the workspace's job slot.
        max_rejected_percent: Share of a file's rows that may be rejected.
        export_row_limit: Row count at which an export counts as truncated.
        request_timeout_seconds: Time without data after which a request fails.
        reporting_timezone: Name of the time zone of reporting datasets.
        reporting_concurrency: Reporting jobs that run at the same time.
        reporting_retention_seconds: Time for which Intercom keeps reporting data.
        max_archive_bytes: Maximum size of a download.
        max_unpacked_bytes: Maximum size of an archive's unpacked files.
        max_compression_ratio: Maximum ratio of unpacked to packed size.
        user_agent: Value of the header `User-Agent`, or None for the tap's own.
    """

    access_token: str = field(repr=False)
    api_url: str
    api_version: str
    start: int
    end: int | None
    window_seconds: int
    lookback_seconds: int
    deep_lookback_seconds: int
    deep_lookback_every_seconds: int
    poll_interval_seconds: float
    poll_max_interval_seconds: float
    job_timeout_seconds: float
    slot_timeout_seconds: float
    max_rejected_percent: float
    export_row_limit: int
    request_timeout_seconds: float
    reporting_timezone: str
    reporting_concurrency: int
    reporting_retention_seconds: int
    max_archive_bytes: int
    max_unpacked_bytes: int
    max_compression_ratio: float
    user_agent: str | None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings from a configuration that `validate` found no problems in.

        Args:
            config: The tap's configuration, with its defaults.
        """
        poll_interval_seconds = float(config["poll_interval_seconds"])
        return cls(
            access_token=config["access_token"],
            api_url=(config.get("api_url") or API_URLS[config["region"]]).rstrip("/"),
            api_version=config["api_version"],
            start=to_seconds(config["start_date"]),
            end=to_seconds(config["end_date"]) if config.get("end_date") else None,
            window_seconds=int(config["window_days"]) * DAY_SECONDS,
            lookback_seconds=int(config["lookback_days"]) * DAY_SECONDS,
            deep_lookback_seconds=int(config["deep_lookback_days"]) * DAY_SECONDS,
            deep_lookback_every_seconds=int(config["deep_lookback_every_days"]) * DAY_SECONDS,
            poll_interval_seconds=poll_interval_seconds,
            poll_max_interval_seconds=max(
                poll_interval_seconds, float(config["poll_max_interval_seconds"])
            ),
            job_timeout_seconds=float(config["job_timeout_minutes"]) * 60,
            slot_timeout_seconds=float(config["slot_timeout_minutes"]) * 60,
            max_rejected_percent=float(config["max_rejected_percent"]),
            export_row_limit=int(config["export_row_limit"]),
            request_timeout_seconds=float(config["request_timeout_seconds"]),
            reporting_timezone=config["reporting_timezone"],
            reporting_concurrency=int(config["reporting_concurrency"]),
            reporting_retention_seconds=int(config["reporting_retention_days"]) * DAY_SECONDS,
            max_archive_bytes=int(float(config["max_archive_gigabytes"]) * GIGABYTE_BYTES),
            max_unpacked_bytes=int(float(config["max_unpacked_gigabytes"]) * GIGABYTE_BYTES),
            max_compression_ratio=float(config["max_compression_ratio"]),
            user_agent=config.get("user_agent") or None,
        )


def add_workspace_to_batch_prefix(config: dict[str, Any]) -> None:
    """Append the workspace to the prefix of batch file names.

    Args:
        config: A configuration. It is changed in place; a second call changes nothing.
    """
    workspace, batch = config.get("workspace"), config.get("batch_config")
    if not workspace or not isinstance(batch, dict):
        return
    storage = batch.get("storage")
    if not isinstance(storage, dict):
        return  # `validate` reports it
    prefix, own = storage.get("prefix") or "", f"{workspace}--"
    if isinstance(prefix, str) and not prefix.endswith(own):
        config["batch_config"] = {**batch, "storage": {**storage, "prefix": prefix + own}}
