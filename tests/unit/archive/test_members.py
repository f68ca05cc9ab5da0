"""Members of an archive: which are read, which are skipped, their names."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from tap_intercom_export.errors import DamagedArchiveError, RefusedArchiveError
from tests.unit.archive.archives import OPEN, RECEIPT, contents, gzipped, opened, tarred, zipped

if TYPE_CHECKING:
    from collections.abc import Callable


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
def test_folder_with_data_is_a_file(wrap: Callable[[dict[str, bytes]], bytes]) -> None:
    files = wrap({"open.csv/": OPEN, "empty/": b"", "receipt.csv": RECEIPT})
    assert contents(files) == [("open.csv", OPEN), ("receipt.csv", RECEIPT)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("open.csv/", tarfile.AREGTYPE),
        ("open.csv", tarfile.DIRTYPE),
        ("open.csv", tarfile.LNKTYPE),
        ("open.csv", b"D"),
    ],
    ids=["old folder", "folder", "link", "unknown"],
)
def test_data_in_a_tar_outside_of_files_is_refused(name: str, kind: bytes) -> None:
    """tarfile ends at the data of a folder or link, as if there were no other files."""
    info = tarfile.TarInfo(name)
    info.size, info.type = len(OPEN), kind
    data = info.tobuf() + OPEN + bytes(-len(OPEN) % tarfile.BLOCKSIZE)
    with pytest.raises(RefusedArchiveError, match=r"'open\.csv' in it is no file, but has data"):
        opened(data + tarred({"receipt.csv": RECEIPT}))


@pytest.mark.parametrize("wrap", [zipped, lambda files: gzipped(tarred(files))], ids=["zip", "tgz"])
def test_gzipped_member_is_read(wrap: Callable[[dict[str, bytes]], bytes]) -> None:
    files = {"open.csv.gz": gzipped(OPEN), "receipt.csv": RECEIPT}
    assert contents(wrap(files)) == [("open.csv.gz", OPEN), ("receipt.csv", RECEIPT)]


@pytest.mark.parametrize("name", ["more.csv", "more", "more.csv.gz", "more.zip", "receipt.tgz"])
@pytest.mark.parametrize("nest", [zipped, tarred], ids=["zip", "tar"])
def test_nested_archive_is_refused(nest: Callable[[dict[str, bytes]], bytes], name: str) -> None:
    """It may hold rows, which the bookmark would leave behind."""
    nested = nest({"receipt.csv": RECEIPT})
    nested = gzipped(nested) if name.endswith("gz") else nested
    with pytest.raises(RefusedArchiveError, match=f"'{name}' in it is an archive itself"):
        opened(zipped({"open.csv": OPEN, name: nested}))


@pytest.mark.parametrize(
    "content",
    [
        bz2.compress(OPEN),
        lzma.compress(OPEN),
        b"\x28\xb5\x2f\xfd\x24\x00",
        b"PAR1\x15\x04",
        b"7z\xbc\xaf\x27\x1c",
    ],
    ids=["bzip2", "xz", "zstandard", "parquet", "7z"],
)
def test_member_in_a_format_that_is_not_read_is_refused(content: bytes) -> None:
    with pytest.raises(RefusedArchiveError, match="is an archive itself"):
        opened(zipped({"open.csv": OPEN, "more.bin": content}))


@pytest.mark.parametrize(
    "name", ["receipt_20260401.json", "receipt_20260401-120000.xml", "click.dat"]
)
@pytest.mark.parametrize("content", [b'[{"receipt_id": "1"}]', b"\0\1\2\3", b"one column\n1\n"])
def test_member_named_like_a_file_of_intercom_is_never_skipped(name: str, content: bytes) -> None:
    with pytest.raises(RefusedArchiveError, match="has the name of a CSV file, but is none"):
        opened(zipped({"open.csv": OPEN, name: content}))


@pytest.mark.parametrize("name", ["receipt.csv", "receipt_20260401", "new.csv"])
@pytest.mark.parametrize("content", [b'{"errors": [1]}', b"<html>\n", b"\xef\xbb\xbf [1,2]"])
def test_web_page_or_json_named_csv_is_damage(name: str, content: bytes) -> None:
    """It would be a file with a header and no rows."""
    with pytest.raises(DamagedArchiveError, match="is a JSON or HTML text"):
        opened(zipped({"open.csv": OPEN, name: content}))


@pytest.mark.parametrize(
    "name",
    ["../receipt.csv", "../../receipt.csv", "/receipt.csv", "/tmp/receipt.csv", "C:\\receipt.csv"],  # noqa: S108 - not a path here
)
@pytest.mark.parametrize("wrap", [zipped, lambda files: gzipped(tarred(files))], ids=["zip", "tgz"])
def test_member_whose_path_leads_out_of_the_archive_is_read(
    wrap: Callable[[dict[str, bytes]], bytes], name: str
) -> None:
    """No file is written under the name of a member, so its path cannot do harm."""
    [(_, read)] = contents(wrap({name: RECEIPT}))
    assert read == RECEIPT


@pytest.mark.parametrize("name", [".csv", ".open_20260401.csv", "a/.open", "__MACOSX/open.csv"])
def test_csv_with_the_name_of_a_system_file_is_read(name: str) -> None:
    """Real ones, such as `.DS_Store` and `__MACOSX/._open.csv`, are not texts."""
    assert contents(zipped({name: OPEN})) == [(name, OPEN)]


@pytest.mark.parametrize("name", ["open.gz", "open_20260401.csv.GZ", "open.txt", "open.csv.1"])
def test_gzipped_member_is_read_whatever_its_name(name: str) -> None:
    assert contents(zipped({name: gzipped(OPEN)})) == [(name, OPEN)]


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
        ("more.txt", b"Nothing to see here\n"),
        ("more.json", b'[{"receipt_id": 1, "opened_at": 2}]'),
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


def test_tar_member_name_need_not_be_utf_8() -> None:
    data = tarred({"r\udce9ceipt_20260401.csv": RECEIPT})
    [member] = opened(data).members
    assert member.path == "r\ufffdceipt_20260401.csv"


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
