"""Batches of one stream: records, manifests, file sizes, failures."""

from __future__ import annotations

import gzip
import json
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pyarrow as pa
import pyarrow.parquet
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_intercom_export.config.batch import BatchSettings
from tap_intercom_export.errors import TapError
from tap_intercom_export.schemas import record_key
from tap_intercom_export.singer.batch import batch_file
from tap_intercom_export.singer.batch import writer as writer_module
from tap_intercom_export.singer.batch.jsonl import JsonLinesFile
from tap_intercom_export.singer.batch.records import JsonRecords, TableRecords
from tap_intercom_export.singer.batch.storage import Storage
from tap_intercom_export.singer.batch.writer import BatchWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_intercom_export.singer.batch.records import Records

Record = dict[str, Any]

TEXT = {"type": ["string", "null"]}
SCHEMA = {"properties": {"id": TEXT, "number": {"type": ["integer", "null"]}, "text": TEXT}}


class Batches:
    """A writer into a folder, and the manifests that it has sent.

    Args:
        folder: Where the files go.
        key: Names of the properties that identify a record.
        schema: The JSON schema of a record.
        file_format: jsonl or parquet.
        batch_size: Rows in a file.
        root: Where the files go instead.
    """

    def __init__(
        self,
        folder: Path,
        key: Sequence[str] = ("id",),
        schema: Record | None = None,
        file_format: str = "jsonl",
        batch_size: int = 100,
        root: str = "",
    ) -> None:
        self.folder = folder
        self.urls: list[list[str]] = []
        self.sent: list[list[Path]] = []
        self.counts: list[int] = []
        compression = {"jsonl": "gzip", "parquet": "zstd"}[file_format]
        options = BatchSettings(file_format, compression, batch_size, root or str(folder), "", {})
        names = (f"{number:03}" for number in range(1000))
        self.storage = Storage(options.root, options.params)
        self.writer = BatchWriter(
            "stream", schema or SCHEMA, key, options, self.storage, names, self._send
        )

    def _send(self, urls: list[str], rows: int) -> None:
        self.urls.append(urls)
        self.sent.append([Path(url.removeprefix("file://")) for url in urls])
        self.counts.append(rows)

    def write_table(self, *records: Record) -> None:
        keys = [record_key(record, self.writer.key) for record in records]
        kinds = {"id": pa.string(), "number": pa.int64(), "text": pa.string()}
        filled = {name for record in records for name in record if record[name] is not None}
        table = pa.table(
            {
                name: pa.array([record[name] for record in records], kind)
                for name, kind in kinds.items()
                if name in filled  # columns without values may be missing
            }
        )
        self.writer.write(TableRecords(table), keys)

    def write(self, *records: Record) -> None:
        text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
        keys = [record_key(record, self.writer.key) for record in records]
        self.writer.write(JsonRecords(text.encode(), len(records)), keys)

    def manifests(self) -> list[list[Record]]:
        """Records by manifest."""
        return [[record for path in manifest for record in read(path)] for manifest in self.sent]


def read(path: Path) -> list[Record]:
    if path.suffix == ".parquet":
        rows: list[Record] = pyarrow.parquet.read_table(path).to_pylist()
        return rows
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


IDS = st.sampled_from(["a", "b", 'quo"te', "back\\slash", "ü", "", "a,b", "id", '"id":"x'])
RECORDS = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(st.characters(codec="utf-8"), max_size=5) | IDS,
        "id": IDS,
        "number": st.none() | st.integers(0, 3),
    }
)


@settings(max_examples=150, deadline=None)
@given(
    blocks=st.lists(st.lists(RECORDS, min_size=1, max_size=6), max_size=8),
    key=st.sampled_from([("id",), ("number",), ("id", "number"), ("text", "id")]),
    batch_size=st.integers(1, 5),
    finish_after=st.integers(0, 8),
    are_tables=st.none() | st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_last_row_of_each_key_is_written(
    blocks: list[list[Record]],
    key: tuple[str, ...],
    batch_size: int,
    finish_after: int,
    are_tables: list[bool] | None,
) -> None:
    """As jsonl, or as Parquet from lines and tables."""
    file_format = "jsonl" if are_tables is None else "parquet"
    with tempfile.TemporaryDirectory() as folder:
        batches = Batches(Path(folder), key, batch_size=batch_size, file_format=file_format)
        for number, block in enumerate(blocks):
            write = batches.write_table if are_tables and are_tables[number] else batches.write
            write(*block)
            if number == finish_after:
                batches.writer.finish()
        batches.writer.finish()
        manifests = batches.manifests()
        sizes = [len(read(path)) for manifest in batches.sent for path in manifest]
    loaded: dict[tuple[Any, ...], Record] = {}
    for manifest in manifests:
        keys = [tuple(record[name] for name in key) for record in manifest]
        assert len(set(keys)) == len(keys), "a key comes twice in a manifest"
        loaded.update(zip(keys, manifest, strict=True))
    expected_rows = {tuple(r[name] for name in key): r for block in blocks for r in block}
    assert loaded == expected_rows
    assert batches.counts == [len(manifest) for manifest in manifests]
    assert all(1 <= size <= batch_size for size in sizes)


def test_all_rows_are_written_without_key(tmp_path: Path) -> None:
    batches = Batches(tmp_path, key=(), batch_size=3)
    rows = [{"id": "a", "number": number % 2, "text": None} for number in range(8)]
    batches.write(*rows)
    batches.writer.finish()
    assert batches.manifests() == [rows]


def test_memory_for_repeated_keys_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_REPEATS_BYTES", 300)
    batches = Batches(tmp_path)
    for number in range(20):
        batches.write({"id": f"{number % 10}", "number": number, "text": "x" * 50})
    assert batches.sent
    batches.writer.finish()
    last = {row["id"]: row["number"] for manifest in batches.manifests() for row in manifest}
    assert last == {f"{number}": number + 10 for number in range(10)}


def test_manifest_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MAX_MANIFEST_ROWS", 25)
    batches = Batches(tmp_path, batch_size=10)
    for number in range(60):
        batches.write({"id": f"{number}", "number": number, "text": None})
    batches.writer.finish()
    assert batches.counts == [20, 20, 20]


def test_no_rows_write_no_files(tmp_path: Path) -> None:
    batches = Batches(tmp_path)
    batches.writer.finish()
    assert batches.sent == []
    assert list(tmp_path.iterdir()) == []


def test_unsent_files_can_be_removed(tmp_path: Path) -> None:
    batches = Batches(tmp_path, batch_size=2)
    batches.write(*({"id": f"{number}", "number": 1, "text": None} for number in range(2)))
    batches.writer.finish()
    batches.write(*({"id": f"{number}", "number": 2, "text": None} for number in range(5)))
    assert len(list(tmp_path.glob("0*"))) == 3
    batches.writer.discard()
    assert [path for manifest in batches.sent for path in manifest] == list(tmp_path.iterdir())
    batches.writer.finish()
    assert len(batches.sent) == 1


@pytest.mark.parametrize("root", ["folder", "memory://folder"])
def test_file_gets_final_name_only_when_complete(
    root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a local folder, and for a file system that writes in place."""
    root = root if "://" in root else str(tmp_path / root)
    fs, folder = fsspec.url_to_fs(root)
    fs.rm(folder, recursive=True) if fs.exists(folder) else None
    seen: list[tuple[set[str], int]] = []
    names_before: list[set[str]] = []
    write = JsonLinesFile.write

    def names() -> set[str]:
        return {path.rpartition("/")[2] for path in fs.ls(folder, detail=False)}

    def watched(self: JsonLinesFile, block: Sequence[Records]) -> None:
        write(self, block)
        names_before.append(names() if fs.exists(folder) else set())

    monkeypatch.setattr(JsonLinesFile, "write", watched)
    put_file = MemoryFileSystem.put_file

    def watched_put(self: MemoryFileSystem, source: str, path: str, **options: Any) -> None:
        put_file(self, source, path, **options)
        seen.append((names(), fs.size(path)))

    monkeypatch.setattr(MemoryFileSystem, "put_file", watched_put)
    batches = Batches(tmp_path, root=root)
    batches.write({"id": "a", "number": 1, "text": None})
    batches.writer.finish()
    assert not any(name.startswith("000") for found in names_before for name in found)
    assert names() == {"000.jsonl.gz"}
    if root.startswith("memory"):
        assert seen == [({".000.jsonl.gz.unfinished"}, fs.size(f"{folder}/000.jsonl.gz"))]
    assert fsspec.open(batches.urls[0][0]).open().read()[:2] == b"\x1f\x8b"


def test_failed_rename_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = Batches(tmp_path)
    batches.write({"id": "a", "number": 1, "text": None})

    def replace(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(TapError, match=r"000\.jsonl\.gz cannot be written: PermissionError"):
        batches.writer.finish()
    assert batches.sent == []
    assert list(tmp_path.iterdir()) == []


def test_unwritable_storage_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TapError, match=r"storage\.root: .*cannot be written: .*Error"):
        Storage(str(tmp_path / "file" / "folder"), {}).check()
    with pytest.raises(TapError, match=r"batch_config\.storage\.root: nowhere:// cannot be opened"):
        Storage("nowhere://", {})


def test_storage_check_leaves_no_files(tmp_path: Path) -> None:
    Storage(str(tmp_path / "new folder"), {}).check()
    assert list((tmp_path / "new folder").iterdir()) == []


COLUMNS: list[tuple[Record, pa.DataType, Any, Any]] = [
    ({"type": ["string", "null"]}, pa.string(), "ünï 😀", "ünï 😀"),
    ({"type": "integer"}, pa.int64(), 2**53 + 1, 2**53 + 1),
    ({"type": ["number", "null"]}, pa.float64(), 7, 7.0),
    ({"type": ["number", "null"]}, pa.float64(), 0.1, 0.1),
    ({"type": ["boolean", "null"]}, pa.bool_(), True, True),
    ({"type": ["array", "null"], "items": TEXT}, pa.list_(pa.string()), ["a", None], ["a", None]),
    ({"type": ["array", "null"]}, pa.string(), [1, "a"], '[1,"a"]'),
    ({"type": ["object", "null"]}, pa.string(), {"a": {"b": None}}, '{"a":{"b":null}}'),
    ({"type": ["string", "integer"]}, pa.string(), 5, "5"),
    ({"type": ["string", "integer"]}, pa.string(), "5", "5"),
    ({}, pa.string(), {"ü": 1}, '{"ü":1}'),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, pa.string(), "text", "text"),
]


@pytest.mark.parametrize(("column", "kind", "value", "expected"), COLUMNS)
@pytest.mark.parametrize("is_null", [False, True])
def test_parquet_column_has_the_type_of_its_schema(
    column: Record,
    kind: pa.DataType,
    value: object,
    expected: object,
    is_null: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    schema = {"properties": {"id": TEXT, "value": column}}
    batches = Batches(tmp_path, schema=schema, file_format="parquet")
    batches.write({"id": "a", "value": None if is_null else value})
    batches.writer.finish()
    ((path,),) = batches.sent
    assert pyarrow.parquet.read_schema(path).field("value").type == kind
    assert read(path) == [{"id": "a", "value": None if is_null else expected}]


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2026-04-13T12:32:22Z", 1_776_083_542_000_000),
        ("2026-04-13T12:32:22.417Z", 1_776_083_542_417_000),
        ("2026-04-13T12:32:22.123456Z", 1_776_083_542_123_456),
        ("2026-04-13T12:32:22.123456789Z", 1_776_083_542_123_456),
        ("2026-04-13T12:32:22.1Z", 1_776_083_542_100_000),
        ("1969-12-31T23:59:59Z", -1_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
    ],
)
def test_time_is_utc_microseconds(text: str, microseconds: int, tmp_path: Path) -> None:
    schema = {"properties": {"id": TEXT, "at": {"type": "string", "format": "date-time"}}}
    batches = Batches(tmp_path, schema=schema, file_format="parquet")
    batches.write({"id": "a", "at": text})
    batches.writer.finish()
    table = pyarrow.parquet.read_table(batches.sent[0][0])
    assert table.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert table["at"].cast(pa.int64()).to_pylist() == [microseconds]


@pytest.mark.parametrize(
    "record",
    [
        {"id": "a", "number": "many", "text": None},
        {"id": "a", "number": 2**70, "text": None},
        {"id": "a", "number": 1, "text": None, "more": 1},
    ],
    ids=str,
)
def test_value_of_wrong_type_for_parquet_is_an_error(record: Record, tmp_path: Path) -> None:
    batches = Batches(tmp_path, file_format="parquet")
    batches.write(record)
    with pytest.raises(
        TapError, match=r"a record of 'stream' does not fit .*encoding\.format jsonl"
    ):
        batches.writer.finish()
    assert batches.sent == []
    assert list(tmp_path.iterdir()) == []


def test_error_of_parquet_file_has_no_value(tmp_path: Path) -> None:
    schema = {"properties": {"id": TEXT, "at": {"type": "string", "format": "date-time"}}}
    batches = Batches(tmp_path, schema=schema, file_format="parquet")
    batches.write({"id": "a", "at": "ada@example.com"})
    with pytest.raises(TapError, match="convert JSON to timestamp") as caught:
        batches.writer.finish()
    assert "ada@" not in str(caught.value)


def test_rows_of_tables_that_repeat_a_key_keep_every_value(tmp_path: Path) -> None:
    at = {"type": ["string", "null"], "format": "date-time"}
    number = {"type": ["number", "null"]}
    schema = {"properties": {"id": TEXT, "at": at, "price": number, "later": TEXT}}
    rows = [
        {"id": "a", "at": second(microsecond), "price": price}
        for microsecond, price in [(0, 0.1), (417_000, 1e300), (1, -2.5), (999_999, 1 / 3)]
    ]
    kinds = pa.schema([("id", pa.string()), ("at", pa.timestamp("us", "UTC")), ("price", "double")])
    batches = Batches(tmp_path, schema=schema, file_format="parquet")
    for row in rows:
        batches.writer.write(TableRecords(pa.Table.from_pylist([row], kinds)), ['"a"'])
    batches.writer.finish()
    found = batches.manifests()
    assert found == [[{**rows[0], "later": None}], [{**rows[-1], "later": None}]]


def second(microsecond: int) -> datetime:
    return datetime(2026, 4, 13, 12, 32, 22, microsecond, tzinfo=timezone.utc)


@pytest.mark.parametrize("column", [{"number": ["many"]}, {"more": ["text"]}], ids=str)
def test_table_that_does_not_fit_the_schema_is_an_error(column: Record, tmp_path: Path) -> None:
    batches = Batches(tmp_path, file_format="parquet")
    batches.writer.write(TableRecords(pa.table({"id": ["a"], **column})), ['"a"'])
    with pytest.raises((pa.ArrowException, ValueError)):
        batches.writer.finish()
    assert batches.sent == []
    assert list(tmp_path.iterdir()) == []


def test_parquet_row_larger_than_read_buffer_is_written(tmp_path: Path) -> None:
    batches = Batches(tmp_path, file_format="parquet")
    rows = [{"id": f"{n}", "number": n, "text": "x" * 6_000_000} for n in range(3)]
    for row in rows:
        batches.write(row)
    batches.writer.finish()
    assert batches.manifests() == [rows]


def test_parquet_row_groups_have_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tap_intercom_export.singer.batch import parquet  # noqa: PLC0415 - to set its limits

    monkeypatch.setattr(batch_file, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(parquet, "ROWS_PER_GROUP", 100)
    batches = Batches(tmp_path, file_format="parquet", batch_size=1000)
    for number in range(1000):
        batches.write({"id": f"{number}", "number": number, "text": None})
    batches.writer.finish()
    file = pyarrow.parquet.ParquetFile(batches.sent[0][0])
    sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert sum(sizes) == 1000
    assert all(100 <= size < 140 for size in sizes[:-1])
