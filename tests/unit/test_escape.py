"""Lines of CSV that are escaped as JSON wants it, beside Python's csv and json modules."""

from __future__ import annotations

import csv
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tap_intercom_export.rows.compiled.escape import are_plain, escaped

CSV_LIKE = st.text(st.sampled_from([*'ab,""', "é", "你", "🎉", "\u2028"]))


def by_csv(line: str) -> list[str]:
    return next(csv.reader([line], strict=True))


def cells_of(row: str) -> list[str]:
    return [json.loads(f'"{cell}"') for cell in row.split(",")]


@given(st.one_of(st.text(), CSV_LIKE))
def test_an_escaped_line_has_the_cells_that_the_csv_module_reads(line: str) -> None:
    assume(line and are_plain(line.encode(errors="replace")) and "\n" not in line)
    try:
        row = escaped(line)
    except ValueError:
        return
    assert cells_of(row) == by_csv(line)
    assert row.isascii()


@pytest.mark.parametrize(
    "line",
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
        '""',
        '"",""',
        'ä,"🎉, ""ü""",你',
    ],
)
def test_the_usual_lines_need_no_csv_module(line: str) -> None:
    assert cells_of(escaped(line)) == by_csv(line)


@pytest.mark.parametrize(
    "line",
    ['"goes on', 'a"b"c,d', '"a"b,c', 'a "b",c', '"a""', ',"a,', ",".join(['"a"'] * 9)],
)
def test_lines_for_the_csv_module(line: str) -> None:
    with pytest.raises(ValueError, match="not simple"):
        escaped(line)


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, ord("\\"), ord('"')])
def test_what_json_escapes_is_not_plain_but_for_quotes_and_line_ends(code: int) -> None:
    character = chr(code)
    assert json.dumps(character) != f'"{character}"' or code == 0x7F
    assert are_plain(f"a{character}b\n".encode()) == (character in '\n"')
