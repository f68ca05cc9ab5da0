"""Names of columns and properties of any characters."""

from __future__ import annotations

import pytest

from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES
from tests.unit.encoder_comparison import (
    REPORT,
    UNUSUAL_NAMES,
    as_csv,
    assert_same,
    ids,
    rows_for,
)


def headers_as_property_names(header: list[str], file: FileSchema) -> list[Column]:
    """Use headers as property names, so that they occur in the records."""
    known = {column.name: column for column in file.columns}
    return [known.get(name) or Column(name, Kind.TEXT, "") for name in header]


@pytest.mark.parametrize("name", UNUSUAL_NAMES)
@pytest.mark.parametrize(
    "file", [MESSAGE_FILES["receipt"], MESSAGE_FILES["click"], REPORT], ids=ids
)
def test_column_name_of_any_characters(file: FileSchema, name: str) -> None:
    if "\n" in name:
        header = [column.name for column in file.columns] + [name]
    else:
        header = [name, *(column.name for column in file.columns)]
    rows = rows_for(file, header)[:8]
    data = as_csv(header, rows)
    record, *_ = assert_same(file, data, match=headers_as_property_names)
    assert record[name] == "some text"
    assert set(record) >= {column.name for column in file.columns}
    for other in assert_same(file, data, {name}, match=headers_as_property_names):
        assert name not in other


@pytest.mark.parametrize("kind", [Kind.TIME, Kind.OPTIONAL_ID, Kind.NUMBER, Kind.TEXT])
def test_property_names_of_any_characters(kind: Kind) -> None:
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
