"""Lines and blocks: every row is encoded once, with any line end."""

from __future__ import annotations

import pytest

from tap_intercom_export.rows import csv_reader as csv_reader_module
from tap_intercom_export.rows import encoder as encoder_module
from tap_intercom_export.rows.encoder import Encoder
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES
from tests.unit.encoder_comparison import (
    REPORT,
    TIMES,
    as_csv,
    assert_same,
    reader_of,
)


@pytest.mark.parametrize("rows", [0, 1, 2, csv_reader_module.CHUNK_BYTES // 20])
def test_every_row_is_in_exactly_one_block(rows: int) -> None:
    cells = [[f"r{number}", TIMES[0]] for number in range(rows)]  # of more than twenty bytes
    records = assert_same(MESSAGE_FILES["reply"], as_csv(["receipt_id", "replied_at"], cells))
    assert len(records) == rows


def test_lines_after_unclosed_quote_form_many_blocks() -> None:
    rows = b"r,2026-04-13T12:32:22.000Z\n" * (3 * encoder_module.MAX_LINES_PER_BLOCK)
    data = b'receipt_id,replied_at\nr,"2026\n' + rows
    encoder = Encoder(reader_of(MESSAGE_FILES["reply"], data, []))
    counts = [lines.count for lines in encoder.lines()]
    assert sum(counts) == 3 * encoder_module.MAX_LINES_PER_BLOCK
    assert max(counts) <= encoder_module.MAX_LINES_PER_BLOCK


@pytest.mark.parametrize("others", [[], ["bare\nline end"], ["bare\rreturn"], ["back\\slash"]])
def test_line_ends_matter_only_within_cells(others: list[str]) -> None:
    texts = ["x", "Zoë", "comma, comma", 'a "word"', "two\r\nlines", "\r\n", "", "last", *others]
    rows = [["r", TIMES[0], text] for text in texts]
    header = ["receipt_id", "received_at", "content_title"]
    files = [as_csv(header, rows, line_end) for line_end in ("\n", "\r\n")]
    files += [file.removesuffix(b"\n").removesuffix(b"\r") for file in files]
    for file in files:
        records = assert_same(MESSAGE_FILES["receipt"], file)
        assert [record["content_title"] for record in records] == [text or None for text in texts]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "lines",
    [["", "a", "b"], ["a", "", "b"], ["a", "", "", "b", ""], ["a", "b", ""]],
    ids=["first", "between", "several", "last"],
)
def test_blank_line_is_not_a_row_with_one_empty_cell(lines: list[str], line_end: str) -> None:
    for end in ("", line_end):
        file = line_end.join(["id", *lines]) + end
        records = assert_same(REPORT, file.encode())
        assert [record["id"] for record in records] == ["a", "b"]
