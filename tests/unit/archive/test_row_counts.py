"""Counting rows and lines while an archive is checked."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.archive import archive as archive_module
from tap_intercom_export.rows.csv_reader import CsvReader
from tests.unit.archive.archives import opened, zipped


def rows_read(data: bytes) -> int:
    """Return the number of rows in a CSV, including damaged ones."""
    damaged: list[object] = []
    reader = CsvReader(io.BytesIO(data), damaged.append)
    reader.header()
    return sum(1 for _ in reader) + len(damaged)


QUOTED = b'id,text\n1,"a\nb"\n2,"""\n"""\n3,"x ""y""\r\nz"\n4,plain\n'


@pytest.mark.parametrize("chunk", range(1, len(QUOTED) + 1))
def test_quoted_line_ends_are_not_counted_at_any_buffer_boundary(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "CHUNK_BYTES", chunk)
    assert opened(zipped({"open.csv": QUOTED})).rows == 4


cells = st.text(st.sampled_from('ab",\n\r'), max_size=5)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=6), st.integers(1, 9))
def test_row_count_equals_written_rows(table: list[list[str]], chunk: int) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]
    data = "\r\n".join(["id,text", *quoted]).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_module, "CHUNK_BYTES", chunk)
        assert opened(data).rows == len(table)


@given(st.text(st.sampled_from('ab",\n\r'), max_size=40), st.integers(1, 9))
def test_line_count_is_at_least_row_count(text: str, chunk: int) -> None:
    data = f"id,text\n{text}".encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_module, "CHUNK_BYTES", chunk)
        archive = opened(zipped({"open.csv": data}))
        assert archive.lines >= max(archive.rows, rows_read(data))


def test_lines_are_counted_if_damaged_quotes_hide_rows() -> None:
    """An unescaped quote in the first and in the last row makes everything between them quoted."""
    data = b'id,name\n1,5" pipe\n' + b"2,x\n" * 1000 + b'3,5" pipe\n'
    assert rows_read(data) == opened(data).lines == 1002


def test_last_row_without_line_end_is_counted() -> None:
    assert opened(b"id\n1\n2").rows == 2


def test_unclosed_quote_does_not_hide_later_rows() -> None:
    data = b'id,text\n1,"x\n' + b"2,y\n" * 1000
    assert opened(data).rows == rows_read(data) == 1001
