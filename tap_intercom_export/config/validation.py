"""Validation of the configuration, one message for each problem."""

from __future__ import annotations

import contextlib
import json
import os
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tap_intercom_export.clock import to_seconds
from tap_intercom_export.config.batch import find_batch_problems
from tap_intercom_export.config.schema import LOOPBACK_HOSTS, RANGE_WARNING_DAYS
from tap_intercom_export.schemas import is_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CUSTOM_OBJECTS_SINCE = (2, 16)
"""First version of the API that lists custom objects (Intercom's OpenAPI description of 2.16)."""

INTERCOM_FOUNDED_DATE = "2011-01-01"
"""Intercom was founded in 2011; an earlier date is a typing error such as 0206 for 2026."""

NOT_SET = "is required and not set"
"""End of the message about a missing setting."""

LOG_LEVEL_VARIABLES = ("loglevel", "metrics_loglevel")
"""Environment variables with the prefix of the settings that are no settings, without it."""


def validate(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Validate a configuration and fill in its defaults.

    Args:
        config: The configuration. Missing settings that have a default are set in it.
        schema: The JSON schema of all settings, including the SDK's own.

    Returns:
        One message for each invalid setting: its name and what is allowed. Empty if all are valid.
    """
    from singer_sdk.plugin_base import JSONSchemaValidator  # noqa: PLC0415 - circular import

    for name in [name for name, value in config.items() if value in (None, "")]:
        del config[name]  # an empty environment variable counts as not set
    for name, value in config.items():
        if isinstance(value, Decimal):  # the SDK parses fractions so; jsonschema needs a float
            config[name] = float(value)
    problems = [
        _describe_schema_error(error) for error in JSONSchemaValidator(schema).iter_errors(config)
    ]
    return problems or _find_conflicts(config)


def find_warnings(config: Mapping[str, Any], schema: dict[str, Any], now: float) -> list[str]:
    """Return warnings about settings that are valid but probably a mistake.

    Args:
        config: The configuration.
        schema: The JSON schema of all settings, including the SDK's own.
        now: The current time in unix seconds.

    Returns:
        One message for each warning. It never has the value of an unknown setting, which may be a
        secret.
    """
    import difflib  # noqa: PLC0415 - rarely needed

    known = schema["properties"]
    warnings = []
    for name in config:
        if name not in known:
            similar = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {similar[0]}?" if similar else ""
            warnings.append(f"unknown setting {name}{hint}")
    with contextlib.suppress(KeyError, TypeError):  # `validate` reports it
        lookback = max(config["lookback_days"], config["deep_lookback_days"])
        days = config["window_days"] + lookback
        if days > RANGE_WARNING_DAYS:
            warnings.append(
                f"window_days and the longest lookback are {days} days together: Intercom may "
                f"refuse more than {RANGE_WARNING_DAYS} in one job; the tap then requests smaller "
                "windows"
            )
    with contextlib.suppress(KeyError, TypeError, ValueError):  # `validate` reports it
        if to_seconds(config["start_date"]) > now:
            warnings.append(
                f"start_date {config['start_date']} is in the future: no messages are exported yet"
            )
    return warnings


def config_from_environment(schema: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Read the settings from environment variables; an empty variable counts as not set.

    A variable that has the prefix and is no setting becomes an unknown setting, for a warning.
    Names that begin with an underscore are Meltano's own (`_select`).

    Args:
        schema: The JSON schema of all settings, including the SDK's own.
        prefix: Prefix of the variables' names.

    Raises:
        ConfigValidationError: A variable does not have the type of its setting.
    """
    from singer_sdk.configuration._dict_config import (  # noqa: PLC0415 - circular import
        parse_environment_config,
    )
    from singer_sdk.exceptions import ConfigValidationError  # noqa: PLC0415 - likewise

    parse_environment_config({}, prefix)  # only to load the file .env into the environment
    filled = {
        name: setting
        for name, setting in schema["properties"].items()
        if os.environ.get(prefix + name.upper())
    }
    if problems := _find_bad_variables(filled, prefix):
        raise ConfigValidationError("; ".join(problems), errors=problems)
    names = (name.removeprefix(prefix).lower() for name in os.environ if name.startswith(prefix))
    unknown = {
        name: os.environ[prefix + name.upper()]
        for name in names
        if name not in schema["properties"] and name not in LOG_LEVEL_VARIABLES and name[0] != "_"
    }
    return {**parse_environment_config({"properties": filled}, prefix), **unknown}


def _find_bad_variables(settings: dict[str, Any], prefix: str) -> list[str]:
    """Return a message for each variable that must be a whole number or JSON and is not."""
    problems = []
    for name, setting in settings.items():
        variable = prefix + name.upper()
        value, types = os.environ[variable], setting["type"]
        is_list_of_names = value.lstrip()[:1] not in '["{'  # the SDK also accepts a,b,c as an array
        if "integer" in types:
            try:
                int(value)
            except ValueError:
                problems.append(f"{name}: must be a whole number in {variable}, not {value!r}")
        elif "object" in types or ("array" in types and not is_list_of_names):
            try:
                json.loads(value)
            except ValueError as error:
                problems.append(f"{name}: is not JSON in {variable}: {error}")
    return problems


def _describe_schema_error(error: Any) -> str:
    """Describe a JSON schema validation error in one line that begins with the setting's name."""
    if error.validator == "required":
        missing = next(name for name in error.validator_value if repr(name) in error.message)
        return f"{'.'.join([*map(str, error.path), missing])}: {NOT_SET}"
    name = ".".join(str(part) for part in error.path) or "config"
    allowed = _ALLOWED.get(error.validator)
    if allowed is None:
        return f"{name}: {error.message}"
    got = "" if name == "access_token" else f", not {_format_value(error.instance)}"
    return f"{name}: {allowed(error.validator_value)}{got}"


_ALLOWED: dict[str, Callable[[Any], str]] = {
    "enum": lambda values: f"must be one of {', '.join(map(str, values))}",
    "minimum": lambda limit: f"must be {limit} or more",
    "maximum": lambda limit: f"must be {limit} or less",
    "pattern": lambda _: 'must be a version 1.x or 2.x such as "2.16", or Preview or Unstable',
    "type": lambda types: f"must be of type {_type_names(types)}",
}
"""Descriptions of what is allowed, by the JSON schema keyword that was violated."""


def _format_value(value: Any) -> str:
    """Format a value as the user wrote it; the SDK parses fractions as Decimal."""
    return repr(value) if isinstance(value, str) else str(value)


def _type_names(types: str | list[str]) -> str:
    types = [types] if isinstance(types, str) else types
    return " or ".join(name for name in types if name != "null")


def _find_conflicts(config: Mapping[str, Any]) -> list[str]:
    """Return problems that a JSON schema cannot express: dates, hosts, settings that conflict."""
    problems = [*_find_bad_dates(config), *find_batch_problems(config)]
    token = config["access_token"].strip(" ")  # line ends: below
    if token.casefold().startswith("bearer ") or token != config["access_token"]:
        problems.append(
            "access_token: must be the token alone, without spaces around it or 'Bearer' before it"
        )
    problems.extend(
        f"{name}: must be one line of printable ASCII characters"
        for name in ("access_token", "user_agent")
        if not (config.get(name, "").isascii() and config.get(name, "").isprintable())
    )
    if config.get("user_agent", "").startswith(" "):
        problems.append("user_agent: must not begin with a space")
    problems.extend(
        f"excluded_columns: must be patterns of a stream and a column such as *.email, not {text!r}"
        for text in config.get("excluded_columns") or ()
        if not is_pattern(text)
    )
    if not _is_time_zone(config["reporting_timezone"]):
        problems.append(
            "reporting_timezone: must be the name of a time zone such as Europe/Dublin, "
            f"not {config['reporting_timezone']!r}"
        )
    if config.get("custom_object_types") and _is_older(config["api_version"], CUSTOM_OBJECTS_SINCE):
        problems.append(
            f"api_version: must be {'.'.join(map(str, CUSTOM_OBJECTS_SINCE))} or later for "
            f"custom_object_types, not {config['api_version']!r}"
        )
    if "api_url" in config and not _is_allowed_url(config["api_url"]):
        shown = re.sub(r"//.*@|(?<=\?).+", "…", config["api_url"])  # no password, no query
        problems.append(
            "api_url: must be https://HOST, or http://HOST of this machine (127.0.0.1), without a "
            f"path, not {shown!r}"
        )
    return problems


def _find_bad_dates(config: Mapping[str, Any]) -> list[str]:
    """Return a message for each date that is invalid, too early, or in the wrong order."""
    problems = []
    dates: dict[str, int] = {}
    for name in ("start_date", "end_date"):
        if name in config:
            try:
                dates[name] = to_seconds(config[name])
            except ValueError:
                problems.append(
                    f"{name}: must be an ISO 8601 date or date-time such as 2026-01-31 or "
                    f"2026-01-31T12:00:00Z, not {config[name]!r}"
                )
    problems.extend(
        f"{name}: must not be before {INTERCOM_FOUNDED_DATE}, as Intercom was founded in 2011, "
        f"not {config[name]!r}"
        for name, second in dates.items()
        if second < to_seconds(INTERCOM_FOUNDED_DATE)
    )
    if len(dates) == 2 and dates["end_date"] < dates["start_date"]:  # noqa: PLR2004 - both
        problems.append(
            f"end_date: must not be before start_date ({config['start_date']}), "
            f"not {config['end_date']!r}"
        )
    return problems


def _is_older(version: str, than: tuple[int, int]) -> bool:
    """Return whether a version is numbered and lower than another; Preview is not."""
    return version[0].isdigit() and tuple(map(int, version.split("."))) < than


def _is_time_zone(name: str) -> bool:
    if name == "UTC":
        return True
    import pendulum  # noqa: PLC0415 - slow to import

    try:
        pendulum.timezone(name)
    except (ValueError, OSError):  # unknown, or not a valid name
        return False
    return True


def _is_allowed_url(url: str) -> bool:
    """Return whether a URL is only scheme, host and port, and safe to send a token to."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return False
    bare = url.removesuffix("/").lower() == f"{parts.scheme}://{host}{port}"
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    return bare and safe and bool(parts.hostname) and url.isprintable() and " " not in url
