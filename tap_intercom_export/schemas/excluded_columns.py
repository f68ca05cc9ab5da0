"""The setting `excluded_columns`: patterns of columns that are never written, even if selected."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tap_intercom_export.schemas.property_names import snake_case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_intercom_export.schemas.columns import Column

_SEPARATORS = re.compile(r"[\s\-]+")


def is_pattern(text: str) -> bool:
    """Return whether a text is a pattern of a stream and a column, such as `*.email`.

    Args:
        text: An entry of the setting `excluded_columns`.
    """
    stream, dot, column = text.partition(".")
    return bool(stream.strip() and dot and column.strip())


class ExcludedColumns:
    """The patterns that can match columns of one stream.

    Names match in any spelling: `*.phone_number` also matches the header `Phone Number`. A key of
    an object (`answers`, `row`, `custom_attributes`) matches alone or after the property's name.

    Args:
        patterns: The setting: `stream.column`, with `*`, `?` and `[…]` as in file names.
        stream: Name of the stream.
    """

    def __init__(self, patterns: Iterable[str], stream: str) -> None:
        parts = [_normalized(pattern).partition(".") for pattern in patterns]
        self._patterns = [
            column for pattern, _, column in parts if fnmatchcase(stream.casefold(), pattern)
        ]

    def __bool__(self) -> bool:
        """Return whether any column of the stream can be excluded."""
        return bool(self._patterns)

    def excludes(self, column: Column) -> bool:
        """Return whether a column is excluded, by its property name or by one of its headers.

        Args:
            column: A column of the stream.
        """
        return self.matches(column.name) or any(map(self.matches, column.headers))

    def matches(self, name: str, parents: tuple[str, ...] = ()) -> bool:
        """Return whether a name is excluded.

        Args:
            name: Name of a property, a header, or a key of an object.
            parents: Names of the objects around the key, outermost first.
        """
        if not self._patterns:
            return False
        path_prefix = ".".join(map(_normalized, parents))
        names = {_normalized(name), snake_case(name)} - {""}
        paths = {f"{path_prefix}.{each}" for each in names} if path_prefix else set()
        return any(
            fnmatchcase(path, pattern) for pattern in self._patterns for path in names | paths
        )

    def prune(self, value: Any, parents: tuple[str, ...] = ()) -> Any:
        """Return a JSON value without the excluded keys, at any depth.

        Args:
            value: The value, such as a record.
            parents: Names of the objects around it, outermost first.
        """
        if isinstance(value, dict):
            return {
                key: self.prune(entry, (*parents, key))
                for key, entry in value.items()
                if not (parents and self.matches(key, parents))
            }
        if isinstance(value, list):
            return [self.prune(entry, parents) for entry in value]
        return value


def _normalized(name: str) -> str:
    return _SEPARATORS.sub("_", name.strip().casefold())
