"""Container formats of archives that have checksums."""

from __future__ import annotations

from intercom_simulator import ApiVariant

CONTAINERS: dict[str, ApiVariant] = {
    "zip": ApiVariant(),
    "zip in chunks": ApiVariant(chunked=True),
    "zip, Content-Encoding zip": ApiVariant(content_encoding="zip"),
    "zip in gzip": ApiVariant(gzip_layers=1),
    "tar.gz": ApiVariant(container="tar.gz"),
    "tar.gz in chunks": ApiVariant(container="tar.gz", chunked=True, range_requests=False),
    "gzip": ApiVariant(container="gzip"),
    "gzip, Content-Encoding gzip": ApiVariant(container="gzip", content_encoding="gzip"),
}
"""Containers with checksums; interrupted downloads are tested with each of them."""
