"""Detection of a CSV file's delimiter, and decoding of UTF-16."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

DELIMITERS = (",", ";", "\t")
"""Supported delimiters; the first one is RFC 4180's."""

_UTF_16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_QUOTED = re.compile('"[^"]*"?')


def delimiter_of(text: str) -> str:
    """Return the delimiter of a CSV file.

    It is the delimiter that comes first in the header, unless the header has more commas.

    Args:
        text: The beginning of the file, with its header.
    """
    header = _QUOTED.sub("", text).lstrip("\r\n").partition("\n")[0]
    places = [(header.find(each), each) for each in DELIMITERS if each in header]
    first = min(places, default=(0, DELIMITERS[0]))[1]
    return first if header.count(first) >= header.count(DELIMITERS[0]) else DELIMITERS[0]


def as_utf_8(source: BinaryIO) -> Callable[[int], bytes]:
    """Return a function that reads a file as UTF-8, converting UTF-16 with a byte order mark.

    Half a surrogate pair, which is not a character, becomes bytes that are not valid UTF-8.

    Args:
        source: The file, at its start.

    Returns:
        A function like `source.read`. It may return more or fewer bytes than asked for, and none
        only at the end of the file.
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
