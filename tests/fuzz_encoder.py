"""Compares the compiled encoder with `RowFormat` on random files, whole and damaged, and schemas.

`make fuzz` runs it for a minute. For a difference it prints a seed, which repeats it:
`python -m tests.fuzz_encoder --seed N`.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from dataclasses import replace
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from tap_intercom_export.rows import cell_parsers, csv_reader, encoder
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas import Kind, record_key
from tap_intercom_export.schemas.columns import Column, FileSchema
from tests.unit.encoder_comparison import ALL, REPORT, TEXTS, TIMES, UNUSUAL_NAMES, cells_for

if TYPE_CHECKING:
    from tap_intercom_export.rows.csv_reader import DamagedRow

NAMES = ["n", "seen_at", "Seen At", "x y", *UNUSUAL_NAMES]

PIECES = [
    *[b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\n\n", b"\0", b"\xef\xbb\xbf"],
    *[b"\xc3", b"\xe2\x82", b"\xf0\x9f\x8e", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"],
    *[b"\x80", b"\xff", "é€🎉".encode(), b"\\", b"\x7f", b"\x1f", b"," * 300, b"\n" * 50, b" "],
    *[b"-0", b"0.00001", b"00", b"1.50", b"9" * 16, b"1" * 10, b"9" * 13, b"-1", b"'-1", b"n/a"],
    *[
        b"2024-02-29T23:59:59.000000100 UTC",
        b"2023-02-29 00:00:00",
        b"2026-04-13T12:32:60Z",
        b"2026-04-13T24:00:00Z",
        b"2026-04-31T00:00:00Z",
    ],
]
"""What damages a file, or makes a cell unusual."""


class Case(NamedTuple):
    """A file, and how it is read."""

    data: bytes
    file: FileSchema
    deselected: frozenset[str]
    zone: str

    def reader(self, damaged: list[DamagedRow]) -> RowReader:
        constants = {"created_at": "2026-04-30T23:59:59Z", "statistic": self.file.name, "file": "f"}
        constants |= {"workspace": "Acme", "created_at_after": "2026-04-01T00:00:00Z"}
        parsers = {**cell_parsers.PARSERS, Kind.REPORTED_TIME: cell_parsers.time_in(self.zone)}
        source = io.BytesIO(self.data)
        return RowReader(source, self.file, constants, damaged.append, parsers=parsers)

    def found(self) -> list[list[Any]]:
        """Return lines, keys, new columns, rejected rows and counts of the compiled encoder."""
        damaged: list[DamagedRow] = []
        reader = self.reader(damaged)
        blocks = [*encoder.Encoder(reader, "<", ">\n", self.deselected, with_keys=True).lines()]
        return [
            b"".join(block.data for block in blocks).splitlines(),
            [key for block in blocks for key in block.keys],
            [column for block in blocks for column in block.columns],
            damaged,
            [reader.records, reader.replaced],
        ]

    def expected(self) -> list[list[Any]]:
        """Return the same, from the records that `RowReader` yields."""
        damaged: list[DamagedRow] = []
        reader = self.reader(damaged)
        lines, keys, columns = [], [], list[Column]()
        for record in reader:
            keys.append(record_key(record, self.file.key))
            columns += reader.format.text_columns(record)
            written = {name: record[name] for name in record if name not in self.deselected}
            lines.append(f"<{json.dumps(written, separators=(',', ':'))}>".encode())
        counts = [reader.records, reader.replaced]
        return [lines, keys, [*dict.fromkeys(columns)], damaged, counts]


def random_file(random: Random) -> FileSchema:
    """Return a file of the catalog, or one that might be there."""
    if random.random() < 0.4:
        return random.choice([*ALL, REPORT]).with_workspace(random.choice(["", "Acme"]))
    kinds = list(cell_parsers.PARSERS)
    times = tuple(random.sample(["opened_at", "sent_at"], random.randint(0, 2)))
    names = ["id", *random.sample(NAMES, random.randint(0, 5))]
    columns = [Column(name, random.choice(kinds), "") for name in names]
    columns += [Column(name, Kind.TIME, "") for name in times]
    file = FileSchema(
        name=random.choice(["report", *UNUSUAL_NAMES]),
        description="",
        columns=tuple(columns),
        key=tuple(random.sample(names, min(len(names), random.randint(1, 2)))),
        time=random.choice([None, times]),
        required=tuple(random.sample(names, min(len(names), random.randint(0, 1)))),
        fold_into=random.choice(["", "other"]),
        has_file_name=random.random() < 0.2,
        empty_key=random.random() < 0.3,
    )
    if random.random() < 0.3:
        file = replace(file, hash_name="event_id", key=("event_id",), empty_key=False)
    return file.with_workspace(random.choice(["", "Acme"]))


def random_data(random: Random, file: FileSchema) -> bytes:
    """Return a CSV file, which may be damaged."""
    kinds = {column.name: column.kind for column in file.columns}
    header = [name for name in kinds if random.random() < 0.9]
    header += random.sample(NAMES, random.choice([0, 0, 1, 3]))
    random.shuffle(header)
    delimiter, line_end = random.choice(",,,;\t"), random.choice(["\n", "\n", "\r\n"])

    def written(cell: str) -> str:
        is_quoted = {*cell} & {*'"\r\n', delimiter} or random.random() < 0.1
        return '"' + cell.replace('"', '""') + '"' if is_quoted else cell

    rows = [header]
    for _ in range(random.choice([0, 1, 3, 10, 40])):
        # mostly the first cells, which are usual ones
        row = [random.choice(cells_for(kinds.get(name, Kind.TEXT))[:10]) for name in header]
        if row and random.random() < 0.3:
            row[random.randrange(len(row))] = random.choice([*TIMES, *TEXTS, "z" * 999, "1.5"])
        if random.random() < 0.05:
            row = random.choice([row[1:], [*row, "more"], header, [], ["one"]])
        rows.append(row)
    text = "".join(delimiter.join(map(written, row)) + line_end for row in rows)
    data = bytearray(text.encode())
    for _ in range(random.choice([0, 0, 0, 1, 2, 5, 20])):
        at = random.randrange(len(data) + 1)
        data[at : at + random.choice([0, 0, 0, 1, 1, 5, 100])] = random.choice(PIECES)
    end = random.randrange(len(data) + 1) if random.random() < 0.2 else len(data)
    return bytes(data[:end]) + random.choice([b"", b"", *PIECES])


def difference(seed: int) -> str:
    """Return how the two ways differ on a file; empty if they do not."""
    random = Random(seed)  # noqa: S311 - not a secret
    file = random_file(random)
    names = [column.name for column in file.properties]
    deselected = frozenset(name for name in names if random.random() < random.choice([0, 0, 0.5]))
    zone = random.choice(["UTC", "America/Sao_Paulo"])
    case = Case(random_data(random, file), file, deselected, zone)
    limit = random.choice([30, 300, *[csv_reader.MAX_CELL_CHARACTERS] * 8])
    chunk = random.choice([1, 2, 7, 64, 500, csv_reader.CHUNK_BYTES])
    with (
        mock.patch.object(csv_reader, "CHUNK_BYTES", chunk),
        mock.patch.object(csv_reader, "MAX_CELL_CHARACTERS", limit),
        mock.patch.object(encoder, "MAX_CELL_CHARACTERS", limit),
    ):
        try:
            results = list(zip(case.found(), case.expected(), strict=True))
        except Exception as error:  # noqa: BLE001 - whatever it is, the seed repeats it
            return f"{case}\n{error!r}"
    lines = (f"\nfound:    {one}\nexpected: {other}" for one, other in results if one != other)
    return next((f"{case}{line}" for line in lines), "")


def main() -> None:
    """Compare until the time is over, or until the first difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, help="the seed of one file, instead of many")
    options = parser.parse_args()
    first, end = options.seed or time.time_ns() // 1000, time.monotonic() + options.seconds
    for seed in count(first):
        if text := difference(seed):
            sys.exit(f"seed {seed}: {text}")
        if options.seed or time.monotonic() > end:
            return


if __name__ == "__main__":
    main()
