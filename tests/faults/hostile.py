"""Archives that mean harm, and files that are none, as bytes."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tarfile
import zipfile

MEGABYTE = 1_000_000


def zipped(members: dict[str, bytes], level: int = 6) -> bytes:
    """Make a ZIP.

    Args:
        members: Its files, by name.
        level: How hard to compress.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def bomb(megabytes: int) -> bytes:
    """Make a ZIP whose file is a thousand times as large as itself."""
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
    """Make a gzip in a gzip in a gzip."""
    body = zipped({"receipt_20250601-120000.csv": b"receipt_id,received_at\n"})
    for _ in range(depth):
        body = gzip.compress(body)
    return body


def encrypted() -> bytes:
    """Make a ZIP whose file says that it is encrypted."""
    body = bytearray(zipped({"receipt_20250601-120000.csv": b"receipt_id,received_at\n"}))
    body[6] |= 1
    body[body.rindex(b"PK\1\2") + 8] |= 1
    return bytes(body)


def crowd(members: int, *, admitted: int | None = None) -> bytes:
    """Make a ZIP of very many files.

    Args:
        members: How many.
        admitted: How many its end record tells of; the truth when left out.
    """
    entry = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0
    )
    directory = (entry + b"a.csv") * members
    local = struct.pack("<4s5HL2L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"a.csv"
    said = min(65_535, members if admitted is None else admitted)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, said, said, len(directory), len(local), 0)
    return local + directory + end


def endless_line(megabytes: int) -> bytes:
    """Make a ZIP whose file is one line without an end, not compressible enough for a bomb."""
    chance = random.Random(1)  # noqa: S311 - not a secret
    piece = bytes(chance.choices(b"abcdefgh", k=MEGABYTE))
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("receipt_20250601-120000.csv", "w") as member,
    ):
        member.write(b"receipt_id,received_at\n")
        for _ in range(megabytes):
            member.write(piece)
    return buffer.getvalue()


def long_pax(megabytes: int) -> bytes:
    """Make a tar.gz whose extended header is as long as a file."""
    size = megabytes * MEGABYTE
    prefix = f"{size} comment=".encode()
    chance = random.Random(1)  # noqa: S311 - not a secret
    piece = bytes(chance.choices(b"abcdefgh", k=MEGABYTE))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        info = tarfile.TarInfo("long")
        info.type, info.size = tarfile.XHDTYPE, size
        value = (piece * megabytes)[: size - len(prefix) - 1]
        archive.addfile(info, io.BytesIO(prefix + value + b"\n"))
        archive.addfile(tarfile.TarInfo("receipt_20250601-120000.csv"))
    return buffer.getvalue()


def quotes(megabytes: int) -> bytes:
    """Make a ZIP whose file opens a quote again and again and never ends a row."""
    line = b'"' + b'a""' * 3000 + b'b"x\n'
    count = megabytes * MEGABYTE // len(line)
    return zipped(
        {"receipt_20250601-120000.csv": b"receipt_id,received_at\n" + line * count}, level=1
    )
