"""A block of encoded rows: lines of JSON, or an Arrow table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from tap_intercom_export.schemas import Column


@dataclass(frozen=True, slots=True)
class EncodedBlock:
    """Encoded rows.

    Attributes:
        data: The lines, each with its line end; empty if there is a table.
        count: Number of rows.
        columns: Columns that occur for the first time in these lines; they are to be announced
            before.
        keys: The key of each record (`record_key`), if the encoder was asked for keys.
        table: The rows as a table, in place of lines; only if the encoder was asked for tables.
    """

    data: bytes
    count: int
    columns: tuple[Column, ...] = ()
    keys: tuple[str, ...] = ()
    table: pa.Table | None = None
