"""The Delta tables of a lake, one per stream."""

from __future__ import annotations

from deltalake import DeltaTable

from intercom_lake.landing import open_folder, subfolders


def stream_names(tables: str) -> list[str]:
    """Return the streams that have a table.

    Args:
        tables: Folder or URL of the tables.
    """
    return subfolders(*open_folder(tables))


def open_table(tables: str, stream: str, version: int | None = None) -> DeltaTable:
    """Open the table of a stream.

    Args:
        tables: Folder or URL of the tables.
        stream: The stream.
        version: Version of the table; None for the latest.
    """
    return DeltaTable(f"{tables.rstrip('/')}/{stream}", version=version)
