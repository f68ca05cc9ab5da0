"""Damaged archives, error pages and too large archives are refused."""

from __future__ import annotations

import itertools
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from tap_intercom_export.archive import formats as formats_module
from tap_intercom_export.archive.formats import ArchiveLimits
from tap_intercom_export.errors import DamagedArchiveError, RefusedArchiveError
from tests.unit.archive.archives import (
    FILES,
    OPEN,
    RECEIPT,
    WHOLE,
    contents,
    gzipped,
    opened,
    tarred,
    zipped,
)

if TYPE_CHECKING:
    from collections.abc import Callable


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


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize("left_out", range(3))
def test_zip_with_a_file_that_is_not_in_its_directory_is_damaged(
    left_out: int, method: int
) -> None:
    data = zipped({**FILES, "click.csv": OPEN}, method)
    end = data.rindex(b"PK\5\6")
    entries = data[data.index(b"PK\1\2") : end].split(b"PK\1\2")[1:]
    kept = b"".join(b"PK\1\2" + each for each in entries[:left_out] + entries[left_out + 1 :])
    record = data[end : end + 8] + struct.pack("<HHL", 2, 2, len(kept)) + data[end + 16 :]
    with pytest.raises(DamagedArchiveError, match="incomplete"):
        opened(data[: data.index(b"PK\1\2")] + kept + record)


def test_large_zip_directory_is_refused_before_reading() -> None:
    data = zipped(FILES)
    end = data.rindex(b"PK\5\6")
    large = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**9, 10**9, 10**11, 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    with pytest.raises(RefusedArchiveError, match="list of files"):
        opened(data[:end] + large + locator + data[end:])


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
        assert found == list(
            FILES.items()
        )  # a byte that does not affect the content, such as a date


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
        except Exception as error:  # noqa: BLE001 - any other exception is a finding
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
    assert (
        opened(WHOLE["zip"], ArchiveLimits(unpacked_bytes=total, compression_ratio=500)).rows == 300
    )
    with pytest.raises(RefusedArchiveError, match="max_unpacked_gigabytes"):
        opened(WHOLE["zip"], ArchiveLimits(unpacked_bytes=total - 1, compression_ratio=500))


@pytest.mark.parametrize("wrap", [lambda d: zipped({"a.csv": d}), gzipped], ids=["zip", "gzip"])
def test_too_high_compression_ratio_is_refused(
    wrap: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats_module, "MIN_RATIO_CHECK_BYTES", 1000)
    data = wrap(b"a\n" * 500_000)
    with pytest.raises(RefusedArchiveError, match="max_compression_ratio"):
        opened(data, ArchiveLimits(unpacked_bytes=10**9, compression_ratio=20))


@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_two_concatenated_archives_are_damaged(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    """Only the files of one of them would be read."""
    with pytest.raises(DamagedArchiveError):
        opened(pack({"receipt.csv": RECEIPT}) + pack({"open.csv": OPEN}))


@pytest.mark.parametrize("padding", [b"", bytes(10_240)], ids=["none", "zeros"])
def test_tar_with_padding_at_its_end_is_complete(padding: bytes) -> None:
    assert contents(tarred({"open.csv": OPEN}) + padding) == [("open.csv", OPEN)]
