"""A CSV file to typed records: maps headers to columns and rejects damaged rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from tap_intercom_export.rows.cell_parsers import PARSERS, Parser
from tap_intercom_export.rows.csv_reader import CsvReader, DamagedRow
from tap_intercom_export.rows.row_format import RowFormat
from tap_intercom_export.rows.text_encoding import replace_invalid
from tap_intercom_export.schemas import (
    Column,
    FileSchema,
    Kind,
    normalized_name,
    unique_property_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class RowReader:
    """Reads one CSV file and converts each row to a typed record.

    Args:
        source: The file, opened for reading bytes, at its start.
        file: The expected file.
        constants: Properties with the same value in every record.
        on_damaged: Called with each damaged row, which is left out.
        match: Returns the column of each header.
        parsers: Cell parser of each kind.
        is_excluded: Returns whether the column with a header is left out of the folded object.

    Attributes:
        format: Converts rows to records. Set before the first row is read.
        rows: The raw rows.
        records: Number of records so far.
        replaced: Number of characters in the records so far that were NUL or not UTF-8 and became
            U+FFFD.
    """

    def __init__(
        self,
        source: BinaryIO,
        file: FileSchema,
        constants: Mapping[str, Any],
        on_damaged: Callable[[DamagedRow], None],
        match: Callable[[list[str], FileSchema], list[Column]] | None = None,
        parsers: Mapping[Kind, Parser] = PARSERS,
        is_excluded: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.rows = CsvReader(source, on_damaged)
        header = self.rows.header()
        columns = (match or columns_by_name)(header, file)
        self.format = RowFormat(header, columns, file, constants, parsers, is_excluded)
        is_known = match is None and file.time is not None
        if header and is_known and set(columns).isdisjoint(file.columns):
            self.rows.reject(
                f"is not a header: it has no column of {file.name}, such as {file.columns[0].name}"
            )
        self.replaced = 0
        self.records = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield a record for each row, with all properties; empty ones are None."""
        for cells in self.rows:
            record = self.record_or_none(cells)
            if record is not None:
                self.records += 1
                yield record

    def record_or_none(self, cells: list[str]) -> dict[str, Any] | None:
        """Return the record of the current row; reject the row and return None if it is damaged.

        Args:
            cells: The cells of the row.
        """
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
        """Return cells without characters that databases cannot store, and how many were replaced.

        Raises:
            ValueError: A cell with such a character is a time or identifies the row.
        """
        replaced = [replace_invalid(cell) for cell in cells]
        for (_, count), column in zip(replaced, self.format.columns, strict=False):
            if count and (column.kind is Kind.TIME or column.name in self.format.identifying):
                raise ValueError(f"{column.name} has a NUL character, or is not UTF-8")
        return [cell for cell, _ in replaced], sum(count for _, count in replaced)


def columns_by_name(header: list[str], file: FileSchema) -> list[Column]:
    """Return the column of each header. Unknown and repeated headers become new columns.

    A header that differs from a known column only in spelling is that column, unless another
    header has the exact name.

    Args:
        header: Headers of the file.
        file: The expected file.
    """
    known = {column.name: column for column in file.columns}
    columns: list[Column | None] = [known.pop(name, None) for name in header]
    spellings = {normalized_name(name): name for name in known}
    spellings |= {normalized_name(alias): name for alias, name in file.aliases.items()}
    for index, column in enumerate(columns):
        if column is None:
            columns[index] = known.pop(spellings.get(normalized_name(header[index]), ""), None)
    unknown = [index for index, column in enumerate(columns) if column is None]
    headers = [header[index] for index in unknown]
    if file.fold_into:
        names = _deduplicated(headers)
    else:
        names = unique_property_names(headers, reserved=[column.name for column in file.properties])
    for index, name in zip(unknown, names, strict=True):
        text = f'Column "{header[index]}" of the file, which the tap does not know.'
        columns[index] = Column(name, Kind.TEXT, text, (header[index],))
    return [column for column in columns if column is not None]


def _deduplicated(headers: list[str]) -> list[str]:
    """Return unique names: the second of two equal headers becomes `header (2)`."""
    reserved, names = set(headers), []
    for position, header in enumerate(headers):
        name, count = header, 1
        while position != headers.index(header) and name in reserved:
            count += 1
            name = f"{header} ({count})"
        reserved.add(name)
        names.append(name)
    return names
