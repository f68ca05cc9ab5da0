"""What describes a CSV file of the export and its columns; `files.py` holds the descriptions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tap_intercom_export.schemas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file, and the property that it becomes.

    Attributes:
        name: Its name in the stream.
        kind: Its kind.
        description: What it says.
        headers: Names it has at Intercom, where the property's is made of them.
    """

    name: str
    kind: Kind
    description: str
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatisticFile:
    """One CSV file of the archive, which becomes one stream.

    Attributes:
        name: The statistic's name, which begins the file's name and names the stream.
        description: What a record is.
        columns: Its columns in the order of real files.
        key: Names of the properties that identify a record.
        time: Columns that say when it happened; the first that is not empty becomes `created_at`.
            Empty: `created_at` is a column of the file. None: the first column ending in `_at`.
        required: Columns that are never empty, besides those of the key and the time.
        hash_name: Property for the hash of all filled columns, for files without an id of their
            own; "" for none.
        fold_into: Property that takes all columns not listed, as one object; "" keeps each.
        has_window: The bounds of the job's range are properties, because the values depend on it.
        has_file_name: The file's name is a property, and without its stamp in the hash.
        aliases: Other spellings of columns, to the name here.
        known_by: Columns that no other file has together.
        empty_key: A key may be an empty text, for rows of which nobody knows whether it can.
        has_workspace: The workspace's name is a property.
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
    known_by: tuple[str, ...] = ()
    empty_key: bool = False
    has_workspace: bool = False

    @property
    def added(self) -> tuple[Column, ...]:
        """The properties that are not columns of the file."""
        return (
            *((WORKSPACE,) if self.has_workspace else ()),
            *((Column(self.hash_name, Kind.ID, _HASH),) if self.hash_name else ()),
            *(() if self.time == () else (Column("created_at", Kind.TIME, _CREATED_AT),)),
            *(WINDOW_COLUMNS if self.has_window else ()),
            *((_STATISTIC, _FILE) if self.has_file_name else ()),
            *((Column(self.fold_into, Kind.OBJECT, _FOLDED),) if self.fold_into else ()),
        )

    @property
    def properties(self) -> tuple[Column, ...]:
        """All properties of a record that are known beforehand."""
        return (*self.added, *self.columns)

    @property
    def own_key(self) -> tuple[str, ...]:
        """The part of the key that comes from the row: all but the workspace."""
        return self.key[1:] if self.has_workspace else self.key

    def of_workspace(self, workspace: str) -> StatisticFile:
        """Return the file with the workspace's name among the properties and in the key.

        Args:
            workspace: The setting `workspace`; without one, the file stays as it is.
        """
        if not workspace:
            return self
        return replace(self, has_workspace=True, key=(WORKSPACE.name, *self.key))


WORKSPACE = Column("workspace", Kind.ID, "The workspace, as the setting of this name has it.")
"""A property of every record where the setting is set."""

_HASH = "Hash of all filled columns of the row, which has no id at Intercom."
_CREATED_AT = "When it happened: the time by which the export selects (UTC)."
_FOLDED = "The file's other columns, by their headers."
WINDOW_COLUMNS = (
    Column("created_at_after", Kind.TIME, "First second of the job's range."),
    Column("created_at_before", Kind.TIME, "Last second of the job's range."),
)
"""The bounds of the job's range, as properties of a record."""

_STATISTIC = Column("statistic", Kind.TEXT, "The file's name without its time stamp.")
_FILE = Column("file", Kind.TEXT, "Name of the CSV file in the archive.")


def json_schema(columns: Iterable[Column], key: Iterable[str]) -> dict[str, Any]:
    """Return the JSON schema of a record.

    Args:
        columns: Its properties.
        key: Names of those that identify it and are never null.
    """
    never_null = set(key)
    properties = {}
    for column in columns:
        schema = column.kind.schema
        if column.name in never_null:
            schema["type"] = schema["type"][:1]
        properties[column.name] = {**schema, "description": column.description}
    return {"type": "object", "properties": properties}
