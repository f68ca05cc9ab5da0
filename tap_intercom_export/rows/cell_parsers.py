"""Parsers of CSV cells, one for each kind of column (`schemas/column_kinds.py`)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from tap_intercom_export.schemas import Kind

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?\s?"
    r"(Z|UTC|([+-])(\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?", re.ASCII)
_UNIX_SECONDS = re.compile(r"\d{9,10}(?:\.\d{1,9})?", re.ASCII)
_UNIX_MILLISECONDS = re.compile(r"\d{12,13}(?:\.\d{1,9})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,300}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NO_TIME = {"0", "-1", "'-1", "-", "\u2013", "\u2014"}
NULL_ID_CELLS = ("-1", "'-1")
"""Cells of optional ids that mean "none"."""

MISSING_ID_CELLS = frozenset(
    {*NULL_ID_CELLS, *("null", "Null", "NULL", "nil", "none", "None", "NONE", "n/a", "N/A")}
)
"""Cells that are no id, although the column identifies the rows of its file alone."""

_NO_VALUE = {"null", "nil", "n/a", "none", "-", "\u2013", "\u2014"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
"""The range of the largest integer type of PostgreSQL, Parquet and most databases."""

MIN_UNIX_MILLISECONDS = 10**11
"""Unix times from this number on are milliseconds; as seconds they would be after the year 5138."""


def time(text: str) -> str | None:
    """Parse a time in any format that Intercom is known or suspected to use.

    Args:
        text: ISO 8601 with `Z` or an offset; `YYYY-MM-DD HH:MM:SS[.fff][ UTC]`, which is UTC; unix
            seconds or milliseconds, also with a fraction. (Real files have
            `2026-04-13T12:32:22.000Z`.)

    Returns:
        `2026-04-13T12:32:22Z`, with a fraction only if it is not zero, so that each instant has one
        representation; None for no time (`0`, `-1`, `null`).

    Raises:
        ValueError: The text has none of these formats.
    """
    try:
        return (HOUR_TEXTS[text[:13]] + SECOND_TEXTS[text[13:]])[1:-1]
    except KeyError:
        return _parse_uncached_time(text)


HOUR_TEXTS: dict[str, str] = {}
"""Cache: date and hour as in the file, to the first half of the JSON string."""

SECOND_TEXTS: dict[str, str] = {}
"""Cache: minute, second and zone as in the file, to the second half of the JSON string. Two small
tables fit into a processor's cache; one of whole times would not."""

_MAX_HOUR_ENTRIES = 10_000
_MAX_SECOND_ENTRIES = 10 * 3600
"""Maximum entries of the two caches: hours of a year, and seconds of an hour in ten formats."""


def _parse_uncached_time(text: str) -> str | None:
    """Parse a time, one half of which is not cached."""
    match = _TIME.fullmatch(text)
    if match is None:
        return _parse_unusual_time(text)
    day, hour, minute, second, fraction, _, sign, offset_hours, offset_minutes = match.groups()
    if not _is_valid_date(day) or hour > "23" or minute > "59" or second > "60":
        raise ValueError("is not a time")
    fraction = fraction[:6].rstrip("0") if fraction else ""
    offset_minutes = offset_minutes or "00"  # ISO 8601 allows an offset of hours alone
    if sign and (offset_hours > "23" or offset_minutes > "59"):
        raise ValueError("is not a time")
    is_leap_second = second == "60"
    if is_leap_second or (sign and (offset_hours != "00" or offset_minutes != "00")):
        shift = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes))
        local = datetime.fromisoformat(
            f"{day}T{hour}:{minute}:{'59' if is_leap_second else second}+00:00"
        )
        try:
            moved = (local - shift if sign == "+" else local + shift) + (
                timedelta(seconds=is_leap_second)  # databases have no second 60; use the next one
            )
        except OverflowError:
            raise ValueError("is not a time") from None
        whole = moved.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    else:
        whole = f"{day}T{hour}:{minute}:{second}"
        if not fraction:
            _cache_time(text, whole)
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def _cache_time(text: str, whole: str) -> None:
    """Cache the hour of a time, and the format of its seconds.

    Args:
        text: A time in UTC as in the file, without a fraction other than zero.
        whole: The same time in the format of records, without `Z`.
    """
    if len(HOUR_TEXTS) >= _MAX_HOUR_ENTRIES:
        HOUR_TEXTS.clear()
    HOUR_TEXTS[text[:13]] = f'"{whole[:13]}'
    if text[13:] not in SECOND_TEXTS:
        if len(SECOND_TEXTS) >= _MAX_SECOND_ENTRIES:
            SECOND_TEXTS.clear()
        for second in (f":{second // 60:02}:{second % 60:02}" for second in range(3600)):
            SECOND_TEXTS[second + text[19:]] = f'{second}Z"'


def _is_valid_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _parse_unusual_time(text: str) -> str | None:
    text = text.strip()
    if text in _NO_TIME or text.lower() in _NO_VALUE or not text:
        return None
    if not _UNIX_SECONDS.fullmatch(text) and not _UNIX_MILLISECONDS.fullmatch(text):
        raise ValueError("is not a time")
    return time_of_number(float(text) if "." in text else int(text))


def time_of_number(value: float) -> str | None:
    """Convert a JSON number to a time in the format of records.

    Args:
        value: Unix seconds, or milliseconds from `MIN_UNIX_MILLISECONDS` on.

    Returns:
        The time; None for 0 and -1, which mean "none".

    Raises:
        ValueError: The time is out of range.
    """
    if value in {0, -1}:
        return None
    unit = "milliseconds" if abs(value) >= MIN_UNIX_MILLISECONDS else "seconds"
    try:
        instant = _EPOCH + timedelta(**{unit: value})
    except (OverflowError, ValueError):
        raise ValueError("is not a time") from None
    return time(instant.isoformat())


def identifier(text: str) -> str | None:
    """Return an id unchanged, or None for `-1` (also `'-1`), which means "none".

    Args:
        text: A cell that is not empty.
    """
    return None if text in NULL_ID_CELLS else text


def number(text: str) -> int | float | None:
    """Parse a number; whole numbers become `int`.

    Args:
        text: A cell that is not empty.

    Returns:
        The number; None for a word such as `null`, or a dash.

    Raises:
        ValueError: The text is not a finite number.
    """
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    if text.lower() in _NO_VALUE:
        return None
    if not _NUMBER.fullmatch(text) or math.isinf(value := float(text)):
        raise ValueError("is not a number")
    return value


def integer(text: str) -> int | None:
    """Parse a whole number, also if it is written `3.0`.

    Args:
        text: A cell that is not empty.

    Returns:
        The number; None for a word such as `null`, or a dash.

    Raises:
        ValueError: The text is not a whole number, or a database has no integer type for it.
    """
    value = number(text)
    if isinstance(value, float):
        if not value.is_integer():
            raise ValueError("is not a whole number")
        value = int(value)
    if value is not None and not MIN_INTEGER <= value <= MAX_INTEGER:
        raise ValueError("is not a number of 64 bits")
    return value


Parser = Callable[[str], Any] | None

PARSERS: dict[Kind, Parser] = {
    Kind.TEXT: None,
    Kind.ID: None,
    Kind.OPTIONAL_ID: identifier,
    Kind.TIME: time,
    Kind.NUMBER: number,
    Kind.INTEGER: integer,
    Kind.REPORTED_TIME: time,
    Kind.REPORTED_NUMBER: number,
}
"""Parser for cells that are not empty, by kind; None keeps the text."""


def time_in(zone: str) -> Callable[[str], str | None]:
    """Return a parser for times without an offset in a given time zone.

    Args:
        zone: Name of the time zone, e.g. `America/Sao_Paulo`.

    Returns:
        A parser like `time`. It also raises ValueError for a time that is out of range in UTC.
    """
    if zone == "UTC":
        return time
    local = ZoneInfo(zone)

    def read(text: str) -> str | None:
        instant = time(text)
        if instant is None or not _NAIVE.fullmatch(text):
            return instant
        whole, _, fraction = instant.removesuffix("Z").partition(".")
        naive = datetime.fromisoformat(whole).replace(microsecond=int(fraction.ljust(6, "0")))
        try:
            moved = naive.replace(tzinfo=local).astimezone(timezone.utc)
        except OverflowError:  # 9999-12-31 west of Greenwich, 0001-01-01 east of it
            raise ValueError("is not a time") from None
        return time(moved.isoformat())

    return read
