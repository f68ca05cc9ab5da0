"""The compiled encoder and the one in Python produce the same lines."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES
from tests.unit.encoder_comparison import (
    ALL,
    GOOD,
    REPORT,
    TIMES,
    UNUSUAL_NAMES,
    EightLines,
    as_csv,
    assert_same,
    cells,
    ids,
    reader_of,
    rows_for,
    rows_of_equal_cells,
)


def headers(file: FileSchema) -> dict[str, list[str]]:
    """Return possible headers of a file."""
    names = [column.name for column in file.columns] or ["thing", "seen_at"]
    return {
        "as known": names,
        "in another order": names[::-1],
        "with new columns": [*names, "new one", "new_at", "New One"],
        "without the last": names[:-1],
        "without the first": names[1:],
        "with one renamed": ["renamed", *names[1:]],
        "with one repeated": [*names, names[0], names[-1]],
        "misspelled as is known": [n.replace("dismissal", "dismisall") for n in names],
        "with odd names": [*names, *UNUSUAL_NAMES],
        "with empty names": [*names, "", ""],
        "of one column": names[:1],
    }


@pytest.mark.parametrize("file", [*ALL, REPORT], ids=ids)
@pytest.mark.parametrize(("number", "shape"), list(enumerate(headers(MESSAGE_FILES["receipt"]))))
def test_encoders_agree_on_every_file_shape_and_cell(
    file: FileSchema, number: int, shape: str
) -> None:
    header = headers(file)[shape]
    if not header:
        header = ["other"]
    # every cell in every column for one shape; the others have half of them, in turns
    rows = rows_for(file, header, None if number == 0 else number % 2)
    records = assert_same(file, as_csv(header, rows), small_tables=EightLines)
    if shape in {"as known", "in another order", "with new columns"}:
        assert len(records) > len(header)
        assert_same(file, as_csv(header, rows_of_equal_cells(file, header)))


@pytest.mark.parametrize("file", [*ALL, REPORT], ids=ids)
def test_encoders_agree_with_any_deselected_property(file: FileSchema) -> None:
    header = headers(file)["with new columns"]
    data = as_csv(header, rows_for(file, header)[:4] + rows_for(file, header)[-3:])
    reader = reader_of(file, data, [])
    for name in reader.format.template:
        for record in assert_same(file, data, {name}):
            assert name not in record
    for record in assert_same(file, data, set(reader.format.template)):
        assert record == {}
    some = set(list(reader.format.template)[::2])
    for record in assert_same(file, data, some):
        assert set(record) == set(reader.format.template) - some


@pytest.mark.parametrize(
    ("file", "name", "cell"),
    [
        (MESSAGE_FILES["receipt"], "first_open", "yesterday"),
        (MESSAGE_FILES["overview"], "open_total", "many"),
        (REPORT, "count", "many"),
        (REPORT, "when", "yesterday"),
        (REPORT, "whole", "0.5"),
    ],
)
def test_invalid_cell_in_deselected_column_rejects_row(
    file: FileSchema, name: str, cell: str
) -> None:
    header = [column.name for column in file.columns]
    kinds = {column.name: column.kind for column in file.columns}
    row = [cell if column == name else GOOD.get(kinds[column], "text") for column in header]
    assert_same(file, as_csv(header, [row]), {name})


@pytest.mark.parametrize("width", range(1, 18))
def test_any_number_of_adjacent_empty_cells(width: int) -> None:
    names = [
        column.name
        for column in MESSAGE_FILES["receipt"].columns
        if column.name.startswith("first_")
    ]
    header = ["receipt_id", "received_at", *names[:width]]
    rows = [["r", TIMES[0], *[""] * width]]
    rows += [
        ["r", TIMES[0], *["" if (number >> bit) & 1 else TIMES[0] for bit in range(width)]]
        for number in (0, 1, 2, 5, 1 << (width - 1), (1 << width) - 2)
    ]
    assert len(assert_same(MESSAGE_FILES["receipt"], as_csv(header, rows))) == len(rows)


@given(data=st.data())
@settings(deadline=None)
def test_any_adjacent_times(data: st.DataObject) -> None:
    names = [
        column.name
        for column in MESSAGE_FILES["receipt"].columns
        if column.name.startswith("first_")
    ]
    cell = st.sampled_from(["", "", "", TIMES[0], "2026-04-14T00:00:59.000Z", *TIMES])
    runs = data.draw(st.lists(st.lists(cell, min_size=len(names) - 1), min_size=1, max_size=3))
    ends = data.draw(st.sampled_from([[], ["last"]]))
    header = ["receipt_id", "received_at", *names, *(["new"] if ends else [])]
    rows = [["r", TIMES[0], *run[: len(names) + 1], *ends] for run in runs]
    assert_same(MESSAGE_FILES["receipt"], as_csv(header, rows))


SOME = [MESSAGE_FILES["receipt"], MESSAGE_FILES["click"]]

delimiters = st.sampled_from([",", ",", ";", "\t"])


@given(data=st.data())
@settings(deadline=None)
@pytest.mark.parametrize(
    "file",
    [MESSAGE_FILES["receipt"], MESSAGE_FILES["click"], MESSAGE_FILES["overview"], REPORT],
    ids=ids,
)
def test_encoders_agree_on_arbitrary_cells(file: FileSchema, data: st.DataObject) -> None:
    names = [column.name for column in file.columns]
    header = data.draw(st.one_of(st.just(names), st.permutations([*names, "new", "new_at"])))
    kinds = {column.name: column.kind for column in file.columns}
    good = [GOOD.get(kinds.get(name, Kind.TEXT), "some text") for name in header]
    rows = []
    for _ in range(data.draw(st.integers(1, 4))):
        row = good.copy()
        for place, cell in data.draw(
            st.dictionaries(st.integers(0, len(header) - 1), cells, max_size=8)
        ).items():
            row[place] = cell
        rows.append(row[: len(row) - data.draw(st.sampled_from([0, 0, 0, 1]))])
    deselected = set(data.draw(st.lists(st.sampled_from(header), max_size=4)))
    line_end, delimiter = data.draw(st.sampled_from(["\n", "\r\n"])), data.draw(delimiters)
    zone = data.draw(st.sampled_from(["UTC", "UTC", "America/Sao_Paulo", "Asia/Kolkata"]))
    assert_same(file, as_csv(header, rows, line_end, delimiter), deselected, zone=zone)


@given(body=st.one_of(st.binary(), st.text('ab,"\n\r\\').map(str.encode)))
@example(body=b'\r""')
@example(body=b'a,\r""')
@settings(deadline=None)
def test_encoders_agree_on_arbitrary_bytes(body: bytes) -> None:
    assert_same(MESSAGE_FILES["reply"], b"receipt_id,replied_at\nr,2026-04-13T12:32:22Z\n" + body)


@pytest.mark.parametrize("delimiter", [";", "\t"], ids=["semicolon", "tab"])
@pytest.mark.parametrize("file", [*ALL, REPORT], ids=ids)
def test_encoders_agree_on_other_delimiters(file: FileSchema, delimiter: str) -> None:
    header = headers(file)["with new columns"]
    rows = rows_of_equal_cells(file, header)
    assert_same(file, as_csv(header, rows, "\r\n", delimiter), small_tables=EightLines)


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Pacific/Kiritimati"])
@pytest.mark.parametrize(
    "file", [MESSAGE_FILES["receipt"], MESSAGE_FILES["click"], REPORT], ids=ids
)
def test_encoders_agree_on_times_of_a_zone(file: FileSchema, zone: str) -> None:
    header = headers(file)["with new columns"]
    data = as_csv(header, rows_of_equal_cells(file, header))
    records = assert_same(file, data, small_tables=EightLines, zone=zone)
    assert records != assert_same(file, data, small_tables=EightLines)


KEY_OF_PARTS = FileSchema(
    name="parts",
    description="A key of parts of which some may be empty.",
    columns=(
        *(Column("id", Kind.ID, ""), Column("team", Kind.OPTIONAL_ID, "")),
        *(Column("seen", Kind.REPORTED_TIME, ""), Column("count", Kind.REPORTED_NUMBER, "")),
        Column("label", Kind.TEXT, ""),
    ),
    key=("id", "team", "seen", "count"),
    time=(),
    empty_key=True,
)


@pytest.mark.parametrize(
    "deselected", [(), *((name,) for name in KEY_OF_PARTS.key), KEY_OF_PARTS.key]
)
def test_encoders_agree_on_a_key_with_empty_parts(deselected: tuple[str, ...]) -> None:
    cells = [["a", "", "-1"], ["7", "", "-1", "'-1"], [TIMES[0], "", "0", "x"], ["7", "", "-", "x"]]
    rows = [[*row, "text"] for row in product(*cells)]
    data = as_csv([*KEY_OF_PARTS.key, "label"], rows)
    records = assert_same(KEY_OF_PARTS, data, deselected, small_tables=EightLines)
    assert len(records) > len(rows) / 2
    assert all(set(deselected).isdisjoint(record) for record in records)
