"""Files that are several files in a row: repeated headers, and byte order marks in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_intercom_export.rows.encoder import Encoder
from tests.harness.batches import batch_config, expand_batches
from tests.harness.singer import Output
from tests.integration.test_odd_files import NOON, export

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARK = "\ufeff"
OVERVIEW = "ruleset_id,content_id,content_title\n"
RECEIPT = "user_id,receipt_id,received_at\n"


@pytest.fixture(params=["compiled encoder", "row by row", "tables"])
def run(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[dict[str, str]], Output]:
    """Return a function that runs the tap with an archive of some files."""
    is_parquet = request.param == "tables"
    if request.param == "compiled encoder" and not Encoder.is_compiled:
        pytest.skip("there is no C compiler")
    monkeypatch.setattr(
        Encoder, "is_compiled", Encoder.is_compiled and request.param != "row by row"
    )
    settings = {"batch_config": batch_config(tmp_path, "parquet")} if is_parquet else {}

    def run_tap(files: dict[str, str]) -> Output:
        output = export(files, **settings)
        lines = expand_batches(output.lines) if is_parquet else output.lines
        return Output(output.exit_code, output.log, lines)

    return run_tap


def rejected(output: Output) -> list[Any]:
    reason = "repeats the header: the file may be several files in a row"
    assert {row["reason"] for row in output.loaded("rejected_row")} <= {reason}
    return [(row["line"], row["raw"]) for row in output.loaded("rejected_row")]


@pytest.mark.parametrize("mark", ["", MARK], ids=["", "mark"])
def test_repeated_header_is_no_record(run: Callable[..., Output], mark: str) -> None:
    """All columns of an overview are texts, so that a header looks like any other row."""
    quoted = '"ruleset_id",content_id,"content_title"\n'
    text = f"{OVERVIEW}1,2,x\n{mark}{OVERVIEW}3,4,y\n{mark}{quoted}5,6,z\n"
    output = run({"overview.csv": text})
    assert output.exit_code == 0
    assert [row["ruleset_id"] for row in output.loaded("overview")] == ["1", "3", "5"]
    assert rejected(output) == [(3, OVERVIEW.strip()), (5, quoted.strip())]
    assert "2 damaged rows in overview.csv" in output.log


def test_repeated_header_of_unknown_file_is_no_record(run: Callable[..., Output]) -> None:
    output = run({"new_statistic.csv": "id;colour\r\n1;red\r\nid;colour\r\n2;green\r\n"})
    rows = [row["row"] for row in output.loaded("other_statistic")]
    assert rows == [{"id": "1", "colour": "red"}, {"id": "2", "colour": "green"}]
    assert rejected(output) == [(3, "id;colour")]


def test_repeated_header_is_named_as_such(run: Callable[..., Output]) -> None:
    output = run({"receipt.csv": f"{RECEIPT}u1,1,{NOON}\n{RECEIPT}u2,2,{NOON}\n"})
    assert [row["receipt_id"] for row in output.loaded("receipt")] == ["1", "2"]
    assert rejected(output) == [(3, RECEIPT.strip())]


def test_byte_order_mark_before_a_row_is_not_part_of_its_first_cell(
    run: Callable[..., Output],
) -> None:
    rows = f'{MARK}u2,2,{NOON}\n{MARK}"u,3",3,{NOON}\nu4,4,{NOON}\n{MARK}{MARK}\n{MARK}'
    output = run({"receipt.csv": f"{MARK}{RECEIPT}u1,1,{NOON}\n{rows}"})
    assert [row["user_id"] for row in output.loaded("receipt")] == ["u1", "u2", "u,3", "u4"]
    assert rejected(output) == []


def test_byte_order_mark_in_a_text_is_kept(run: Callable[..., Output]) -> None:
    texts = [f"a{MARK}b", f"a\n{MARK}b", f"{MARK}ab"]
    rows = "".join(f'"{text}",{place},{NOON}\n' for place, text in enumerate(texts))
    output = run({"receipt.csv": RECEIPT + rows})
    assert [row["user_id"] for row in output.loaded("receipt")] == texts
