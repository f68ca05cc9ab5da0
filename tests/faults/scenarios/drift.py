"""Scenarios of changed file formats, and of data that must not be written."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from intercom_simulator import ApiVariant, Member, Mutation
from tests.faults.scenarios.scenario import UNREADABLE, Expect, Given, Scenario

_RECEIPT = "receipt_id,received_at,email\n9,2025-05-30T00:00:00.000Z,a@b.example\n"


def _nested() -> bytes:
    """Return a ZIP archive with a CSV file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("receipt.csv", _RECEIPT)
    return data.getvalue()


_STAMPS = (
    "_2025-05-30",
    "_20250530T120000Z",
    "_1748606400",
    "_20250530-120000 (1)",
    "_202505",
    "_20250530-120000_part_2",
)

_DRIFT = (
    Scenario(
        "no row of a file is readable",
        "A required column is missing, so that no row of a file can be read",
        "an error with the file, the first reason and its line; the bookmarks stay, and the next "
        "run reads the same job again",
        given=Given(variant=ApiVariant(renamed_columns=(("receipt", "received_at", "received"),))),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            jobs=1,
            log=(
                r"At least \d+ of \d+ rows in receipt_.*\(50\)\. The first: line 2 received_at is",
            ),
        ),
    ),
    Scenario(
        "most rows may be rejected",
        "The same, with `max_rejected_percent: 100`",
        "all rows go to rejected_row, with one warning",
        given=Given(
            variant=ApiVariant(renamed_columns=(("receipt", "received_at", "received"),)),
            settings={"max_rejected_percent": 100},
        ),
        expect=Expect(
            damaged=60,
            records={"rejected_row": 60},
            log=("WARNING 60 damaged rows in receipt_.* The first: line 2 received_at is empty",),
        ),
    ),
    Scenario(
        "no row of a small file is readable",
        "No row of a file with fewer than 20 can be read",
        "they go to rejected_row with one warning; all other rows are written",
        given=Given(variant=ApiVariant(renamed_columns=(("click", "clicked_at", "when"),))),
        expect=Expect(
            damaged=19,
            records={"click": 0},
            log=("WARNING [0-9]+ damaged rows? in click_.*line 2 clicked_at is empty",),
        ),
    ),
    Scenario(
        "headers in another spelling",
        "Headers are in upper case, with spaces or hyphens instead of underscores",
        "recognizes the columns; event ids do not change",
        given=Given(
            variant=ApiVariant(
                renamed_columns=(
                    ("receipt", "receipt_id", "Receipt ID"),
                    ("receipt", "received_at", " RECEIVED_AT "),
                    ("open", "opened_at", "Opened At"),
                    ("click", "receipt_id", "receipt-id"),
                )
            ),
        ),
        expect=Expect(not_in_log=("New columns", "damaged row")),
    ),
    *(
        Scenario(
            f"a file name with {stamp}",
            f"A file is named `receipt{stamp}.csv`",
            "recognizes it by the start of its name",
            given=Given(
                variant=ApiVariant(
                    extra_members=(Member(f"receipt{stamp}.csv", _RECEIPT.encode()),)
                ),
            ),
            expect=Expect(
                records={"receipt": 61, "other_statistic": 0},
                not_in_log=("Unknown file",),
                extra_rows=True,
            ),
        )
        for stamp in _STAMPS
    ),
    Scenario(
        "file name in plural and upper case",
        "A file is named `Replies_….CSV`",
        "recognizes it as the file reply",
        given=Given(
            variant=ApiVariant(
                extra_members=(
                    Member("Replies{stamp}.CSV", b"receipt_id,replied_at\n9,2025-05-30 00:00:00\n"),
                ),
            ),
        ),
        expect=Expect(
            records={"other_statistic": 0}, not_in_log=("Unknown file",), extra_rows=True
        ),
    ),
    *(
        Scenario(
            f"file recognized by its columns, {name}",
            f"Instead of receipts, a file with an unknown name has columns of a receipt, {name}",
            "recognizes it as the file receipt",
            given=Given(
                variant=ApiVariant(
                    omitted_statistics=("receipt",),
                    extra_members=(Member("Detailed stats.csv", text.encode(encoding)),),
                ),
            ),
            expect=Expect(
                records={"receipt": 1, "other_statistic": 0},
                files=("open", "click", "reply", "checkpoint", "overview"),
                log=("Reading 'Detailed stats.csv' as receipt, by its columns",),
                extra_rows=True,
            ),
        )
        for name, text, encoding in (
            ("a few of them", _RECEIPT, "utf-8"),
            ("with semicolons", _RECEIPT.replace(",", ";"), "utf-8"),
            ("with tabs", _RECEIPT.replace(",", "\t"), "utf-8"),
            ("in UTF-16", _RECEIPT, "utf-16"),
        )
    ),
    Scenario(
        "a new file with columns of a receipt",
        "Beside the receipts, a file with an unknown name has a few columns of them",
        "its rows go to other_statistic, so that they do not overwrite receipts",
        given=Given(
            variant=ApiVariant(extra_members=(Member("Deliveries.csv", _RECEIPT.encode()),)),
        ),
        expect=Expect(
            records={"receipt": 60, "other_statistic": 1},
            log=("WARNING Unknown file 'Deliveries.csv' with 1 row",),
            extra_rows=True,
        ),
    ),
    Scenario(
        "an archive named CSV",
        "A member with the extension .csv is an archive",
        "refuses it; the bookmark stays, the next run downloads it again",
        given=Given(
            variant=ApiVariant(extra_members=(Member("more.csv", _nested()),)),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            records={"receipt": 0},
            log=("'more.csv' in it is an archive itself",),
        ),
    ),
    Scenario(
        "invalid column names",
        "New columns are named `Discount %`, `ctid`, `Größe`, and one has 70 letters",
        "each gets a valid name, which is the same in every run",
        given=Given(
            variant=ApiVariant(
                added_columns=(
                    ("open", "Discount %", "1"),
                    ("open", "ctid", "2"),
                    ("open", "Größe", "3"),
                    ("open", "W" * 70, "4"),
                )
            ),
        ),
        expect=Expect(
            columns={
                "open": ("discount_040b3658", "ctid_045f85c6", "grosse", "w" * 54 + "_7b10f170")
            },
        ),
    ),
    Scenario(
        "events that differ only in a new column",
        "Two events have the same receipt and second, and different values in a new column",
        "writes two records",
        given=Given(
            variant=ApiVariant(
                extra_members=(
                    Member(
                        "series_exit_20250530.csv",
                        b"receipt_id,exited_at,node_id\n"
                        b"9,2025-05-30T00:00:00.000Z,1\n9,2025-05-30T00:00:00.000Z,2\n"
                        b"9,1748563200,2\n",
                    ),
                ),
                omitted_statistics=("series_exit",),
            ),
        ),
        expect=Expect(
            records={"series_exit": 2},
            files=("receipt", "open"),
            extra_rows=True,
        ),
    ),
    Scenario(
        "excluded columns",
        "A column that `excluded_columns` matches is in a known file, in an unknown file and in a "
        "damaged row",
        "is not written anywhere",
        given=Given(
            variant=ApiVariant(
                added_columns=(("open", "E-mail", "x@y.example"),),
                extra_members=(
                    Member("hologram_view{stamp}.csv", b"receipt_id,email\n1,x@y.example\n"),
                ),
                mutations=(Mutation("click", line=1, replace=b"77,x@y.example"),),
            ),
            settings={"excluded_columns": ["*.email", "*.e_mail"]},
        ),
        expect=Expect(
            damaged=1,
            records={"other_statistic": 1, "rejected_row": 1},
            ignore=("email",),
            not_in_log=("x@y.example",),
        ),
    ),
)

DRIFT = tuple(
    replace(
        scenario,
        given=replace(scenario.given, settings={"window_days": 30, **scenario.given.settings}),
    )
    for scenario in _DRIFT
)
"""The scenarios with one window, so that a damaged row occurs once."""
