"""The CSV reader: bytes to rows of cells."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.rows import csv_reader as csv_reader_module
from tap_intercom_export.rows import text_encoding
from tap_intercom_export.rows.csv_reader import MAX_RAW_CHARACTERS, CsvReader, DamagedRow

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BOM = b"\xef\xbb\xbf"


@dataclass
class Result:
    """The header, the rows with their line numbers, and the damaged rows of a file."""

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    damaged: list[DamagedRow] = field(default_factory=list)


def read(data: bytes | io.BufferedIOBase) -> Result:
    """Read a file row by row and in blocks, and check that both agree."""
    content = data if isinstance(data, bytes) else data.read()
    result = by_blocks(content)
    assert row_by_row(io.BytesIO(content)) == result
    return result


def row_by_row(source: io.BufferedIOBase) -> Result:
    damaged: list[DamagedRow] = []
    reader = CsvReader(cast("BinaryIO", source), damaged.append)
    result = Result(reader.header(), damaged=damaged)
    for row in reader:
        result.rows.append(row)
        result.lines.append(reader.line)
    return result


def by_blocks(content: bytes, *, pass_over: bool = False) -> Result:
    """Read a file in blocks.

    Args:
        content: The file.
        pass_over: Whether to pass over the rows of every second block, as a caller does that reads
            them itself.
    """
    damaged: list[DamagedRow] = []
    reader = CsvReader(io.BytesIO(content), damaged.append)
    result = Result(reader.header(), damaged=damaged)
    for number, block in enumerate(reader.blocks()):
        if isinstance(block, bytes):
            assert block
            if pass_over and number % 2 and block.count(b'"') % 2 == 0:  # whole rows
                reader.skip(block, 0, len(block))
                continue
            block = reader.read(block)  # noqa: PLW2901 - the rows of the same block
        for row in block:
            result.rows.append(row)
            result.lines.append(reader.line)
    return result


class SlowSource(io.RawIOBase):
    """A source that returns few bytes at a time, like a network connection."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__()
        self._rest = data
        self._step = step

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        given_now = self._rest[: min(self._step, len(view))]
        view[: len(given_now)] = given_now
        self._rest = self._rest[len(given_now) :]
        return len(given_now)


@dataclass(frozen=True)
class CsvStyle:
    """A CSV dialect."""

    line_end: Literal["\n", "\r\n"]
    quoting: Literal[0, 1]
    last_line_end: bool
    bom: bool

    def write(self, table: list[list[str]]) -> bytes:
        """Return a table as CSV."""
        text = io.StringIO(newline="")
        # before Python 3.13, csv.writer only quotes cells that contain its own line end
        careful = self.quoting == csv.QUOTE_ALL or "\r" in "".join(map("".join, table))
        csv.writer(
            text,
            lineterminator=self.line_end,
            quoting=csv.QUOTE_ALL if careful else csv.QUOTE_MINIMAL,
        ).writerows(table)
        data = text.getvalue().encode()
        data = data if self.last_line_end else data.removesuffix(self.line_end.encode())
        return BOM + data if self.bom else data


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
special_text = st.sampled_from(list("\",\r\n\t;'\\ a\u2028\x85é€😀\ufeff"))
cells_of_text = st.text(special_text | characters, max_size=12)
styles = st.builds(
    CsvStyle, st.sampled_from(["\n", "\r\n"]), st.sampled_from([0, 1]), st.booleans(), st.booleans()
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Return a table with at least one row.

    The first cell starts with a letter, like a header, and the first row contains no other
    delimiter than the comma.
    """
    width = draw(st.integers(1, 4))
    row = st.lists(cells_of_text, min_size=width, max_size=width)
    table = draw(st.lists(row, min_size=1, max_size=6))
    table[0] = [cell.translate({ord("\t"): None, ord(";"): None}) for cell in table[0]]
    table[0][0] = "h" + table[0][0]
    return table


@given(tables(), styles)
def test_written_table_is_read_unchanged(table: list[list[str]], style: CsvStyle) -> None:
    result = read(style.write(table))
    assert [result.header, *result.rows] == table
    assert result.damaged == []


@given(tables(), styles, st.integers(1, 7), st.integers(1, 9))
def test_table_is_read_from_slow_source(
    table: list[list[str]], style: CsvStyle, step: int, buffer: int
) -> None:
    result = row_by_row(io.BufferedReader(SlowSource(style.write(table), step), buffer))
    assert [result.header, *result.rows] == table


@given(tables(), styles, st.integers(1, 9))
def test_table_is_read_with_any_buffer_size(
    table: list[list[str]], style: CsvStyle, chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_reader_module, "CHUNK_BYTES", chunk)
        result = read(style.write(table))
    assert [result.header, *result.rows] == table
    assert result.damaged == []


@given(tables(), styles)
def test_each_row_has_its_line_number(table: list[list[str]], style: CsvStyle) -> None:
    result = read(style.write(table))
    line, expected = 1, []
    for row in table:
        expected.append(line)
        line += 1 + "".join(row).count("\n")
    assert result.lines == expected[1:]


@pytest.mark.parametrize("data", [b"", BOM, b"\n", b"\r\n\r\n"], ids=["none", "BOM", "LF", "CRLF"])
def test_file_without_a_header_has_no_rows(data: bytes) -> None:
    assert read(data) == Result([])


@pytest.mark.parametrize("data", [b"a,b", b"a,b\n", b"a,b\r\n", BOM + b"a,b\n", b"a,b\n\n\n"])
def test_header_only_file_has_no_rows(data: bytes) -> None:
    assert read(data) == Result(["a", "b"])


@pytest.mark.parametrize("header", [b'"receipt_id",x', b"receipt_id,x"], ids=["quoted", "bare"])
def test_byte_order_mark_is_not_part_of_header(header: bytes) -> None:
    assert read(BOM + header + b"\n1,2\n").header == ["receipt_id", "x"]


def test_blank_lines_are_skipped_but_counted() -> None:
    result = read(b"\n\na\n\n1\n\r\n\n2\n\n")
    assert result.header == ["a"]
    assert result.rows == [["1"], ["2"]]
    assert result.lines == [5, 8]


def test_row_with_one_empty_cell_is_not_a_blank_line() -> None:
    assert read(b'a\n""\n').rows == [[""]]


def test_short_and_long_rows_are_rows() -> None:
    assert read(b"a,b\n1\n1,2,3\n").rows == [["1"], ["1", "2", "3"]]


def test_line_numbers_are_right_after_cells_of_many_lines() -> None:
    assert read(b'a,b\n1,"x\ny\r\nz"\n2,y\n"\n\n",3\n4,x\n').lines == [2, 5, 6, 9]


FLAWED = b'a,b\n0,"x\ny"\n1,"x%s\ny\nz"\n2,"ok\nok"\n3,ok\n4,%s\n'


@pytest.mark.parametrize("chunk", range(1, len(FLAWED)))
@pytest.mark.parametrize("flaw", [b"\0", b"\xff", b"\xc3"], ids=["NUL", "not UTF-8", "cut UTF-8"])
def test_invalid_characters_are_detected_at_any_buffer_boundary(
    flaw: bytes, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader_module, "CHUNK_BYTES", chunk)
    result = read(FLAWED % (flaw, flaw))
    repaired = [[text_encoding.replace_invalid(cell) for cell in row] for row in result.rows]
    cells = [[cell for cell, _ in row] for row in repaired]
    assert cells[1] == ["1", "x\ufffd\ny\nz"]
    assert cells[4] == ["4", "\ufffd"]
    assert [sum(count for _, count in row) for row in repaired] == [0, 1, 0, 0, 1]
    assert result.lines == [2, 4, 7, 9, 10]
    assert result.damaged == []


def test_rejected_row_keeps_its_bytes() -> None:
    damaged: list[DamagedRow] = []
    reader = CsvReader(io.BytesIO(b'a,b\n1,x\n2,"\xe9t\0"\n'), damaged.append)
    reader.header()
    for cells in reader:
        if cells[0] == "2":
            assert reader.has_invalid
            reader.reject("is not wanted")
    assert damaged == [DamagedRow(3, '2,"\\xe9t\\x00"', "is not wanted", "is not wanted")]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'2,"y', id="unclosed quote"),
        pytest.param(b'2,"y"y', id="text after a closing quote"),
        pytest.param(b"2,y\ry", id="a carriage return in a bare cell"),
    ],
)
def test_invalid_csv_row_rejects_only_its_line(line: bytes) -> None:
    result = read(b"a,b\n1,x\n" + line + b"\n3,z\n4,w\n")
    assert result.rows == [["1", "x"], ["3", "z"], ["4", "w"]]
    assert result.lines == [2, 4, 5]
    assert [(row.line, row.raw) for row in result.damaged] == [(3, line.decode())]


def test_unclosed_quote_rejects_one_line_in_large_file() -> None:
    others = [f"{number},x" for number in range(50_000)]
    text = "\n".join(["a,b", *others[:100], '!,"y', *others[100:], ""])
    result = read(text.encode())
    assert [",".join(row) for row in result.rows] == others
    assert [row.line for row in result.damaged] == [102]


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 8, 13, 21, 34])
def test_unclosed_quote_rejects_one_line_with_any_buffer_size(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader_module, "CHUNK_BYTES", chunk)
    result = read(b'a,b\n1,"x\ny"\n2,"y\n3,z\n4,"w\nw"\n5,v\n')
    assert result.rows == [["1", "x\ny"], ["3", "z"], ["4", "w\nw"], ["5", "v"]]
    assert result.lines == [2, 5, 6, 8]
    assert [(row.line, row.raw) for row in result.damaged] == [(4, '2,"y')]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("chunk", [1, 4, 9, 1000])
def test_no_line_after_invalid_header_is_lost(
    line_end: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader_module, "CHUNK_BYTES", chunk)
    lines = ['a,"b', "1,x", "2,y", '3,"z,z"', "4,w"]
    result = read("".join(line + line_end for line in lines).encode())
    assert result.header == []
    assert [(row.line, row.raw) for row in result.damaged] == [(1, 'a,"b'), (2, "1,x")]
    assert result.rows == [["2", "y"], ["3", "z,z"], ["4", "w"]]
    assert result.lines == [3, 4, 5]


def test_unclosed_quote_in_last_line_rejects_that_line() -> None:
    result = read(b'a,b\n1,x\n2,"y')
    assert result.rows == [["1", "x"]]
    assert [row.line for row in result.damaged] == [3]


@given(
    st.lists(
        st.sampled_from(["1,x", '2,"y', '3,"a\nb"', "4,\0", "5", '"6"6,x', "", "é,ü", ' 7,"x']),
        max_size=9,
    )
)
def test_every_line_is_in_a_row_or_a_damaged_row(lines: list[str]) -> None:
    data = "\n".join(["a,b", *lines])
    result = read(data.encode())
    found = sorted(result.lines + [row.line for row in result.damaged])
    assert len(set(found)) == len(found)
    texts = data.split("\n")
    cells = "".join("".join(row) for row in result.rows)
    raw = "".join(row.raw for row in result.damaged)
    kept = sorted((cells + raw).replace("\\x00", "\0").replace(text_encoding.NUL, "\0"))
    marks = {",", '"', "\n", "\r"}  # characters that CSV adds to the cells
    expected_rows = sorted("".join(texts[1:]))
    assert [c for c in kept if c not in marks] == [c for c in expected_rows if c not in marks]


def test_cell_of_ten_megabytes_is_read() -> None:
    long = 'line with a "quote"\n' * 500_000
    quoted = long.replace('"', '""')
    result = read(f'a,b\n1,"{quoted}"\n2,x\n'.encode())
    assert result.rows == [["1", long], ["2", "x"]]
    assert result.lines == [2, 500_003]


def test_row_with_very_many_lines_has_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line ends within a quote that the next line closes, so all of them would be one row."""
    monkeypatch.setattr(csv_reader_module, "MAX_CELL_CHARACTERS", 1000)
    held = 0
    reader = CsvReader(io.BytesIO(b'a,b\n1,"\n' + b'","\n' * 10_000), lambda _: None)
    reader.header()
    for row in reader:
        held = max(held, sum(map(len, row)))
    assert held <= 1000
    assert reader.line <= 10_003


def test_very_long_damaged_row_is_truncated_and_marked() -> None:
    result = read(b"a\n" + b"x" * (MAX_RAW_CHARACTERS + 5) + b"\r\0\n1\n")
    (row,) = result.damaged
    assert len(row.raw) == MAX_RAW_CHARACTERS
    length = MAX_RAW_CHARACTERS + 5 + len("\r") + len("\\x00")
    assert f"{length:,}" in row.reason
    assert result.rows == [["1"]]


def test_invalid_characters_in_header_reject_no_rows() -> None:
    result = read(b"receipt_id,b\xff,c\0\n1,2,3\n")
    assert result.header == ["receipt_id", "b\ufffd", "c"]
    assert result.rows == [["1", "2", "3"]]
    assert result.damaged == []


def test_invalid_header_is_rejected_with_following_row() -> None:
    result = read(b'receipt_id,"b\n1,2\n3,4\n')
    assert result.header == []
    assert [row.line for row in result.damaged] == [1, 2]
    assert result.rows == [["3", "4"]]


def test_reader_can_reject_current_row() -> None:
    damaged: list[DamagedRow] = []
    reader = CsvReader(io.BytesIO(b'a,b\n1,"x\ny"\n2,z\n'), damaged.append)
    reader.header()
    for cells in reader:
        if cells[0] == "1":
            reader.reject("is not wanted")
    assert damaged == [DamagedRow(2, '1,"x\ny"', "is not wanted", "is not wanted")]


LONG_ROWS = b"".join(b'%d,"x\ny"\n%d,z\r\n\n' % (number, number + 1) for number in range(0, 40, 2))


@pytest.mark.parametrize("last", [b"", b"40,z", b'40,"z\nz"', b"\n\n", b"\r"])
@pytest.mark.parametrize("chunk", [1, 10, 50, 64, 100, 10_000])
def test_lines_are_counted_if_rows_are_passed_over(
    last: bytes, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader_module, "CHUNK_BYTES", chunk)
    content = b"a,b\n" + LONG_ROWS + last
    everything = read(content)
    numbered = dict(zip((row[0] for row in everything.rows), everything.lines, strict=True))
    assert (numbered["0"], numbered["39"]) == (2, 80)
    some = by_blocks(content, pass_over=True)
    assert some.lines == [numbered[row[0]] for row in some.rows]
    if chunk < len(LONG_ROWS) / 4:
        assert 0 < len(some.rows) < len(everything.rows)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_lines_are_counted_if_single_rows_are_read(end: bytes) -> None:
    """As `Encoder` does it: pass over rows, read one, and pass over the others."""
    damaged: list[DamagedRow] = []
    reader = CsvReader(io.BytesIO(b'a,b\n1,"x\ny"\n\n2,z\n3,w' + end), damaged.append)
    reader.header()
    first, block = reader.blocks()
    assert isinstance(block, bytes)
    assert not isinstance(first, bytes)
    assert list(first) == []
    start, stop = block.index(b"2"), block.index(b"3")
    reader.skip(block, 0, start)
    assert [(row, reader.line) for row in reader.read(block[start:stop])] == [(["2", "z"], 5)]
    assert [(row, reader.line) for row in reader.read(block[stop:])] == [(["3", "w"], 6)]
    reader.reject("is not wanted")
    assert [row.line for row in damaged] == [6]


def test_blocks_are_converted_if_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader_module, "CHUNK_BYTES", 40)
    monkeypatch.setattr(csv_reader_module, "CONVERTED_CHUNK_BYTES", 40)
    rows = [b"%03d,x\n" % number for number in range(40)]
    rows[20] = b'020,"y\ny"\n'  # in a block that is not converted
    damaged: list[DamagedRow] = []
    reader = CsvReader(io.BytesIO(b"a,b\n" + b"".join(rows)), damaged.append)
    reader.header()
    converted: list[int] = []
    lines: dict[str, int] = {}

    def convert(data: bytes) -> int | None:
        return None if b"y" in data else data.count(b"\n")

    for block in reader.blocks(convert):
        if isinstance(block, int):
            converted.append(block)
            continue
        for row in reader.read(block) if isinstance(block, bytes) else block:
            lines[row[0]] = reader.line
    assert sum(converted) + len(lines) == 40
    assert sum(converted) > 20
    number = {row[:3].decode(): place + 2 + (place > 20) for place, row in enumerate(rows)}
    assert lines == {name: number[name] for name in lines}
    assert lines["020"] == 22


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"a;b\n1;x\n2;y\n", id="semicolons"),
        pytest.param(b"a,b\n1,x\n\xef\xbb\xbf2,y\n", id="byte order mark"),
        pytest.param(b"a,b\n1,x\na,b\n2,y\n", id="repeated header"),
    ],
)
def test_unusual_blocks_are_not_converted(data: bytes) -> None:
    reader = CsvReader(io.BytesIO(data), lambda _: None)
    reader.header()
    blocks = list(reader.blocks(lambda _: "converted"))
    assert [block for block in blocks if isinstance(block, bytes)] == [data.partition(b"\n")[2]]
    assert "converted" not in blocks


def test_rows_after_a_line_that_is_too_long_are_read_by_the_csv_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_reader_module, "CHUNK_BYTES", 10)
    monkeypatch.setattr(csv_reader_module, "MAX_LINE_BYTES", 40)
    result = read(b"a,b\n1,x\n2," + b"y" * 100 + b"\n3,z\n4,w\n")
    assert result.rows == [["1", "x"], ["3", "z"], ["4", "w"]]
    assert result.lines == [2, 4, 5]
    assert [row.line for row in result.damaged] == [3]
