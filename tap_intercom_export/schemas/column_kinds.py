"""Kinds of columns, which are their types, and the JSON schema of each.

A new kind also needs a parser: in `rows.cell_parsers` for cells of CSV, in `rows.json_entry` for
entries of lists, which know only the kinds that lists use. In `rows.table_reader` it may have a
faster way into Parquet.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class Kind(Enum):
    """The kind of a column: how its cells are read, and its JSON schema."""

    TEXT = "text"
    ID = "id"
    """An identifier. Always a string, because ids exceed 2^53 and may have leading zeros."""
    OPTIONAL_ID = "optional id"
    """An identifier for which Intercom writes -1 if there is none."""
    TIME = "time"
    NUMBER = "number"
    INTEGER = "integer"
    OBJECT = "object"
    BOOLEAN = "boolean"
    IDS = "ids"
    """A list of identifiers."""
    REPORTED_TIME = "reported time"
    """A time in a reporting dataset. A cell that is not a time goes to an extra text column."""
    REPORTED_NUMBER = "reported number"
    """A number in a reporting dataset. A cell that is not a number goes to an extra text column."""

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of a nullable property of this kind."""
        return dict(_SCHEMAS[self])


_SCHEMAS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": ["string", "null"]},
    Kind.ID: {"type": ["string", "null"]},
    Kind.OPTIONAL_ID: {"type": ["string", "null"]},
    Kind.TIME: {"type": ["string", "null"], "format": "date-time"},
    Kind.NUMBER: {"type": ["number", "null"]},
    Kind.INTEGER: {"type": ["integer", "null"]},
    Kind.REPORTED_TIME: {"type": ["string", "null"], "format": "date-time"},
    Kind.REPORTED_NUMBER: {"type": ["number", "null"]},
    Kind.BOOLEAN: {"type": ["boolean", "null"]},
    Kind.IDS: {"type": ["array", "null"], "items": {"type": "string"}},
    Kind.OBJECT: {"type": ["object", "null"], "additionalProperties": True},
}

TIME_KINDS = {Kind.TIME, Kind.REPORTED_TIME}
"""Kinds whose cells are times."""

LENIENT_KINDS = {Kind.REPORTED_TIME, Kind.REPORTED_NUMBER}
"""Kinds for which an unreadable cell does not reject the row."""
