"""Container formats of archives that have checksums."""

from __future__ import annotations

from intercom_simulator import Dialect

CONTAINERS: dict[str, Dialect] = {
    "zip": Dialect(),
    "zip in chunks": Dialect(chunked=True),
    "zip, Content-Encoding zip": Dialect(content_encoding="zip"),
    "zip in gzip": Dialect(gzip_layers=1),
    "tar.gz": Dialect(container="tar.gz"),
    "tar.gz in chunks": Dialect(container="tar.gz", chunked=True, range_requests=False),
    "gzip": Dialect(container="gzip"),
    "gzip, Content-Encoding gzip": Dialect(container="gzip", content_encoding="gzip"),
}
"""Containers with checksums; interrupted downloads are tested with each of them."""
