"""Builds the archive of a job: its files, their names and folders, in a variant of the API."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING

from intercom_simulator.containers import Entry, write_container
from intercom_simulator.content_export.columns import RECEIPT
from intercom_simulator.content_export.tables import select_table, select_tables
from intercom_simulator.csv_rendering import render_csv_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from intercom_simulator.api_variant import ApiVariant
    from intercom_simulator.content_export.history import History
    from intercom_simulator.content_export.selection import Selection
    from intercom_simulator.table import Table


def build_archive(
    path: Path, history: History, selection: Selection, variant: ApiVariant, max_rows: int | None
) -> None:
    """Write the archive of a job.

    Args:
        path: Path of the archive.
        history: The workspace's history.
        selection: Range and simulated present of the job.
        variant: Format of the archive.
        max_rows: Maximum number of rows in a file. Further rows are silently dropped, as Intercom
            does beyond ten million rows. None for no limit.
    """
    stamp = datetime.fromtimestamp(selection.until, timezone.utc).strftime(variant.timestamp_format)
    if variant.container in {"gzip", "csv"}:
        chosen: Iterable[Table] = [select_table(history, RECEIPT.name, selection)]
    else:
        chosen = _selected_tables(history, selection, variant)
    entries = _entries((_limit_rows(table, max_rows) for table in chosen), variant, stamp)
    write_container(path, entries, variant.container, variant)


def _selected_tables(
    history: History, selection: Selection, variant: ApiVariant
) -> Iterator[Table]:
    for table in select_tables(history, selection, empty=variant.empty_files):
        if table.statistic not in variant.omitted_statistics:
            yield table


def _limit_rows(table: Table, max_rows: int | None) -> Table:
    return table if max_rows is None else table._replace(rows=islice(table.rows, max_rows))


def _entries(tables: Iterable[Table], variant: ApiVariant, stamp: str) -> Iterator[Entry]:
    for table in tables:
        for csv_file in render_csv_files(table, variant):
            name = csv_file.statistic
            if name == RECEIPT.name and variant.plural_receipts:
                name += "s"
            part = f"_{csv_file.part}" if csv_file.part else ""
            name = f"{name}{stamp}{part}.csv"
            yield Entry(
                variant.folder + (name.upper() if variant.uppercase_names else name),
                csv_file.chunks,
            )
    if variant.container in {"zip", "tar.gz"}:
        for member in variant.extra_members:
            yield Entry(member.name.format(stamp=stamp), [member.body])
