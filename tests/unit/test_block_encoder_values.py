"""The compiled encoder: numbers and ids.

Expected values come from Python's csv, json and datetime modules, or are written by hand.
"""

from __future__ import annotations

import json

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

UNCHANGED_NUMBERS = [
    *("0", "7", "10", "-1", "-12", "123456789012345", "-123456789012345"),
    *("0.5", "0.25", "-0.5", "-12.5", "3.0", "0.0", "-0.0", "10.01", "0.0001", "0.00012345"),
    *("123456789012.5", "0.1234567890123", "9999999999999.5", "1.1"),
]
CHANGED_NUMBERS = {
    "1.50": "1.5",
    "1.00": "1.0",
    "0.00": "0.0",
    "007": "7",
    "00": "0",
    "-0": "0",
    "-007": "-7",
    "00.5": "0.5",
    "+1": "1",
    "1.": "1.0",
    ".5": "0.5",
    "-.5": "-0.5",
    "1e3": "1000.0",
    "1E3": "1000.0",
    "0.00001": "1e-05",
    "-0.00001": "-1e-05",
    "0.000012": "1.2e-05",
    " 7": "7",
    "1234567890123456": "1234567890123456",
    "123456789012345678901234567890": "123456789012345678901234567890",
    "0.1000000000000000055511151231257827": "0.1",
    "12345678901234567.5": "1.2345678901234568e+16",
}
NO_NUMBERS = [
    "many",
    "1,5",
    "1e999",
    "0x1F",
    "1_000",
    "--1",
    "1-",
    "1.5.2",
    "1.5a",
    "nan",
    "\u0667",  # a digit, but not of ASCII
    ".",
]


@pytest.mark.parametrize("cell", UNCHANGED_NUMBERS)
def test_number_is_written_as_it_is(cell: str) -> None:
    assert cell == json.dumps(json.loads(cell))
    wanted = plan(schema(Kind.NUMBER))
    wanted.readers = [refuse for _ in wanted.readers]
    row = f"r,{cell}\n".encode()
    lines = f'{{"c0":"r","c1":{cell}}}\n'.encode()
    assert BlockEncoder(wanted, MAX_ROW_BYTES).encode(row, 0)[0] == lines
    if "." not in cell:
        assert value_of(Kind.INTEGER, cell) == cell


@pytest.mark.parametrize(("cell", "expected"), CHANGED_NUMBERS.items())
def test_number_that_json_writes_otherwise(cell: str, expected: str) -> None:
    assert value_of(Kind.NUMBER, cell) == expected
    assert value_of(Kind.REPORTED_NUMBER, cell) == expected


@pytest.mark.parametrize("cell", NO_NUMBERS)
@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.INTEGER, Kind.REPORTED_NUMBER])
def test_row_without_a_number_is_handed_back(cell: str, kind: Kind) -> None:
    assert value_of(kind, f'"{cell}"') is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *(("3.0", "3"), ("1e3", "1000"), ("-0", "0"), ("1.5", None), ("9223372036854775808", None)),
        *(("9223372036854775807", "9223372036854775807"), ("null", "null"), ("-", "null")),
    ],
)
def test_integer(cell: str, expected: str | None) -> None:
    assert value_of(Kind.INTEGER, cell) == expected


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_written_as_json_does(number: float) -> None:
    cell = json.dumps(number)
    assert value_of(Kind.NUMBER, cell) == cell


@given(st.from_regex(r"-?[0-9]{1,17}(\.[0-9]{1,9})?", fullmatch=True))
def test_any_decimal_number_is_written_as_python_reads_it(cell: str) -> None:
    expected = float(cell) if "." in cell else int(cell)
    assert value_of(Kind.NUMBER, cell) == json.dumps(expected)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *(("7", '"7"'), ("-1", "null"), ("'-1", "null"), ('"-1"', "null"), ("", "null")),
        *(("-10", '"-10"'), ("-2", '"-2"'), ("'-12", '"\'-12"'), ("null", '"null"')),
    ],
)
def test_optional_id(cell: str, expected: str) -> None:
    assert value_of(Kind.OPTIONAL_ID, cell) == expected


@pytest.mark.parametrize(
    "cell", ["", '""', "-1", "'-1", "null", "NULL", "nil", "none", "None", "n/a", '"N/A"']
)
def test_row_without_an_id_is_handed_back(cell: str) -> None:
    for deselected in ((), ("c0",)):
        assert encode(f"{cell},x\n".encode(), deselected=deselected).stop == 0


@pytest.mark.parametrize("cell", ["-10", "nul", "nullx", "None1", "0", "n/a "])
def test_id_that_looks_like_none(cell: str) -> None:
    assert encode(f"{cell},x\n".encode()).lines == json_line({"c0": cell, "c1": "x"})
