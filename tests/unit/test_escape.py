"""Escaping of CSV blocks for JSON, compared with Python's csv and json modules."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.rows import escape, text_encoding

CSV_LIKE = st.text(st.sampled_from([*'ab,""\n\r\t\\u', "é", "你", "🎉", "\u2028", "\U0010ffff"]))


def by_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def cells_of(row: str) -> list[str]:
    return [json.loads(f'"{cell}"') for cell in row.split(",")]


def escaped(text: str) -> list[str]:
    found = escape.escape_block(text.encode())
    assert found is not None
    rows, line_count, has_invalid = found
    assert line_count == text.count("\n") + 1
    assert not has_invalid
    assert all(row.isascii() for row in rows)
    return rows


@given(st.one_of(st.text(), CSV_LIKE))
def test_escaped_block_has_cells_of_csv_module(text: str) -> None:
    text = text.replace("\0", "").removesuffix("\n")
    found = escape.escape_block(text.encode(errors="replace"))
    if found is None:
        return
    rows = [row for row in found.rows if row]  # the others are blank lines, or one empty cell
    expected = by_csv(text.encode(errors="replace").decode())
    assert list(map(cells_of, rows)) == [cells for cells in expected if cells not in ([], [""])]
    assert list(map(escape.unescape_row, rows)) == list(map(cells_of, rows))


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a,b,,",
        ",,",
        '"a, b",c',
        'c,"a, b"',
        'c,"a, b",d,"e"',
        'c,"a ""quoted"" word",d',
        'c,"""",d',
        '"""a""","""b"',
        'c,"",d',
        '"",""',
        'ä,"🎉, ""ü""",你',
        'a,"two\nlines"\nb,"three\n\r\nlines"\nc,d',
        'a,"two\r\nlines"\r\nb,c\r\n"d","e"',
        "back\\slash,\\n,\\\\n,\\u0041,\\",
        "tab\t,\x01,\x1f,\x7f,\b\f",
        ",".join(['"a"'] * 50),
    ],
)
def test_rfc_4180_block_needs_no_csv_module(text: str) -> None:
    assert list(map(cells_of, escaped(text))) == by_csv(text)


@pytest.mark.parametrize(
    "text",
    [
        *('"goes on', 'a"b"c,d', '"a"b,c', 'a "b",c', '"a""', ',"a,'),
        *("a\rb", "a\r\nb\nc", 'a,"b"\rc', "a\r\n\rb", "a\n\r\r"),
    ],
)
def test_unusual_blocks_need_csv_module(text: str) -> None:
    assert escape.escape_block(text.encode()) is None


@given(st.lists(CSV_LIKE, min_size=1))
def test_single_cells_are_escaped_like_blocks(cells: list[str]) -> None:
    row = escape.escape_cells(cells)
    assert cells_of(row) == cells
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    (from_block,) = escaped(text.getvalue().removesuffix("\n"))
    assert cells_of(from_block) == cells


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"a,b\n", 4),
        (b'a,"b"\n', 6),
        (b'a,"b\n', 0),
        (b'a,b\nc,"d\n', 4),
        (b'a,"b\nb"\nc,"d\nd","e\n', 8),
        (b'a,"b"""\nc,"d""\n', 8),
        (b'"a\n', 0),
        (b'b\n"a\n', 2),
    ],
)
def test_start_of_incomplete_last_row_is_found(data: bytes, start: int) -> None:
    assert escape.last_row_start(data) == start


@given(st.lists(st.lists(CSV_LIKE, min_size=2, max_size=3), min_size=1, max_size=4), st.data())
def test_incomplete_block_is_cut_at_row_start(table: list[list[str]], data: st.DataObject) -> None:
    rows = []
    for cells in table:
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
        rows.append(text.getvalue().encode())
    whole = b"".join(rows)
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    end = data.draw(st.sampled_from(ends))
    starts = [sum(map(len, rows[:count])) for count in range(len(rows) + 1)]
    assert escape.last_row_start(whole[:end]) == max(start for start in starts if start <= end)


@pytest.mark.parametrize("code", [*range(1, 0x20), 0x7F, ord("\\"), ord('"'), 0x80, 0xE9])
def test_every_character_is_unchanged(code: int) -> None:
    cell = f"a{chr(code)}b"
    (row,) = escaped('"{}",x'.format(cell.replace('"', '""')))
    assert cells_of(row) == [cell, "x"]


@pytest.mark.parametrize(
    ("data", "repaired", "count"),
    [
        (b"a\0b", "a\ufffdb", 1),
        (b"a\xffb\xc3", "a\ufffdb\ufffd", 2),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd", 3),
        ("🎉".encode() + b"\xff", "🎉\ufffd", 1),
    ],
    ids=["NUL", "not UTF-8", "unpaired surrogate", "after a surrogate pair"],
)
def test_invalid_characters_are_detected_and_replaced(
    data: bytes, repaired: str, count: int
) -> None:
    found = escape.escape_block(b"x,y\n" + data + b",z")
    assert found is not None
    plain, row = found.rows
    assert found.has_invalid
    assert not escape.may_be_invalid(plain)
    assert escape.may_be_invalid(row)
    cell, _ = escape.unescape_row(row)
    assert text_encoding.replace_invalid(cell) == (repaired, count)
    text, is_invalid = text_encoding.decode(data)
    assert is_invalid
    assert (text, text_encoding.encode(text)) == (cell, data)
