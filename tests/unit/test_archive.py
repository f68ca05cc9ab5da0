"""Archives: recognition of the container, integrity, members, limits."""

from __future__ import annotations

import gzip
import io
import itertools
import struct
import tarfile
import tempfile
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.archive import archive as archive_module
from tap_intercom_export.archive import formats as formats_module
from tap_intercom_export.archive.archive import Archive, Member, open_archive
from tap_intercom_export.archive.formats import Limits
from tap_intercom_export.errors import DamagedArchiveError, RefusedArchiveError
from tap_intercom_export.rows.csv_reader import CellReader

if TYPE_CHECKING:
    from collections.abc import Callable

RECEIPT = b"receipt_id,name\n" + b"".join(b"%d,name %d\n" % (n, n * n) for n in range(200))
OPEN = b"receipt_id,opened_at\n" + b"".join(b"%d,2026-04-01\n" % n for n in range(100))
FILES = {"receipt_20260401.csv": RECEIPT, "open_20260401.csv": OPEN}

NO_LIMITS = Limits(unpacked=10**15, ratio=10**9)


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP of these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    """Return a tar archive of these files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def gzipped(data: bytes, name: str = "") -> bytes:
    """Return data compressed with gzip, with an optional file name in the header."""
    packed = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=packed, mtime=0) as stream:
        stream.write(data)
    return packed.getvalue()


def opened(data: bytes, limits: Limits = NO_LIMITS) -> Archive:
    """Open an archive from bytes."""
    return open_archive(io.BytesIO(data), limits)


def content(archive: Archive, member: Member) -> bytes:
    """Return the content of a member."""
    with archive.open(member) as stream:
        return stream.read()


def contents(data: bytes) -> list[tuple[str, bytes]]:
    """Return the content of all files of an archive."""
    archive = opened(data)
    found = [(member.path, content(archive, member)) for member in archive.members]
    archive.close()
    return found


WHOLE = {
    "zip": zipped(FILES),
    "stored zip": zipped(FILES, zipfile.ZIP_STORED),
    "tar.gz": gzipped(tarred(FILES)),
    "gzip around zip": gzipped(zipped(FILES)),
    "gzip around gzip around zip": gzipped(gzipped(zipped(FILES))),
}
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


@pytest.mark.parametrize("wrap", [zipped, lambda files: gzipped(tarred(files))], ids=["zip", "tar"])
def test_non_csv_members_are_skipped(wrap: Callable[[dict[str, bytes]], bytes]) -> None:
    extra = {
        "__MACOSX/._open.csv": b"x",
        "__MACOSX/open.csv": b"x",
        ".hidden.csv": b"x",
        "README.txt": b"x",
        "folder/": b"",
    }
    assert contents(wrap({**extra, "a/b/OPEN.CSV": OPEN})) == [("a/b/OPEN.CSV", OPEN)]


@pytest.mark.parametrize("wrap", [zipped, lambda files: gzipped(tarred(files))], ids=["zip", "tgz"])
def test_file_without_extension_is_read(wrap: Callable[[dict[str, bytes]], bytes]) -> None:
    assert contents(wrap({"open_20260401": OPEN})) == [("open_20260401", OPEN)]


@pytest.mark.parametrize("wrap", [zipped, lambda files: gzipped(tarred(files))], ids=["zip", "tgz"])
def test_gzipped_member_is_read(wrap: Callable[[dict[str, bytes]], bytes]) -> None:
    files = {"open.csv.gz": gzipped(OPEN), "receipt.csv": RECEIPT}
    assert contents(wrap(files)) == [("open.csv.gz", OPEN), ("receipt.csv", RECEIPT)]


@pytest.mark.parametrize("name", ["open.csv", "folder/OPEN.CSV", "open"])
@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_gzipped_member_is_recognized_by_its_content(
    pack: Callable[[dict[str, bytes]], bytes], name: str
) -> None:
    assert contents(pack({name: gzipped(OPEN)})) == [(name, OPEN)]


def test_member_that_is_not_gzipped_is_read_whatever_its_name() -> None:
    assert contents(zipped({"open.csv.gz": OPEN})) == [("open.csv.gz", OPEN)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("receipt_20260401.csv.2", RECEIPT),
        ("open_20260401.txt", OPEN),
        ("open.tsv", OPEN.replace(b",", b"\t")),
        ("open.txt", OPEN.decode().encode("utf-16")),
    ],
)
def test_csv_with_another_extension_is_read(name: str, content: bytes) -> None:
    assert contents(zipped({"click.csv": OPEN, name: content}))[1:] == [(name, content)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b'{"files": 3, "rows": 4}\n'),
        ("report.html", b"<p>one, two</p>\n"),
        ("logo.png", b"\x89PNG\r\n\x1a\n,"),
        ("LICENSE.txt", b"All rights reserved\n"),
        ("empty.txt", b""),
    ],
)
def test_other_file_is_skipped_with_warning(
    caplog: pytest.LogCaptureFixture, name: str, content: bytes
) -> None:
    assert contents(zipped({"open.csv": OPEN, name: content})) == [("open.csv", OPEN)]
    assert f"Skipping '{name}' in the archive: not a CSV file" in caplog.text


@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_two_archives_in_a_row_are_damage(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    """Only the files of one of them would be read."""
    with pytest.raises(DamagedArchiveError):
        opened(pack({"receipt.csv": RECEIPT}) + pack({"open.csv": OPEN}))


@pytest.mark.parametrize("padding", [b"", bytes(10_240)], ids=["none", "zeros"])
def test_tar_with_zeros_at_its_end_is_whole(padding: bytes) -> None:
    assert contents(tarred({"open.csv": OPEN}) + padding) == [("open.csv", OPEN)]


@pytest.mark.parametrize("name", ["more.csv", "more", "more.csv.gz"])
@pytest.mark.parametrize("nest", [zipped, tarred], ids=["zip", "tar"])
def test_nested_archive_named_csv_is_skipped_with_warning(
    caplog: pytest.LogCaptureFixture, nest: Callable[[dict[str, bytes]], bytes], name: str
) -> None:
    nested = nest({"receipt.csv": RECEIPT})
    nested = gzipped(nested) if name.endswith(".gz") else nested
    assert contents(zipped({"open.csv": OPEN, name: nested})) == [("open.csv", OPEN)]
    (line,) = caplog.records
    assert line.levelname == "WARNING"
    assert f"'{name}'" in line.getMessage()
    with pytest.raises(RefusedArchiveError, match="no CSV file"):
        opened(zipped({name: nested}))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_single_file_with_a_byte_order_mark_is_read(encoding: str) -> None:
    data = OPEN.decode().encode(encoding)
    assert [read for _, read in contents(data)] == [data]


@pytest.mark.parametrize("name", ["open_20260401", "open.txt", "some/folder/open.CSV", "../open"])
def test_single_gzipped_file_is_read_regardless_of_name(name: str) -> None:
    [(path, read)] = contents(gzipped(OPEN, name))
    assert path.startswith("open")
    assert path.lower().endswith(".csv")
    assert read == OPEN


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("open.txt", b"Nothing to see here\n"),
        ("open.json", b'[{"receipt_id": 1, "opened_at": 2}]'),
        ("../open.csv", OPEN),
        ("open.csv.zip", zipped({"open.csv": OPEN})),
        ("open.gz", gzipped(OPEN)),
    ],
)
def test_archive_without_readable_files_is_not_empty_window(name: str, content: bytes) -> None:
    with pytest.raises(RefusedArchiveError, match="no CSV file"):
        opened(zipped({name: content, "__MACOSX/._open.csv": b"x"}))


def test_archive_with_only_system_files_has_no_rows() -> None:
    assert contents(zipped({"__MACOSX/open.csv": b"x", ".DS_Store": b"x", "folder/": b""})) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_files_with_equal_names_are_both_read() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("open.csv", OPEN)
        archive.writestr("open.csv", RECEIPT)
    assert contents(data.getvalue()) == [("open.csv", OPEN), ("open.csv", RECEIPT)]


# --- counting rows


def rows_read(data: bytes) -> int:
    """Return the number of rows in a CSV, including damaged ones."""
    damaged: list[object] = []
    reader = CellReader(io.BytesIO(data), damaged.append)
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
        archive = opened(data)
        assert archive.lines >= max(archive.rows, rows_read(data))


def test_lines_are_counted_if_damaged_quotes_hide_rows() -> None:
    """An unescaped quote in the first and in the last row makes everything between them quoted."""
    data = b'id,name\n1,5" pipe\n' + b"2,x\n" * 1000 + b'3,5" pipe\n'
    assert rows_read(data) == opened(data).lines == 1002


@pytest.mark.parametrize("position", [50, 60, 80, 100])
def test_damage_in_lzma_member_is_detected(position: int) -> None:
    data = bytearray(zipped({"receipt.csv": RECEIPT}, zipfile.ZIP_LZMA))
    data[position] ^= 0x10
    with pytest.raises(DamagedArchiveError):
        opened(bytes(data))


def test_empty_member_name_is_damage() -> None:
    data = zipped({"a": OPEN}).replace(b"a", b"\0")
    with pytest.raises(DamagedArchiveError):
        opened(data)


def test_tar_that_ends_between_members_is_damaged() -> None:
    whole = tarred(FILES)
    second = whole.index(b"open_20260401.csv")
    for cut in (second, second + 100):
        for data in (whole[:cut], gzipped(whole[:cut])):
            with pytest.raises(DamagedArchiveError, match="end of a tar"):
                opened(data)


def test_zip_directory_without_existing_members_is_damaged() -> None:
    data = zipped(FILES)
    end = data.rindex(b"PK\5\6")
    nothing = data[: data.index(b"PK\1\2")] + data[end : end + 8] + bytes(14)
    with pytest.raises(DamagedArchiveError, match="incomplete"):
        opened(nothing)


def test_large_zip_directory_is_refused_before_reading() -> None:
    data = zipped(FILES)
    end = data.rindex(b"PK\5\6")
    large = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**9, 10**9, 10**11, 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    with pytest.raises(RefusedArchiveError, match="list of files"):
        opened(data[:end] + large + locator + data[end:])


def test_tar_member_name_need_not_be_utf_8() -> None:
    data = tarred({"r\udce9ceipt_20260401.csv": RECEIPT})
    [member] = opened(data).members
    assert member.path == "r\ufffdceipt_20260401.csv"


def test_last_row_without_line_end_is_counted() -> None:
    assert opened(b"id\n1\n2").rows == 2


def test_unclosed_quote_does_not_hide_later_rows() -> None:
    data = b'id,text\n1,"x\n' + b"2,y\n" * 1000
    assert opened(data).rows == rows_read(data) == 1001


# --- damage


@pytest.mark.parametrize("twentieth", range(1, 20))
@pytest.mark.parametrize("data", [*WHOLE.values(), gzipped(RECEIPT)], ids=[*WHOLE, "gzip"])
def test_archive_cut_anywhere_is_damaged(data: bytes, twentieth: int) -> None:
    with pytest.raises(DamagedArchiveError):
        opened(data[: len(data) * twentieth // 20])


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("data", [WHOLE["zip"], gzipped(RECEIPT)], ids=["zip", "gzip"])
def test_archive_cut_after_few_bytes_is_damaged(data: bytes, length: int) -> None:
    with pytest.raises(DamagedArchiveError):
        opened(data[:length])


@pytest.mark.parametrize("name", ["zip", "stored zip", "gzip around zip", "tar.gz"])
def test_changed_byte_in_member_is_detected(name: str) -> None:
    data = WHOLE[name]
    end = data.rfind(b"PK\1\2") if name in {"zip", "stored zip"} else len(data) - 8
    for position in range(64, end, max(1, (end - 64) // 60)):
        changed = bytearray(data)
        changed[position] ^= 0x20
        try:
            found = contents(bytes(changed))
        except DamagedArchiveError:
            continue
        assert found == list(FILES.items())  # a byte that says nothing, such as a date


SMALL_FILES = {"receipt.csv": b"id\n1\n2\n", "open.csv": b"id\n3\n"}
SMALL_ZIP = zipped(SMALL_FILES)
DIRECTORY, END = SMALL_ZIP.index(b"PK\1\2"), SMALL_ZIP.index(b"PK\5\6")


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(range(4), id="first bytes"),
        pytest.param(range(4, DIRECTORY), id="members"),
        pytest.param(range(DIRECTORY, END), id="list of files"),
        pytest.param(range(END, len(SMALL_ZIP)), id="end record"),
    ],
)
def test_changed_bit_in_zip_never_loses_rows(part: range) -> None:
    lost, raised = [], []
    for position, bit in itertools.product(part, range(8)):
        changed = bytearray(SMALL_ZIP)
        changed[position] ^= 1 << bit
        try:
            found = contents(bytes(changed))
        except (DamagedArchiveError, RefusedArchiveError):
            continue
        except Exception as error:  # noqa: BLE001 - which one is the finding
            raised.append((position, bit, repr(error)))
        else:
            if [text for _, text in found] != list(SMALL_FILES.values()):
                lost.append((position, bit))
    assert (lost, raised) == ([], [])


def test_encrypted_archive_is_refused() -> None:
    data = bytearray(WHOLE["zip"])
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(RefusedArchiveError, match="encrypted"):
        opened(bytes(data))


def test_unknown_compression_is_refused() -> None:
    data = bytearray(WHOLE["zip"])
    data[8] = data[data.index(b"PK\1\2") + 10] = 99
    with pytest.raises(RefusedArchiveError, match="compression"):
        opened(bytes(data))


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>502 Bad Gateway</body></html>",
        b"\r\n\r\n<!DOCTYPE html>",
        b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
        b'{"type":"error.list","errors":[{"code":"not_found"}]}',
        b' [{"code":"not_found"}]',
        b'\xef\xbb\xbf{"type":"error.list"}',
    ],
)
@pytest.mark.parametrize("wrap", [bytes, gzipped], ids=["bare", "gzip"])
def test_error_page_is_refused(body: bytes, wrap: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DamagedArchiveError):
        opened(wrap(body))


@pytest.mark.parametrize("length", [100, 5000])
def test_random_bytes_are_refused(length: int) -> None:
    image = b"\x89PNG\r\n\x1a\n" + b"\x00\x01\xff" * length
    with pytest.raises(DamagedArchiveError):
        opened(image)


# --- limits


def test_files_larger_than_allowed_are_refused() -> None:
    total = len(RECEIPT) + len(OPEN)
    assert opened(WHOLE["zip"], Limits(unpacked=total, ratio=500)).rows == 300
    with pytest.raises(RefusedArchiveError, match="max_unpacked_gigabytes"):
        opened(WHOLE["zip"], Limits(unpacked=total - 1, ratio=500))


@pytest.mark.parametrize("wrap", [lambda d: zipped({"a.csv": d}), gzipped], ids=["zip", "gzip"])
def test_too_high_compression_ratio_is_refused(
    wrap: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats_module, "MIN_RATIO_CHECK_BYTES", 1000)
    data = wrap(b"a\n" * 500_000)
    with pytest.raises(RefusedArchiveError, match="max_compression_ratio"):
        opened(data, Limits(unpacked=10**9, ratio=20))


# --- reading and closing


def test_member_can_be_opened_again() -> None:
    archive = opened(WHOLE["zip"])
    member = archive.members[0]
    assert content(archive, member) == content(archive, member) == RECEIPT


@pytest.mark.parametrize("data", [RECEIPT, gzipped(RECEIPT)], ids=["plain", "gzip"])
def test_single_file_can_be_reopened_after_partial_read(data: bytes) -> None:
    archive = opened(data)
    with archive.open(archive.members[0]) as stream:
        assert stream.readline() == b"receipt_id,name\n"
    assert content(archive, archive.members[0]) == RECEIPT


@pytest.fixture
def spools(monkeypatch: pytest.MonkeyPatch) -> list[BinaryIO]:
    """Return a list that collects the temporary files created from now on."""
    made: list[BinaryIO] = []

    def new_spool() -> BinaryIO:
        made.append(io.BytesIO())
        return made[-1]

    monkeypatch.setattr(formats_module, "new_spool", new_spool)
    return made


@pytest.mark.parametrize("data", [*WHOLE.values(), RECEIPT], ids=[*WHOLE, "plain"])
def test_close_releases_all_files(data: bytes, spools: list[BinaryIO]) -> None:
    spools.append(io.BytesIO(data))
    open_archive(spools[0], NO_LIMITS).close()
    assert all(spool.closed for spool in spools)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(WHOLE["zip"][:-1], id="zip"),
        pytest.param(WHOLE["tar.gz"][:-1], id="tar.gz"),
        pytest.param(WHOLE["gzip around zip"][:-1], id="gzip around zip"),
        pytest.param(gzipped(WHOLE["zip"][:-1]), id="zip that was cut before gzip"),
        pytest.param(b"<html>", id="HTML"),
    ],
)
def test_damaged_archive_leaves_no_file_open(data: bytes, spools: list[BinaryIO]) -> None:
    spools.append(io.BytesIO(data))
    with pytest.raises(DamagedArchiveError):
        open_archive(spools[0], NO_LIMITS)
    assert [spool.closed for spool in spools] == [True] * len(spools)


@pytest.mark.parametrize("wrap", ["zip", "gzip"])
def test_large_file_is_read_with_bounded_memory(wrap: str) -> None:
    line = b'961758128,"' + b"a text of some length, " * 100 + b'",2026-04-13T12:32:22.000Z\n'
    many = 50_000_000 // len(line)
    with tempfile.TemporaryFile() as spool:
        if wrap == "zip":
            with (
                zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
                packed.open("receipt.csv", "w") as stream,
            ):
                for _ in range(many // 100):
                    stream.write(line * 100)
        else:
            with gzip.GzipFile(fileobj=spool, mode="wb", compresslevel=1) as stream:
                for _ in range(many // 100):
                    stream.write(line * 100)
        tracemalloc.start()
        try:
            archive = open_archive(spool, NO_LIMITS)
            with archive.open(archive.members[0]) as member:
                size = sum(len(chunk) for chunk in iter(lambda: member.read(65_536), b""))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert size == archive.members[0].size == many // 100 * 100 * len(line)
    assert archive.rows == many // 100 * 100 - 1
    assert peak < 12_000_000
