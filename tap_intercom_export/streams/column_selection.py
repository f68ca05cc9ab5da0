"""Selection of the columns of a stream: selected, new, and excluded ones."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import Metadata

from tap_intercom_export.errors import ConfigurationError
from tap_intercom_export.schemas import ExcludedColumns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk import Stream

    from tap_intercom_export.schemas import Column

logger = logging.getLogger(__name__)


class ColumnSelection:
    """Decides which columns of a stream are written.

    A column in the catalog is written if it is selected. A column that is not in the catalog,
    because Intercom added it later, is written unless a property of the stream is deselected: users
    who select columns do not want unknown ones. Columns that match `excluded_columns` are never
    written.

    Args:
        stream: The stream.
        headers: Names of properties at Intercom, if they differ.
    """

    def __init__(self, stream: Stream, headers: Mapping[str, tuple[str, ...]]) -> None:
        self._stream = stream
        self._headers = headers
        self.excluded = ExcludedColumns(stream.config.get("excluded_columns") or (), stream.name)
        self._excluded_names: set[str] = set()
        self._reported: set[str] = set()

    @property
    def _known(self) -> Mapping[str, Any]:
        properties: Mapping[str, Any] = self._stream.effective_schema.get("properties", {})
        return properties

    @property
    def has_deselected(self) -> bool:
        """Whether a property in the catalog is deselected."""
        mask = self._stream.mask
        names = self._known.keys() - self._excluded_names
        return not all(mask["properties", name] for name in names)

    @property
    def hides_cells(self) -> bool:
        """Whether a raw row may have content that must not be written."""
        return bool(self.excluded) or self.has_deselected

    def apply_exclusions(self) -> None:
        """Deselect the excluded properties, before anything reads the selection.

        Raises:
            ConfigurationError: One of them cannot be excluded, because it identifies the records.
        """
        if not self.excluded or not self._stream.selected:
            return
        needed = {*self._stream.primary_keys, self._stream.replication_key}
        for name in self._known:
            if not any(map(self.excluded.matches, (name, *self._headers.get(name, ())))):
                continue
            if name in needed:
                raise ConfigurationError(
                    f"excluded_columns matches {self._stream.name}.{name}, which identifies its "
                    "records or is its replication key. Deselect the stream, or change the "
                    "pattern."
                )
            self._excluded_names.add(name)
            self._stream.metadata["properties", name] = Metadata(selected=False)
            self._stream.mask["properties", name] = False

    def deselect_unwanted(self, columns: Iterable[Column]) -> list[Column]:
        """Deselect the new columns that must not be written; return the other new columns.

        Args:
            columns: Properties of the following records.
        """
        new = [column for column in columns if column.name not in self._known]
        if not new:
            return []
        has_deselected = self.has_deselected
        kept = []
        for column in new:
            if self.excluded.excludes(column) or has_deselected:
                self._stream.mask["properties", column.name] = False
            else:
                kept.append(column)
        return kept

    def warn(self, columns: Iterable[Column]) -> None:
        """Log once which new columns are not written, and how to select them.

        Args:
            columns: Columns that were passed to `deselect_unwanted`.
        """
        found = {
            column.name: self.excluded.excludes(column)
            for column in columns
            if column.name not in self._known
            and column.name not in self._reported
            and not self._stream.mask["properties", column.name]
        }
        self._reported |= found.keys()
        if excluded := [name for name, is_excluded in found.items() if is_excluded]:
            logger.info(
                "Not written to '%s' because of excluded_columns: %s",
                self._stream.name,
                ", ".join(excluded),
            )
        if others := [name for name, is_excluded in found.items() if not is_excluded]:
            logger.warning(
                "New columns in '%s' are not written, because some of its properties are "
                "deselected: %s. To write them, add them to the properties of its schema in the "
                "catalog (with Meltano: the extra `schema`), or deselect nothing",
                self._stream.name,
                ", ".join(others),
            )
