"""Undocumented files in archives: unreadable headers, files with equal columns, other line ends."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Clock, Fault, Simulator
from tests.faults.runner import configuration
from tests.harness.singer import discover_in_process, run_without_waiting, select
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.harness.singer import Output

CONFIG = {"access_token": "t", "start_date": "2025-01-01"}
NOON = "2025-05-26T12:00:00Z"
RECEIPTS = f"receipt_id,received_at,user_id\n1,{NOON},u1\n2,{NOON},u2\n"


def export(
    files: Mapping[str, str] | list[tuple[str, str]],
    catalog: Mapping[str, Any] | None = None,
    **settings: object,
) -> Output:
    """Run the tap with an archive of these files for its only window."""
    pairs = files if isinstance(files, list) else list(files.items())
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in pairs:
            archive.writestr(name, content)
    with Simulator(receipts=1, days=8, end=END, clock=Clock(END, running=False)) as sim:
        sim.faults.add(Fault("download", body=data.getvalue(), handled=True, times=None))
        return run_without_waiting(configuration(sim, window_days=60, **settings), catalog=catalog)


@pytest.mark.parametrize("reverse", [False, True])
def test_new_file_does_not_overwrite_receipts(*, reverse: bool) -> None:
    files = [
        ("receipt.csv", RECEIPTS),
        ("deliveries.csv", f"receipt_id,received_at,phone\n1,{NOON},555\n"),
    ]
    run = export(dict(reversed(files) if reverse else files))
    assert [row["user_id"] for row in run.loaded("receipt")] == ["u1", "u2"]
    (other,) = run.loaded("other_statistic")
    assert other["row"] == {"receipt_id": "1", "received_at": NOON, "phone": "555"}


def test_part_with_unknown_name_and_the_same_columns_is_read() -> None:
    part = "User ID;Receipt ID;Received at\nu3;3;" + NOON + "\n"
    run = export({"receipt.csv": RECEIPTS, "more.csv": part})
    assert [row["user_id"] for row in run.loaded("receipt")] == ["u1", "u2", "u3"]


def test_file_whose_header_is_not_csv_fails_the_window() -> None:
    """With carriage returns as line ends, a file of any size is one line."""
    run = export({"receipt.csv": RECEIPTS.replace("\n", "\r")})
    assert run.exit_code == 5
    assert "The header of receipt.csv of job" in run.log
    assert "a carriage return (CR) outside of quotes; lines must end with LF or CRLF" in run.log
    assert "universal-newline" not in run.log
    assert run.bookmarks == {}
    assert "job" in run.state["bookmarks"]["content_export"]


def test_unreadable_header_is_accepted_if_any_share_may_be_rejected() -> None:
    run = export({"receipt.csv": RECEIPTS.replace("\n", "\r")}, max_rejected_percent=100)
    assert run.exit_code == 0
    assert "u2" in run.loaded("rejected_row")[0]["raw"]


def test_first_row_of_file_without_header_is_rejected() -> None:
    run = export({"open.csv": f"1,{NOON}\n"})
    assert run.exit_code == 0
    (row,) = run.loaded("rejected_row")
    assert (row["line"], row["raw"]) == (1, f"1,{NOON}")
    assert "is not a header: it has no column of open" in row["reason"]
    assert "1 damaged row in open.csv" in run.log


def test_file_without_header_loses_no_row() -> None:
    run = export({"open.csv": "".join(f"{number},{NOON}\n" for number in range(5))})
    assert [row["line"] for row in run.loaded("rejected_row")] == [1, 2, 3, 4, 5]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_rejected_rows_of_two_files_with_one_name_are_both_kept() -> None:
    """They are on the same line of files with the same name."""
    files = [("receipt.csv", f"receipt_id,received_at\n{n},{NOON}\n,{NOON}\n") for n in (1, 2)]
    run = export(files, max_rejected_percent=100)
    assert [row["receipt_id"] for row in run.loaded("receipt")] == ["1", "2"]
    places = [(row["file"], row["line"]) for row in run.loaded("rejected_row")]
    assert places == [("receipt.csv", 3), ("receipt.csv (2)", 3)]


TRAILING_COMMAS = f"receipt_id,opened_at\n1,{NOON},\n2,{NOON},\n"


def test_small_file_of_which_nothing_can_be_read_fails_if_it_would_be_lost() -> None:
    """A file has too few rows for the share of damaged ones to count, in every night's window."""
    catalog = select(discover_in_process(CONFIG), "receipt", "open")
    run = export({"receipt.csv": RECEIPTS, "open.csv": TRAILING_COMMAS}, catalog)
    assert run.exit_code == 5
    assert "None of the 2 rows in open.csv of job" in run.log
    assert run.bookmarks == {}
    assert "job" in run.state["bookmarks"]["content_export"]


@pytest.mark.parametrize(
    ("streams", "settings"),
    [
        (("open", "rejected_row"), {}),
        (("open",), {"max_rejected_percent": 100}),
    ],
    ids=["kept in rejected_row", "accepted"],
)
def test_small_file_of_which_nothing_can_be_read_is_rejected(
    streams: tuple[str, ...], settings: dict[str, Any]
) -> None:
    catalog = select(discover_in_process(CONFIG), *streams)
    run = export({"open.csv": TRAILING_COMMAS}, catalog, **settings)
    assert run.exit_code == 0
    assert "2 damaged rows in open.csv" in run.log


def test_small_file_without_its_raw_rows_fails() -> None:
    """rejected_row has no text of them, because a column is deselected."""
    catalog = select(
        discover_in_process(CONFIG), "open", "rejected_row", deselected=("open.receipt_id",)
    )
    run = export({"open.csv": TRAILING_COMMAS}, catalog)
    assert run.exit_code == 5


def test_single_damaged_row_does_not_fail_the_window() -> None:
    catalog = select(discover_in_process(CONFIG), "open")
    run = export({"open.csv": f"receipt_id,opened_at\n1,{NOON},\n"}, catalog)
    assert run.exit_code == 0
    assert "1 damaged row in open.csv" in run.log
