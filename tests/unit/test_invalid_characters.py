"""Invalid characters in CSV rows: NUL and bytes that are not UTF-8."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tap_intercom_export.rows import csv_reader
from tap_intercom_export.rows.encoder import Encoder
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE

if TYPE_CHECKING:
    from tap_intercom_export.rows.csv_reader import DamagedRow

HEADER = b"receipt_id,clicked_at,link_type,url\n"
FLAWS = {"NUL": b"\0", "no UTF-8": b"\xff", "cut UTF-8": b"\xc3", "latin-1": b"\xe9"}


@dataclass
class Read:
    """Records and damaged rows of a file."""

    replaced: int
    records: list[dict[str, Any]]
    damaged: list[DamagedRow] = field(default_factory=list)


def read(data: bytes, file: FileSchema = MESSAGE_FILES["click"]) -> Read:
    """Read a file in blocks and row by row, and check that both agree."""
    fast, careful = Read(0, []), Read(0, [])
    constants = {"statistic": "x", "file": "x.csv", "created_at": "2026-04-30T23:59:59Z"}
    reader = RowReader(io.BytesIO(data), file, constants, fast.damaged.append)
    for lines in Encoder(reader).lines():
        fast.records += [json.loads(line) for line in lines.data.splitlines()]
    fast.replaced = reader.replaced
    reader = RowReader(io.BytesIO(data), file, constants, careful.damaged.append)
    careful.records += reader
    careful.replaced = reader.replaced
    assert fast == careful
    return fast


@pytest.fixture(params=FLAWS, autouse=True)
def flaw(request: pytest.FixtureRequest) -> bytes:
    return FLAWS[request.param]


@pytest.fixture(params=[1, 7, csv_reader.CHUNK_BYTES], autouse=True)
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "CHUNK_BYTES", request.param)


def test_invalid_character_in_text_is_replaced(flaw: bytes) -> None:
    found = read(
        HEADER
        + b"r1,2026-04-13T12:32:22Z,a,before\n"
        + b'r2,2026-04-13T12:32:22.417Z,x%sx,"a, ""b""\n%s%s"\n' % (flaw, flaw, flaw)
        + "r3,1776083542,Zoë 🎉,after\n".encode()
    )
    assert [(row["receipt_id"], row["link_type"], row["url"]) for row in found.records] == [
        ("r1", "a", "before"),
        ("r2", "x\ufffdx", 'a, "b"\n\ufffd\ufffd'),
        ("r3", "Zoë 🎉", "after"),
    ]
    assert found.records[1]["clicked_at"] == "2026-04-13T12:32:22.417Z"
    assert found.replaced == 3
    assert found.damaged == []


@pytest.mark.parametrize(
    ("row", "name"),
    [(b"r%s,2026-04-13T12:32:22Z", "receipt_id"), (b"r,2026-04-13T12:32:22%sZ", "clicked_at")],
)
def test_invalid_character_in_key_or_time_rejects_row(flaw: bytes, row: bytes, name: str) -> None:
    good = b",2026-04-13T12:32:22Z,,\n"
    bad = row % flaw + b",text,%s" % flaw
    found = read(HEADER + b"r1" + good + bad + b"\nr2" + good)
    assert [record["receipt_id"] for record in found.records] == ["r1", "r2"]
    (damaged,) = found.damaged
    assert damaged.line == 3
    assert damaged.reason == f"{name} has a NUL character, or is not UTF-8"
    assert damaged.raw == bad.decode(errors="backslashreplace").replace("\0", "\\x00")
    assert found.replaced == 0  # the row is not there


def test_invalid_character_in_composite_key_rejects_row(flaw: bytes) -> None:
    header = b"series_entry_record_id,ruleset_id,user_id,created_at,status_name\n"
    rows = [b"a,b,c,2026-04-13T12:32:22Z,%s", b"a,b%s,c,2026-04-13T12:32:22Z,d"]
    found = read(header + b"\n".join(row % flaw for row in rows), MESSAGE_FILES["checkpoint"])
    assert [record["status_name"] for record in found.records] == ["\ufffd"]
    assert [row.line for row in found.damaged] == [3]


def test_invalid_character_in_reported_time_goes_to_text_column(flaw: bytes) -> None:
    report = FileSchema(
        name="report",
        description="",
        columns=(Column("id", Kind.ID, ""), Column("when", Kind.REPORTED_TIME, "")),
        key=("id",),
        time=(),
    )
    found = read(b"id,when\n1,2026%s\n" % flaw, report)
    assert found.records == [{"id": "1", "when": None, "when_text": "2026\ufffd"}]
    assert found.replaced == 1


def test_rows_of_unknown_files_with_invalid_characters_are_kept(flaw: bytes) -> None:
    found = read(b"a,b\nx%s,y\n" % flaw, UNKNOWN_FILE)
    assert found.records[0]["row"] == {"a": "x\ufffd", "b": "y"}
    assert found.replaced == 1


def test_row_with_too_few_cells_is_rejected_with_invalid_characters(flaw: bytes) -> None:
    found = read(HEADER + b"r%s,2026-04-13T12:32:22Z\n" % flaw)
    assert [row.reason for row in found.damaged] == [
        "receipt_id has a NUL character, or is not UTF-8"
    ]


def test_invalid_character_affects_no_other_row(flaw: bytes) -> None:
    good = b"r,2026-04-13T12:32:22Z,link,https://example.com\n"
    found = read(HEADER + 50 * good + b"r,2026-04-13T12:32:22Z,%s,x\n" % flaw + 50 * good)
    assert len(found.records) == 101
    assert found.records[50]["link_type"] == "\ufffd"
    assert found.replaced == 1
