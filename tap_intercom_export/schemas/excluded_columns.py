"""The setting `excluded_columns`: patterns of columns that never go out, whatever is selected."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tap_intercom_export.schemas.property_names import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_intercom_export.schemas.columns import Column

_SEPARATORS = re.compile(r"[\s\-]+")


def is_pattern(text: str) -> bool:
    """Tell whether a text is a pattern of a stream and a column, such as `*.email`."""
    stream, dot, column = text.partition(".")
    return bool(stream.strip() and dot and column.strip())


class ExcludedColumns:
    """The patterns that may match columns of one stream.

    Names match in any writing: `*.phone_number` is the header `Phone Number`, too. What stands in
    objects (`answers`, `row`, `custom_attributes`) matches by its key, alone or after the
    property's name.

    Args:
        patterns: The setting: `stream.column`, with `*`, `?` and `[…]` as in file names.
        stream: Name of the stream.
    """

    def __init__(self, patterns: Iterable[str], stream: str) -> None:
        parts = [_plain(pattern).partition(".") for pattern in patterns]
        self._patterns = [
            column for pattern, _, column in parts if fnmatchcase(stream.casefold(), pattern)
        ]

    def __bool__(self) -> bool:
        """Tell whether any column of the stream may be excluded."""
        return bool(self._patterns)

    def has(self, column: Column) -> bool:
        """Tell whether a column is excluded: by its name, or by what it is called at Intercom."""
        return self.matches(column.name) or any(map(self.matches, column.headers))

    def matches(self, name: str, parents: tuple[str, ...] = ()) -> bool:
        """Tell whether a name is excluded.

        Args:
            name: Of a property, a header, or a key of an object.
            parents: Names of the objects that the key is in, the outermost first.
        """
        if not self._patterns:
            return False
        above = ".".join(map(_plain, parents))
        names = {_plain(name), fold(name)} - {""}
        paths = {f"{above}.{each}" for each in names} if above else set()
        return any(
            fnmatchcase(path, pattern) for pattern in self._patterns for path in names | paths
        )

    def pruned(self, value: Any, parents: tuple[str, ...] = ()) -> Any:
        """Return a JSON value without the keys that are excluded, however deep they are.

        Args:
            value: E.g. a record.
            parents: Names of the objects it is in.
        """
        if isinstance(value, dict):
            return {
                key: self.pruned(entry, (*parents, key))
                for key, entry in value.items()
                if not (parents and self.matches(key, parents))
            }
        if isinstance(value, list):
            return [self.pruned(entry, parents) for entry in value]
        return value


def _plain(name: str) -> str:
    return _SEPARATORS.sub("_", name.strip().casefold())
