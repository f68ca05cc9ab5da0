"""Scenarios of CSV files: columns, rows, values, names."""

from __future__ import annotations

from dataclasses import replace

from intercom_simulator import ApiVariant, Member, Mutation
from tests.faults.scenarios.scenario import (
    Expect,
    Given,
    Scenario,
)

_FILES = (
    Scenario(
        "new column",
        "An unknown column appears",
        "writes a new SCHEMA with the column, and its values",
        given=Given(
            variant=ApiVariant(added_columns=(("open", "client", "Mail, v2"),)),
        ),
        expect=Expect(
            columns={"open": ("client",)},
            log=("New columns in 'open': client",),
        ),
    ),
    Scenario(
        "columns missing",
        "Known columns are missing",
        "writes null",
        given=Given(
            variant=ApiVariant(
                dropped_columns=(("receipt", "email"), ("receipt", "first_fin_step_reached"))
            ),
        ),
        expect=Expect(
            ignore=("email", "first_fin_step_reached"),
            files=("receipt",),
        ),
    ),
    Scenario(
        "column renamed",
        "A column is spelled as in Intercom's reference: `first_dismisall`",
        "recognizes it",
        given=Given(
            variant=ApiVariant(
                renamed_columns=(("receipt", "first_dismissal", "first_dismisall"),)
            ),
        ),
    ),
    Scenario(
        "columns and rows shuffled",
        "Columns and rows are in another order",
        "uses the header",
        given=Given(
            variant=ApiVariant(shuffled_columns=True, shuffled_rows=True),
        ),
    ),
    Scenario(
        "duplicate column",
        "A column occurs twice, and two others differ only in case",
        "each gets a different name",
        given=Given(
            variant=ApiVariant(
                added_columns=(
                    ("open", "receipt_id", "x"),
                    ("open", "Client", "a"),
                    ("open", "client", "b"),
                )
            ),
        ),
        expect=Expect(
            columns={"open": ("receipt_id_cbe2e898", "client", "client_b96521b7")},
        ),
    ),
    Scenario(
        "long column name",
        "A column name has 200 characters",
        "gets a valid name",
        given=Given(
            variant=ApiVariant(added_columns=(("open", "W" * 200, "a"),)),
        ),
    ),
    Scenario(
        "header only",
        "Files without rows consist of a header only",
        "writes no rows",
        given=Given(
            variant=ApiVariant(empty_files=True),
        ),
    ),
    Scenario(
        "empty file",
        "A file in the archive has no bytes",
        "writes no rows",
        given=Given(
            variant=ApiVariant(extra_members=(Member("click_extra.csv", b""),)),
        ),
    ),
    Scenario(
        "spreadsheet",
        "The files have a byte order mark, CRLF line ends, and times with ` UTC`",
        "writes the same rows",
        given=Given(
            variant=ApiVariant(byte_order_mark=True, line_end="\r\n", time_format="utc"),
        ),
    ),
    Scenario(
        "files renamed",
        "Files are in a folder, in upper case, split into three parts, and named receipts",
        "writes the same rows",
        given=Given(
            variant=ApiVariant(
                folder="a/b/", uppercase_names=True, parts_per_file=3, plural_receipts=True
            ),
        ),
    ),
    *(
        Scenario(
            f"row with {name}",
            f"A row has {name}",
            "it goes to rejected_row with one warning; all other rows are written",
            given=Given(
                variant=ApiVariant(mutations=(mutation,)),
            ),
            expect=Expect(
                damaged=1,
                records={"rejected_row": 1},
                log=("WARNING 1 damaged row in receipt_.*see the stream rejected_row",),
            ),
        )
        for name, mutation in (
            ("too few cells", Mutation("receipt", keep_cells=5)),
            ("too many cells", Mutation("receipt", line=2, insert=b",,,")),
            ("an unclosed quote", Mutation("receipt", replace=b'1,2,"three')),
        )
    ),
    *(
        Scenario(
            f"text with {name}",
            f"A text contains {name}",
            "replaces the character by U+FFFD, with one warning per file; the row is written",
            given=Given(
                variant=ApiVariant(
                    mutations=(
                        Mutation(
                            "click",
                            append=b'9,2025-05-30T00:00:00.000Z,link,"a%sb\n%s"\n' % (flaw, flaw),
                        ),
                    )
                ),
            ),
            expect=Expect(
                records={"click": 11, "rejected_row": 0},
                log=("WARNING Replaced 2 characters in click_.*U\\+FFFD",),
                extra_rows=True,
            ),
        )
        for name, flaw in (("a NUL", b"\0"), ("a byte that is not UTF-8", b"\xe9"))
    ),
    *(
        Scenario(
            f"{where} with {name}",
            f"{where.capitalize()} has {name}",
            "the row goes to rejected_row with one warning; all other rows are written",
            given=Given(
                variant=ApiVariant(mutations=(Mutation("open", line=1, replace=row % flaw),)),
            ),
            expect=Expect(
                damaged=1,
                records={"rejected_row": 1},
                log=("WARNING 1 damaged row in open_",),
            ),
        )
        for where, row, name, flaw in (
            ("a key", b"7%s7,2025-05-30T00:00:00.000Z", "a NUL", b"\0"),
            ("a time", b"77,2025-05-30T00:%s:00.000Z", "bytes that are not UTF-8", b"\xff\xfe"),
        )
    ),
    Scenario(
        "invalid time",
        "A time is not a time",
        "the row goes to rejected_row; all other rows are written",
        given=Given(
            variant=ApiVariant(mutations=(Mutation("open", line=1, replace=b"77,yesterday"),)),
        ),
        expect=Expect(
            damaged=1,
            records={"rejected_row": 1},
            log=("WARNING 1 damaged row in open_",),
        ),
    ),
    Scenario(
        "cell of 10 MB with line ends",
        "A quoted cell of 10 MB with line ends, quotes and commas",
        "is written unchanged",
        given=Given(
            variant=ApiVariant(
                mutations=(
                    Mutation(
                        "click",
                        append=b'9,2025-05-30T00:00:00.000Z,link,"'
                        + b'a ""quote"", a\nline ' * 550_000
                        + b'"\n',
                    ),
                )
            ),
        ),
        expect=Expect(
            records={"click": 11, "rejected_row": 0},
            extra_rows=True,
        ),
    ),
    Scenario(
        "unknown file",
        "An unknown file appears",
        "its rows go to other_statistic with a warning",
        given=Given(
            variant=ApiVariant(
                extra_members=(
                    Member("hologram_view{stamp}.csv", b"receipt_id,colour\n1,teal\n2,red\n"),
                )
            ),
        ),
        expect=Expect(
            records={"other_statistic": 2},
            log=(
                "WARNING Unknown file 'hologram_view_.*' with 2 rows .*they go to other_statistic",
            ),
        ),
    ),
    Scenario(
        "gzipped CSV",
        "The download is one gzipped CSV without a name",
        "recognizes the file by its columns",
        given=Given(
            variant=ApiVariant(container="gzip"),
        ),
        expect=Expect(
            files=("receipt",),
        ),
    ),
)

FILES = tuple(
    replace(scenario, given=replace(scenario.given, settings={"window_days": 30}))
    for scenario in _FILES
)
"""The scenarios with one window, so that a damaged row occurs once."""
