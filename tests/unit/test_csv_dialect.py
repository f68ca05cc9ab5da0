"""CSV files with other delimiters and encodings."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.rows.csv_dialect import delimiter_of
from tap_intercom_export.rows.csv_reader import CHUNK_BYTES, CsvReader
from tap_intercom_export.rows.encoder import Encoder
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES

if TYPE_CHECKING:
    from tap_intercom_export.rows.csv_reader import DamagedRow

HEADER = ["receipt_id", "clicked_at", "link_type", "url"]
NOON = "2026-04-13T12:32:22Z"
TEXTS = ["plain", "comma, semicolon; tab\t", 'a "word"', "two\nlines", "Zoë 名 😀", ""]


def as_csv(
    rows: list[list[str]], delimiter: str = ",", quoting: Literal[0, 1] = csv.QUOTE_MINIMAL
) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=quoting).writerows(rows)
    return text.getvalue()


def cells_of(data: bytes) -> list[list[str]]:
    damaged: list[DamagedRow] = []
    reader = CsvReader(io.BytesIO(data), damaged.append)
    rows = [reader.header(), *reader]
    assert damaged == []
    return rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_file_is_read_with_any_delimiter_encoding_and_quoting(
    delimiter: str, encoding: str, quoting: Literal[0, 1]
) -> None:
    rows = [HEADER, *(["1", NOON, text, text] for text in TEXTS)]
    assert cells_of(as_csv(rows, delimiter, quoting).encode(encoding)) == rows


@pytest.mark.parametrize("bom", [b"\xff\xfe", b"\xfe\xff"], ids=["little", "big"])
def test_utf_16_is_read_in_both_byte_orders(bom: bytes) -> None:
    encoding = "utf-16-le" if bom[0] == 0xFF else "utf-16-be"
    rows = [HEADER, *([str(number), NOON, "x", "é" * 40] for number in range(CHUNK_BYTES // 60))]
    assert cells_of(bom + as_csv(rows).encode(encoding)) == rows


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")),
            min_size=2,
            max_size=2,
        )
    ),
    st.sampled_from([";", "\t"]),
)
def test_any_texts_are_read_with_other_delimiters(rows: list[list[str]], delimiter: str) -> None:
    rows = [["receipt_id", "url"], *rows]
    assert cells_of(as_csv(rows, delimiter, csv.QUOTE_ALL).encode()) == rows


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("receipt_id,clicked_at", ","),
        ("receipt_id;clicked_at;url", ";"),
        ("receipt_id\tclicked_at", "\t"),
        ("receipt_id,a;b;c;d", ","),
        ('receipt_id,"a;b"', ","),
        ('"Why; how?",receipt_id', ","),
        ('"Why, how?";receipt_id', ";"),
        ('"two\nlines;",receipt_id', ","),
        ("receipt_id;a, or b;c", ";"),
        ("a;b,c,d,e", ","),
        ("receipt_id", ","),
        ("\n\nreceipt_id;url\n1,2,3;4", ";"),
        ("", ","),
    ],
)
def test_delimiter_is_first_candidate_in_header(header: str, expected: str) -> None:
    assert delimiter_of(header) == expected


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_both_encoders_read_other_delimiters(delimiter: str) -> None:
    rows = [HEADER, *([str(number), NOON, "a,b", text] for number, text in enumerate(TEXTS))]
    data, other = as_csv(rows).encode(), as_csv(rows, delimiter)

    def reader(data: bytes) -> RowReader:
        return RowReader(io.BytesIO(data), MESSAGE_FILES["click"], {}, lambda _: None)

    expected = list(reader(data))
    assert len(expected) == len(TEXTS)
    assert list(reader(other.encode("utf-16"))) == expected
    lines = [
        b"".join(each.data for each in Encoder(reader(one)).lines())
        for one in (data, other.encode())
    ]
    assert lines[0] == lines[1] != b""


def test_damaged_row_with_other_delimiter_has_line_number() -> None:
    damaged: list[DamagedRow] = []
    data = b'receipt_id;clicked_at\n1;"2026\n2;2026-04-13T12:32:22Z\n'
    records = list(RowReader(io.BytesIO(data), MESSAGE_FILES["click"], {}, damaged.append))
    assert [record["receipt_id"] for record in records] == ["2"]
    assert [(row.line, row.raw) for row in damaged] == [(2, '1;"2026')]


def test_unpaired_surrogate_in_utf_16_is_invalid_character() -> None:
    text = "receipt_id,clicked_at,url\n1,2026-04-13T12:32:22Z,a\ud800b\n"
    data = b"\xff\xfe" + text.encode("utf-16-le", "surrogatepass")
    reader = RowReader(io.BytesIO(data), MESSAGE_FILES["click"], {}, lambda _: None)
    (record,) = reader
    assert record["url"].replace("\ufffd", "") == "ab"
    assert reader.replaced
