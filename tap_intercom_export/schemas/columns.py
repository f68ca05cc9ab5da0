"""Schema of a CSV file and its columns; `csv_files.py` has those of the message export."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tap_intercom_export.schemas.column_kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file, and the property that it becomes.

    Attributes:
        name: Name of the property.
        kind: Kind of the column.
        description: Description for the catalog.
        headers: Names of the column at Intercom, if the property's name is derived from them.
    """

    name: str
    kind: Kind
    description: str
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileSchema:
    """Schema of one CSV file, whose rows become one stream.

    Attributes:
        name: Name of the stream; in the message export also the statistic, with which the file's
            name begins.
        description: What a record is.
        columns: The columns in the order of real files.
        key: Names of the properties that identify a record.
        time: Columns with the time of the event; the first one that is not empty becomes
            `created_at`. Empty: `created_at` is a column of the file. None: the first column that
            ends in `_at` is used.
        required: Columns that are never empty, besides key and time.
        hash_name: Property for a hash of all non-empty columns, for files whose rows have no id;
            "" for none.
        fold_into: Property that takes all columns not listed here as one object; "" gives each a
            property of its own.
        has_window: Whether the bounds of the job's range are properties, because the values depend
            on them.
        has_file_name: Whether the file's name is a property and, without its time stamp, part of
            the hash.
        aliases: Other spellings of columns, to the name used here.
        distinctive_columns: Columns that together occur in no other file.
        empty_key: Whether key properties may be empty strings. Set for rows whose key may be
            missing.
        has_workspace: Whether the workspace's name is a property.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time: tuple[str, ...] | None
    required: tuple[str, ...] = ()
    hash_name: str = ""
    fold_into: str = ""
    has_window: bool = False
    has_file_name: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    distinctive_columns: tuple[str, ...] = ()
    empty_key: bool = False
    has_workspace: bool = False

    @property
    def derived_columns(self) -> tuple[Column, ...]:
        """Properties that are not columns of the file."""
        return (
            *((WORKSPACE_COLUMN,) if self.has_workspace else ()),
            *((Column(self.hash_name, Kind.ID, _HASH),) if self.hash_name else ()),
            *(() if self.time == () else (Column("created_at", Kind.TIME, _CREATED_AT),)),
            *(WINDOW_COLUMNS if self.has_window else ()),
            *((_STATISTIC, _FILE) if self.has_file_name else ()),
            *((Column(self.fold_into, Kind.OBJECT, _FOLDED),) if self.fold_into else ()),
        )

    @property
    def properties(self) -> tuple[Column, ...]:
        """All properties of a record that are known in advance."""
        return (*self.derived_columns, *self.columns)

    @property
    def row_key(self) -> tuple[str, ...]:
        """The part of the key that comes from the row: everything but the workspace."""
        return self.key[1:] if self.has_workspace else self.key

    def with_workspace(self, workspace: str) -> FileSchema:
        """Return the file with the workspace as a property and in the key.

        Args:
            workspace: The setting `workspace`; if empty, the file is returned unchanged.
        """
        if not workspace:
            return self
        return replace(self, has_workspace=True, key=(WORKSPACE_COLUMN.name, *self.key))


WORKSPACE_COLUMN = Column("workspace", Kind.ID, "The workspace: value of the setting `workspace`.")
"""Property of every record if the setting `workspace` is set."""

_HASH = "Hash of all filled columns of the row, which has no id at Intercom."
_CREATED_AT = "When it happened: the time by which the export selects rows (UTC)."
_FOLDED = "The file's other columns, by header."
WINDOW_COLUMNS = (
    Column("created_at_after", Kind.TIME, "First second of the job's range."),
    Column("created_at_before", Kind.TIME, "Last second of the job's range."),
)
"""The bounds of the job's range as properties of a record."""

_STATISTIC = Column("statistic", Kind.TEXT, "The file's name without its time stamp.")
_FILE = Column("file", Kind.TEXT, "Name of the CSV file in the archive.")


def json_schema(columns: Iterable[Column], key: Iterable[str]) -> dict[str, Any]:
    """Return the JSON schema of a record.

    Args:
        columns: The properties.
        key: Names of the properties that identify a record. They are never null.
    """
    never_null = set(key)
    properties = {}
    for column in columns:
        schema = column.kind.schema
        if column.name in never_null:
            schema["type"] = schema["type"][:1]
        properties[column.name] = {**schema, "description": column.description}
    return {"type": "object", "properties": properties}
