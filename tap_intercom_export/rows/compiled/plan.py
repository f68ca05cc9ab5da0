"""What the compiled encoder does with each row of a file, written down before the first row.

`BlockEncoder` knows bytes, cells and JSON, but no streams: everything about the file is in a plan.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING

from tap_intercom_export.rows import cell_parsers
from tap_intercom_export.rows.row_format import digest
from tap_intercom_export.rows.text_encoding import encode
from tap_intercom_export.schemas import TIME_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tap_intercom_export.rows.cell_parsers import Parser
    from tap_intercom_export.rows.csv_reader import CsvReader
    from tap_intercom_export.rows.row_format import RowFormat

MAX_CACHED_CELLS = 10_000
"""Cells of each kind whose JSON text is kept, if only Python can read them."""

MAX_CACHED_CHARACTERS = 40
"""Longest of these cells, e.g. a time with an offset."""

NO_COLUMN = -1
"""In place of the index of a column that the file does not have."""

_VALUES = {
    Kind.TEXT: "text",
    Kind.ID: "text",
    Kind.OPTIONAL_ID: "optional id",
    Kind.TIME: "time",
    Kind.REPORTED_TIME: "time",
    Kind.NUMBER: "number",
    Kind.REPORTED_NUMBER: "number",
    Kind.INTEGER: "integer",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A column that is a part of a property: of the hash or the object, or one of its times.

    Attributes:
        cell: Index of the column, or `NO_COLUMN`.
        name: Text before the value.
        is_time: Whether a hash has it as a time, if it is one.
        is_naive_utc: Whether a time without an offset is UTC.
        reader: Index of the Python function that reads unusual times.
    """

    cell: int
    name: bytes = b""
    is_time: bool = False
    is_naive_utc: bool = True
    reader: int = 0


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the records, or something that is only checked.

    Attributes:
        value: What it is; one of `block_encoder.VALUES`.
        name: Text before the value; of a constant, the value too.
        cell: Index of its column, or `NO_COLUMN`.
        null: Text in place of name and value if the cell is empty.
        parts: The columns of a hash, an object or a first time.
        is_hidden: Whether it is read, but not written.
        is_required: Whether a row with an empty cell is left to Python.
        is_never_null: Whether a row with a cell that means null is left to Python.
        is_naive_utc: Whether a time without an offset is UTC.
        reader: Index of the Python function that reads unusual cells.
    """

    value: str
    name: bytes
    cell: int = NO_COLUMN
    null: bytes = b""
    parts: tuple[Part, ...] = ()
    is_hidden: bool = False
    is_required: bool = False
    is_never_null: bool = False
    is_naive_utc: bool = True
    reader: int = 0


class EncodingPlan:
    """The plan for a file.

    Args:
        form: Format of the rows.
        rows: The file, whose header has been read.
        before: Text before each record.
        after: Text after each record.
        deselected: Names of properties to leave out.
        omit_nulls: Whether to leave out properties of empty cells, for readers to which a missing
            property is null.
        with_keys: Whether keys are wanted.

    Attributes:
        header: The cells of the header in UTF-8, to recognize its repetition.
        delimiter: The byte that separates cells.
        before: Text before each record.
        after: Text after each record.
        properties: What is written, in order; first what is only checked.
        keys: The values of the key; empty if keys are not wanted.
        readers: Functions that return the JSON text of a cell; ValueError if it has none.
        missing_id: Index of the column whose cell identifies a row, or `NO_COLUMN`.
        missing_ids: What in that cell means that there is no id.
        null_ids: What in a cell with an optional id means that there is none.
        any_filled: Columns of which one must be filled; empty for no such condition.
        constant_time: JSON text of the time of rows without one; empty if each must have one.
        hash_start: JSON text before the parts of a hash.
    """

    missing_ids = frozenset(text.encode() for text in cell_parsers.MISSING_ID_CELLS)
    null_ids = frozenset(text.encode() for text in cell_parsers.NULL_ID_CELLS)

    def __init__(
        self,
        form: RowFormat,
        rows: CsvReader,
        before: str,
        after: str,
        deselected: Collection[str],
        *,
        omit_nulls: bool,
        with_keys: bool,
    ) -> None:
        self.header = list(map(encode, rows.header_cells))
        self.delimiter = rows.delimiter.encode()
        self.before, self.after = f"{before}{{".encode(), f"}}{after}".encode()
        self._form = form
        self._place = {
            column.name: index
            for index, column in enumerate(form.columns)
            if index not in form.unplaced
        }
        file = form.file
        self._never_null = {
            name
            for name in (*file.key, *file.required)
            if name != file.hash_name and form.template[name] is None
        }
        self._utc_reader = 0
        self.readers: list[Callable[[str], bytes]] = [_json_reader(cell_parsers.time)]
        self._reader_of: dict[Parser, int] = {cell_parsers.time: self._utc_reader}
        self.missing_id = self._place.get(form.only_id, NO_COLUMN)
        self.any_filled = self._any_filled()
        self.constant_time = (
            json.dumps(form.template["created_at"]).encode() if file.time is None else b""
        )
        self.hash_start = f"[{quote(form.statistic)},[".encode()
        self.properties = [
            *self._hidden(deselected),
            *self._written(deselected, omit_nulls=omit_nulls),
        ]
        self.keys = list(self._keys()) if with_keys else []

    @staticmethod
    def hash(content: bytes) -> bytes:
        """Return the hash of a row as JSON text.

        Args:
            content: What identifies the row, as JSON.
        """
        return f'"{digest(content)}"'.encode()

    def _any_filled(self) -> list[int]:
        file, template = self._form.file, self._form.template
        if not file.empty_key or any(template[name] is not None for name in file.row_key):
            return []
        return [self._place.get(name, NO_COLUMN) for name in file.row_key]

    def _hidden(self, deselected: Collection[str]) -> Iterator[Property]:
        """Yield what is not written, but decides whether a row is valid."""
        written = [name for name in self._form.template if name not in deselected]
        for name in dict.fromkeys((*self._place, *self._form.template)):
            each = self._property(name, b"", b"")
            is_refused = each.is_never_null or each.value not in {"constant", "text", "optional id"}
            if name not in written and each.value not in {"hash", "object"} and is_refused:
                yield replace(each, null=b"", is_hidden=True)
            if each.value == "first time" and name in self._place:
                yield replace(self._column(name, b"", b""), null=b"", is_hidden=True)

    def _written(self, deselected: Collection[str], *, omit_nulls: bool) -> Iterator[Property]:
        is_first = True
        for name in self._form.template:
            if name in deselected:
                continue
            key = f"{'' if is_first else ','}{quote(name)}:".encode()
            null = b"" if omit_nulls and not is_first else key + b"null"
            each = self._property(name, key, null)
            if each.name:
                yield each
            is_first = False

    def _keys(self) -> Iterator[Property]:
        for index, name in enumerate(self._form.file.key):
            separator = b"," if index else b""
            yield self._property(name, separator, separator + b"null")

    def _property(self, name: str, key: bytes, null: bytes) -> Property:
        """Return a property.

        Args:
            name: Its name.
            key: Text before the value.
            null: Text in place of key and value if there is no value.
        """
        file, form = self._form.file, self._form
        if name == file.hash_name:
            order = sorted(range(len(form.hash_names)), key=form.hash_names.__getitem__)
            parts = tuple(
                Part(place, f"[{quote(form.hash_names[place])},".encode(), place in form.times)
                for place in order
            )
            return Property("hash", key, parts=parts)
        if name == file.fold_into:
            separators = [b"", *[b","] * len(form.folded)]
            folded = tuple(
                Part(place, separator + f"{quote(form.columns[place].name)}:".encode())
                for place, separator in zip(form.folded, separators, strict=False)
            )
            return Property("object", key, parts=folded)
        if name == "created_at" and (file.time or (file.time is None and form.times)):
            return Property("first time", key, parts=tuple(self._times()))
        if name in self._place or name in self._never_null:
            return self._column(name, key, null)
        constant = form.template[name]
        text = null if constant is None else key + json.dumps(constant).encode()
        return Property("constant", text)

    def _times(self) -> Iterator[Part]:
        """Yield the columns of which the first one that is a time is the time of the row."""
        form = self._form
        if form.file.time is None:
            yield Part(form.times[0], reader=self._utc_reader)
            return
        for name in form.file.time:
            if name in self._place:
                column = self._column(name, b"", b"")
                yield Part(column.cell, is_naive_utc=column.is_naive_utc, reader=column.reader)

    def _column(self, name: str, key: bytes, null: bytes) -> Property:
        place = self._place.get(name, NO_COLUMN)
        kind = self._form.columns[place].kind if place != NO_COLUMN else Kind.TEXT
        parse = self._form.parsers[kind]
        file = self._form.file
        may_be_empty = file.empty_key and name in self._never_null.intersection(file.key)
        return Property(
            _VALUES[kind],
            key,
            place,
            key + b'""' if may_be_empty else null,
            is_required=name in self._never_null and not may_be_empty,
            is_never_null=name in self._never_null,
            is_naive_utc=parse is cell_parsers.time or kind not in TIME_KINDS,
            reader=self._reader(parse),
        )

    def _reader(self, parse: Parser) -> int:
        """Return the index of the function that reads cells of a kind as JSON text."""
        if parse is None:
            return 0
        if parse not in self._reader_of:
            self._reader_of[parse] = len(self.readers)
            self.readers.append(_json_reader(parse))
        return self._reader_of[parse]


def _json_reader(parse: Callable[[str], object]) -> Callable[[str], bytes]:
    """Return a function that reads a cell as JSON text; it raises ValueError as `parse` does."""

    def read(cell: str) -> bytes:
        return json.dumps(parse(cell)).encode()

    cached = lru_cache(maxsize=MAX_CACHED_CELLS)(read)
    return lambda cell: (cached if len(cell) <= MAX_CACHED_CHARACTERS else read)(cell)
