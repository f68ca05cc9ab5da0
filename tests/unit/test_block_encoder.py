"""The compiled encoder: rows, and the records that they become.

Expected values come from Python's csv, json and datetime modules, or are written by hand.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.archive import as_csv
from benchmarks.shapes import SHAPES
from tap_intercom_export.rows import csv_reader
from tap_intercom_export.rows.compiled import BlockEncoder
from tap_intercom_export.rows.encoder import Encoder
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tests.harness.compiled_encoder import needs_compiled_encoder
from tests.unit.block_encoding import (
    BOM,
    LINE,
    MAX_ROW_BYTES,
    Encoded,
    encode,
    json_line,
    plan,
    read_by_python,
    refuse,
    schema,
)
from tests.unit.test_encoder_shapes import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

pytestmark = needs_compiled_encoder


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", 0),
        (b"\n", 0),
        (b"\r\n\n\r\n", 0),
        (b"\r", 0),
        (b"r,x", 1),
        (b"r,x\r", 1),
        (b"r,x\n", 1),
        (b"r,x\r\n", 1),
        (b'r,"x"', 1),
        (b'"r","x"\r', 1),
        (b"r,x\nr,x\r\nr,x", 3),
        (b'\n\nr,x\n\r\n\n"r",x\n\n', 2),
    ],
)
def test_line_ends_and_blank_lines(data: bytes, lines: int) -> None:
    assert encode(data) == (LINE * lines, lines, [], len(data), len(data))


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"r,x\ry\n", id="CR within a cell"),
        pytest.param(b"r,x\rr,y\n", id="CR between rows"),
        pytest.param(b"r,x\r\r\n", id="two CR"),
        pytest.param(b"\rr,x\n", id="CR first"),
        pytest.param(b'r,"x"y\n', id="text after a closing quote"),
        pytest.param(b'r,"x" \n', id="blank after a closing quote"),
        pytest.param(b'r,"x"\0\n', id="NUL after a closing quote"),
        pytest.param(b'r,"x"\ry\n', id="CR after a closing quote"),
        pytest.param(b'r,"x\n', id="open quote"),
        pytest.param(b'r,"', id="open quote at the end"),
        pytest.param(b'r,"x""', id="open after a doubled quote"),
        pytest.param(b'r,"x""\ns,"y\n', id="open in the next row"),
        pytest.param(BOM + b"r,x\n", id="byte order mark"),
        pytest.param(BOM + b'"r",x\n', id="byte order mark before a quote"),
        pytest.param(BOM, id="byte order mark alone"),
        pytest.param(b'r,"' + b"x" * MAX_ROW_BYTES + b'"\n', id="row that is too long"),
    ],
)
def test_rows_from_one_that_is_not_csv_are_handed_back(rest: bytes) -> None:
    for before, count in ((b"", 0), (b"r,x\n", 1), (b'r,"x"\r\nr,x\n\n', 2)):
        for after in (b"", b"r,x\n") if rest.endswith(b"\n") else (b"",):
            data = before + rest + after
            assert encode(data) == (LINE * count, count, [], len(before), len(data))


@pytest.mark.parametrize("row", ["r,{}\n", 'r,"{}"\r\n', 'r,"{}"'], ids=["bare", "CRLF", "no end"])
def test_longest_row_is_read(row: str) -> None:
    longest = "x" * (MAX_ROW_BYTES - 1 - len(row.format("")))
    data = row.format(longest).encode()
    assert len(data) == MAX_ROW_BYTES - 1
    assert encode(data).lines == json_line({"c0": "r", "c1": longest})
    longer = row.format(longest + "x").encode()
    assert encode(longer) == (b"", 0, [], 0, len(longer))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('x"y', 'x"y'),
        ('x""y', 'x""y'),
        ('x"', 'x"'),
        (' "x"', ' "x"'),
        ('"x""y"', 'x"y'),
        ('""""', '"'),
        ('""""""', '""'),
        ('"""x"""', '"x"'),
        ('"a,b"', "a,b"),
        ('"a\r\nb\rc\nd"', "a\r\nb\rc\nd"),
        ("a;b\tc", "a;b\tc"),
    ],
)
def test_quotes_and_delimiters_in_cells(cell: str, text: str) -> None:
    assert encode(f"r,{cell}\nr,x\n".encode()).lines == json_line({"c0": "r", "c1": text}) + LINE


@pytest.mark.parametrize(
    "row",
    [
        *(b"r", b"r\n", b"r\r\n", b"r,x,\n", b"r,x,y\n", b"r,x,,,,,\n", b'r,"x","y"\r\n', b'""\n'),
        *(b'"r"\n', b" \n", b",\n", b",x\n", b'"",x\n', b'r,x,"y\nz"\n', b"r,x,y"),
    ],
)
def test_row_with_other_cells_is_handed_back(row: bytes) -> None:
    after = b"r,x\n" if row.endswith(b"\n") else b""
    found = encode(b"r,x\n" + row + after)
    assert found == (LINE, 1, [], 4, 4 + len(row))


def test_rows_after_one_that_was_handed_back() -> None:
    """As `Encoder` does it: go on after each row that is handed back."""
    data = b'r,x\nr\n\nr,x\nr,"a\nb",y\n"r",x\n'
    encoder = BlockEncoder(plan(schema(Kind.TEXT)), MAX_ROW_BYTES)
    first = Encoded(*encoder.encode(data, 0))
    second = Encoded(*encoder.encode(data, first.following))
    third = Encoded(*encoder.encode(data, second.following))
    assert [first.lines, second.lines, third.lines] == [LINE] * 3
    assert data[first.stop : first.following] == b"r\n"
    assert data[second.stop : second.following] == b'r,"a\nb",y\n'
    assert third.stop == third.following == len(data)
    assert encoder.encode(data, len(data)) == (b"", 0, [], len(data), len(data))


@pytest.mark.parametrize("start", [-1, 5, 100])
def test_start_beyond_the_data(start: int) -> None:
    with pytest.raises(IndexError):
        encode(b"r,x\n", start=start)


@pytest.mark.parametrize("row", [b"c0,c1\n", b'"c0",c1\r\n', b'"c0","c1"', b"c0,c1\r"])
def test_repeated_header_is_handed_back(row: bytes) -> None:
    assert encode(b"r,x\n" + row) == (LINE, 1, [], 4, 4 + len(row))


@pytest.mark.parametrize("row", [b"c0,c2\n", b"c0,c11\n", b"c0,c\n", b"C0,c1\n", b"c1,c0\n"])
def test_row_like_the_header_is_a_row(row: bytes) -> None:
    assert encode(row)[1:] == (1, [], len(row), len(row))


def test_repeated_header_with_quotes_and_other_characters() -> None:
    header = ["c0", 'a "word"', "two\nlines", "Zoë"]
    row = '"c0","a ""word""","two\nlines",Zoë\n'.encode()
    assert encode(row, header=header).stop == 0
    assert encode(row.replace(b"lines", b"line"), header=header).rows == 1


def test_one_column() -> None:
    file = schema(required=())
    assert encode(b'a\n\n"b"\r\n\r\nc', file).lines == b'{"c0":"a"}\n{"c0":"b"}\n{"c0":"c"}\n'
    assert encode(b'a\n""\nb\n', file)[3:] == (2, 5)


def test_one_empty_cell_is_a_row() -> None:
    file = FileSchema("thing", "", (Column("text", Kind.TEXT, ""),), key=(), time=())
    assert encode(b'""\n\n""', file).lines == b'{"text":null}\n{"text":null}\n'


@pytest.mark.parametrize("row", [b"abc\n", b'"abc"\n', b"a,b\n", b"x", b",\n"])
def test_no_row_passes_as_blank_if_the_header_is_empty(row: bytes) -> None:
    file = FileSchema("thing", "", (), key=(), time=())
    encoder = BlockEncoder(plan(file), MAX_ROW_BYTES)
    assert encoder.encode(b"\n" + row, 0) == (b"", 0, [], 1, 1 + len(row))


@pytest.mark.parametrize("delimiter", [";", "\t"], ids=["semicolon", "tab"])
def test_other_delimiter(delimiter: str) -> None:
    data = 'r;"a;b\t,"\n"r";x,y\nr;x\ty\nr\n'.replace(";", "\0").replace("\t", "\1")
    data = data.replace("\0", delimiter).replace("\1", "\t" if delimiter == ";" else ";")
    found = encode(data.encode(), delimiter=delimiter)
    other = "\t" if delimiter == ";" else ";"
    texts = [f"a{delimiter}b{other},", "x,y", f"x{other}y"]
    assert found.lines == b"".join(json_line({"c0": "r", "c1": text}) for text in texts)
    assert data[found.stop :] == "r\n"


def test_text_around_records_and_keys() -> None:
    file = schema(Kind.OPTIONAL_ID, Kind.TEXT, key=("c0", "c2"))
    found = encode(
        'r,-1,"é, ""x"""\ns,7,y\n'.encode(),
        file,
        before='{"record":',
        after="}\r\n",
        with_keys=True,
    )
    first = {"c0": "r", "c1": None, "c2": 'é, "x"'}
    second = {"c0": "s", "c1": "7", "c2": "y"}
    lines = [json_line({"record": record}).rstrip() + b"\r\n" for record in (first, second)]
    assert found.lines == b"".join(lines)
    assert found.keys == [r'"r","\u00e9, \"x\""', '"s","y"']


def test_keys_do_not_depend_on_what_is_written() -> None:
    file = schema(Kind.TEXT)
    options: dict[str, Any] = {"with_keys": True, "omit_nulls": True}
    deselected = encode(b"r,x\ns,\n", file, deselected={"c0", "c1"}, **options)
    assert (deselected.lines, deselected.keys) == (b"{}\n{}\n", ['"r"', '"s"'])


def test_omitted_nulls() -> None:
    file = schema(Kind.TEXT, Kind.OPTIONAL_ID, Kind.TIME, Kind.NUMBER)
    data = b"r,,,,\nr,x,-1,0,null\nr,,7,,1\n"
    assert encode(data, file, omit_nulls=True).lines == (
        b'{"c0":"r"}\n{"c0":"r","c1":"x"}\n{"c0":"r","c2":"7","c4":1}\n'
    )
    assert encode(data, file, omit_nulls=False, deselected={"c0"}).lines == (
        b'{"c1":null,"c2":null,"c3":null,"c4":null}\n'
        b'{"c1":"x","c2":null,"c3":null,"c4":null}\n'
        b'{"c1":null,"c2":"7","c3":null,"c4":1}\n'
    )


@pytest.mark.parametrize("deselected", [(), ("c1",), ("c2",), ("c3",), ("c0", "c1", "c2", "c3")])
def test_key_with_empty_parts(deselected: Collection[str]) -> None:
    file = schema(
        *(Kind.OPTIONAL_ID, Kind.REPORTED_NUMBER, Kind.REPORTED_TIME, Kind.TEXT),
        key=("c0", "c1", "c2", "c3"),
        empty_key=True,
    )
    found = encode(
        b"r,,,,x\n,7,,,x\n,,5,,x\nr,-1,,,x\n", file, deselected=deselected, with_keys=True
    )
    records: list[dict[str, Any]] = [
        {"c0": "r", "c1": "", "c2": "", "c3": "", "c4": "x"},
        {"c0": "", "c1": "7", "c2": "", "c3": "", "c4": "x"},
        {"c0": "", "c1": "", "c2": 5, "c3": "", "c4": "x"},
    ]
    lines = [{name: each[name] for name in each if name not in deselected} for each in records]
    assert found.lines == b"".join(map(json_line, lines))
    assert found.keys == ['"r","","",""', '"","7","",""', '"","",5,""']
    assert found.stop == len(b"r,,,,x\n,7,,,x\n,,5,,x\n")  # -1 means none: Python decides
    assert encode(b",,,,x\n", file, deselected=deselected).stop == 0


def test_columns_that_the_file_does_not_have() -> None:
    file = schema(Kind.TEXT, Kind.TIME, Kind.TEXT)
    assert encode(b"x,r\n", file, header=["c3", "c0"]).lines == json_line(
        {"c0": "r", "c1": None, "c2": None, "c3": "x"}
    )
    assert encode(b"x\n", file, header=["c1"]).stop == 0  # without its id


def test_output_of_many_rows_is_whole() -> None:
    """The buffer grows many times, also in the middle of a row."""
    texts = [("é" * size, "x" * size) for size in (0, 1, 300, 2, 499, 0, 100)] * 200
    data = "".join(f'r,"{one}",{two}\n' for one, two in texts).encode()
    found = encode(data, schema(Kind.TEXT, Kind.TEXT))
    expected = (read_by_python(["r", one, two]) for one, two in texts)
    assert found.lines == b"".join(expected)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=lambda shape: shape.key)
def test_no_row_of_the_usual_shapes_is_handed_back(
    shape: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is handed back, so that no test passes only because Python reads every row."""
    rows = shape.rows(Random(shape.key))  # noqa: S311 - reproducible data, not a secret
    data = as_csv(shape, [list(shape.columns), *(next(rows) for _ in range(300))])
    monkeypatch.setattr(csv_reader, "CHUNK_BYTES", 8192)
    monkeypatch.setattr(Encoder, "_encode_rows", nothing_but_the_first_lines)
    blocks = list(Encoder(Table(shape, data).reader()).lines())
    assert sum(block.count for block in blocks) == 300


def nothing_but_the_first_lines(_: Encoder, rows: Any) -> Any:
    """Stand in for `Encoder._encode_rows`: the lines that were read with the header are none."""
    assert list(rows) == []
    return iter(())


@pytest.mark.parametrize("shape", SHAPES.values(), ids=lambda shape: shape.key)
def test_times_and_numbers_of_the_usual_shapes_need_no_python(
    shape: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_intercom_export.rows.compiled.plan._json_reader", refusing_reader)
    test_no_row_of_the_usual_shapes_is_handed_back(shape, monkeypatch)


def refusing_reader(_: Callable[[str], object]) -> Callable[[str], bytes]:
    return refuse
