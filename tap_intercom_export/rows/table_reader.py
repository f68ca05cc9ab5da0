"""Reads blocks of CSV as Arrow tables, for Parquet files; leaves what is unusual to the encoder.

A table has exactly the records that `RowFormat.record` returns for the rows. A block is converted
only if every cell of it is proven to have a usual form. Otherwise the encoder reads the block row
by row, and that alone decides what is wrong with a row.
"""

from __future__ import annotations

import json
from itertools import repeat
from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from tap_intercom_export.rows import quoted_cells
from tap_intercom_export.rows.cell_parsers import MISSING_ID_CELLS, NULL_ID_CELLS
from tap_intercom_export.rows.encoded_block import EncodedBlock
from tap_intercom_export.schemas import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tap_intercom_export.rows.row_format import RowFormat

pc: Any = pyarrow.compute
"""Its functions are created at import, so type checkers do not know them."""

TIME = pa.timestamp("us", tz="UTC")

_NULL_IDS = pa.array(NULL_ID_CELLS)
_MISSING_IDS = pa.array(sorted(MISSING_ID_CELLS))

_BOM = b"\xef\xbb\xbf"


class UnusualBlockError(Exception):
    """A block has something that has to be read row by row."""


def _text(cells: pa.Array) -> pa.Array:
    return cells


def _optional_id(cells: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_in(cells, value_set=_NULL_IDS), None, cells)


def _time(cells: pa.Array) -> pa.Array:
    day_and_second = r"^[1-9]\d{3}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?"
    if _all_match(cells, day_and_second + "Z$"):
        return cells.cast(TIME)
    if _all_match(cells, day_and_second + " UTC$"):
        return pc.replace_substring(cells, " UTC", "Z").cast(TIME)
    if _all_match(cells, r"^[1-9]\d{9}$"):
        return cells.cast(pa.int64()).cast(pa.timestamp("s", tz="UTC")).cast(TIME)
    raise UnusualBlockError


def _number(cells: pa.Array) -> pa.Array:
    if _all_match(cells, r"^(?:0|-?[1-9]\d{0,14})(?:\.\d{1,15})?$"):
        return cells.cast(pa.float64())
    raise UnusualBlockError


def _integer(cells: pa.Array) -> pa.Array:
    if _all_match(cells, r"^(?:0|-?[1-9]\d{0,14})$"):
        return cells.cast(pa.int64())
    raise UnusualBlockError


def _all_match(cells: pa.Array, pattern: str) -> bool:
    """Return whether all cells that are not empty match a regular expression."""
    matches: bool = pc.all(pc.match_substring_regex(cells, pattern), min_count=0).as_py()
    return matches


_CONVERSIONS: dict[Kind, tuple[pa.DataType, Callable[[pa.Array], pa.Array]]] = {
    Kind.TEXT: (pa.string(), _text),
    Kind.ID: (pa.string(), _text),
    Kind.OPTIONAL_ID: (pa.string(), _optional_id),
    Kind.TIME: (TIME, _time),
    Kind.REPORTED_TIME: (TIME, _time),
    Kind.NUMBER: (pa.float64(), _number),
    Kind.REPORTED_NUMBER: (pa.float64(), _number),
    Kind.INTEGER: (pa.int64(), _integer),
}
"""By kind: the type of the column, and what converts cells of its usual forms; raises for others.
An empty cell is null."""


class TableReader:
    """Reads the blocks of one CSV file.

    Args:
        form: Format of the rows, for which `can_read` is true.
        deselected: Names of properties to leave out.
    """

    def __init__(self, form: RowFormat, deselected: Collection[str]) -> None:
        self._form = form
        self._deselected = frozenset(deselected)
        self._kinds = {column.name: column.kind for column in form.columns}
        types = column_types(form)
        self._constants = {
            name: pa.array([value]).cast(types[name])[0]
            for name, value in form.template.items()
            if value is not None
        }
        self._options = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(self._kinds, pa.string()),
            include_columns=[
                name
                for name, kind in self._kinds.items()
                if name not in self._deselected - _needed(form) or form.parsers[kind] is not None
            ],
            null_values=[""],
            strings_can_be_null=True,
        )

    @staticmethod
    def can_read(
        form: RowFormat, deselected: Collection[str], types: Mapping[str, pa.DataType | None]
    ) -> bool:
        """Return whether the blocks of a file can become tables.

        Args:
            form: Format of its rows.
            deselected: Names of properties to leave out.
            types: The types that the other properties have to have.
        """
        file, names = form.file, {column.name for column in form.columns}
        if file.hash_name or file.fold_into or file.time is None or not len(names) > 1:
            return False
        filled = names | {name for name, value in form.template.items() if value is not None}
        own = column_types(form)
        return (
            len(names) == len(form.columns)
            and None not in own.values()
            and all(name in deselected or types.get(name) == own[name] for name in own)
            and filled.issuperset(_needed(form))
            and not any(name in deselected for name in file.key)
            and all(own[name] == pa.string() or name not in names for name in file.key)
        )

    def read(self, data: bytes) -> EncodedBlock | None:
        """Return the rows of a block as a table; None if it has to be read row by row.

        Args:
            data: Whole rows, with their line ends.
        """
        if not _is_usual_csv(data):
            return None
        try:
            cells = pyarrow.csv.read_csv(
                pa.BufferReader(data),
                pyarrow.csv.ReadOptions(
                    column_names=list(self._kinds), use_threads=False, block_size=len(data) + 1
                ),
                pyarrow.csv.ParseOptions(newlines_in_values=True),
                self._options,
            )
            columns = self._columns(cells)
        except (pa.ArrowInvalid, UnusualBlockError):
            return None
        if not cells.num_rows:
            return None
        table = pa.table({name: columns[name] for name in columns.keys() - self._deselected})
        return EncodedBlock(b"", table.num_rows, keys=self._keys(columns), table=table)

    def _columns(self, cells: pa.Table) -> dict[str, pa.ChunkedArray]:
        """Return the properties of the rows, as `RowFormat.record` does for one row.

        Raises:
            UnusualBlockError: A cell does not have a usual form, or one that has to be filled is
                empty.
            ArrowInvalid: A time does not exist.
        """
        file, form = self._form.file, self._form
        columns = {name: _converted(cells[name], self._kinds[name]) for name in cells.column_names}
        columns |= {name: pa.repeat(each, len(cells)) for name, each in self._constants.items()}
        if file.time:
            columns["created_at"] = pc.coalesce(*(columns[name] for name in file.time))
            _check_filled(columns["created_at"])
        for name in (*file.key, *file.required):
            _check_filled(columns[name])
        if form.only_id and pc.any(pc.is_in(columns[form.only_id], _MISSING_IDS)).as_py():
            raise UnusualBlockError
        return columns

    def _keys(self, columns: Mapping[str, pa.ChunkedArray]) -> tuple[str, ...]:
        """Return the key of each row, as `record_key` does."""
        template = self._form.template
        values = [
            repeat(json.dumps(template[name]))
            if name in self._constants
            else map(quote, columns[name].to_pylist())
            for name in self._form.file.key
        ]
        return tuple(map(",".join, zip(*values, strict=False)) if values[1:] else values[0])


def column_types(form: RowFormat) -> dict[str, pa.DataType | None]:
    """Return the types of the properties of a file; None for one that has no such type."""
    return {
        column.name: _CONVERSIONS[column.kind][0] if column.kind in _CONVERSIONS else None
        for column in form.properties
    }


def _needed(form: RowFormat) -> set[str]:
    """Return the names of the properties that decide whether a row is valid."""
    return {*form.file.key, *form.file.required, *(form.file.time or ())}


def _is_usual_csv(data: bytes) -> bool:
    """Return whether Arrow reads a block as RFC 4180 defines it."""
    if b"\0" in data or data.startswith(_BOM):
        return False
    outer = quoted_cells.outside_quoted_cells(data.decode("latin-1"))
    if outer is None:
        return False
    return "\r" not in outer or outer.count("\r") == outer.count("\r\n") == outer.count("\n")


def _converted(cells: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
    """Return the values of a column.

    Raises:
        UnusualBlockError: A cell does not have a usual form.
        ArrowInvalid: A time does not exist.
    """
    value_type, convert = _CONVERSIONS[kind]
    if cells.null_count == len(cells):
        return pa.nulls(len(cells), value_type)
    return convert(cells)


def _check_filled(values: pa.ChunkedArray) -> None:
    """Check that no value is missing.

    Raises:
        UnusualBlockError: One is.
    """
    if values.null_count:
        raise UnusualBlockError
