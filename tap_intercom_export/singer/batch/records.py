"""Records on their way to a batch file: lines of JSON, or a table."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


class JsonRecords:
    """Records as lines of JSON.

    Args:
        data: JSON objects without line ends in them, each with its line end.
        count: Number of records.
    """

    def __init__(self, data: bytes, count: int) -> None:
        self.data = data
        self.count = count

    @property
    def size(self) -> int:
        """Memory, in bytes."""
        return len(self.data)

    def as_lines(self) -> bytes:
        """Return all records as lines of JSON."""
        return self.data

    @cached_property
    def _lines(self) -> list[bytes]:
        return self.data.splitlines(keepends=True)

    def lines(self, places: Sequence[int]) -> list[bytes]:
        """Return some of the records as lines of JSON, each with its line end."""
        return [self._lines[place] for place in places]

    def take(self, places: Sequence[int]) -> JsonRecords:
        """Return some of the records."""
        return JsonRecords(b"".join(self.lines(places)), len(places))


class TableRecords:
    """Records as an Arrow table.

    Args:
        table: The table. Its times are in UTC.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.count: int = table.num_rows

    @property
    def size(self) -> int:
        """Memory, in bytes."""
        return self.table.nbytes  # type: ignore[no-any-return]

    def as_lines(self) -> bytes:
        """Return all records as lines of JSON."""
        return b"".join(self.lines(range(self.count)))

    def lines(self, places: Sequence[int]) -> list[bytes]:
        """Return some of the records as lines of JSON, each with its line end."""
        rows = self.table.take([*places]).to_pylist()
        return [json.dumps(row, default=datetime.isoformat).encode() + b"\n" for row in rows]

    def take(self, places: Sequence[int]) -> TableRecords:
        """Return some of the records."""
        return TableRecords(self.table.take([*places]))


Records = JsonRecords | TableRecords
"""Records of which the writer can take some; the others may follow in another file."""
