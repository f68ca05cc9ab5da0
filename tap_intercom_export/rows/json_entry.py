"""Converts entries of a JSON list to typed records, with strings that databases can store."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from tap_intercom_export.rows.cell_parsers import time, time_of_number
from tap_intercom_export.rows.unreadable_cell import UnreadableCellError
from tap_intercom_export.schemas import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from tap_intercom_export.schemas import Column

REPLACEMENT_CHARACTER = "\ufffd"
"""Replaces characters that databases cannot store."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL refuses in texts, and half a surrogate pair, which has no UTF-8
encoding."""

OBJECT_TYPE = "type"
"""Property of all of Intercom's objects that names their kind; it is the same in a whole list."""

_JSON_NAMES = {dict: "an object", list: "a list", bool: "true or false", str: "a text"}


class EntryReader:
    """Converts the entries of one list to records.

    Args:
        columns: Properties of a record.
        key: Names of the properties that identify a record.

    Attributes:
        replaced: Number of characters replaced so far.
        entries_with_replacements: Number of entries with replaced characters.
        unknown: Names of properties that are not in `columns` and not null in all entries.
    """

    def __init__(self, columns: Iterable[Column], key: Collection[str]) -> None:
        self._columns = tuple(columns)
        self._key = frozenset(key)
        self.replaced = 0
        self.entries_with_replacements = 0
        self.unknown: set[str] = set()
        self._known = {OBJECT_TYPE, *(column.name for column in self._columns)}

    def record(self, entry: Any) -> dict[str, Any]:
        """Return the record of an entry, with all properties; missing ones are None.

        Args:
            entry: A JSON value.

        Raises:
            UnreadableCellError: A value is not a time.
            ValueError: The entry is not an object, another value does not have its property's
                kind, or a key property is missing or has a character that databases cannot store.
        """
        if not isinstance(entry, dict):
            raise _type_error(entry, "an object")
        record = {}
        replaced = 0
        for column in self._columns:
            try:
                value, count = _with_storable_text(_read(column.kind, entry.get(column.name)))
            except ValueError as error:
                cell = entry.get(column.name)
                if column.kind is Kind.TIME and not isinstance(cell, (dict, list, bool)):
                    raise UnreadableCellError(column.name, error, str(cell)) from None
                raise ValueError(f"{column.name} {error}") from None
            if column.name in self._key:
                if value is None or value == "":
                    raise ValueError(f"{column.name} is empty")
                if count:
                    raise ValueError(f"{column.name} has a character that databases cannot store")
            record[column.name] = value
            replaced += count
        self.replaced += replaced
        self.entries_with_replacements += bool(replaced)
        self.unknown.update(name for name in entry.keys() - self._known if entry[name] is not None)
        return record


def _read(kind: Kind, value: Any) -> Any:
    """Convert a JSON value to a property's kind.

    Raises:
        ValueError: It cannot be converted.
    """
    return None if value is None else _READERS[kind](value)


def _time(value: Any) -> str | None:
    if isinstance(value, str):
        return time(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _type_error(value, "a time")
    return time_of_number(value)


def _identifier(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _type_error(value, "an id")
    return str(value)


def _identifiers(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise _type_error(value, "a list of ids")
    return [_identifier(entry) for entry in value]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, (str, int, float)):
        raise _type_error(value, "a text")
    return str(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in {"true", "false"}:
        return word == "true"
    raise _type_error(value, "true or false")


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _type_error(value, "an object")
    return value


_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TIME: _time,
    Kind.ID: _identifier,
    Kind.IDS: _identifiers,
    Kind.TEXT: _text,
    Kind.BOOLEAN: _boolean,
    Kind.OBJECT: _object,
}
"""Conversion of a JSON value that is not null, by the kinds that lists use."""


def _type_error(value: Any, expected: str) -> ValueError:
    """Return the error for a JSON value of an unexpected type."""
    name = "null" if value is None else _JSON_NAMES.get(type(value), "a number")
    return ValueError(f"is {name}, not {expected}")


def _with_storable_text(value: Any) -> tuple[Any, int]:
    """Return a JSON value with each character that databases cannot store replaced by U+FFFD.

    Objects and lists are searched too, including property names.

    Returns:
        The value, and the number of replaced characters.

    Raises:
        ValueError: The value has a number that JSON does not allow, or is nested too deeply.
    """
    try:
        return _replace_unstorable(value)
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _replace_unstorable(value: Any) -> tuple[Any, int]:
    if isinstance(value, str):
        return (
            _UNSTORABLE.subn(REPLACEMENT_CHARACTER, value)
            if _UNSTORABLE.search(value)
            else (value, 0)
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"has {value}, which is not a number in JSON")
    if isinstance(value, list):
        pairs = [_replace_unstorable(entry) for entry in value]
        return [entry for entry, _ in pairs], sum(count for _, count in pairs)
    if isinstance(value, dict):
        return _replace_in_object(value)
    return value, 0


def _replace_in_object(value: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Replace characters in an object. A name that then exists already gets a number."""
    found: dict[str, Any] = {}
    total = 0
    for name, entry in value.items():
        (wanted, in_name), (content, in_content) = (
            _replace_unstorable(name),
            _replace_unstorable(entry),
        )
        unique, number = wanted, 1
        while in_name and (unique in found or unique in value):
            number += 1
            unique = f"{wanted} ({number})"
        found[unique] = content
        total += in_name + in_content
    return found, total
