"""Bytes to text without losing a byte; what no database stores is marked, to be replaced later."""

from __future__ import annotations

import re

NUL = "\udc00"
"""Stands for a NUL in decoded text. No text that is UTF-8 holds it, nor any of `_INVALID`."""

_INVALID = re.compile("[\udc00-\udcff]")
"""A NUL, or a byte that is not UTF-8 (PEP 383)."""


def decode(data: bytes) -> tuple[str, bool]:
    """Decode UTF-8; what is not, and NUL, become characters that `replace_invalid` knows.

    Returns:
        The text, and whether it has such characters.
    """
    try:
        text, is_valid = data.decode(), True
    except UnicodeDecodeError:
        text, is_valid = data.decode(errors="surrogateescape"), False
    if b"\0" in data:
        text, is_valid = text.replace("\0", NUL), False
    return text, not is_valid


def encode(text: str) -> bytes:
    """Return the bytes that `decode` was given."""
    return text.replace(NUL, "\0").encode(errors="surrogateescape")


def replace_invalid(cell: str) -> tuple[str, int]:
    """Return a decoded text with U+FFFD for what no database holds, and how often it stands."""
    return _INVALID.subn("\ufffd", cell)
