"""The tap's settings: what may be set, what is checked before anything is asked of Intercom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk import typing as th

from tap_intercom_export.clock import to_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DAY = 86_400
"""Seconds."""

GIGABYTE = 1_000_000_000
"""Bytes."""

LONGEST_RANGE_DAYS = 90
"""Intercom refuses a longer range ("export period is longer than 90 days", seen in a client)."""

API_URLS = {
    "us": "https://api.intercom.io",
    "eu": "https://api.eu.intercom.io",
    "au": "https://api.au.intercom.io",
}
"""The host of each region, as Intercom's OpenAPI description names them under `servers`."""

CUSTOM_OBJECTS_SINCE = (2, 16)
"""Version of the API that lists custom objects first (OpenAPI description of 2.16)."""

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _number(minimum: float) -> th.CustomType:
    """Return the type of a number that may have a fraction.

    "integer" stands in it because the SDK reads an environment variable as a number only then.
    """
    return th.CustomType({"type": ["integer", "number", "null"], "minimum": minimum})


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
        description="Where the workspace is hosted: us, eu or au. A token is good in one only.",
        examples=["eu"],
    ),
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Host to talk to instead of the region's: https, or http on this machine only.",
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
        "start_date",
        th.DateTimeType,
        required=True,
        title="Start date",
        description="Export what was sent from this instant on (ISO 8601, UTC without an offset).",
        examples=["2026-01-01", "2026-01-01T00:00:00Z"],
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description="Export up to and including this instant; without it, up to a minute ago.",
        examples=["2026-06-30T23:59:59Z"],
    ),
    th.Property(
        "window_days",
        th.IntegerType(minimum=1, maximum=LONGEST_RANGE_DAYS),
        default=30,
        title="Window (days)",
        description="New days that one export job covers. With lookback_days at most 90.",
        examples=[7],
    ),
    th.Property(
        "lookback_days",
        th.IntegerType(minimum=0, maximum=LONGEST_RANGE_DAYS - 1),
        default=7,
        title="Lookback (days)",
        description=(
            "Days before the bookmark that every job covers again, so that late opens, clicks and "
            "replies arrive. 0 for none."
        ),
        examples=[14],
    ),
    th.Property(
        "poll_interval_seconds",
        _number(0.01),
        default=5,
        title="First poll interval (seconds)",
        description="First pause between two looks at a job; each later one is half as long again.",
        examples=[10],
    ),
    th.Property(
        "poll_max_interval_seconds",
        _number(0.01),
        default=60,
        title="Longest poll interval (seconds)",
        description="Longest pause between two looks at a job.",
        examples=[300],
    ),
    th.Property(
        "job_timeout_minutes",
        _number(0.001),
        default=1440,
        title="Job timeout (minutes)",
        description="How long one job may take before it is canceled and a smaller one is tried.",
        examples=[720],
    ),
    th.Property(
        "slot_timeout_minutes",
        _number(0),
        default=240,
        title="Slot timeout (minutes)",
        description=(
            "How long to wait while another export holds the workspace's only job slot. 0 gives up "
            "at once."
        ),
        examples=[60],
    ),
    th.Property(
        "export_row_limit",
        th.IntegerType(minimum=1),
        default=10_000_000,
        title="Row limit of an export",
        description=(
            "Rows at which Intercom cuts an export without a word; a job that reaches them is "
            "asked for again in smaller windows."
        ),
        examples=[5_000_000],
    ),
    th.Property(
        "request_timeout_seconds",
        _number(0.1),
        default=300,
        title="Request timeout (seconds)",
        description="How long a connection may be silent before the request is tried again.",
        examples=[60],
    ),
    th.Property(
        "reporting_datasets",
        th.ArrayType(th.StringType),
        title="Reporting datasets",
        description='Ids of the reporting datasets to export, or ["*"] for all; none by default.',
        examples=[["conversation", "tickets"]],
    ),
    th.Property(
        "reporting_timezone",
        th.StringType,
        default="UTC",
        title="Time zone of reporting datasets",
        description="Time zone of the times in reporting datasets, as Intercom writes them.",
        examples=["America/Sao_Paulo"],
    ),
    th.Property(
        "reporting_concurrency",
        th.IntegerType(minimum=1, maximum=5),
        default=3,
        title="Reporting jobs at once",
        description="Jobs for reporting datasets that run at once; Intercom allows five.",
        examples=[5],
    ),
    th.Property(
        "reporting_retention_days",
        th.IntegerType(minimum=1),
        default=730,
        title="Retention of reporting data (days)",
        description="How far back Intercom keeps reporting data; an earlier start is moved there.",
        examples=[1095],
    ),
    th.Property(
        "custom_object_types",
        th.ArrayType(th.StringType),
        title="Custom object types",
        description="Types of custom objects to export; none by default. Needs api_version 2.16.",
        examples=[["Order", "Subscription"]],
    ),
    th.Property(
        "max_archive_gigabytes",
        _number(0.000001),
        default=100,
        title="Largest archive (GB)",
        description="Size of a download, in GB, above which it is refused. It needs as much disk.",
        examples=[20],
    ),
    th.Property(
        "max_unpacked_gigabytes",
        _number(0.000001),
        default=2000,
        title="Largest unpacked archive (GB)",
        description="Size of an archive's files, unpacked, in GB, above which it is refused.",
        examples=[200],
    ),
    th.Property(
        "max_compression_ratio",
        _number(1),
        default=500,
        title="Highest compression ratio",
        description="Unpacked size to packed size above which an archive counts as a bomb.",
        examples=[200],
    ),
    th.Property(
        "user_agent",
        th.StringType,
        title="User agent",
        description="User-Agent of every request; the tap's name and version by default.",
        examples=["acme-elt/1.0 (data@acme.example)"],
    ),
).to_dict()


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
        poll_interval: First pause between two polls, seconds.
        poll_max_interval: Longest pause between two polls, seconds.
        job_timeout: Seconds that a job may take.
        slot_timeout: Seconds to wait for the workspace's job slot.
        export_row_limit: Rows at which an export counts as cut.
        request_timeout: Seconds of silence that end a request.
        reporting_timezone: Name of the time zone of reporting datasets.
        reporting_concurrency: Reporting jobs at once.
        reporting_retention: Seconds for which Intercom keeps reporting data.
        max_archive_bytes: Size of a download above which it is refused.
        max_unpacked_bytes: Size of an archive's files above which it is refused.
        max_compression_ratio: Unpacked to packed size above which an archive is refused.
        user_agent: Value of `User-Agent`, or None for the tap's own.
    """

    access_token: str = field(repr=False)
    api_url: str
    api_version: str
    start: int
    end: int | None
    window: int
    lookback: int
    poll_interval: float
    poll_max_interval: float
    job_timeout: float
    slot_timeout: float
    export_row_limit: int
    request_timeout: float
    reporting_timezone: str
    reporting_concurrency: int
    reporting_retention: int
    max_archive_bytes: int
    max_unpacked_bytes: int
    max_compression_ratio: float
    user_agent: str | None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings of a configuration in which `problems` found nothing."""
        poll_interval = float(config["poll_interval_seconds"])
        return cls(
            access_token=config["access_token"],
            api_url=(config.get("api_url") or API_URLS[config["region"]]).rstrip("/"),
            api_version=config["api_version"],
            start=to_seconds(config["start_date"]),
            end=to_seconds(config["end_date"]) if config.get("end_date") else None,
            window=int(config["window_days"]) * DAY,
            lookback=int(config["lookback_days"]) * DAY,
            poll_interval=poll_interval,
            poll_max_interval=max(poll_interval, float(config["poll_max_interval_seconds"])),
            job_timeout=float(config["job_timeout_minutes"]) * 60,
            slot_timeout=float(config["slot_timeout_minutes"]) * 60,
            export_row_limit=int(config["export_row_limit"]),
            request_timeout=float(config["request_timeout_seconds"]),
            reporting_timezone=config["reporting_timezone"],
            reporting_concurrency=int(config["reporting_concurrency"]),
            reporting_retention=int(config["reporting_retention_days"]) * DAY,
            max_archive_bytes=int(float(config["max_archive_gigabytes"]) * GIGABYTE),
            max_unpacked_bytes=int(float(config["max_unpacked_gigabytes"]) * GIGABYTE),
            max_compression_ratio=float(config["max_compression_ratio"]),
            user_agent=config.get("user_agent") or None,
        )


def problems(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Say what is wrong with a configuration, and fill in its defaults.

    Args:
        config: The configuration; settings that are missing and have a default are set in it.
        schema: The JSON schema of all settings, the SDK's own included.

    Returns:
        One line for each bad setting: its name and what is allowed. Empty when all is well.
    """
    from singer_sdk.plugin_base import JSONSchemaValidator  # noqa: PLC0415 - circular import

    for name in [name for name, value in config.items() if value in (None, "")]:
        del config[name]  # an empty environment variable is a setting that is not set
    found = [_explain(error) for error in JSONSchemaValidator(schema).iter_errors(config)]
    return found or _contradictions(config)


def bad_numbers(schema: dict[str, Any], prefix: str, environment: Mapping[str, str]) -> list[str]:
    """Say which environment variables do not hold the whole number that a setting needs.

    Args:
        schema: The JSON schema of all settings.
        prefix: Of the variables' names.
        environment: The environment.

    Returns:
        One line for each.
    """
    found = []
    for name, setting in schema["properties"].items():
        variable = prefix + name.upper()
        value = environment.get(variable)
        if value is not None and "integer" in setting.get("type", ()):
            try:
                int(value)
            except ValueError:
                found.append(f"{name}: must be a whole number in {variable}, not {value!r}")
    return found


def _explain(error: Any) -> str:
    """Put a JSON schema validation error into one line that begins with the setting's name."""
    if error.validator == "required":
        missing = next(name for name in error.validator_value if repr(name) in error.message)
        return f"{missing}: is required and not set"
    name = ".".join(str(part) for part in error.path) or "config"
    allowed = _ALLOWED.get(error.validator)
    if allowed is None:
        return f"{name}: {error.message}"
    got = "" if name == "access_token" else f", not {_shown(error.instance)}"
    return f"{name}: {allowed(error.validator_value)}{got}"


_ALLOWED: dict[str, Callable[[Any], str]] = {
    "enum": lambda values: f"must be one of {', '.join(map(str, values))}",
    "minimum": lambda limit: f"must be {limit} or more",
    "maximum": lambda limit: f"must be {limit} or less",
    "pattern": lambda _: 'must be a version such as "2.16", or Preview',
    "type": lambda kinds: f"must be of type {_type_names(kinds)}",
}
"""What is allowed, by the keyword of the JSON schema that was not met."""


def _shown(value: Any) -> str:
    """Return a value as the user wrote it; the SDK reads fractions as Decimal."""
    return repr(value) if isinstance(value, str) else str(value)


def _type_names(kinds: str | list[str]) -> str:
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(kind for kind in kinds if kind != "null")


def _contradictions(config: Mapping[str, Any]) -> list[str]:
    """Say what a JSON schema cannot: dates, hosts, and settings that do not fit together."""
    found = []
    dates: dict[str, int] = {}
    for name in ("start_date", "end_date"):
        if name in config:
            try:
                dates[name] = to_seconds(config[name])
            except ValueError:
                found.append(
                    f"{name}: must be an ISO 8601 date or date-time such as 2026-01-31 or "
                    f"2026-01-31T12:00:00Z, not {config[name]!r}"
                )
    if len(dates) == 2 and dates["end_date"] < dates["start_date"]:  # noqa: PLR2004 - both
        found.append(
            f"end_date: must not be before start_date ({config['start_date']}), "
            f"not {config['end_date']!r}"
        )
    if config["window_days"] + config["lookback_days"] > LONGEST_RANGE_DAYS:
        found.append(
            f"window_days: together with lookback_days must be {LONGEST_RANGE_DAYS} or less, the "
            "longest range Intercom exports, "
            f"not {config['window_days']} + {config['lookback_days']}"
        )
    found.extend(
        f"{name}: must be one line of printable ASCII characters"
        for name in ("access_token", "user_agent")
        if not (config.get(name, "").isascii() and config.get(name, "").isprintable())
    )
    if not _is_time_zone(config["reporting_timezone"]):
        found.append(
            "reporting_timezone: must be the name of a time zone such as Europe/Dublin, "
            f"not {config['reporting_timezone']!r}"
        )
    if config.get("custom_object_types") and _older(config["api_version"], CUSTOM_OBJECTS_SINCE):
        found.append(
            f"api_version: must be {'.'.join(map(str, CUSTOM_OBJECTS_SINCE))} or later for "
            f"custom_object_types, not {config['api_version']!r}"
        )
    if "api_url" in config and not _is_allowed_url(config["api_url"]):
        found.append("api_url: must be https://HOST, or http://HOST of this machine (127.0.0.1)")
    return found


def _older(version: str, than: tuple[int, int]) -> bool:
    """Tell whether a version is a numbered one before another; Preview is not."""
    return version[0].isdigit() and tuple(map(int, version.split("."))) < than


def _is_time_zone(name: str) -> bool:
    if name == "UTC":
        return True
    import pendulum  # noqa: PLC0415 - see clock.py

    try:
        pendulum.timezone(name)
    except (ValueError, OSError):  # not one, or not the form of one
        return False
    return True


def _is_allowed_url(url: str) -> bool:
    """Tell whether a URL is a scheme, a host and at most a port, safe to send a token to."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return False
    bare = url.removesuffix("/").lower() == f"{parts.scheme}://{host}{port}"
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    return bare and safe and bool(parts.hostname) and url.isprintable() and " " not in url
