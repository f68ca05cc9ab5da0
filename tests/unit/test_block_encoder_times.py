"""The compiled encoder: times.

Expected values come from Python's csv, json and datetime modules, or are written by hand.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.rows.compiled import BlockEncoder
from tap_intercom_export.schemas.column_kinds import Kind
from tests.harness.compiled_encoder import needs_compiled_encoder
from tests.unit.block_encoding import (
    MAX_ROW_BYTES,
    encode,
    json_line,
    plan,
    refuse,
    schema,
    value_of,
)

pytestmark = needs_compiled_encoder

USUAL_TIMES = {
    "2026-04-13T12:32:22Z": "2026-04-13T12:32:22Z",
    "2026-04-13 12:32:22Z": "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22": "2026-04-13T12:32:22Z",
    "2026-04-13 12:32:22": "2026-04-13T12:32:22Z",
    "2026-04-13 12:32:22 UTC": "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22UTC": "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22 Z": "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22+00:00": "2026-04-13T12:32:22Z",
    "2026-04-13 12:32:22 +00:00": "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22.0Z": "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22.000Z": "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22.000000000Z": "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22.1Z": "2026-04-13T12:32:22.1Z",
    "2026-04-13T12:32:22.10": "2026-04-13T12:32:22.1Z",
    "2026-04-13T12:32:22.120Z": "2026-04-13T12:32:22.12Z",
    "2026-04-13T12:32:22.417 UTC": "2026-04-13T12:32:22.417Z",
    "2026-04-13T12:32:22.0010Z": "2026-04-13T12:32:22.001Z",
    "2026-04-13T12:32:22.12345+00:00": "2026-04-13T12:32:22.12345Z",
    "2026-04-13T12:32:22.123456Z": "2026-04-13T12:32:22.123456Z",
    "2026-04-13T12:32:22.1234567Z": "2026-04-13T12:32:22.123456Z",
    "2026-04-13T12:32:22.12345678Z": "2026-04-13T12:32:22.123456Z",
    "2026-04-13T12:32:22.123456789Z": "2026-04-13T12:32:22.123456Z",
    "2026-04-13T12:32:22.100000009Z": "2026-04-13T12:32:22.1Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999Z",
    "2024-02-29T00:00:00Z": "2024-02-29T00:00:00Z",
    "2000-02-29T23:59:59Z": "2000-02-29T23:59:59Z",
    "1000000000": "2001-09-09T01:46:40Z",
    "1776083542": "2026-04-13T12:32:22Z",
    "2147483647": "2038-01-19T03:14:07Z",
    "2147483648": "2038-01-19T03:14:08Z",
    "4107542399": "2100-02-28T23:59:59Z",
    "4107542400": "2100-03-01T00:00:00Z",
    "9999999999": "2286-11-20T17:46:39Z",
    "1776083542000": "2026-04-13T12:32:22Z",
    "1776083542400": "2026-04-13T12:32:22.4Z",
    "1776083542040": "2026-04-13T12:32:22.04Z",
    "1776083542007": "2026-04-13T12:32:22.007Z",
    "2147483648999": "2038-01-19T03:14:08.999Z",
}
"""Cells and their times, written by hand."""

NO_TIMES = [
    *("2026/04-13T12:32:22Z", "2026-04/13T12:32:22Z", "2026-04-13T12-32:22Z"),
    "2026-04-13T12:32-22Z",
    *("2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z"),
    *("2026-04-31T00:00:00Z", "2026-06-31T00:00:00Z", "2026-09-31T00:00:00Z"),
    *("2026-11-31T00:00:00Z", "2026-01-32T00:00:00Z", "2026-00-10T00:00:00Z"),
    *("2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "0000-01-01T00:00:00Z"),
    *("2026-04-13T24:00:00Z", "2026-04-13T12:60:00Z", "2026-04-13T12:32:61Z"),
    *("2026-04-13T12:32:22.Z", "2026-04-13T12:32:22.1234567890Z", "2026-04-13T12:32:22,5"),
    *("2026-04-13T12:32:22  UTC", "2026-04-13T12:32:22 GMT", "2026-04-13T12:32:22z"),
    *("2026-04-13t12:32:22Z", "2026-04-13_12:32:22Z", "2026/04/13 12:32:22", "2026-04-13"),
    *("2026-04-13T12:32Z", "2026-04-13T12-32-22Z", "2026-04-1aT12:32:22Z", "2026-04-13T12:32:2:Z"),
    *(
        "2026-04-13T12:32:22ZZ",
        "2026-04-13T12:32:22Z0",
        "12026-04-13T12:32:22Z",
        "/026-04-13T12:32:22Z",
    ),
    *("17760835420", "17760835420000", "177608354", "1e9", "17760 3542", "177608354a", "yesterday"),
]
"""Cells that are no times, or (`177608354`) times of an unusual format."""


@pytest.mark.parametrize(("cell", "expected"), USUAL_TIMES.items())
@pytest.mark.parametrize("quote", ["", '"'], ids=["bare", "quoted"])
def test_time_of_usual_format(cell: str, expected: str, quote: str) -> None:
    assert value_of(Kind.TIME, quote + cell + quote) == f'"{expected}"'
    assert value_of(Kind.REPORTED_TIME, quote + cell + quote) == f'"{expected}"'


@pytest.mark.parametrize("cell", USUAL_TIMES)
def test_time_of_usual_format_needs_no_python(cell: str) -> None:
    """Only the compiled code is fast: a parser that refuses every cell changes nothing."""
    wanted = plan(schema(Kind.TIME))
    wanted.readers = [refuse for _ in wanted.readers]
    row = f"r,{cell}\n".encode()
    assert BlockEncoder(wanted, MAX_ROW_BYTES).encode(row, 0)[3] == len(row)


@pytest.mark.parametrize("cell", [cell for cell in NO_TIMES if cell != "177608354"])
def test_row_without_a_time_is_handed_back(cell: str) -> None:
    assert value_of(Kind.TIME, f'"{cell}"') is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-04-13T14:32:22+02:00", "2026-04-13T12:32:22Z"),
        ("2026-04-13T10:02:22.5-0230", "2026-04-13T12:32:22.5Z"),
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z"),
        ("2026-04-13T12:32:22 ", "2026-04-13T12:32:22Z"),
        (" 1776083542", "2026-04-13T12:32:22Z"),
        ("177608354", "1975-08-18T15:39:14Z"),
        ("0776083542", "1994-08-05T10:45:42Z"),
        ("0099999999999", "5138-11-16T09:46:39Z"),
        ("1776083542.25", "2026-04-13T12:32:22.25Z"),
    ],
)
def test_time_of_unusual_format_is_read_by_python(cell: str, expected: str) -> None:
    assert value_of(Kind.TIME, cell) == f'"{expected}"'
    assert value_of(Kind.TIME, f'"{cell}"') == f'"{expected}"'


@pytest.mark.parametrize("cell", ["0", "0000000000", "0000000000000", "-1", "'-1", "null", " ", ""])
def test_cell_that_means_no_time(cell: str) -> None:
    assert value_of(Kind.TIME, cell) == "null"


@pytest.mark.parametrize("cell", ["0", "-1", "null"])
def test_time_that_must_not_be_null_is_handed_back(cell: str) -> None:
    row = f"r,{cell}\n".encode()
    assert encode(row, schema(Kind.TIME, required=("c1",))).stop == 0


def boundaries() -> list[datetime]:
    """Return the first and last seconds of all months of unusual and usual years."""
    years = [1, 4, 100, 400, 1582, 1900, 1970, 1999, 2000, 2023, 2024, 2026, 2038, 2100, 2400, 9998]
    firsts = [
        datetime(year, month, 1, tzinfo=timezone.utc) for year in years for month in range(1, 13)
    ]
    return [*firsts, *(first - timedelta(seconds=1) for first in firsts[1:])]


def iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def test_first_and_last_seconds_of_months() -> None:
    for instant in boundaries():
        assert value_of(Kind.TIME, iso(instant)) == f'"{iso(instant)}"'


def test_days_that_do_not_exist() -> None:
    for last in (first - timedelta(days=1) for first in boundaries()[1:192]):
        cell = f"{last.year:04}-{last.month:02}-{last.day + 1:02}T00:00:00Z"
        assert value_of(Kind.TIME, cell) is None, cell


def test_unix_times_at_ends_of_months() -> None:
    for instant in boundaries():
        seconds = int(instant.timestamp())
        if 10**9 <= seconds < 10**10:
            assert value_of(Kind.TIME, f"{seconds}") == f'"{iso(instant)}"'
            assert value_of(Kind.TIME, f"{seconds}000") == f'"{iso(instant)}"'


@given(st.integers(10**9, 10**10 - 1), st.integers(0, 999))
def test_any_unix_time(seconds: int, milliseconds: int) -> None:
    instant = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    fraction = f".{milliseconds:03}".rstrip("0").rstrip(".")
    assert value_of(Kind.TIME, f"{seconds}") == f'"{iso(instant)}"'
    expected = iso(instant).replace("Z", f"{fraction}Z")
    assert value_of(Kind.TIME, f"{seconds}{milliseconds:03}") == f'"{expected}"'


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-04-13T12:32:22", "2026-04-13T15:32:22Z"),
        ("2026-04-13 22:32:22.50", "2026-04-14T01:32:22.5Z"),
        ("2026-04-13T12:32:22Z", "2026-04-13T12:32:22Z"),
        ("2026-04-13T12:32:22 UTC", "2026-04-13T12:32:22Z"),
        ("2026-04-13T12:32:22+00:00", "2026-04-13T12:32:22Z"),
        ("1776083542", "2026-04-13T12:32:22Z"),
    ],
)
def test_time_without_an_offset_is_of_the_zone(cell: str, expected: str) -> None:
    assert value_of(Kind.TIME, cell, zone="America/Sao_Paulo") == f'"{expected}"'


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("r,2026-04-13T12:32:22Z,2026-04-14T00:00:00Z", "2026-04-13T12:32:22Z"),
        ("r,,2026-04-14T00:00:00Z", "2026-04-14T00:00:00Z"),
        ("r,0,1776083542", "2026-04-13T12:32:22Z"),
        ("r,,", None),
        ("r,0,-1", None),
        ("r,yesterday,2026-04-14T00:00:00Z", None),
        ("r,2026-04-14T00:00:00Z,yesterday", None),
    ],
)
def test_time_of_row_is_the_first_of_its_times(row: str, expected: str | None) -> None:
    file = schema(Kind.TIME, Kind.TIME, time=("c1", "c2"))
    found = encode(row.encode(), file)
    assert (found.stop == len(row)) == (expected is not None)
    deselected = encode(row.encode(), file, deselected={"c1", "c2"})
    lines = json_line({"created_at": expected, "c0": "r"}) if expected else b""
    assert (deselected.lines, deselected.stop) == (lines, found.stop)
