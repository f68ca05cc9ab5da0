"""Headers of a CSV file to property names that every database takes as column names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME_BYTES = 63
"""Bytes. PostgreSQL's limit, the lowest of the common databases."""

RESERVED_NAMES = frozenset(
    {"cmax", "cmin", "ctid", "oid", "tableoid", "xmax", "xmin"}  # PostgreSQL's system columns
)
"""Names that no column of a table may have."""

RESERVED_PREFIX = "_sdc_"
"""Begins the names of the columns that Singer targets add."""

_VALID = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_SEPARATORS = re.compile(r"[\s_\-./:]+")
_QUOTES = re.compile("['\"`\u00b4\u2018-\u201f]")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]+", re.ASCII)
_UNDERSCORES = re.compile("__+")
_LETTERS = str.maketrans(
    {
        "æ": "ae",
        "ð": "d",
        "ø": "o",
        "þ": "th",
        "đ": "d",
        "ħ": "h",
        "\u0131": "i",
        "ł": "l",
        "œ": "oe",
        "ŧ": "t",
    }
)
"""Latin letters that are none with an accent (`casefold` makes `ss` of `ß`)."""


def fold(header: str) -> str:
    """Return a header in lower-case snake_case and ASCII, of any length.

    Headers that differ only in how they are written have the same: capitals, accents, and spaces,
    hyphens, dots or underscores between words.

    Args:
        header: As it stands in the file.

    Returns:
        E.g. `receipt_id` for `Receipt ID`; empty where no letter or digit of it is Latin.
    """
    text = _plain(header)
    if _VALID.fullmatch(text):
        return text
    return _UNDERSCORES.sub("_", _NOT_IN_NAMES.sub("_", _QUOTES.sub("", text))).strip("_")


def spelling(header: str) -> str:
    """Return what remains of a header without its writing: its letters and digits."""
    return fold(header).replace("_", "")


def property_name(header: str) -> str:
    """Return the property name for a header: always the same one, whatever stands beside it.

    That is `fold` where it keeps all of the header. Otherwise a hash of the header marks the name,
    because another header could have the same: where characters are left out (`Discount %`), where
    it is too long, or where the name is reserved.

    Args:
        header: As it stands in the file.
    """
    name = fold(header)
    name = f"_{name}" if name[:1].isdigit() else name
    keeps_all = bool(name) and not _NOT_IN_NAMES.search(_SEPARATORS.sub("_", _plain(header)))
    is_reserved = name in RESERVED_NAMES or name.startswith(RESERVED_PREFIX)
    if keeps_all and not is_reserved and len(name) <= MAX_NAME_BYTES:
        return name
    if name.startswith(RESERVED_PREFIX):
        name = name.removeprefix("_")
    return _marked(name or "column", " ".join(_plain(header).split()))


def property_names(headers: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return a property name for each header, no two alike.

    Each has its `property_name`, where no other has it. Of several that would have the same, which
    then differ only in how they are written or not at all, the one that is written like the name
    has it; a hash of the header marks the others.

    Args:
        headers: Names of columns, in any order.
        taken: Names that are already in use.
    """
    used = set(taken)
    headers = list(headers)
    wanted = [property_name(header) for header in headers]
    names = [""] * len(headers)
    repeats: Counter[str] = Counter()
    order = sorted(range(len(headers)), key=lambda place: _rank(headers[place], wanted[place]))
    for place in order:
        header, name = headers[place], wanted[place]
        repeats[header] += 1
        original, count = f"{header}\0{repeats[header]}", 0
        while name in used:
            name = _marked(wanted[place], f"{original}\0{count}" if count else original)
            count += 1
        used.add(name)
        names[place] = name
    return names


def _rank(header: str, name: str) -> tuple[bool, str]:
    """Return what sorts the headers of one name: the one that is written like it comes first."""
    return header != name, header


def _plain(header: str) -> str:
    """Return a header without capitals, accents and blanks at its ends."""
    text = unicodedata.normalize("NFKD", header.replace("\0", "").strip()).casefold()
    text = unicodedata.normalize("NFKD", text)
    text = "".join(character for character in text if not unicodedata.combining(character))
    return text.translate(_LETTERS)


def _marked(name: str, original: str) -> str:
    """Return a name that ends with a hash of what it was made of."""
    data = original.encode(errors="surrogatepass")
    mark = "_" + hashlib.blake2b(data, digest_size=4).hexdigest()
    return name[: MAX_NAME_BYTES - len(mark)] + mark
