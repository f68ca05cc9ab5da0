"""Decodes text without losing a byte, and marks the characters that databases refuse."""

from __future__ import annotations

import re

NUL = "\udc00"
"""Mark for a NUL in decoded text. Valid UTF-8 cannot contain it, nor any other of `_INVALID`."""

_INVALID = re.compile("[\udc00-\udcff]")
"""Matches the mark for a NUL, or for a byte that is not UTF-8 (PEP 383)."""


def decode(data: bytes) -> tuple[str, bool]:
    """Decode UTF-8; mark NUL and bytes that are not UTF-8, for `replace_invalid`.

    Args:
        data: Bytes of a CSV file.

    Returns:
        The text, and whether it has such marks.
    """
    try:
        text, is_valid = data.decode(), True
    except UnicodeDecodeError:
        text, is_valid = data.decode(errors="surrogateescape"), False
    if b"\0" in data:
        text, is_valid = text.replace("\0", NUL), False
    return text, not is_valid


def encode(text: str) -> bytes:
    """Return the bytes from which `decode` made a text.

    Args:
        text: A text that `decode` returned, or a part of it.
    """
    return text.replace(NUL, "\0").encode(errors="surrogateescape")


def replace_invalid(cell: str) -> tuple[str, int]:
    """Return a decoded text with U+FFFD in place of each mark, and the number of marks.

    Args:
        cell: A text that `decode` returned, or a part of it.
    """
    return _INVALID.subn("\ufffd", cell)
