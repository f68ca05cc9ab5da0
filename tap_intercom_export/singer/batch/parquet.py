"""Parquet: the columns of every file have the types of the SCHEMA, whatever its rows contain."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet

from tap_intercom_export.errors import TapError
from tap_intercom_export.formatting import counted
from tap_intercom_export.singer.batch.records import TableRecords

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_intercom_export.singer.batch.records import Records

ROWS_PER_GROUP = 16_384
GROUP_BYTES = 16 * 1024 * 1024
"""Number of rows, and memory, from which on a row group is written."""

TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}
"""Types of columns by the type in the SCHEMA."""

TIME = pa.timestamp("us", tz="UTC")


def arrow_type(schema: Mapping[str, Any]) -> pa.DataType | None:
    """Return the type of a column; None if it takes any value, which is written as JSON text.

    Args:
        schema: The JSON schema of its property.
    """
    kinds = schema.get("type", [])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    kinds.discard("null")
    kind = kinds.pop() if len(kinds) == 1 else ""
    if kind == "string" and schema.get("format") == "date-time":
        return TIME
    if kind == "array":
        entry = arrow_type(schema.get("items", {}))
        return None if entry is None else pa.list_(entry)
    return TYPES.get(kind)


class ParquetFile:
    """Writes one Parquet file.

    Args:
        out: File for the bytes.
        compression: Compression of the columns.
        schema: JSON schema of a record.
        stream: Name of the stream, for error messages.
    """

    def __init__(
        self, out: BinaryIO, compression: str, schema: Mapping[str, Any], stream: str
    ) -> None:
        types = {name: arrow_type(column) for name, column in schema["properties"].items()}
        self._stream = stream
        self._as_text = [name for name, kind in types.items() if kind is None]
        self._times = [name for name, kind in types.items() if kind == TIME]
        self._schema = pa.schema(
            [(name, pa.string() if kind is None else kind) for name, kind in types.items()]
        )
        self._writer = pyarrow.parquet.ParquetWriter(out, self._schema, compression=compression)
        self._tables: list[pa.Table] = []

    def write(self, block: Sequence[Records]) -> None:
        """Write records; a row group is written when there are enough of them.

        Raises:
            TapError: A value does not fit the SCHEMA.
        """
        for is_table, some in groupby(block, lambda records: isinstance(records, TableRecords)):
            if is_table:
                empty = self._schema.empty_table()
                tables = [records.table for records in some if isinstance(records, TableRecords)]
                self._tables.append(pa.concat_tables([empty, *tables], promote_options="default"))
            else:
                parts = [*some]
                lines = b"".join(records.as_lines() for records in parts)
                self._tables.append(self._read(lines, sum(records.count for records in parts)))
        rows = sum(table.num_rows for table in self._tables)
        if rows >= ROWS_PER_GROUP or sum(t.nbytes for t in self._tables) >= GROUP_BYTES:
            self._write_group()

    def close(self) -> None:
        """Write the remaining records. The file `out` stays open."""
        try:
            self._write_group()
        finally:
            self._writer.close()

    def _read(self, data: bytes, rows: int) -> pa.Table:
        """Return records as a table; convert values that Arrow does not accept.

        Raises:
            TapError: A value does not fit the SCHEMA.
        """
        if self._as_text:
            data = b"".join(map(self._with_text, data.splitlines()))
        try:
            table = self._table(data)
        except pa.ArrowInvalid:  # only times with nanoseconds can be converted
            data = b"".join(map(self._with_microseconds, data.splitlines()))
            try:
                table = self._table(data)
            except pa.ArrowInvalid as error:
                reason = str(error).partition(", couldn't parse")[0]  # a value is not for the log
                raise TapError(
                    f"batch_config: a record of {self._stream!r} does not fit the types that its "
                    f"SCHEMA gives a Parquet file ({reason}). With encoding.format jsonl it is "
                    "written as it is."
                ) from error
        if table.num_rows != rows:
            raise TapError(
                f"batch_config: {counted(rows, 'record')} of {self._stream!r} became "
                f"{counted(table.num_rows, 'row')}; the file is not used. Set "
                "encoding.format to jsonl."
            )
        return table

    def _table(self, data: bytes) -> pa.Table:
        """Parse records as a table.

        Raises:
            ArrowInvalid: A value does not fit its column.
        """
        return pyarrow.json.read_json(
            pa.BufferReader(data),
            # one block, because a record may be of any length
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(data)),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=self._schema, unexpected_field_behavior="error"
            ),
        )

    def _write_group(self) -> None:
        if self._tables:
            self._writer.write_table(pa.concat_tables(self._tables))
            self._tables = []
            pa.default_memory_pool().release_unused()

    def _with_text(self, line: bytes) -> bytes:
        """Return a record in which the values of columns without a type are JSON text."""
        record = json.loads(line)
        for name in self._as_text:
            value = record.get(name)
            if value is not None and not isinstance(value, str):
                record[name] = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return _line(record)

    def _with_microseconds(self, line: bytes) -> bytes:
        """Return a record with its times cut to microseconds."""
        record = json.loads(line)
        for name in self._times:
            if isinstance(record.get(name), str):
                record[name] = _BEHIND_MICROSECONDS.sub(r"\1", record[name])
        return _line(record)


_BEHIND_MICROSECONDS = re.compile(r"(\.\d{6})\d+")


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record).encode() + b"\n"
