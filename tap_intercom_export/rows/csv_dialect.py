"""How a CSV file is written: its delimiter, and an encoding that is not UTF-8."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

DELIMITERS = (",", ";", "\t")
"""Delimiters that are known; the first one is RFC 4180's."""

_UTF_16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_QUOTED = re.compile('"[^"]*"?')


def delimiter_of(text: str) -> str:
    """Return the delimiter of a CSV file.

    It is the first one that stands in the header, unless there are more commas than of it.

    Args:
        text: The beginning of the file, with its header.
    """
    header = _QUOTED.sub("", text).lstrip("\r\n").partition("\n")[0]
    places = [(header.find(each), each) for each in DELIMITERS if each in header]
    first = min(places, default=(0, DELIMITERS[0]))[1]
    return first if header.count(first) >= header.count(DELIMITERS[0]) else DELIMITERS[0]


def as_utf_8(source: BinaryIO) -> Callable[[int], bytes]:
    """Return what reads a file in UTF-8, also if it begins with the mark of UTF-16.

    Half a surrogate pair, which is no character, becomes bytes that are no UTF-8.

    Args:
        source: The file in bytes, at its start.

    Returns:
        Like `source.read`; it may return more or fewer bytes, and none only at the end.
    """
    head = source.read(2)
    if head in _UTF_16_BOMS:
        decode = codecs.getincrementaldecoder("utf-16")("surrogatepass").decode
        decode(head)

        def read_utf_16(size: int) -> bytes:
            while data := source.read(size):
                if text := decode(data):
                    return text.encode(errors="surrogatepass")
            return decode(b"", final=True).encode(errors="surrogatepass")

        return read_utf_16
    rest = [head]

    def read(size: int) -> bytes:
        return rest.pop() + source.read(size) if rest else source.read(size)

    return read
