"""Headers of a CSV file to property names that any database takes as column names."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME_BYTES = 63
"""Bytes. PostgreSQL's limit, the lowest of the common databases."""


def property_names(headers: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return a property name for each header, no two alike.

    A header stays as it is where it can. One that is too long is cut and marked with a hash of
    the whole, so that it has the same name in every run; one that is already there, also in
    other capitals, gets a number.

    Args:
        headers: Names of columns, in the order of the file.
        taken: Names that are already in use.
    """
    used = {name.casefold() for name in taken}
    names = []
    for position, header in enumerate(headers, start=1):
        wanted = _fit(header.replace("\0", "").strip() or f"column_{position}")
        name, count = wanted, 1
        while name.casefold() in used:
            count += 1
            name = _fit(f"{wanted}_{count}")
        used.add(name.casefold())
        names.append(name)
    return names


def _fit(name: str) -> str:
    """Cut a name to `MAX_NAME_BYTES` bytes of UTF-8; the end becomes a hash of the whole."""
    encoded = name.encode()
    if len(encoded) <= MAX_NAME_BYTES:
        return name
    mark = "_" + hashlib.blake2b(encoded, digest_size=4).hexdigest()
    return encoded[: MAX_NAME_BYTES - len(mark)].decode(errors="ignore") + mark
