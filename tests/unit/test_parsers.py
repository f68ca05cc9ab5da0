"""Parsers: cells to typed values."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_intercom_export.rows.cell_parsers import (
    PARSERS,
    identifier,
    integer,
    number,
    time,
    time_in,
    time_of_number,
)
from tap_intercom_export.schemas.column_kinds import Kind

if TYPE_CHECKING:
    from decimal import Decimal

NOON = "2026-04-13T12:32:22Z"
NOON_SECONDS = int(datetime(2026, 4, 13, 12, 32, 22, tzinfo=timezone.utc).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-13T12:32:22Z",
        "2026-04-13T12:32:22.000Z",
        "2026-04-13T12:32:22.000000000Z",
        "2026-04-13T12:32:22+00:00",
        "2026-04-13T12:32:22-00:00",
        "2026-04-13T12:32:22+0000",
        "2026-04-13T12:32:22+00",
        "2026-04-13 12:32:22-00",
        "2026-04-13T14:32:22.000+02",
        "2026-04-13T14:32:22+02:00",
        "2026-04-13T14:32:22.000+0200",
        "2026-04-13T07:02:22-05:30",
        "2026-04-14T00:32:22+12:00",
        "2026-04-13 12:32:22",
        "2026-04-13 12:32:22 UTC",
        "2026-04-13 12:32:22.0 UTC",
        "2026-04-13 14:32:22 +0200",
        "2026-04-13T12:32:22",
        pytest.param(str(NOON_SECONDS), id="unix seconds"),
        pytest.param(f"{NOON_SECONDS}000", id="unix milliseconds"),
        pytest.param(f" {NOON_SECONDS} ", id="unix seconds in blanks"),
    ],
)
def test_instant_has_same_text_in_every_format(text: str) -> None:
    assert time(text) == NOON


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-13T12:32:22.5Z",
        "2026-04-13T12:32:22.500Z",
        "2026-04-13 12:32:22.500000 UTC",
        "2026-04-13T14:32:22.50+02:00",
        pytest.param(f"{NOON_SECONDS}500", id="unix milliseconds"),
    ],
)
def test_fraction_is_kept_without_trailing_zeros(text: str) -> None:
    assert time(text) == "2026-04-13T12:32:22.5Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-04-13T12:32:22.123456Z", "2026-04-13T12:32:22.123456Z", id="six digits"),
        pytest.param(
            "2026-04-13T12:32:22.000001Z", "2026-04-13T12:32:22.000001Z", id="one microsecond"
        ),
        pytest.param(
            "2026-04-13T12:32:22.1234567Z", "2026-04-13T12:32:22.123456Z", id="seven digits"
        ),
        pytest.param("2026-04-13T12:32:22.0000001Z", NOON, id="only the seventh digit"),
        pytest.param(
            "2026-04-13T12:32:22.1000009Z",
            "2026-04-13T12:32:22.1Z",
            id="zeros before the seventh digit",
        ),
    ],
)
def test_fraction_is_cut_to_microseconds(text: str, expected: str) -> None:
    assert time(text) == expected


@pytest.mark.parametrize("text", ["1776083542.5", "1776083542500", "1776083542500.0"])
def test_unix_times_may_have_a_fraction(text: str) -> None:
    assert time(text) == "2026-04-13T12:32:22.5Z"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1776083542, NOON),
        (1776083542000, NOON),
        (1776083542.5, "2026-04-13T12:32:22.5Z"),
        (-86_400, "1969-12-31T00:00:00Z"),
        (5, "1970-01-01T00:00:05Z"),
        (0, None),
        (-1, None),
    ],
)
def test_number_is_seconds_or_milliseconds(number: float, expected: str | None) -> None:
    assert time_of_number(number) == expected


@pytest.mark.parametrize("number", [10**17, 10**400, -(10**17), 1e300, math.inf, math.nan])
def test_number_out_of_date_range_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        time_of_number(number)


@pytest.mark.parametrize(
    ("zone", "text"),
    [("America/Sao_Paulo", "9999-12-31 23:59:59"), ("Asia/Dhaka", "0001-01-01 00:00:00")],
)
def test_time_out_of_utc_range_is_refused(zone: str, text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        time_in(zone)(text)


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        ("America/Sao_Paulo", "0001-01-01 00:00:00", "0001-01-01T03:06:28Z"),
        ("Asia/Dhaka", "9999-12-31 23:59:59.5", "9999-12-31T17:59:59.5Z"),
    ],
)
def test_first_and_last_year_are_read_if_in_range(zone: str, text: str, expected: str) -> None:
    assert time_in(zone)(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", id="a real leap second"),
        pytest.param(
            "2017-01-01 01:59:60.25 +0200", "2017-01-01T00:00:00.25Z", id="with an offset"
        ),
        pytest.param("2026-06-30 12:00:60", "2026-06-30T12:01:00Z", id="any minute"),
    ],
)
def test_second_60_is_the_first_of_the_next_minute(text: str, expected: str) -> None:
    assert time(text) == expected
    assert time(text) == expected, "also when it was seen before"


@pytest.mark.parametrize("text", ["", " ", "0", "-1", "'-1", "null", "NULL", "nil", "N/A", "None"])
def test_sentinel_is_null_time(text: str) -> None:
    assert time(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-13-01T00:00:00Z", id="month 13"),
        pytest.param("2026-00-01T00:00:00Z", id="month 0"),
        pytest.param("2026-02-30T00:00:00Z", id="30 February"),
        pytest.param("2025-02-29T00:00:00Z", id="29 February of a common year"),
        pytest.param("2026-01-00T00:00:00Z", id="day 0"),
        pytest.param("0000-01-01T00:00:00Z", id="year 0"),
        pytest.param("2026-01-01T24:00:00Z", id="hour 24"),
        pytest.param("2026-01-01T00:60:00Z", id="minute 60"),
        pytest.param("2026-01-01T00:00:61Z", id="second 61"),
        pytest.param("2026-01-01T00:00:00+24", id="offset of 24 hours"),
        pytest.param("9999-12-31T23:59:60Z", id="second 60 of the last year"),
        pytest.param("2026-01-01T00:00:00+24:00", id="offset of 24 hours"),
        pytest.param("2026-01-01T00:00:00+02:60", id="offset of 60 minutes"),
        pytest.param("2026-01-01T00:00:00+99:99", id="offset of 99 hours"),
        pytest.param("0001-01-01T00:00:00+01:00", id="before the first year"),
        pytest.param("9999-12-31T23:59:59-01:00", id="after the last year in UTC"),
        pytest.param("2026-01-01", id="day without a time"),
        pytest.param("12:00:00", id="time without a day"),
        pytest.param("01/02/2026 12:00:00", id="another order"),
        pytest.param("2026-01-01T00:00:00Zs", id="text after"),
        pytest.param("2026-01-01T00:00:00.Z", id="a dot without a fraction"),
        pytest.param("x2026-01-01T00:00:00Z", id="text before"),
        pytest.param("\u0968026-01-01T00:00:00Z", id="digits of another script"),
        pytest.param("12345678", id="eight digits"),
        pytest.param("12345678901", id="eleven digits"),
        pytest.param("12345678901234", id="fourteen digits"),
        pytest.param("1776083542.", id="unix seconds with a dot"),
        pytest.param("yesterday", id="a word"),
    ],
)
def test_invalid_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        time(text)


instants = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001 - hypothesis adds the time zone
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(timezone.utc),
)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))


def canonical(instant: datetime) -> str:
    """Return the canonical text of a time."""
    whole = (
        f"{instant.year:04}-{instant.month:02}-{instant.day:02}"
        f"T{instant.hour:02}:{instant.minute:02}:{instant.second:02}"
    )
    fraction = f"{instant.microsecond:06}".rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


@given(instants, offsets, st.sampled_from("T "))
def test_any_instant_in_any_offset_reads_as_utc(
    instant: datetime, offset: timezone, separator: str
) -> None:
    assert time(instant.astimezone(offset).isoformat(separator)) == canonical(instant)


@given(instants)
def test_parsed_time_parses_to_itself(instant: datetime) -> None:
    once = time(instant.isoformat())
    assert once is not None
    assert time(once) == once


@given(st.integers(10**8, 10**10 - 1))
def test_any_unix_second_of_nine_or_ten_digits_is_that_instant(seconds: int) -> None:
    expected = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    assert time(str(seconds)) == canonical(expected)


@given(st.integers(10**11, 10**13 - 1))
def test_any_unix_millisecond_of_twelve_or_thirteen_digits_is_that_instant(ms: int) -> None:
    expected = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=ms)
    assert time(str(ms)) == canonical(expected)


@given(st.text())
def test_any_text_is_parsed_as_time_null_or_refused(text: str) -> None:
    try:
        read = time(text)
    except ValueError:
        return
    assert read is None or datetime.fromisoformat(read[:19])


@pytest.mark.parametrize("text", ["-1", "'-1"])
def test_minus_one_is_null_identifier(text: str) -> None:
    assert identifier(text) is None


@pytest.mark.parametrize(
    "text", ["9007199254740993", "007", "0", "-12", "'-12", "65f0c1d2e3a4b5c6d7e8f901", " 7", "1.0"]
)
def test_identifier_is_unchanged(text: str) -> None:
    assert identifier(text) == text


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.ID])
def test_text_and_a_required_identifier_are_not_parsed(kind: Kind) -> None:
    assert PARSERS[kind] is None


@given(st.integers())
def test_any_whole_number_is_read_exactly(value: int) -> None:
    assert number(str(value)) == value
    assert type(number(str(value))) is int


@given(st.integers(-(2**63), 2**63 - 1))
@example(-(2**63))
@example(2**63 - 1)
def test_integer_of_64_bits_is_read_exactly(value: int) -> None:
    assert integer(str(value)) == value


@pytest.mark.parametrize("text", [str(2**63), str(-(2**63) - 1), "1" * 300, "1e30"])
def test_integer_of_more_than_64_bits_is_refused(text: str) -> None:
    """PostgreSQL, Parquet and others have no type for it, and would stop at the row."""
    with pytest.raises(ValueError, match="not a number of 64 bits"):
        integer(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_finite_number_is_read_exactly(value: float) -> None:
    assert number(repr(value)) == value


@given(st.decimals(-(10**9), 10**9, places=4))
def test_any_decimal_is_read_as_the_nearest_number(value: Decimal) -> None:
    assert number(str(value)) == float(value)


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-Infinity", "1e400", "x", " ", "1,5", "12 %", "0x10", "1 000", "True"]
)
def test_non_finite_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        number(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1_000", id="digits grouped by an underscore"),
        pytest.param("1_0.5", id="a fraction grouped by an underscore"),
        pytest.param("\u0969", id="a digit of another script"),
    ],
)
def test_python_only_number_syntax_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        number(text)


@pytest.mark.parametrize("text", ["null", "N/A", "nil", "none"])
def test_null_word_is_null_number(text: str) -> None:
    assert number(text) is None
    assert integer(text) is None


@pytest.mark.parametrize(("text", "expected"), [("3.0", 3), ("1e3", 1000), ("-0.0", 0)])
def test_whole_number_may_be_written_with_a_fraction(text: str, expected: int) -> None:
    read = integer(text)
    assert read == expected
    assert type(read) is int


@pytest.mark.parametrize("text", ["0.5", "1e-3"])
def test_fraction_is_refused_as_whole_number(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        integer(text)


@given(st.sampled_from([Kind.NUMBER, Kind.INTEGER]), st.text(max_size=12))
def test_number_that_is_read_can_be_written_as_json(kind: Kind, text: str) -> None:
    parse = PARSERS[kind]
    assert parse is not None
    try:
        read = parse(text)
    except ValueError:
        return
    assert json.loads(json.dumps(read, allow_nan=False)) == read


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_every_kind_is_nullable(kind: Kind) -> None:
    assert "null" in kind.schema["type"]


def test_schema_of_a_kind_is_a_new_object() -> None:
    Kind.TIME.schema["format"] = "changed"
    assert Kind.TIME.schema == {"type": ["string", "null"], "format": "date-time"}
