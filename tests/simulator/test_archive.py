"""Archives in every variant."""

from __future__ import annotations

import csv
import gzip
import io
import tarfile
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import API_VARIANTS, ApiVariant, Mutation, Workspace
from intercom_simulator.content_export.archive import build_archive
from intercom_simulator.content_export.columns import FILES, RECEIPT
from intercom_simulator.content_export.selection import Selection
from tests.simulator.api import END, NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALL = Selection(NOW - 90 * 86_400, NOW, NOW)
MONTH = Selection(NOW - 30 * 86_400, NOW, NOW)


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(receipts=600, end=END)


@pytest.fixture(scope="module")
def everything(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("everything") / "archive"
    build_archive(path, workspace.history, ALL, ApiVariant(), None)
    return members(path.read_bytes())


@pytest.fixture
def archive(workspace: Workspace, tmp_path: Path) -> Callable[..., bytes]:
    def make(selection: Selection = MONTH, max_rows: int | None = None, **options: Any) -> bytes:
        variant = options.pop("variant", None) or ApiVariant(**options)
        path = tmp_path / "archive"
        build_archive(path, workspace.history, selection, variant, max_rows)
        return path.read_bytes()

    return make


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def member(archive: bytes, statistic: str) -> bytes:
    return members(archive)[f"{statistic}_20260301-120000.csv"]


def column(content: bytes, name: str) -> list[str]:
    header, *rows = table(content)
    place = header.index(name)
    return [row[place] for row in rows]


def test_member_for_every_statistic_with_rows(
    archive: Callable[..., bytes], workspace: Workspace
) -> None:
    found = members(archive())
    assert set(found) == {
        f"{statistic}_20260301-120000.csv"
        for statistic in FILES
        if workspace.rows(statistic, MONTH.after, MONTH.before, MONTH.until)
    }


def test_statistic_without_rows_is_omitted(archive: Callable[..., bytes]) -> None:
    hour = Selection(NOW - 3_600, NOW, NOW)
    assert 0 < len(members(archive(hour))) < len(FILES)
    whole = members(archive(hour, empty_files=True))
    assert len(whole) == len(FILES)
    assert table(whole["spam_complaint_20260301-120000.csv"]) == [["receipt_id", "complained_at"]]


@pytest.mark.parametrize("statistic", [name for name in FILES if name != "answer_combined"])
def test_csv_equals_typed_rows(
    everything: dict[str, bytes], workspace: Workspace, statistic: str
) -> None:
    header, *rows = table(everything[f"{statistic}_20260301-120000.csv"])
    expected = workspace.rows(statistic, ALL.after, ALL.before, ALL.until)
    assert header == list(FILES[statistic].columns)
    assert rows == [[cell(statistic, name, row[name]) for name in header] for row in expected]


def cell(statistic: str, name: str, value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    sentinel = name in {"company_id", "series_id"} and statistic in {"receipt", "checkpoint"}
    if value is None:
        return "-1" if sentinel else ""
    return str(value)


def test_combined_answers_have_a_column_per_question(
    archive: Callable[..., bytes], workspace: Workspace
) -> None:
    header, *rows = table(member(archive(), "answer_combined"))
    assert header[:2] == ["receipt_id", "user_id"]
    questions = header[10:]
    assert questions.count("Why?") == 3
    assert any("\n" in question and '"' in question for question in questions)
    expected = workspace.rows("answer_combined", MONTH.after, MONTH.before, MONTH.until)
    given = [
        [(question, text) for question, text in zip(questions, row[10:], strict=True) if text]
        for row in rows
    ]
    assert given == [row["answers"] for row in expected]
    assert "'-1" in {row[5] for row in rows}


def test_zip_is_deflated_and_sits_at_the_root(archive: Callable[..., bytes]) -> None:
    content = archive()
    assert content.startswith(b"PK")
    assert not any("/" in name for name in members(content))


def test_tar_gz_holds_the_same_files(archive: Callable[..., bytes]) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(container="tar.gz")), mode="r:gz") as file:
        found = {info.name: stream.read() for info in file if (stream := file.extractfile(info))}
    assert found == members(archive())


@pytest.mark.parametrize(("named", "flag"), [(True, 8), (False, 0)])
def test_gzip_holds_the_receipts(archive: Callable[..., bytes], flag: int, *, named: bool) -> None:
    content = archive(container="gzip", gzip_name=named)
    assert content[3] == flag
    assert gzip.decompress(content) == member(archive(), "receipt")


def test_csv_container_is_plain_receipts(archive: Callable[..., bytes]) -> None:
    assert archive(container="csv") == member(archive(), "receipt")


def test_container_may_be_wrapped_in_gzip(archive: Callable[..., bytes]) -> None:
    content = gzip.decompress(gzip.decompress(archive(gzip_layers=2)))
    assert members(content) == members(archive())


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "receipt_20260301-120000.csv"),
        ({"timestamp_format": "_%Y%m%d"}, "receipt_20260301.csv"),
        ({"timestamp_format": "_%Y%m%d_%H%M%S"}, "receipt_20260301_120000.csv"),
        ({"plural_receipts": True}, "receipts_20260301-120000.csv"),
        ({"folder": "export/"}, "export/receipt_20260301-120000.csv"),
        ({"uppercase_names": True}, "RECEIPT_20260301-120000.CSV"),
        ({"parts_per_file": 2}, "receipt_20260301-120000_1.csv"),
    ],
)
def test_file_names_follow_the_variant(
    archive: Callable[..., bytes], options: dict[str, Any], name: str
) -> None:
    assert name in members(archive(**options))


def test_parts_hold_each_row_once(archive: Callable[..., bytes]) -> None:
    whole = table(member(archive(), "receipt"))
    found = members(archive(parts_per_file=3))
    parts = [table(found[f"receipt_20260301-120000_{part}.csv"]) for part in (1, 2, 3)]
    assert all(part[0] == whole[0] for part in parts)
    assert sorted(row for part in parts for row in part[1:]) == sorted(whole[1:])


@pytest.mark.parametrize(
    ("time_format", "text"),
    [
        ("iso", "%Y-%m-%dT%H:%M:%S.000Z"),
        ("plain", "%Y-%m-%d %H:%M:%S"),
        ("utc", "%Y-%m-%d %H:%M:%S UTC"),
    ],
)
def test_times_are_written_in_any_format(
    archive: Callable[..., bytes], workspace: Workspace, time_format: str, text: str
) -> None:
    at = workspace.rows("receipt", MONTH.after, NOW, NOW)[0]["received_at"]
    found = column(member(archive(time_format=time_format), "receipt"), "received_at")[0]
    assert found == at.strftime(text)


@pytest.mark.parametrize(("time_format", "factor"), [("seconds", 1), ("milliseconds", 1_000)])
def test_times_may_be_unix_seconds_or_milliseconds(
    archive: Callable[..., bytes], workspace: Workspace, time_format: str, factor: int
) -> None:
    at = workspace.rows("receipt", MONTH.after, NOW, NOW)[0]["received_at"]
    found = column(member(archive(time_format=time_format), "receipt"), "received_at")[0]
    assert int(found) == at.timestamp() * factor


def test_line_ends_and_byte_order_mark(archive: Callable[..., bytes]) -> None:
    content = member(archive(line_end="\r\n", byte_order_mark=True), "open")
    assert content.startswith(b"\xef\xbb\xbfreceipt_id,opened_at\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert table(content) == table(member(archive(), "open"))


def test_columns_are_renamed_dropped_and_added(archive: Callable[..., bytes]) -> None:
    content = archive(
        renamed_columns=(("receipt", "first_dismissal", "first_dismisall"),),
        dropped_columns=(("receipt", "first_fin_step_reached"), ("receipt", "device")),
        added_columns=(("open", "client", "Mail, v2"),),
    )
    header = table(member(content, "receipt"))[0]
    expected = [
        name for name in RECEIPT.columns if name not in {"first_fin_step_reached", "device"}
    ]
    expected[expected.index("first_dismissal")] = "first_dismisall"
    assert header == expected
    opened = table(member(content, "open"))
    assert opened[0] == ["receipt_id", "opened_at", "client"]
    assert {row[2] for row in opened[1:]} == {"Mail, v2"}


def test_shuffled_columns_and_rows_are_the_same_rows(archive: Callable[..., bytes]) -> None:
    plain = table(member(archive(), "receipt"))
    mixed = table(member(archive(shuffled_columns=True, shuffled_rows=True), "receipt"))
    assert mixed[0] != plain[0]
    assert sorted(map(sorted_row(mixed[0]), mixed[1:])) == sorted(
        map(sorted_row(plain[0]), plain[1:])
    )
    received = column(member(archive(shuffled_rows=True), "receipt"), "received_at")
    assert received != sorted(received)


def sorted_row(header: list[str]) -> Callable[[list[str]], list[tuple[str, str]]]:
    return lambda row: sorted(zip(header, row, strict=True))


def test_rows_beyond_max_rows_are_dropped(archive: Callable[..., bytes]) -> None:
    whole = table(member(archive(), "receipt"))
    assert table(member(archive(max_rows=7), "receipt")) == whole[:8]


def test_two_archives_of_a_job_are_equal(archive: Callable[..., bytes]) -> None:
    assert members(archive()) == members(archive())


@pytest.mark.parametrize("name", API_VARIANTS)
def test_every_named_variant_builds_an_archive(archive: Callable[..., bytes], name: str) -> None:
    assert archive(variant=API_VARIANTS[name])


def test_variant_adds_files(archive: Callable[..., bytes]) -> None:
    messy = members(archive(variant=API_VARIANTS["messy_archive"]))
    assert "readme.txt" in messy
    assert "__MACOSX/._receipt_20260301-120000.csv" in messy
    drifted = members(archive(variant=API_VARIANTS["schema_drift"]))
    assert drifted["hologram_view_20260301-120000.csv"].startswith(b"receipt_id,projected_at")


LINES = b"h1,h2\r\na,b\r\nc,d\r\n"


@pytest.mark.parametrize(
    ("mutation", "expected"),
    [
        (Mutation("x", replace=b"z"), b"h1,h2\r\nz\r\nc,d\r\n"),
        (Mutation("x", line=-1, insert=b"\x00"), b"h1,h2\r\na,b\r\nc\x00,d\r\n"),
        (Mutation("x", insert=b"\xff"), b"h1,h2\r\na\xff,b\r\nc,d\r\n"),
        (Mutation("x", keep_cells=1), b"h1,h2\r\na\r\nc,d\r\n"),
        (Mutation("x", line=0, delete=True), b"a,b\r\nc,d\r\n"),
        (Mutation("x", line=99, append=b"e"), LINES + b"e"),
        (Mutation("x", line=99, truncate_bytes=4), b"h1,h2\r\na,b\r\nc"),
        (Mutation("x", line=99), LINES),
    ],
)
def test_mutation_changes_given_line(mutation: Mutation, expected: bytes) -> None:
    assert mutation.apply(LINES) == expected


def test_mutation_changes_only_its_file(archive: Callable[..., bytes]) -> None:
    damaged = archive(mutations=(Mutation("open", line=2, replace=b"broken"),))
    lines = member(damaged, "open").split(b"\n")
    assert lines[2] == b"broken"
    assert lines[:2] == member(archive(), "open").split(b"\n")[:2]
    assert member(damaged, "receipt") == member(archive(), "receipt")
