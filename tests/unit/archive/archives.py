"""Makes archives in every container, and reads them."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

from tap_intercom_export.archive.archive import Archive, Member, open_archive
from tap_intercom_export.archive.formats import ArchiveLimits

RECEIPT = b"receipt_id,name\n" + b"".join(b"%d,name %d\n" % (n, n * n) for n in range(200))
OPEN = b"receipt_id,opened_at\n" + b"".join(b"%d,2026-04-01\n" % n for n in range(100))
FILES = {"receipt_20260401.csv": RECEIPT, "open_20260401.csv": OPEN}
NO_LIMITS = ArchiveLimits(unpacked_bytes=10**15, compression_ratio=10**9)


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


def opened(data: bytes, limits: ArchiveLimits = NO_LIMITS) -> Archive:
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
