"""Conversion of CSV headers to property names that every database accepts as column names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME_BYTES = 63
"""PostgreSQL's limit, the lowest of the common databases."""

RESERVED_NAMES = frozenset(
    {"cmax", "cmin", "ctid", "oid", "tableoid", "xmax", "xmin"}  # PostgreSQL's system columns
)
"""Names that a column of a table cannot have."""

RESERVED_PREFIX = "_sdc_"
"""Prefix of the columns that Singer targets add."""

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
"""Latin letters that are not a base letter with an accent (`casefold` turns `ß` into `ss`)."""


def snake_case(header: str) -> str:
    """Return a header in lower-case snake_case and ASCII, of any length.

    Headers that differ only in case, accents, or the separators between words (spaces, hyphens,
    dots, underscores) give the same result.

    Args:
        header: The header as it is in the file.

    Returns:
        E.g. `receipt_id` for `Receipt ID`; empty if it has no Latin letter or digit.
    """
    text = _normalized(header)
    if _VALID.fullmatch(text):
        return text
    return _UNDERSCORES.sub("_", _NOT_IN_NAMES.sub("_", _QUOTES.sub("", text))).strip("_")


def normalized_name(header: str) -> str:
    """Return only the letters and digits of a header, to compare headers in different spellings.

    Args:
        header: The header as it is in the file.
    """
    return snake_case(header).replace("_", "")


def property_name(header: str) -> str:
    """Return the property name for a header, independent of the other headers.

    This is `snake_case(header)`. A hash of the header is appended if another header could give the
    same name: if characters are left out (`Discount %`), if it is too long, or if it is reserved.

    Args:
        header: The header as it is in the file.
    """
    name = snake_case(header)
    name = f"_{name}" if name[:1].isdigit() else name
    keeps_all = bool(name) and not _NOT_IN_NAMES.search(_SEPARATORS.sub("_", _normalized(header)))
    is_reserved = name in RESERVED_NAMES or name.startswith(RESERVED_PREFIX)
    if keeps_all and not is_reserved and len(name) <= MAX_NAME_BYTES:
        return name
    if name.startswith(RESERVED_PREFIX):
        name = name.removeprefix("_")
    return _with_hash(name or "column", " ".join(_normalized(header).split()))


def unique_property_names(headers: Iterable[str], reserved: Iterable[str]) -> list[str]:
    """Return a unique property name for each header.

    Each header gets its `property_name`. If several headers would get the same one, the header that
    equals the name gets it, and a hash of the header is appended for the others.

    Args:
        headers: Headers, in any order.
        reserved: Names that are already in use.
    """
    used = set(reserved)
    headers = list(headers)
    wanted = [property_name(header) for header in headers]
    names = [""] * len(headers)
    occurrences: Counter[str] = Counter()
    order = sorted(range(len(headers)), key=lambda index: _rank(headers[index], wanted[index]))
    for index in order:
        header, name = headers[index], wanted[index]
        occurrences[header] += 1
        original, count = f"{header}\0{occurrences[header]}", 0
        while name in used:
            name = _with_hash(wanted[index], f"{original}\0{count}" if count else original)
            count += 1
        used.add(name)
        names[index] = name
    return names


def _rank(header: str, name: str) -> tuple[bool, str]:
    """Return the sort key of headers with the same name: a header that equals the name is first."""
    return header != name, header


def _normalized(header: str) -> str:
    """Return a header without case, accents and surrounding white space."""
    text = unicodedata.normalize("NFKD", header.replace("\0", "").strip()).casefold()
    text = unicodedata.normalize("NFKD", text)
    text = "".join(character for character in text if not unicodedata.combining(character))
    return text.translate(_LETTERS)


def _with_hash(name: str, original: str) -> str:
    """Return a name with a hash of its origin appended."""
    data = original.encode(errors="surrogatepass")
    mark = "_" + hashlib.blake2b(data, digest_size=4).hexdigest()
    return name[: MAX_NAME_BYTES - len(mark)] + mark
