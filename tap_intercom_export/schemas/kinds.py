"""The kinds of column, and the JSON schema of each."""

from __future__ import annotations

from enum import Enum
from typing import Any


class Kind(Enum):
    """The kinds of column."""

    TEXT = "text"
    ID = "id"
    """An identifier, always a string: past 2^53 and with leading zeros."""
    OPTIONAL_ID = "optional id"
    """An identifier for which Intercom writes -1 where there is none."""
    TIME = "time"
    NUMBER = "number"
    INTEGER = "integer"
    OBJECT = "object"
    BOOLEAN = "boolean"
    IDS = "ids"
    """A list of identifiers."""
    REPORTED_TIME = "reported time"
    """A time in a reporting dataset; one that cannot be read goes to a text column beside it."""
    REPORTED_NUMBER = "reported number"
    """A number in a reporting dataset; likewise."""

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

LENIENT_KINDS = {Kind.REPORTED_TIME, Kind.REPORTED_NUMBER}
"""Kinds of which a cell that cannot be read does not cost the row."""
