"""Reads CSV files with the row reader, and rows with a cell in each known column."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_intercom_export.rows.csv_reader import DamagedRow
    from tap_intercom_export.schemas.columns import Column, FileSchema

AFTER, BEFORE = "2026-04-01T00:00:00Z", "2026-04-30T23:59:59Z"
NOON, NOON_IN_A_FILE = "2026-04-13T12:32:22Z", "2026-04-13T12:32:22.000Z"
LATER, LATER_IN_A_FILE = "2026-04-14T08:00:00Z", "2026-04-14T08:00:00.000Z"
KNOWN_FILES = [file for file in MESSAGE_FILES.values() if file.time is not None]


def ids(file: FileSchema) -> str:
    return file.name


@dataclass(frozen=True)
class Result:
    """Records and damaged rows of a file."""

    records: list[dict[str, Any]]
    damaged: list[DamagedRow]
    extra: tuple[Column, ...]

    @property
    def record(self) -> dict[str, Any]:
        """The only record; fails if there are damaged rows."""
        assert self.damaged == []
        (record,) = self.records
        return record


def read_bytes(file: FileSchema, data: bytes, name: str = "") -> Result:
    """Read a file from bytes."""
    damaged: list[DamagedRow] = []
    constants = {
        "created_at": BEFORE,
        "created_at_after": AFTER,
        "created_at_before": BEFORE,
        "statistic": name or file.name,
        "file": f"{name or file.name}_20260430.csv",
    }
    reader = RowReader(io.BytesIO(data), file, constants, damaged.append)
    return Result(list(reader), damaged, reader.format.extra)


def read(file: FileSchema, header: Sequence[str], *rows: Sequence[str], name: str = "") -> Result:
    """Read a file with the given rows."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return read_bytes(file, text.getvalue().encode(), name)


def read_one(file: FileSchema, row: dict[str, str], name: str = "") -> Result:
    """Read a file with one row."""
    return read(file, list(row), list(row.values()), name=name)


CELLS = {
    Kind.TEXT: "Simple, fast",
    Kind.ID: "9007199254740993",
    Kind.OPTIONAL_ID: "007",
    Kind.TIME: NOON_IN_A_FILE,
    Kind.NUMBER: "0.25",
    Kind.INTEGER: "3",
}


def full_row(file: FileSchema) -> dict[str, str]:
    """Return a row with a cell in each known column."""
    return {column.name: CELLS[column.kind] for column in file.columns}
