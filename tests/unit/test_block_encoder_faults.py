"""Faults that random files (tests/fuzz_encoder.py) and a review found in the compiled encoder."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tap_intercom_export.rows import csv_reader, encoder
from tap_intercom_export.rows.compiled import BlockEncoder
from tap_intercom_export.rows.compiled.plan import Part, Property
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tests.harness.compiled_encoder import needs_compiled_encoder
from tests.unit.encoder_comparison import LineByLine, assert_same, both_encoders

pytestmark = needs_compiled_encoder


TEXTS = FileSchema(
    name="texts",
    description="",
    columns=(Column("id", Kind.ID, ""), Column("label", Kind.TEXT, "")),
    key=("id",),
    time=(),
)


def file_with(kind: Kind, **changes: Any) -> FileSchema:
    """Return a file with another column."""
    return replace(TEXTS, columns=(*TEXTS.columns, Column("more", kind, "")), **changes)


def reasons(file: FileSchema, data: bytes, deselected: frozenset[str] = frozenset()) -> list[Any]:
    """Check that both encoders agree, and return line and reason of each rejected row."""
    assert_same(file, data, deselected)
    found, _, _ = both_encoders(file, data, deselected)
    return [(row.line, row.reason) for row in found.damaged]


def test_row_of_one_cell_after_a_header_that_is_not_csv_is_rejected() -> None:
    rows = 300
    data = b'"id"x\n' + b"\n" + b"abc\n" * rows
    # Line 3 follows a header that is not CSV
    found = reasons(TEXTS, data)[2:]
    reason = "has 1 cell where the header has 0"
    assert found == [(line, reason) for line in range(4, 3 + rows)]


def test_only_an_empty_key_is_an_empty_text() -> None:
    file = file_with(Kind.TEXT, key=("id", "label"), required=("more",), empty_key=True)
    data = b"id,label,more\n1,,x\n2,,\n3,,y\n"
    assert reasons(file, data) == [(3, "more is empty")]
    assert [record["label"] for record in assert_same(file, data)] == ["", ""]


@pytest.mark.parametrize("kind", [Kind.REPORTED_NUMBER, Kind.INTEGER, Kind.REPORTED_TIME])
def test_empty_key_that_is_deselected_is_not_written(kind: Kind) -> None:
    file = file_with(kind, key=("id", "more"), empty_key=True)
    deselected = frozenset({"more"})
    records = assert_same(file, b"id,label,more\n1,a,\n2,,\n", deselected)
    assert records == [{"id": "1", "label": "a"}, {"id": "2", "label": None}]


@pytest.mark.parametrize("deselected", [frozenset[str](), frozenset({"more"})])
def test_required_column_that_means_null_is_rejected(deselected: frozenset[str]) -> None:
    file = file_with(Kind.OPTIONAL_ID, required=("more",))
    data = b"id,label,more\n1,a,7\n2,a,-1\n3,a,'-1\n4,a,\n"
    assert reasons(file, data, deselected) == [(line, "more is empty") for line in (3, 4, 5)]


def test_key_that_means_null_is_empty() -> None:
    file = file_with(Kind.OPTIONAL_ID, key=("id", "more"), empty_key=True)
    data = b"id,label,more\n1,a,7\n2,a,-1\n"
    assert [record["more"] for record in assert_same(file, data)] == ["7", ""]
    _, _, keys = both_encoders(file, data, {"more"})
    assert keys == ['"1","7"', '"2",""']


@pytest.mark.parametrize(
    "cell", [b"x" * 30 + b"\r", b'"a\n' + b"x" * 20 + b"\n" + b"x" * 20 + b'"']
)
@pytest.mark.parametrize("source", [io.BytesIO, LineByLine])
def test_csv_modules_limits_count_for_all_cells(
    cell: bytes, source: type[io.BytesIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 25
    monkeypatch.setattr(csv_reader, "MAX_CELL_CHARACTERS", limit)
    monkeypatch.setattr(encoder, "MAX_CELL_CHARACTERS", limit)
    data = b"id,label\n1,a\n2," + cell + b"\n3,b\n"
    fast, plain, _ = both_encoders(TEXTS, data, source=source)
    assert fast == plain
    assert (fast.damaged[0].line, fast.damaged[0].reason.partition(" larger")[1]) == (3, " larger")


PLAN: dict[str, Any] = {
    "header": [b"a"],
    "delimiter": b",",
    "readers": [lambda _: b"1"],
    "hash": lambda _: b'"h"',
    "hash_start": b"[",
    "before": b"{",
    "after": b"}\n",
    "constant_time": b"",
    "missing_ids": frozenset(),
    "null_ids": frozenset(),
    "missing_id": -1,
    "any_filled": [],
    "properties": [Property("text", b'"a":', 0, b'"a":null')],
    "keys": [],
}


NOT_BYTES: Any = None


def encoded(**changes: Any) -> bytes:
    plan: Any = SimpleNamespace(**{**PLAN, **changes})
    return BlockEncoder(plan, 100).encode(b"x\n", 0)[0]


@pytest.mark.parametrize(
    "changes",
    [
        *[{name: None} for name in ("before", "after", "hash_start")],
        {"header": [None]},
        {"header": ["a"]},
        {"properties": [Property("text", NOT_BYTES, 0)]},
        {"properties": [Property("object", b"", parts=(Part(0, NOT_BYTES),))]},
        {"properties": [Property("hash", b"")], "hash": lambda _: None},
        {"properties": [Property("number", b"", 0)], "readers": [lambda _: None]},
        {"properties": [Property("number", b"", 0)], "readers": [lambda _: "1"]},
    ],
)
def test_what_a_plan_gives_must_be_bytes(changes: dict[str, Any]) -> None:
    assert encoded() == b'{"a":"x"}\n'
    with pytest.raises(TypeError, match=r"^Expected bytes, got (NoneType|str)$"):
        encoded(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": [Property("text", b"", -2)]},
        {"properties": [Property("text", b"", 1)]},
        {"properties": [Property("number", b"", 0, reader=1)]},
        {"properties": [Property("object", b"", parts=(Part(-1),))]},
        {"properties": [Property("hash", b"", parts=(Part(1),))]},
        {"missing_id": 1},
        {"any_filled": [1]},
    ],
)
def test_index_that_is_out_of_range_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(IndexError):
        encoded(**changes)


@pytest.mark.parametrize("delimiter", [b"\0", b'"', b"\n", b"\r", b"\xff", b"", b",,"])
def test_byte_with_another_meaning_is_no_delimiter(delimiter: bytes) -> None:
    with pytest.raises(ValueError, match="is not a delimiter"):
        encoded(delimiter=delimiter)


@pytest.mark.parametrize("start", [-1, 3])
def test_start_must_be_in_the_block(start: int) -> None:
    plan: Any = SimpleNamespace(**PLAN)
    with pytest.raises(IndexError):
        BlockEncoder(plan, 100).encode(b"x\n", start)
    with pytest.raises(TypeError):
        BlockEncoder(plan, 100).encode(NOT_BYTES, 0)
