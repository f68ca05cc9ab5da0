"""One CSV file to typed records: header drift, damaged rows set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from tap_intercom_export.rows.compiled.escape import replace_invalid
from tap_intercom_export.rows.csv_reader import CellReader, DamagedRow
from tap_intercom_export.rows.parsers import PARSERS, Parser
from tap_intercom_export.rows.record import RowFormat
from tap_intercom_export.schemas import Column, Kind, StatisticFile, property_names, spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class RowReader:
    """Reads one CSV file, a typed record for each row.

    Args:
        source: The file, to be read in bytes from its start.
        file: What the file is expected to hold.
        constants: Properties that are the same in every record.
        on_damaged: Called with each row that is left out.
        match: Finds the column that each header stands for.
        parsers: Read the cells of each kind of column.
        is_excluded: Tells by its header whether a column is left out of the object of columns.

    Attributes:
        format: What its rows become. Known before the first one.
        rows: The rows as they stand.
        records: How many rows became records so far.
        replaced: Characters of the records so far that were NUL or no UTF-8, and became U+FFFD.
    """

    def __init__(
        self,
        source: BinaryIO,
        file: StatisticFile,
        constants: Mapping[str, Any],
        on_damaged: Callable[[DamagedRow], None],
        match: Callable[[list[str], StatisticFile], list[Column]] | None = None,
        parsers: Mapping[Kind, Parser] = PARSERS,
        is_excluded: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.rows = CellReader(source, on_damaged)
        header = self.rows.header()
        columns = (match or columns_by_name)(header, file)
        self.format = RowFormat(header, columns, file, constants, parsers, is_excluded)
        self.replaced = 0
        self.records = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield a record for each row, with every property; what is empty is None."""
        for cells in self.rows:
            record = self.record_or_none(cells)
            if record is not None:
                self.records += 1
                yield record

    def record_or_none(self, cells: list[str]) -> dict[str, Any] | None:
        """Return the record of the current row, or None after setting the row aside."""
        replaced = 0
        try:
            if self.rows.has_invalid:
                cells, replaced = self._with_valid_characters(cells)
            record = self.format.record(cells)
        except ValueError as error:
            self.rows.reject(str(error), getattr(error, "without_cell", ""))
            return None
        self.replaced += replaced
        return record

    def _with_valid_characters(self, cells: list[str]) -> tuple[list[str], int]:
        """Return cells without what no database holds, and how many characters were replaced.

        Raises:
            ValueError: Such a character is in a cell that identifies the row or is a time.
        """
        mended = [replace_invalid(cell) for cell in cells]
        for (_, count), column in zip(mended, self.format.columns, strict=False):
            if count and (column.kind is Kind.TIME or column.name in self.format.identifying):
                raise ValueError(f"{column.name} holds a NUL character, or is not UTF-8")
        return [cell for cell, _ in mended], sum(count for _, count in mended)


def columns_by_name(header: list[str], file: StatisticFile) -> list[Column]:
    """Return the column each header stands for; one not known, or repeated, becomes a new one.

    A header that is written in another way than the column's name stands for it as well, unless
    there is one that is written like it.
    """
    known = {column.name: column for column in file.columns}
    columns: list[Column | None] = [known.pop(name, None) for name in header]
    spellings = {spelling(name): name for name in known}
    spellings |= {spelling(alias): name for alias, name in file.aliases.items()}
    for index, column in enumerate(columns):
        if column is None:
            columns[index] = known.pop(spellings.get(spelling(header[index]), ""), None)
    unknown = [index for index, column in enumerate(columns) if column is None]
    headers = [header[index] for index in unknown]
    if file.fold_into:
        names = _numbered(headers)
    else:
        names = property_names(headers, taken=[column.name for column in file.properties])
    for index, name in zip(unknown, names, strict=True):
        text = f'Column "{header[index]}" of the file, which the tap does not know.'
        columns[index] = Column(name, Kind.TEXT, text, (header[index],))
    return [column for column in columns if column is not None]


def _numbered(headers: list[str]) -> list[str]:
    """Return the headers, the second of equal ones as `header (2)`, no two alike."""
    taken, names = set(headers), []
    for position, header in enumerate(headers):
        name, count = header, 1
        while position != headers.index(header) and name in taken:
            count += 1
            name = f"{header} ({count})"
        taken.add(name)
        names.append(name)
    return names
