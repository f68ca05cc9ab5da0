"""Names are not executed in the generated code, which can be switched off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tap_intercom_export.rows import escape
from tap_intercom_export.rows.encoder import Encoder
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES
from tests.unit.encoder_comparison import (
    REPORT,
    UNUSUAL_NAMES,
    as_csv,
    assert_same,
    ids,
    reader_of,
    rows_for,
)

if TYPE_CHECKING:
    from tap_intercom_export.rows.csv_reader import DamagedRow


def headers_as_property_names(header: list[str], file: FileSchema) -> list[Column]:
    """Use headers as property names, so that they occur in the generated code."""
    known = {column.name: column for column in file.columns}
    return [known.get(name) or Column(name, Kind.TEXT, "") for name in header]


@pytest.mark.parametrize("name", UNUSUAL_NAMES)
@pytest.mark.parametrize(
    "file", [MESSAGE_FILES["receipt"], MESSAGE_FILES["click"], REPORT], ids=ids
)
def test_column_names_are_not_executed_in_generated_code(file: FileSchema, name: str) -> None:
    if "\n" in name:
        header = [column.name for column in file.columns] + [name]
    else:
        header = [name, *(column.name for column in file.columns)]
    rows = rows_for(file, header)[:8]
    data = as_csv(header, rows)
    record, *_ = assert_same(file, data, match=headers_as_property_names)
    assert record[name] == "some text"
    for record in assert_same(file, data, {name}, match=headers_as_property_names):
        assert name not in record


@pytest.mark.parametrize("kind", [Kind.TIME, Kind.OPTIONAL_ID, Kind.NUMBER, Kind.TEXT])
def test_property_names_are_not_executed_in_generated_code(kind: Kind) -> None:
    columns = tuple(Column(name, kind, "") for name in UNUSUAL_NAMES)
    unusual = FileSchema(
        name="'\"{odd}\\\n",
        description="",
        columns=(Column("receipt_id", Kind.ID, ""), *columns),
        key=('it\'s {the} "key"',),
        time=(),
        hash_name='it\'s {the} "key"',
    )
    header = ["receipt_id", *UNUSUAL_NAMES]
    records = assert_same(unusual, as_csv(header, rows_for(unusual, header)))
    assert len(records) > len(header)


def test_without_the_compiled_encoder_no_code_is_generated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Encoder, "is_compiled", False)
    monkeypatch.setattr("tap_intercom_export.rows.encoder.row_function", None)
    monkeypatch.setattr(escape, "escape_block", None)
    data = b"receipt_id,opened_at\n1,2026-01-01T00:00:00Z\n2,never\n"
    damaged: list[DamagedRow] = []
    (lines,) = Encoder(reader_of(MESSAGE_FILES["open"], data, damaged)).lines()
    assert lines.count == 1
    assert json.loads(lines.data)["receipt_id"] == "1"
    assert [row.line for row in damaged] == [3]
