"""Recognition of the container: ZIP, tar, gzip, a single CSV file, nested ones."""

from __future__ import annotations

import pytest

from tap_intercom_export.errors import DamagedArchiveError
from tests.unit.archive.archives import (
    FILES,
    OPEN,
    RECEIPT,
    WHOLE,
    content,
    contents,
    gzipped,
    opened,
    tarred,
    zipped,
)

ONE_FILE = {
    "plain": RECEIPT,
    "plain with a BOM": b"\xef\xbb\xbf" + RECEIPT,
    "gzip": gzipped(RECEIPT),
    "gzip around gzip": gzipped(gzipped(RECEIPT)),
    "gzip around gzip around gzip": gzipped(gzipped(gzipped(RECEIPT))),
    "gzip in two parts": gzipped(RECEIPT[:100]) + gzipped(RECEIPT[100:]),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_archive_has_all_files_in_every_container(data: bytes) -> None:
    assert contents(data) == list(FILES.items())


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_rows_and_bytes_of_each_file_are_counted(data: bytes) -> None:
    archive = opened(data)
    assert [(member.rows, member.size) for member in archive.members] == [
        (200, len(RECEIPT)),
        (100, len(OPEN)),
    ]
    assert archive.rows == 300


def test_plain_tar_is_accepted() -> None:
    assert contents(tarred(FILES)) == list(FILES.items())


@pytest.mark.parametrize("data", ONE_FILE.values(), ids=ONE_FILE)
def test_single_csv_is_one_file_without_name(data: bytes) -> None:
    archive = opened(data)
    (member,) = archive.members
    assert member.path == ""
    assert member.rows == 200
    assert content(archive, member).removeprefix(b"\xef\xbb\xbf") == RECEIPT


def test_single_csv_has_name_of_gzip_header() -> None:
    assert [path for path, _ in contents(gzipped(RECEIPT, "receipt_2026.csv"))] == [
        "receipt_2026.csv"
    ]


def test_gzip_name_after_extra_field_is_read() -> None:
    plain = gzipped(RECEIPT)
    header = plain[:3] + bytes([4 | 8]) + plain[4:10] + b"\x03\x00abc" + b"receipt.csv\x00"
    assert [path for path, _ in contents(header + plain[10:])] == ["receipt.csv"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(gzipped(gzipped(gzipped(zipped(FILES)))), id="ZIP in three gzips"),
        pytest.param(gzipped(gzipped(gzipped(gzipped(RECEIPT)))), id="CSV in four gzips"),
    ],
)
def test_too_many_nested_containers_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedArchiveError, match="more than 3 archive formats"):
        opened(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(zipped({}), id="empty ZIP"),
        pytest.param(gzipped(b""), id="empty gzip"),
    ],
)
def test_empty_archive_has_no_files(data: bytes) -> None:
    assert opened(data).members == ()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty body"),
        pytest.param(b"\n", id="blank line"),
        pytest.param(b"\xef\xbb\xbf", id="BOM"),
    ],
)
def test_empty_download_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedArchiveError, match="it is empty"):
        opened(data)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"], ids=["none", "LF", "CRLF"])
def test_header_only_file_has_no_rows(end: bytes) -> None:
    assert opened(zipped({"open.csv": b"receipt_id,opened_at" + end})).rows == 0


def test_empty_file_has_no_rows() -> None:
    assert [member.rows for member in opened(zipped({"open.csv": b""})).members] == [0]
