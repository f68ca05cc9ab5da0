"""Quotes in a block of CSV, compared with Python's csv module."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.rows.quoted_cells import last_row_start, outside_quoted_cells

CSV_LIKE = st.text(st.sampled_from([*'ab,""\n\r\t\\u', "é", "你", "🎉", "\u2028", "\U0010ffff"]))


def quoted(cells: list[str]) -> str:
    """Return a row with quotes around each cell."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return text.getvalue()


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"", 0),
        (b"a,b\n", 4),
        (b'a,"b"\n', 6),
        (b'a,"b\n', 0),
        (b'a,b\nc,"d\n', 4),
        (b'a,"b\nb"\nc,"d\nd","e\n', 8),
        (b'a,"b"""\nc,"d""\n', 8),
        (b'"a\n', 0),
        (b'b\n"a\n', 2),
        (b'b\r\na,"a""\r\n', 3),
    ],
)
def test_start_of_incomplete_last_row_is_found(data: bytes, start: int) -> None:
    assert last_row_start(data) == start


@given(st.lists(st.lists(CSV_LIKE, min_size=2, max_size=3), min_size=1, max_size=4), st.data())
def test_incomplete_block_is_cut_at_row_start(table: list[list[str]], data: st.DataObject) -> None:
    rows = [quoted(cells).encode() for cells in table]
    whole = b"".join(rows)
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    end = data.draw(st.sampled_from(ends))
    starts = [sum(map(len, rows[:count])) for count in range(len(rows) + 1)]
    assert last_row_start(whole[:end]) == max(start for start in starts if start <= end)


@pytest.mark.parametrize(
    ("block", "outside"),
    [
        ("", ""),
        ("a,b,,\n", "a,b,,\n"),
        ('"a, b",c', ",c"),
        ('c,"a, b"\n', "c,\n"),
        ('c,"a, b",d,"e"\r\n', "c,,d,\r\n"),
        ('c,"a ""quoted"" word",d', "c,,d"),
        ('c,"""",d', "c,,d"),
        ('"""a""","""b"', ","),
        ('"",""', ","),
        ('a,"two\r\nlines"\r\nb,c\r\n"d","e"', "a,\r\nb,c\r\n,"),
        ("a\rb,\\", "a\rb,\\"),
    ],
)
def test_block_without_its_quoted_cells(block: str, outside: str) -> None:
    assert outside_quoted_cells(block) == outside


@pytest.mark.parametrize(
    "block", ['"goes on', 'a"b"c,d', '"a"b,c', 'a "b",c', '"a""', ',"a,', 'a,"b"c"', 'a;"b"', '"']
)
def test_block_with_a_quote_where_none_is_allowed(block: str) -> None:
    assert outside_quoted_cells(block) is None


@given(st.lists(st.lists(CSV_LIKE, min_size=1, max_size=3), min_size=1, max_size=4))
def test_nothing_of_quoted_cells_is_left(table: list[list[str]]) -> None:
    block = "".join(map(quoted, table))
    assert outside_quoted_cells(block) == "".join("," * (len(cells) - 1) + "\n" for cells in table)


@given(CSV_LIKE)
def test_block_that_the_csv_module_refuses_has_a_quote_where_none_is_allowed(block: str) -> None:
    block = block.replace("\r", "")
    try:
        list(csv.reader(io.StringIO(block, newline=""), strict=True))
    except csv.Error:
        assert outside_quoted_cells(block) is None
