"""Plain CSV files, which have no checksum: whether one was cut within a row."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.archive.csv_text import END_BYTES, ends_within_row
from tap_intercom_export.errors import DamagedArchiveError
from tests.unit.archive.archives import RECEIPT, contents, gzipped, opened, zipped

ROWS = b"receipt_id,name,received_at\n11,Zo\xc3\xab,2026\n22,Ben,2026\n"


def is_cut(data: bytes) -> bool:
    return ends_within_row(io.BytesIO(data))


@pytest.mark.parametrize("before", [b"", b"1,x,2026\n" * END_BYTES], ids=["small", "large"])
@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_cut_in_any_column_but_the_last_is_noticed(
    before: bytes, delimiter: bytes, line_end: bytes
) -> None:
    header, rows = ROWS.split(b"\n", 1)
    data = b"\n".join([header, before + rows])
    found = [
        position
        for position in range(len(data) - len(rows) + 1, len(data) + 1)
        if is_cut(data[:position].replace(b",", delimiter).replace(b"\n", line_end))
    ]
    start = len(data) - len(rows)
    ends = {start + rows.index(b"\n") + 1, len(data)}
    last_columns = {start + place for place in (*range(8, 13), *range(20, 25))}
    assert set(range(start + 1, len(data) + 1)) - set(found) == ends | last_columns


CELLS = st.lists(st.text('a ,;"\n\r\té', max_size=4), min_size=2, max_size=2)


@given(rows=st.lists(CELLS, min_size=1, max_size=6))
def test_whole_file_without_a_last_line_end_is_not_cut(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["receipt_id", "name"], *rows])
    assert not is_cut(text.getvalue().removesuffix("\n").encode())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'a,b\n1,"x', True),
        (b'a,b\n1,"x\ny', True),
        (b'a,b\n1,"x\n\ny"', False),
        (b"a,b", False),
        (b"a\n1", False),
        (b'"a,a",b\n1', True),
        (b'\xef\xbb\xbf"a",b\n1,2', False),
        ("a,b\n1".encode("utf-16"), False),
        (b"", False),
    ],
)
def test_end_of_file(data: bytes, *, expected: bool) -> None:
    assert is_cut(data) is expected


def test_only_a_file_without_checksum_is_damaged_by_its_last_row() -> None:
    """A last row with too few cells in a ZIP or gzip is a damaged row, as Intercom wrote it."""
    cut = RECEIPT + b"500"
    with pytest.raises(DamagedArchiveError, match="it is a CSV file that ends within a row"):
        opened(cut)
    assert contents(zipped({"receipt.csv": cut})) == [("receipt.csv", cut)]
    assert contents(gzipped(cut)) == [("", cut)]
