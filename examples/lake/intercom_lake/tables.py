"""The Delta tables of a lake, one a stream."""

from __future__ import annotations

from deltalake import DeltaTable

from intercom_lake.landing import open_folder, subfolders


def stream_names(tables: str) -> list[str]:
    """Return the streams of which there is a table.

    Args:
        tables: Folder or URL below which the tables are.
    """
    return subfolders(*open_folder(tables))


def open_table(tables: str, stream: str, version: int | None = None) -> DeltaTable:
    """Open the table of a stream.

    Args:
        tables: Folder or URL below which the tables are.
        stream: The stream.
        version: Its version; the latest without one.
    """
    return DeltaTable(f"{tables.rstrip('/')}/{stream}", version=version)
