"""Converts raw values to the cells of a file and to expected values."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from intercom_simulator.reporting.labels import Label, Language, translated

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from intercom_simulator.reporting.attributes import Attribute

Raw: TypeAlias = "str | int | float | bool | tuple[str, ...] | None"
"""A raw value. Times are unix seconds, durations are seconds, lists are tuples."""

Row: TypeAlias = "Mapping[str, Raw]"
"""Raw values, by plain id for standard attributes and by qualified id for custom attributes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Endings of plain ids of durations whose missing value is "-" instead of an empty cell.
_DASH_IF_MISSING = ("_in_office_hours", "_to_close")


class Locale(NamedTuple):
    """Language and time zone of a workspace, which apply to its reports."""

    language: Language
    zone: tzinfo


def zone_of(name: str) -> tzinfo:
    """Return a time zone. UTC works without a time zone database, which some systems lack.

    Args:
        name: Name, such as `America/Sao_Paulo`.

    Raises:
        ZoneInfoNotFoundError: The time zone does not exist.
    """
    return timezone.utc if name == "UTC" else ZoneInfo(name)


def raw_value(row: Row, attribute: Attribute) -> Raw:
    """Return the raw value of an attribute in a row.

    Args:
        row: The row.
        attribute: One of its dataset's attributes.
    """
    return row.get(attribute.qualified_id) if attribute.custom else row[attribute.id]


def cell(raw: Raw, attribute: Attribute, locale: Locale) -> str:
    """Format a value as Intercom does.

    Args:
        raw: The value.
        attribute: Attribute of the value.
        locale: Language and time zone.
    """
    if attribute.kind == "time":
        if raw is None:
            return ""
        local = _instant(raw).astimezone(locale.zone).replace(tzinfo=None)
        return local.isoformat(" ", "seconds")
    if attribute.kind == "duration" and raw is None:
        return "-" if attribute.id.endswith(_DASH_IF_MISSING) else ""
    return _text(raw, locale)


def value(raw: Raw, attribute: Attribute, locale: Locale) -> Any:
    """Return the expected value: a UTC date-time, seconds, a text, or None.

    Args:
        raw: The value.
        attribute: Attribute of the value.
        locale: The language of labels.
    """
    if raw is None:
        return None
    if attribute.kind == "time":
        return _instant(raw)
    if attribute.kind == "duration":
        return float(str(raw))
    return _text(raw, locale) or None


def _instant(raw: Raw) -> datetime:
    return _EPOCH + timedelta(seconds=float(str(raw)))


def _text(raw: Raw, locale: Locale) -> str:
    if type(raw) is str:
        return raw
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, Label):
        return translated(raw, locale.language)
    if isinstance(raw, tuple):
        return ", ".join(_text(each, locale) for each in raw)
    return str(raw)
