"""Decompression with and without ISA-L."""

from __future__ import annotations

import gzip
import importlib.util
import io
import random
import sys
import zipfile
import zlib
from typing import TYPE_CHECKING, NamedTuple
from unittest import mock

import pytest

from tap_intercom_export import compression
from tap_intercom_export.archive import zip_member

if TYPE_CHECKING:
    from types import ModuleType

isal_zlib = pytest.importorskip("isal.isal_zlib")
IGzipFile = pytest.importorskip("isal.igzip").IGzipFile

TEXT = b"".join(b"%d,a row of a file,%d\n" % (n, n * n) for n in range(20_000))
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


class Modules(NamedTuple):
    compression: ModuleType
    zip_member: ModuleType


def loaded(module: ModuleType) -> ModuleType:
    """Load a module a second time, without changing the first one."""
    spec = importlib.util.find_spec(module.__name__)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


def without_isal() -> Modules:
    """Return the modules as they are without isal."""
    with mock.patch.dict(sys.modules, {"isal": None}):
        plain = loaded(compression)
    assert not plain.HAS_ISAL
    with mock.patch.dict(sys.modules, {compression.__name__: plain}):
        return Modules(plain, loaded(zip_member))


MODULES = [Modules(compression, zip_member), without_isal()]


def zipped(method: int) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        archive.writestr("receipt.csv", TEXT)
    return data.getvalue()


def unzip(modules: Modules, data: bytes) -> bytes:
    spool = io.BytesIO(data)
    with (
        zipfile.ZipFile(spool) as archive,
        modules.zip_member.open_member(spool, archive, archive.infolist()[-1]) as stream,
    ):
        return b"".join(iter(lambda: stream.read(10_000), b""))


@pytest.mark.parametrize("modules", MODULES, ids=["isal", "zlib"])
@pytest.mark.parametrize("method", METHODS)
def test_zip_member_is_decompressed(modules: Modules, method: int) -> None:
    assert unzip(modules, zipped(method)) == TEXT


@pytest.mark.parametrize("modules", MODULES, ids=["isal", "zlib"])
def test_gzip_with_several_members_is_decompressed(modules: Modules) -> None:
    data = gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:])
    with modules.compression.open_gzip(fileobj=io.BytesIO(data)) as stream:
        assert stream.read() == TEXT


@pytest.mark.parametrize("modules", MODULES, ids=["isal", "zlib"])
def test_later_gzip_member_with_extra_header_is_decompressed(modules: Modules) -> None:
    data = io.BytesIO(b"what stands before an archive")
    data.seek(0, io.SEEK_END)
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("empty.csv", b"")
        with archive.open("receipt.csv", "w", force_zip64=True) as member:
            member.write(TEXT)
    assert unzip(modules, data.getvalue()) == TEXT


@pytest.mark.parametrize("modules", MODULES, ids=["isal", "zlib"])
def test_compressor_makes_one_gzip_member(modules: Modules) -> None:
    compressor = modules.compression.gzip_compressor(1)
    pieces = [compressor.compress(TEXT[:1000]), compressor.compress(TEXT[1000:])]
    data = b"".join([*pieces, compressor.flush()])
    decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert decompressor.decompress(data) == TEXT
    assert decompressor.eof
    assert not decompressor.unused_data
    assert len(data) < len(TEXT)


def test_isal_reads_the_members_of_a_zip() -> None:
    spool = io.BytesIO(zipped(zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(spool) as archive:
        assert isinstance(zip_member.open_member(spool, archive, archive.infolist()[0]), IGzipFile)


@pytest.mark.parametrize("modules", MODULES, ids=["isal", "zlib"])
@pytest.mark.parametrize("seed", range(40))
def test_damage_is_always_detected(modules: Modules, seed: int) -> None:
    data = bytearray(zipped(zipfile.ZIP_DEFLATED))
    chance = random.Random(seed)  # noqa: S311 - reproducible damage, not a secret
    start, end = 50, data.rindex(b"PK\1\2")
    data[chance.randrange(start, end)] ^= 1 << chance.randrange(8)
    with pytest.raises(
        (*modules.compression.INFLATE_ERRORS, zipfile.BadZipFile, gzip.BadGzipFile, EOFError)
    ):
        unzip(modules, bytes(data))


def test_damage_raises_expected_errors() -> None:
    assert set(compression.INFLATE_ERRORS) == {zlib.error, isal_zlib.error}
    assert set(without_isal().compression.INFLATE_ERRORS) == {zlib.error}
