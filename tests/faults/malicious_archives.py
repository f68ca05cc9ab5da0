"""Malicious and malformed archives, as bytes."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tarfile
import zipfile

MEGABYTE = 1_000_000


def create_zip(members: dict[str, bytes], level: int = 6) -> bytes:
    """Create a ZIP archive.

    Args:
        members: Files by name.
        level: Compression level.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def zip_bomb(megabytes: int) -> bytes:
    """Create a ZIP archive that unpacks to a thousand times its size."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("receipt_20250601-120000.csv", "w") as member,
    ):
        member.write(b"receipt_id,received_at\n")
        for _ in range(megabytes):
            member.write(b"0" * MEGABYTE)
    return buffer.getvalue()


def nested_gzip(depth: int) -> bytes:
    """Create a ZIP archive within several layers of gzip."""
    body = create_zip({"receipt_20250601-120000.csv": b"receipt_id,received_at\n"})
    for _ in range(depth):
        body = gzip.compress(body)
    return body


def encrypted_zip() -> bytes:
    """Create a ZIP archive whose file has the encryption flag."""
    body = bytearray(create_zip({"receipt_20250601-120000.csv": b"receipt_id,received_at\n"}))
    body[6] |= 1
    body[body.rindex(b"PK\1\2") + 8] |= 1
    return bytes(body)


def many_files(members: int, *, announced: int | None = None) -> bytes:
    """Create a ZIP archive with very many files.

    Args:
        members: Number of files.
        announced: Number of files in the end record; by default the correct number.
    """
    entry = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0
    )
    directory = (entry + b"a.csv") * members
    local = struct.pack("<4s5HL2L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"a.csv"
    announced_count = min(65_535, members if announced is None else announced)
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, announced_count, announced_count, len(directory), len(local), 0
    )
    return local + directory + end


def endless_line(megabytes: int) -> bytes:
    """Create a ZIP archive with one very long line that does not compress well."""
    rng = random.Random(1)  # noqa: S311 - not a secret
    chunk = bytes(rng.choices(b"abcdefgh", k=MEGABYTE))
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("receipt_20250601-120000.csv", "w") as member,
    ):
        member.write(b"receipt_id,received_at\n")
        for _ in range(megabytes):
            member.write(chunk)
    return buffer.getvalue()


def large_pax_header(megabytes: int) -> bytes:
    """Create a tar.gz archive with a very large pax header."""
    size = megabytes * MEGABYTE
    prefix = f"{size} comment=".encode()
    rng = random.Random(1)  # noqa: S311 - not a secret
    chunk = bytes(rng.choices(b"abcdefgh", k=MEGABYTE))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        info = tarfile.TarInfo("long")
        info.type, info.size = tarfile.XHDTYPE, size
        value = (chunk * megabytes)[: size - len(prefix) - 1]
        archive.addfile(info, io.BytesIO(prefix + value + b"\n"))
        archive.addfile(tarfile.TarInfo("receipt_20250601-120000.csv"))
    return buffer.getvalue()


def unclosed_quotes(megabytes: int) -> bytes:
    """Create a ZIP archive whose file has many quotes and no end of a row."""
    line = b'"' + b'a""' * 3000 + b'b"x\n'
    count = megabytes * MEGABYTE // len(line)
    return create_zip(
        {"receipt_20250601-120000.csv": b"receipt_id,received_at\n" + line * count}, level=1
    )
