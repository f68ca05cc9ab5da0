"""Scenarios of archives that are malicious or have unexpected members."""

from __future__ import annotations

from intercom_simulator import ApiVariant, Member
from tests.faults import malicious_archives
from tests.faults.scenarios.scenario import (
    CONFIGURATION,
    UNREADABLE,
    Expect,
    Given,
    Scenario,
)

ARCHIVES = (
    Scenario(
        "bomb",
        "The archive unpacks to a thousand times its size",
        "refuses it (max_compression_ratio)",
        given=Given(
            make_body=lambda: malicious_archives.zip_bomb(110),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            records={"receipt": 0},
            log=("more than 500 times as large as the archive .max_compression_ratio",),
        ),
    ),
    Scenario(
        "too large unpacked",
        "The unpacked files exceed max_unpacked_gigabytes",
        "refuses it",
        given=Given(
            settings={"max_unpacked_gigabytes": 0.00001},
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            records={"receipt": 0},
            log=("larger than 10,000 bytes .max_unpacked_gigabytes",),
        ),
    ),
    Scenario(
        "too large packed",
        "The download exceeds max_archive_gigabytes",
        "stops the download at the limit",
        given=Given(
            settings={"max_archive_gigabytes": 0.000002},
        ),
        expect=Expect(
            exit_code=CONFIGURATION,
            bookmark=False,
            log=("larger than 2,000 bytes. Raise max_archive_gigabytes",),
        ),
    ),
    Scenario(
        "paths outside the archive",
        "The archive has `../../x.csv`, `/etc/x.csv` and `C:\\x.csv` in it",
        "reads them like any other file, as no file is written to disk under its name",
        given=Given(
            variant=ApiVariant(
                extra_members=(
                    Member("../../x.csv", b"a,b\n1,2\n"),
                    Member("/etc/x.csv", b"a,b\n3,4\n"),
                    Member("C:\\x.csv", b"a,b\n5,6\n"),
                )
            ),
        ),
        expect=Expect(
            records={"other_statistic": 3},
            log=(r"Unknown file '\.\./\.\./x\.csv' with 1 row", "'/etc/x.csv'", "'C:"),
            extra_rows=True,
        ),
    ),
    Scenario(
        "nested archive",
        "The archive holds another archive, which may have rows",
        "refuses it; the bookmark stays, the next run downloads it again",
        given=Given(
            variant=ApiVariant(
                extra_members=(
                    Member("more.zip", malicious_archives.create_zip({"receipt.csv": b"a\n1\n"})),
                )
            ),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            records={"receipt": 0},
            log=("'more.zip' in it is an archive itself",),
        ),
    ),
    Scenario(
        "no rows",
        "The archive holds a picture and a folder for macOS",
        "skips them with one line each",
        given=Given(
            variant=ApiVariant(
                extra_members=(
                    Member("logo.png", b"\x89PNG\r\n\x1a\n"),
                    Member("__MACOSX/._receipt.csv", b"\0\5\x16\7"),
                )
            ),
        ),
        expect=Expect(
            records={"other_statistic": 0},
            log=("Skipping 'logo.png' in the archive: not a CSV file", "_receipt.csv"),
        ),
    ),
    Scenario(
        "a known file in another format",
        "The archive has a file `receipt_20250601.json`",
        "refuses it; the bookmark stays, the next run downloads it again",
        given=Given(
            variant=ApiVariant(
                extra_members=(Member("receipt_20250601.json", b'[{"receipt_id": "1"}]'),)
            ),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            records={"receipt": 0},
            log=("'receipt_20250601.json' in it has the name of a CSV file, but is none",),
        ),
    ),
    Scenario(
        "too many gzip layers",
        "The archive is wrapped in gzip five times",
        "refuses it",
        given=Given(
            make_body=lambda: malicious_archives.nested_gzip(5),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            log=("more than 3 archive formats inside one another",),
        ),
    ),
    Scenario(
        "encrypted",
        "A file of the archive is encrypted",
        "refuses it",
        given=Given(
            make_body=malicious_archives.encrypted_zip,
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            log=("is encrypted",),
        ),
    ),
    Scenario(
        "too many files",
        "The archive has 60,000 files",
        "refuses it before it reads their list",
        given=Given(
            make_body=lambda: malicious_archives.many_files(60_000),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            log=("is refused: .* 60,000 (files|entries)",),
        ),
    ),
    Scenario(
        "too many files with a wrong count",
        "The archive has 20,000 files, but its end record says five",
        "refuses it",
        given=Given(
            make_body=lambda: malicious_archives.many_files(20_000, announced=5),
        ),
        expect=Expect(
            exit_code=UNREADABLE,
            bookmark=False,
            log=("ERROR The archive of job .* (refused|damaged)",),
        ),
    ),
    Scenario(
        "a picture named CSV",
        "A file with the extension .csv contains a picture",
        "its lines go to rejected_row or other_statistic; all other rows are written",
        given=Given(
            variant=ApiVariant(
                extra_members=(Member("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0"),)
            ),
        ),
    ),
)
