"""The generated encoder and the SDK's encoder produce the same records."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intercom_simulator import Dialect, Member, Mutation
from tap_intercom_export.rows import csv_reader as csv_reader_module
from tap_intercom_export.rows import encoder as encoder_module
from tap_intercom_export.rows.compiled import escape
from tap_intercom_export.rows.encoder import Encoder, record_envelope
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.kinds import Kind
from tap_intercom_export.schemas.message_files import MESSAGE_FILES, UNKNOWN_FILE
from tests.harness.singer import Output, run_tap, run_without_waiting, select

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from intercom_simulator import Simulator
    from tap_intercom_export.rows.csv_reader import DamagedRow

    Simulate = Callable[..., Simulator]
    Configure = Callable[..., dict[str, Any]]

AFTER, BEFORE = "2026-04-01T00:00:00Z", "2026-04-30T23:59:59Z"
TIMES = [
    "2026-04-13T12:32:22.000Z",
    "2026-04-13T12:32:22Z",
    "2026-04-13T12:32:22.120Z",
    "2026-04-13T12:32:22.1234567Z",
    "2026-04-13 12:32:22",
    "2026-04-13 12:32:22 UTC",
    "2026-04-13T14:32:22+02:00",
    "2026-04-13T14:32:22-0230",
    "1776083542",
    "1776083542000",
    "0",
    "-1",
    "'-1",
    "null",
    " ",
    "",
    "–",  # noqa: RUF001 - what a spreadsheet makes of "-"
    "yesterday",
    "2026-02-30T00:00:00Z",
    "2026-04-13T25:00:00Z",
    "2026-04-13T12:32:22+99:00",
]
NUMBERS = ["0", "7", "3.0", "0.25", "-1", "1e3", ".5", "null", "-", "", "many", "1e999", "0x1F"]
TEXTS = [
    "plain",
    "comma, comma",
    'a "quoted" word',
    "two\nlines",
    "two\r\nlines",
    "back\\slash \\u0041 \\n",
    "tab\tand\x01\x1f\x7f control",
    "Zoë 你好 🎉 \u2028 \u0085",
    "{braces} {{twice}} %s %(name)s",
    "-1",
    "'-1",
    "null",
    " ",
    "",
]
UNUSUAL_NAMES = [
    'quote"',
    "apostrophe'",
    "back\\slash",
    "line\nend",
    "{brace}",
    "{{twice}}",
    "%s %(x)s %",
    "\\N{BULLET}",
    "'; raise SystemExit #",
    "'''",
    '"""',
    "{__import__('os')._exit(9)}",
    "Zoë 🎉",
    "tab\t",
    "import",
    "c0",
    "_at",
]
ALL = [*MESSAGE_FILES.values(), UNKNOWN_FILE]
REPORT = FileSchema(
    name="report",
    description="A file with cells that their columns may not be able to hold.",
    columns=(
        Column("id", Kind.ID, ""),
        Column("when", Kind.REPORTED_TIME, ""),
        Column("count", Kind.REPORTED_NUMBER, ""),
        Column("whole", Kind.INTEGER, ""),
        Column("label", Kind.TEXT, ""),
    ),
    key=("id",),
    time=(),
    empty_key=True,
)


def ids(file: FileSchema) -> str:
    return file.name


@dataclass(frozen=True)
class Reading:
    """The result of one of the encoders."""

    records: list[dict[str, Any]]
    damaged: list[DamagedRow]
    announced: list[Column]


def reader_of(
    file: FileSchema,
    data: bytes,
    damaged: list[DamagedRow],
    match: Callable[[list[str], FileSchema], list[Column]] | None = None,
) -> RowReader:
    constants = {
        "created_at": BEFORE,
        "created_at_after": AFTER,
        "created_at_before": BEFORE,
        "statistic": file.name,
        "file": f"{file.name}_20260430.csv",
    }
    return RowReader(io.BytesIO(data), file, constants, damaged.append, match)


def both_encoders(
    file: FileSchema, data: bytes, deselected: Collection[str] = (), **options: Any
) -> tuple[Reading, Reading]:
    """Read a file with both encoders."""
    damaged: list[DamagedRow] = []
    announced: list[Column] = []
    fast: list[dict[str, Any]] = []
    reader = reader_of(file, data, damaged, **options)
    envelope = record_envelope(file.name, "2026-05-01T00:00:00+00:00")
    encoder = Encoder(reader, *envelope, deselected)
    for some in encoder.lines():
        announced += some.columns
        assert some.data.endswith(b"\n")
        lines = some.data[:-1].split(b"\n")
        assert len(lines) == some.count
        messages = [json.loads(line) for line in lines]
        assert all(set(m) == {"type", "stream", "record", "time_extracted"} for m in messages)
        assert {(m["type"], m["stream"]) for m in messages} == {("RECORD", file.name)}
        fast += [message["record"] for message in messages]
        named = reader.format.template.keys() | {column.name for column in announced}
        assert all(message["record"].keys() <= named for message in messages)

    also_damaged: list[DamagedRow] = []
    plain_reader = reader_of(file, data, also_damaged, **options)
    plain, also_announced = [], []
    for record in plain_reader:
        also_announced += plain_reader.format.text_columns(record)
        plain.append({name: value for name, value in record.items() if name not in deselected})
    once = list(dict.fromkeys(also_announced))
    return Reading(fast, damaged, announced), Reading(plain, also_damaged, once)


def assert_same(
    file: FileSchema, data: bytes, deselected: Collection[str] = (), **options: Any
) -> list[dict[str, Any]]:
    """Check that both encoders agree, and return the records.

    Reads all lines at once, and line by line, because the path of a line depends on the lines
    that are read with it.
    """
    for chunk in (1, csv_reader_module.CHUNK_BYTES):
        with mock.patch.object(csv_reader_module, "CHUNK_BYTES", chunk):
            fast, plain = both_encoders(file, data, deselected, **options)
        # by their text: 1 is not 1.0 there, nor True
        assert list(map(json.dumps, fast.records)) == list(map(json.dumps, plain.records))
        assert fast.damaged == plain.damaged
        assert fast.announced == plain.announced
    return fast.records


def as_csv(header: Sequence[str], rows: Sequence[Sequence[str]], line_end: str = "\n") -> bytes:
    """Return a CSV file. Does not use the csv module, which refuses NUL in Python 3.10."""
    lines = (",".join(quoted(cell, row) for cell in row) for row in [header, *rows])
    return "".join(f"{line}{line_end}" for line in lines).encode("utf-8", "surrogatepass")


def quoted(cell: str, row: Sequence[str]) -> str:
    if {*cell} & {*',"\r\n'} or (not cell and len(row) == 1):  # an empty line is no row
        return '"' + cell.replace('"', '""') + '"'
    return cell


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


def cells_for(kind: Kind) -> list[str]:
    if kind in {Kind.TIME, Kind.REPORTED_TIME}:
        return TIMES
    return NUMBERS if kind in {Kind.NUMBER, Kind.INTEGER, Kind.REPORTED_NUMBER} else TEXTS


GOOD = {
    Kind.TIME: TIMES[0],
    Kind.REPORTED_TIME: TIMES[0],
    Kind.NUMBER: "0.5",
    Kind.INTEGER: "2",
    Kind.REPORTED_NUMBER: "2",
}


def rows_for(file: FileSchema, header: Sequence[str]) -> list[list[str]]:
    """Return rows with every kind of cell in every column, and damaged rows."""
    kinds = {column.name: column.kind for column in file.columns}
    full = [GOOD.get(kinds.get(name, Kind.TEXT), "some text") for name in header]
    rows = [full, [""] * len(header), full[:-1], [*full, "too many"], [*full, ""]]
    for index, name in enumerate(header):
        others = cells_for(kinds.get(name, Kind.TEXT))
        rows += [[*full[:index], cell, *full[index + 1 :]] for cell in others]
    required = {*(file.time or ()), *file.key, "receipt_id"}
    least = [cell if name in required else "" for name, cell in zip(header, full, strict=True)]
    rows.append(least)
    rows += [[*least[:index], full[index], *least[index + 1 :]] for index in range(len(header))]
    return rows


@pytest.mark.parametrize("file", [*ALL, REPORT], ids=ids)
@pytest.mark.parametrize("shape", headers(MESSAGE_FILES["receipt"]))
def test_encoders_agree_on_every_file_shape_and_cell(file: FileSchema, shape: str) -> None:
    header = headers(file)[shape]
    if not header:
        header = ["other"]
    rows = rows_for(file, header)
    records = assert_same(file, as_csv(header, rows))
    if shape in {"as known", "in another order", "with new columns"}:
        assert len(records) > len(header)


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


@pytest.mark.parametrize("rows", [0, 1, 2, csv_reader_module.CHUNK_BYTES // 20])
def test_every_row_is_in_exactly_one_block(rows: int) -> None:
    cells = [[f"r{number}", TIMES[0]] for number in range(rows)]  # of more than twenty bytes
    records = assert_same(MESSAGE_FILES["reply"], as_csv(["receipt_id", "replied_at"], cells))
    assert len(records) == rows


def test_lines_after_unclosed_quote_form_many_blocks() -> None:
    rows = b"r,2026-04-13T12:32:22.000Z\n" * (3 * encoder_module.MAX_LINES_PER_BLOCK)
    data = b'receipt_id,replied_at\nr,"2026\n' + rows
    encoder = Encoder(reader_of(MESSAGE_FILES["reply"], data, []))
    counts = [lines.count for lines in encoder.lines()]
    assert sum(counts) == 3 * encoder_module.MAX_LINES_PER_BLOCK
    assert max(counts) <= encoder_module.MAX_LINES_PER_BLOCK


@pytest.mark.parametrize("others", [[], ["bare\nline end"], ["bare\rreturn"], ["back\\slash"]])
def test_line_ends_matter_only_within_cells(others: list[str]) -> None:
    texts = ["x", "Zoë", "comma, comma", 'a "word"', "two\r\nlines", "\r\n", "", "last", *others]
    rows = [["r", TIMES[0], text] for text in texts]
    header = ["receipt_id", "received_at", "content_title"]
    files = [as_csv(header, rows, line_end) for line_end in ("\n", "\r\n")]
    files += [file.removesuffix(b"\n").removesuffix(b"\r") for file in files]
    for file in files:
        records = assert_same(MESSAGE_FILES["receipt"], file)
        assert [record["content_title"] for record in records] == [text or None for text in texts]


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


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "lines",
    [["", "a", "b"], ["a", "", "b"], ["a", "", "", "b", ""], ["a", "b", ""]],
    ids=["first", "between", "several", "last"],
)
def test_blank_line_is_not_a_row_with_one_empty_cell(lines: list[str], line_end: str) -> None:
    for end in ("", line_end):
        file = line_end.join(["id", *lines]) + end
        records = assert_same(REPORT, file.encode())
        assert [record["id"] for record in records] == ["a", "b"]


cells = st.one_of(
    st.sampled_from([*TIMES, *NUMBERS, *TEXTS]),
    st.text(),
    st.text("\"',\n\r\\{}%\0", max_size=6),
    st.datetimes().map(str),
    st.integers().map(str),
    st.floats().map(str),
)


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
    assert_same(file, as_csv(header, rows), deselected)


@given(body=st.one_of(st.binary(), st.text('ab,"\n\r\\').map(str.encode)))
@settings(deadline=None)
def test_encoders_agree_on_arbitrary_bytes(body: bytes) -> None:
    assert_same(MESSAGE_FILES["reply"], b"receipt_id,replied_at\nr,2026-04-13T12:32:22Z\n" + body)


# Through the whole tap.

UNUSUAL_DATA: dict[str, Dialect] = {
    "as production": Dialect(),
    "plain times, BOM, CRLF": Dialect(time_format="plain", byte_order_mark=True, line_end="\r\n"),
    "seconds, other order": Dialect(time_format="seconds", shuffled_columns=True),
    "milliseconds, parts": Dialect(time_format="milliseconds", parts_per_file=3),
    "new columns and files, damage": Dialect(
        time_format="utc",
        added_columns=(("receipt", 'odd "name"', 'a "value"'), ("open", "client", "Mail")),
        dropped_columns=(("receipt", "company_id"), ("click", "url")),
        renamed_columns=(("receipt", "email", "e_mail"),),
        extra_members=(Member("hologram_view{stamp}.csv", b"receipt_id,seen_at\n1,2025-05-20\n"),),
        mutations=(
            Mutation("receipt", line=2, keep_cells=3),
            Mutation("open", line=1, insert=b'"'),
            Mutation("click", line=1, insert=b"\xff"),
        ),
    ),
}
VARYING_PROPERTIES = {"completed_at", "created_at", "job_identifier", "seconds_waited"}
"""Properties of `content_export` that differ between runs."""


def records_by_stream(output: Output) -> dict[str, list[dict[str, Any]]]:
    passing = dict.fromkeys(("content_export", "rejected_row"), VARYING_PROPERTIES)
    return {
        stream: [
            {name: value for name, value in record.items() if name not in passing.get(stream, ())}
            for record in output.records(stream)
        ]
        for stream in output.streams
    }


def identity_maps(*streams: str) -> dict[str, dict[str, str]]:
    """Return identity stream maps, which disable the generated encoder."""
    names = streams or [file.name for file in ALL]
    return {name: {"created_at": "created_at"} for name in names}


@pytest.mark.parametrize("unusual", UNUSUAL_DATA)
def test_identity_stream_map_does_not_change_records(
    simulate: Simulate, configure: Configure, unusual: str
) -> None:
    outputs = []
    for more in ({}, {"stream_maps": identity_maps()}):
        simulator = simulate(receipts=120, days=20, dialect=UNUSUAL_DATA[unusual])
        outputs.append(run_tap(configure(simulator, **more)))
    fast, slow = map(records_by_stream, outputs)
    assert fast.keys() == slow.keys()
    for stream, records in fast.items():
        assert records == slow[stream], stream
    assert fast["receipt"]
    assert outputs[0].bookmarks == outputs[1].bookmarks
    assert counts(outputs[0]) == counts(outputs[1]) == lengths(outputs[0])
    assert len(outputs[0].states) <= len(outputs[1].states)


@pytest.mark.parametrize("dialect", UNUSUAL_DATA)
def test_without_the_compiled_encoder_a_run_writes_the_same(
    simulate: Simulate, configure: Configure, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    outputs = []
    for is_compiled in (True, False):
        monkeypatch.setattr(Encoder, "is_compiled", is_compiled)
        simulator = simulate(receipts=120, days=20, dialect=UNUSUAL_DATA[dialect])
        outputs.append(run_without_waiting(configure(simulator)))
    compiled, plain = map(records_by_stream, outputs)
    assert compiled == plain
    assert compiled["receipt"]
    assert outputs[0].bookmarks == outputs[1].bookmarks


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


def counts(output: Output) -> dict[str, int]:
    """Return the record counts of the metrics in the log."""
    found: Counter[str] = Counter()
    for line in output.log.splitlines():
        _, is_metric, text = line.partition("METRIC: ")
        if is_metric and (point := json.loads(text))["metric"] == "record_count":
            found[point["tags"]["stream"]] += point["value"]
    return {stream: count for stream, count in found.items() if count and stream != "rejected_row"}


def lengths(output: Output) -> dict[str, int]:
    return {
        stream: len(output.records(stream))
        for stream in output.streams
        if output.records(stream) and stream != "rejected_row"
    }


def test_both_encoders_omit_deselected_properties(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    without = ["receipt.email", "receipt.first_open", "receipt.company_id", "click.url"]
    chosen = select(catalog, "receipt", "click", deselected=without)
    outputs = [
        run_tap(configure(simulate(receipts=80, days=20), **more), catalog=chosen)
        for more in ({}, {"stream_maps": identity_maps("receipt", "click")})
    ]
    fast, slow = map(records_by_stream, outputs)
    assert fast == slow
    assert {"email", "first_open", "company_id"}.isdisjoint(fast["receipt"][0])
    assert all("url" not in record for record in fast["click"])


def assert_fallback_is_logged(fast: Output, slow: Output) -> None:
    """Check that a run logs once per stream that it uses the SDK's encoder."""
    assert "is written by the SDK" not in fast.log
    assert slow.log.count("'receipt' is written record by record by the SDK") == 1


def test_flattening_gives_the_same_records(simulate: Simulate, configure: Configure) -> None:
    flat = {"flattening_enabled": True, "flattening_max_depth": 1}
    fast = run_tap(configure(simulate(receipts=80, days=20)))
    slow = run_tap(configure(simulate(receipts=80, days=20), **flat))
    for stream in ("receipt", "open", "click", "checkpoint", "overview"):
        assert fast.records(stream) == slow.records(stream)
    assert_fallback_is_logged(fast, slow)
    jobs = slow.records("content_export")
    assert all(not isinstance(value, dict) for record in jobs for value in record.values())
