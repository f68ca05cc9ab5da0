"""Opening members again, closing, and memory."""

from __future__ import annotations

import gzip
import io
import tempfile
import tracemalloc
import zipfile
from typing import BinaryIO

import pytest

from tap_intercom_export.archive import formats as formats_module
from tap_intercom_export.archive.archive import open_archive
from tap_intercom_export.errors import DamagedArchiveError
from tests.unit.archive.archives import NO_LIMITS, RECEIPT, WHOLE, content, gzipped, opened


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
