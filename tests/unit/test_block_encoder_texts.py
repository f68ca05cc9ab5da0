"""The compiled encoder: texts of any characters.

Expected values come from Python's csv, json and datetime modules, or are written by hand.
"""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.schemas.column_kinds import Kind
from tests.harness.compiled_encoder import needs_compiled_encoder
from tests.unit.block_encoding import (
    encode,
    json_line,
    read_by_python,
    schema,
)

pytestmark = needs_compiled_encoder


def assert_text(cell: str) -> None:
    """Check a cell with and without quotes, alone, and at the beginning and end of a text."""
    for text in (cell, f"a{cell}", f"{cell}b", f"{cell}{cell}"):
        rows = [f'r,"{text}"\n'.encode()]
        rows += [] if {*text} & {*',"\n\r'} else [f"r,{text}\n".encode()]
        for row in rows:
            assert encode(row).stop == len(row)
            assert encode(row).lines == json_line({"c0": "r", "c1": text})


@pytest.mark.parametrize(
    "code", [*range(1, 0x22), *range(0x2B, 0x30), 0x5B, 0x5C, 0x5D, 0x7E, 0x7F]
)
def test_ascii_character_is_written_as_json_does(code: int) -> None:
    character = '""' if chr(code) == '"' else chr(code)
    row = f'r,"a{character}b"\n'.encode()
    assert encode(row).lines == json_line({"c0": "r", "c1": f"a{chr(code)}b"})
    if chr(code) != '"':
        assert_text(chr(code))


@pytest.mark.parametrize(
    "code",
    [
        *(0x80, 0x85, 0xA0, 0xFF, 0x7FF, 0x800, 0xFFF, 0x1000, 0x2028, 0x20AC, 0xD7FF, 0xE000),
        *(0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1F389, 0x3FFFF, 0x40000, 0xFFFFF, 0x10FFFF),
    ],
    ids=hex,
)
def test_character_beyond_ascii_is_written_as_json_does(code: int) -> None:
    assert_text(chr(code))


@pytest.mark.parametrize(
    "cell",
    [
        *(b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xc3(", b"\xff", b"\xfe"),
        *(b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xe2\x82", b"\xe2\x82(", b"\xe2(\xa1"),
        *(b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80"),
        *(b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\x8e", b"\xf4\x90\x80\x80"),
        *(b"\xf0\x9f\x8e(", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xc3\xa9\xa9"),
        *(b"\xc3\xc3", b"\xc3\xff", b"\xe2\x82\xc3", b"\xf0\x9f\x8e\xe9"),
    ],
    ids=bytes.hex,
)
@pytest.mark.parametrize("row", [b'r,"%s"\n', b"r,%s\n", b"r,%s\r\n", b"r,%s", b"%s,x\n"])
def test_row_that_is_not_utf_8_is_handed_back(cell: bytes, row: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        cell.decode()
    before, own = b"q,y\n", row % cell
    following = before + own
    found = encode(following + (b"s,z\n" if own.endswith(b"\n") else b""))
    assert found == (b'{"c0":"q","c1":"y"}\n', 1, [], len(before), len(following))


@pytest.mark.parametrize("row", [b"r,\0\n", b'r,"a\0b"\n', b"\0\n", b"\0", b"r\0,x\r\n", b"r,x\0"])
def test_row_with_nul_is_handed_back(row: bytes) -> None:
    assert encode(b"q,y\n" + row) == (b'{"c0":"q","c1":"y"}\n', 1, [], 4, 4 + len(row))


@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters="\0")
                | st.sampled_from(list('",\r\n\t;\\é€🎉\x7f')),
                max_size=8,
            ),
            min_size=3,
            max_size=3,
        ),
        max_size=5,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([",", ";", "\t"]),
)
def test_table_of_texts_is_what_csv_and_json_make_of_it(
    table: list[list[str]], line_end: str, delimiter: str
) -> None:
    table = [["r" + row[0], *row[1:], "last"] for row in table]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(
        table
    )
    data = text.getvalue().encode()
    rows = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter, strict=True)
    found = encode(data, schema(*[Kind.TEXT] * 3), delimiter=delimiter)
    assert found == (b"".join(map(read_by_python, rows)), len(table), [], len(data), len(data))


@given(st.text(st.sampled_from([*'ar,,""\n\n\r', "é", "🎉", "\ufeff"]), max_size=30))
def test_any_rows_are_read_as_the_csv_module_does_or_handed_back(text: str) -> None:
    """Rows are read until one is handed back; those before it have the csv module's cells."""
    data = text.encode()
    found = encode(data, schema(Kind.TEXT))
    read = data[: found.stop].decode()
    rows = [row for row in csv.reader(io.StringIO(read, newline=""), strict=True) if row]
    assert found.lines == b"".join(map(read_by_python, rows))
    assert found.rows == len(rows)
    handed_back = data[found.stop : found.following].decode()
    if found.following < len(data):  # one row: with too few or too many cells, without an id, or
        (row,) = csv.reader(io.StringIO(handed_back, newline=""), strict=True)
        may_be_header = all('"' in cell for cell in row)  # which is not looked at more closely
        assert len(row) != 2 or not row[0] or may_be_header
