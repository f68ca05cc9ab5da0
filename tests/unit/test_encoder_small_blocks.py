"""Blocks of few bytes: rows of every kind, read in parts, with the lines of those rejected.

The encoder in Python and the compiled one agree; what is a good row is written here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_intercom_export.rows import csv_reader
from tap_intercom_export.rows.encoder import Encoder
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES
from tests.unit.encoder_comparison import both_encoders, reader_of, without_nulls

if TYPE_CHECKING:
    from tap_intercom_export.rows.csv_reader import DamagedRow

LINES = {
    "usual": b"r%d,2026-04-13T12:32:22.000Z,text\n",
    "quoted": b'"r%d","2026-04-13 12:32:22 UTC","text, ""text"""\r\n',
    "of many lines": b'r%d,1776083542,"one\ntwo\r\n\nfour"\n',
    "of quoted line ends": b'r%d,1776083542,"\n"\n',
    "time with an offset": b"r%d,2026-04-13T12:32:22+02:00,text\n",
    "no time": b"r%d,yesterday,text\n",
    "no id": b",2026-04-13T12:32:22Z,text %d\n",
    "blank": b"\n",
    "blank with CR": b"\r\n",
    "too few cells": b"r%d\n",
    "too many cells": b'r%d,1776083542,"a\nb",more\n',
    "header": b"receipt_id,replied_at,new\n",
    "quoted header": b'"receipt_id",replied_at,new\r\n',
    "byte order mark": b"\xef\xbb\xbfr%d,1776083542,text\n",
    "NUL": b'r%d,1776083542,"a\0\nb"\n',
    "not UTF-8": b"r%d,1776083542,caf\xe9\n",
    "cut UTF-8": b'r%d,1776083542,"\xe2\x82\n"\n',
    "id not UTF-8": b"r%d\xff,1776083542,text\n",
    "beyond ASCII": "r%d,1776083542,Zoë 你好 🎉\n".encode(),
    "open quote": b'r%d,1776083542,"text\n',
    "text after a quote": b'r%d,1776083542,"te"xt\n',
    "quote within": b'r%d,1776083542,te"xt\n',
    "two quotes within": b'r%d,1776083542,te"xt"\n',
    "CR within": b"r%d,1776083542,te\rxt\n",
}
"""Rows of every kind; `%d` is the number of the row."""


@given(
    names=st.lists(st.sampled_from(["usual", "quoted", "of many lines", *LINES]), max_size=14),
    chunk=st.integers(1, 200) | st.just(50),
    last_line_end=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_encoders_agree_on_odd_rows_in_small_blocks(
    names: list[str],
    chunk: int,
    last_line_end: bool,  # noqa: FBT001 - drawn
) -> None:
    assert_same_in_small_blocks(names, chunk, last_line_end=last_line_end)


@pytest.mark.parametrize("name", LINES)
def test_encoders_agree_on_an_odd_row_at_any_place_of_a_block(name: str) -> None:
    others = ["usual", "of many lines", "quoted"]
    for chunk in (30, 50, 77):
        for place in range(4):
            assert_same_in_small_blocks(
                [*others[:place], name, *others[place:], *others], chunk, last_line_end=True
            )


def assert_same_in_small_blocks(names: list[str], chunk: int, *, last_line_end: bool) -> None:
    """Check that a row is read with any end of the blocks, and is rejected with its line.

    Args:
        names: Of rows in `LINES`.
        chunk: Bytes that are read at once.
        last_line_end: Whether the last row has a line end.
    """
    lines = [LINES[name] for name in names]
    rows = [line % place if b"%d" in line else line for place, line in enumerate(lines)]
    data = b"receipt_id,replied_at,new\n" + b"".join(rows)
    data = data if last_line_end else data.removesuffix(b"\n")
    damaged: list[DamagedRow] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_reader, "CHUNK_BYTES", chunk)
        compiled, plain, _ = both_encoders(MESSAGE_FILES["reply"], data)
        assert compiled.damaged == plain.damaged
        assert list(map(repr, compiled.records)) == list(map(repr, plain.records))
        reader = reader_of(MESSAGE_FILES["reply"], data, damaged)
        fast = list(Encoder(reader, table_types={}, with_keys=True).lines())
    assert damaged == plain.damaged
    records = [json.loads(line) for each in fast for line in each.data.splitlines()]
    assert without_nulls(records) == without_nulls(plain.records)
    if not CHANGE_OTHER_ROWS.isdisjoint(names):
        return
    usual = {"usual", "quoted", "of many lines", "of quoted line ends", "time with an offset"}
    usual |= {"beyond ASCII", "byte order mark", "NUL", "not UTF-8", "cut UTF-8"}
    usual |= {"quote within", "two quotes within"}
    good = [f"r{place}" for place, name in enumerate(names) if name in usual]
    assert [record["receipt_id"] for record in plain.records] == good
    starts = [2 + sum(row.count(b"\n") for row in rows[:place]) for place in range(len(rows))]
    bad = [
        start
        for start, name in zip(starts, names, strict=True)
        if name not in usual | {"blank", "blank with CR"}
    ]
    assert [row.line for row in damaged] == bad


CHANGE_OTHER_ROWS = {"open quote", "text after a quote"}
"""Rows that make the csv module read following rows otherwise."""
