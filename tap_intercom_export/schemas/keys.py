"""The key of a record as one text, for comparing the keys of many records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def record_key(record: Mapping[str, Any], key: Iterable[str]) -> str:
    """Return the text that identifies a record in its stream.

    Args:
        record: The record.
        key: Names of the properties that identify it.

    Returns:
        The values as compact JSON in ASCII, separated by commas; a missing one is null.
    """
    return ",".join(_dump(record.get(name)) for name in key)


_dump = json.JSONEncoder(separators=(",", ":"), default=str).encode
