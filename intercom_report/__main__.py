"""Command line of the report: `python -m intercom_report`."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from intercom_report.database import MissingMartsError, open_database

if TYPE_CHECKING:
    from collections.abc import Sequence


def write_report(dsn: str, schema: str, output: Path) -> None:
    """Read the marts and write the report.

    Args:
        dsn: URL of the database, in a format that `open_database` accepts.
        schema: Database schema of the marts.
        output: The HTML file to write.

    Raises:
        MissingMartsError: The schema has no marts.
    """
    from intercom_report.marts import read_marts  # noqa: PLC0415 - --help must not load Altair
    from intercom_report.page import Origin, page  # noqa: PLC0415 - the same

    with open_database(dsn, schema) as database:
        marts = read_marts(database)
        origin = Origin(database.name, schema, datetime.now(timezone.utc))
    output.write_text(page(marts, origin), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Command-line arguments; by default those of the process.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m intercom_report",
        description="Write an HTML report from the marts of the dbt package intercom_export.",
    )
    parser.add_argument(
        "--dsn",
        default=os.environ.get("INTERCOM_REPORT_DSN", ""),
        help="postgresql://user:password@host/database, or duckdb:///path/to/file.duckdb (default: "
        "the environment variable INTERCOM_REPORT_DSN)",
    )
    parser.add_argument(
        "--schema", default="intercom", help="schema of the marts (default: intercom)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("report.html"),
        help="file to write (default: report.html)",
    )
    options = parser.parse_args(arguments)
    if not options.dsn:
        parser.error("no database: give --dsn or set INTERCOM_REPORT_DSN")
    try:
        write_report(options.dsn, options.schema, options.output)
    except MissingMartsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{options.output.resolve().as_uri()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
