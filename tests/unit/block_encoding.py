"""The compiled encoder alone, for a file with an id and some other columns."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_intercom_export.rows import cell_parsers
from tap_intercom_export.rows.compiled import BlockEncoder, EncodingPlan
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

BOM = b"\xef\xbb\xbf"
MAX_ROW_BYTES = 4000


class Encoded(NamedTuple):
    """What the encoder returns: see `BlockEncoder.encode`."""

    lines: bytes
    rows: int
    keys: list[str]
    stop: int
    following: int


def schema(*kinds: Kind, **options: Any) -> FileSchema:
    """Return a file with an id `c0` and a column of each kind: `c1`, `c2` and so on."""
    columns = (Column(f"c{place}", kind, "") for place, kind in enumerate((Kind.ID, *kinds)))
    given: dict[str, Any] = {"key": ("c0",), "time": (), **options}
    return FileSchema("thing", "", tuple(columns), **given)


def plan(  # noqa: PLR0913 - the arguments of `EncodingPlan`, with defaults
    file: FileSchema,
    header: Sequence[str] = (),
    *,
    delimiter: str = ",",
    zone: str = "UTC",
    before: str = "",
    after: str = "\n",
    deselected: Collection[str] = (),
    omit_nulls: bool = False,
    with_keys: bool = False,
) -> EncodingPlan:
    names = list(header or (column.name for column in file.columns))
    read_time = cell_parsers.time_in(zone)
    parsers = {**cell_parsers.PARSERS, Kind.TIME: read_time, Kind.REPORTED_TIME: read_time}
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerow(names)
    source = io.BytesIO(text.getvalue().encode())
    reader = RowReader(source, file, {}, lambda _: None, parsers=parsers)
    return EncodingPlan(
        reader.format,
        reader.rows,
        before,
        after,
        deselected,
        omit_nulls=omit_nulls,
        with_keys=with_keys,
    )


def encode(data: bytes, file: FileSchema | None = None, start: int = 0, **options: Any) -> Encoded:
    """Encode rows of a file, by default one with an id `c0` and a text `c1`."""
    wanted = plan(file or schema(Kind.TEXT), **options)
    return Encoded(*BlockEncoder(wanted, MAX_ROW_BYTES).encode(data, start))


def value_of(kind: Kind, cell: str, **options: Any) -> Any:
    """Return the JSON text that a cell becomes; None if its row is handed back."""
    row = b"r," + cell.encode() + b"\n"
    found = encode(row, schema(kind), **options)
    if found.stop < len(row):
        assert found == Encoded(b"", 0, [], 0, len(row))
        return None
    assert found.lines.startswith(b'{"c0":"r","c1":')
    return found.lines[15:-2].decode()


def json_line(record: Any) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def read_by_python(cells: list[str]) -> bytes:
    """Return a row of texts as a line; an empty cell is null."""
    return json_line({f"c{place}": cell or None for place, cell in enumerate(cells)})


def refuse(cell: str) -> bytes:
    raise ValueError(cell)


LINE = b'{"c0":"r","c1":"x"}\n'
