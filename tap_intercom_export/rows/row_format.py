"""CSV rows to typed records, with time, hash, and folded columns."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tap_intercom_export.formatting import counted
from tap_intercom_export.rows.cell_parsers import MISSING_ID_CELLS, Parser, time
from tap_intercom_export.rows.unreadable_cell import UnreadableCellError
from tap_intercom_export.schemas import (
    LENIENT_KINDS,
    TIME_KINDS,
    Column,
    FileSchema,
    Kind,
    snake_case,
    unique_property_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMPACT: dict[str, Any] = {"separators": (",", ":")}


class RowFormat:
    """Converts the rows of one CSV file to records.

    Args:
        header: Headers of the file.
        columns: The column of each header.
        file: The expected file.
        constants: Properties with the same value in every record: the job's range, the file's name.
            Its `created_at` is used for rows without a time in files with unknown columns.
        parsers: Cell parser of each kind.
        is_excluded: Returns whether the column with a header is left out of the folded object.

    Attributes:
        file: The expected file.
        columns: The column of each header.
        extra: Columns that `file` does not have, as properties.
        parsers: Cell parser of each kind.
        template: A record with all properties and the constant values.
        hash_names: Names of the columns as used in the hash.
        folded: Indexes of the columns that go into the folded object.
        unplaced: Indexes of the columns that are not properties: the folded ones, and those
            excluded from the object.
        times: Indexes of the columns that are times, or may be according to their names.
        statistic: Identifies the file in the hash.
        identifying: Names of the id columns, in which no character may be replaced.
        only_id: Name of the id column that identifies the rows alone; "" if there is none.
    """

    def __init__(
        self,
        header: list[str],
        columns: list[Column],
        file: FileSchema,
        constants: Mapping[str, Any],
        parsers: Mapping[Kind, Parser],
        is_excluded: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.file = file
        self.columns = columns
        self.parsers = parsers
        self._names = [column.name for column in columns]
        known = set(file.columns)
        unknown = [index for index, column in enumerate(columns) if column not in known]
        self.unplaced = set(unknown) if file.fold_into else set()
        self.folded = [
            index for index in unknown if file.fold_into and not is_excluded(header[index])
        ]
        self.extra = () if file.fold_into else tuple(columns[index] for index in unknown)
        self._plain = [
            (index, column.name, parsers[column.kind], column.kind in LENIENT_KINDS)
            for index, column in enumerate(columns)
            if index not in self.unplaced
        ]
        self.template = dict.fromkeys(column.name for column in (*file.properties, *self.extra))
        lenient = [column.name for column in columns if column.kind in LENIENT_KINDS]
        texts = unique_property_names([f"{name}_text" for name in lenient], reserved=self.template)
        self._text_names = dict(zip(lenient, texts, strict=True))
        given = {column.name for column in file.derived_columns}
        self.template |= {name: constants[name] for name in constants if name in given}
        self.statistic = constants["statistic"] if file.has_file_name else file.name
        self.hash_names = unique_property_names(header, ()) if file.fold_into else self._names
        self._hash_order = sorted(range(len(columns)), key=self.hash_names.__getitem__)
        self.identifying = frozenset(file.key) | {"receipt_id"}
        ids = {column.name for column in columns if column.kind is Kind.ID}
        self.only_id = file.row_key[0] if len(file.row_key) == 1 and ids & {*file.row_key} else ""
        self.times = [
            index
            for index, (name, column) in enumerate(zip(header, columns, strict=True))
            if column.kind in TIME_KINDS or snake_case(name).endswith("_at")
        ]

    def record(self, cells: list[str]) -> dict[str, Any]:
        """Return the record of a row, with all properties; empty ones are None.

        Args:
            cells: The cells of the row.

        Raises:
            ValueError: The number of cells is wrong, a cell does not have its column's kind, or a
                cell that identifies the row is empty.
        """
        if len(cells) != len(self.columns):
            raise ValueError(
                f"has {counted(len(cells), 'cell')} where the header has {len(self.columns)}"
            )
        record = self._values(cells)
        file = self.file
        if self.only_id and record[self.only_id] in MISSING_ID_CELLS:
            record[self.only_id] = None
        if file.empty_key:
            _required(file.row_key, record)
            record |= {name: "" for name in file.key if record[name] is None}
        if file.fold_into:
            record[file.fold_into] = {self._names[i]: cells[i] or None for i in self.folded}
        if file.time is None:
            instant = _lenient_time(cells[self.times[0]]) if self.times else None
            record["created_at"] = instant or record["created_at"]
        elif file.time:
            record["created_at"] = _required(file.time, record)
        if file.hash_name:
            record[file.hash_name] = self._hash(cells)
        for name in (*file.key, *file.required):
            _required((name,), record)
        return record

    def _values(self, cells: list[str]) -> dict[str, Any]:
        """Return the properties that are columns of the file, parsed."""
        record: dict[str, Any] = self.template.copy()
        for index, name, parse, lenient in self._plain:
            cell = cells[index]
            if cell and parse is not None:
                try:
                    record[name] = parse(cell)
                except ValueError as error:
                    if not lenient:
                        raise UnreadableCellError(name, error, cell) from None
                    record[self._text_names[name]] = cell
            elif cell:
                record[name] = cell
        return record

    @property
    def properties(self) -> tuple[Column, ...]:
        """Properties of every record."""
        return (*self.file.properties, *self.extra)

    def text_columns(self, record: Mapping[str, Any] | None = None) -> list[Column]:
        """Return the extra text columns for cells that do not have their column's kind.

        Args:
            record: A record that has some of them; None returns all that may occur.
        """
        headers = {column.name: column.headers for column in self.columns}
        text = "Original text of the column, if it does not have the column's type."
        return [
            Column(name, Kind.TEXT, text, (of, *headers[of]))
            for of, name in self._text_names.items()
            if record is None or name in record
        ]

    def _hash(self, cells: list[str]) -> str:
        """Return the hash that identifies a row without an id at Intercom.

        It covers the property names, sorted, with the cells that are not empty, and times in one
        format. So it does not change with the order or spelling of the columns, with a new column
        that is empty, or with the format of times.
        """
        plain = cells.copy()
        for index in self.times:
            plain[index] = _lenient_time(plain[index]) or plain[index]
        names = self.hash_names
        filled = [(names[index], plain[index]) for index in self._hash_order if plain[index]]
        return digest(json.dumps([self.statistic, filled], **_COMPACT).encode())


def _lenient_time(cell: str) -> str | None:
    """Return the time in a cell; None if it is not a time."""
    try:
        return time(cell) if cell else None
    except ValueError:
        return None


def _required(names: tuple[str, ...], record: Mapping[str, Any]) -> Any:
    """Return the first of these values that is not None.

    Raises:
        ValueError: All are None.
    """
    for name in names:
        if record[name] is not None:
            return record[name]
    raise ValueError(f"{' and '.join(names)} {'are' if names[1:] else 'is'} empty")


def digest(content: bytes) -> str:
    """Return a 128-bit hash as hexadecimal text.

    Args:
        content: The identifying content of a row, as compact JSON in ASCII.
    """
    return hashlib.blake2b(content, digest_size=16).hexdigest()
