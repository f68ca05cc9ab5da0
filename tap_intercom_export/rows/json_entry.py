"""Entries of a JSON list to typed records: each property as its kind, texts that databases take."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from tap_intercom_export.rows.parsers import time, time_of_number
from tap_intercom_export.rows.unreadable_cell import UnreadableCellError
from tap_intercom_export.schemas import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from tap_intercom_export.schemas import Column

REPLACEMENT = "\ufffd"
"""Stands for a character that databases cannot hold."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL refuses in texts, and half a surrogate pair, which has no UTF-8."""

_JSON_NAMES = {dict: "an object", list: "a list", bool: "true or false", str: "a text"}


class EntryReader:
    """Makes the records of one list.

    Args:
        columns: The properties of a record.
        key: Names of those that identify it.

    Attributes:
        replaced: Characters that were replaced, so far.
        entries_with_replacements: Entries in which they were.
    """

    def __init__(self, columns: Iterable[Column], key: Collection[str]) -> None:
        self._columns = tuple(columns)
        self._key = frozenset(key)
        self.replaced = 0
        self.entries_with_replacements = 0

    def record(self, entry: Any) -> dict[str, Any]:
        """Return the record of an entry, with every property; what is not there is None.

        Args:
            entry: A JSON value.

        Raises:
            ValueError: It is no object, a property cannot be read as its kind, or what identifies
                the entry is missing or holds a character that databases cannot hold.
        """
        if not isinstance(entry, dict):
            raise _not(entry, "an object")
        record = {}
        replaced = 0
        for column in self._columns:
            try:
                value, count = _storable(_read(column.kind, entry.get(column.name)))
            except ValueError as error:
                cell = entry.get(column.name)
                if column.kind is Kind.TIME and not isinstance(cell, (dict, list, bool)):
                    raise UnreadableCellError(column.name, error, str(cell)) from None
                raise ValueError(f"{column.name} {error}") from None
            if column.name in self._key:
                if value is None or value == "":
                    raise ValueError(f"{column.name} is empty")
                if count:
                    raise ValueError(f"{column.name} has a character that databases cannot hold")
            record[column.name] = value
            replaced += count
        self.replaced += replaced
        self.entries_with_replacements += bool(replaced)
        return record


def _read(kind: Kind, value: Any) -> Any:
    """Return a JSON value as a property's kind.

    Raises:
        ValueError: It cannot be read as that.
    """
    return None if value is None else _READERS[kind](value)


def _time(value: Any) -> str | None:
    if isinstance(value, str):
        return time(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _not(value, "a time")
    return time_of_number(value)


def _identifier(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _not(value, "an id")
    return str(value)


def _identifiers(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise _not(value, "a list of ids")
    return [_identifier(entry) for entry in value]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, (str, int, float)):
        raise _not(value, "a text")
    return str(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in {"true", "false"}:
        return word == "true"
    raise _not(value, "true or false")


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _not(value, "an object")
    return value


_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TIME: _time,
    Kind.ID: _identifier,
    Kind.IDS: _identifiers,
    Kind.TEXT: _text,
    Kind.BOOLEAN: _boolean,
    Kind.OBJECT: _object,
}
"""How a JSON value that is not null becomes one of each kind that lists have."""


def _not(value: Any, expected: str) -> ValueError:
    """Return the error of a JSON value that has another type than is expected."""
    name = "null" if value is None else _JSON_NAMES.get(type(value), "a number")
    return ValueError(f"is {name}, not {expected}")


def _storable(value: Any) -> tuple[Any, int]:
    """Return a JSON value with U+FFFD for each character that databases cannot hold.

    Also inside objects and lists, names of properties included.

    Returns:
        The value, and how many characters were replaced.

    Raises:
        ValueError: It holds a number that JSON does not know, or is nested too deeply.
    """
    try:
        return _replaced(value)
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _replaced(value: Any) -> tuple[Any, int]:
    if isinstance(value, str):
        return _UNSTORABLE.subn(REPLACEMENT, value) if _UNSTORABLE.search(value) else (value, 0)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"holds {value}, which is no number in JSON")
    if isinstance(value, list):
        pairs = [_replaced(entry) for entry in value]
        return [entry for entry, _ in pairs], sum(count for _, count in pairs)
    if isinstance(value, dict):
        return _replaced_object(value)
    return value, 0


def _replaced_object(value: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Do so in an object; a name that is then there already gets a number."""
    found: dict[str, Any] = {}
    total = 0
    for name, entry in value.items():
        (wanted, in_name), (content, in_content) = _replaced(name), _replaced(entry)
        unique, number = wanted, 1
        while in_name and (unique in found or unique in value):
            number += 1
            unique = f"{wanted} ({number})"
        found[unique] = content
        total += in_name + in_content
    return found, total
