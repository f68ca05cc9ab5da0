"""From raw values to the cells of a file, and to what a user should finally have of them."""

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
"""A value before it is written. Instants are unix seconds, durations seconds, lists tuples."""

Row: TypeAlias = "Mapping[str, Raw]"
"""Raw values: of standard attributes by plain id, of custom ones by qualified id."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Which durations say "-" instead of nothing, by the end of their plain ids.
_DASHED = ("_in_office_hours", "_to_close")


class Locale(NamedTuple):
    """A workspace's language and time zone, in which reports are written."""

    language: Language
    zone: tzinfo


def zone_of(name: str) -> tzinfo:
    """Find a time zone. UTC is there without a database, which some systems lack.

    Args:
        name: Such as `America/Sao_Paulo`.

    Raises:
        ZoneInfoNotFoundError: There is no such zone.
    """
    return timezone.utc if name == "UTC" else ZoneInfo(name)


def raw_value(row: Row, attribute: Attribute) -> Raw:
    """Take a value out of a row.

    Args:
        row: The row.
        attribute: One of its dataset's attributes.
    """
    return row.get(attribute.qualified_id) if attribute.custom else row[attribute.id]


def cell(raw: Raw, attribute: Attribute, locale: Locale) -> str:
    """Write a value as Intercom does.

    Args:
        raw: The value.
        attribute: Its attribute.
        locale: Language and time zone.
    """
    if attribute.kind == "time":
        if raw is None:
            return ""
        local = _instant(raw).astimezone(locale.zone).replace(tzinfo=None)
        return local.isoformat(" ", "seconds")
    if attribute.kind == "duration" and raw is None:
        return "-" if attribute.id.endswith(_DASHED) else ""
    return _text(raw, locale)


def value(raw: Raw, attribute: Attribute, locale: Locale) -> Any:
    """Give what a user should have of a value: an instant in UTC, seconds, a text, or None.

    Args:
        raw: The value.
        attribute: Its attribute.
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
