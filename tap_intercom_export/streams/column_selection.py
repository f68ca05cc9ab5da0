"""Which columns of a stream go out: what is selected, new ones, and what is excluded."""

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
    """Decides for each column of a stream whether it goes out.

    A column that the catalog names goes out if it is selected. One that it does not name, because
    Intercom added it since, goes out unless a property of the stream is deselected: who chooses
    columns does not want those that nobody has seen. What `excluded_columns` matches never does.

    Args:
        stream: The stream.
        headers: What properties are called at Intercom, where that is not their name.
    """

    def __init__(self, stream: Stream, headers: Mapping[str, tuple[str, ...]]) -> None:
        self._stream = stream
        self._headers = headers
        self.excluded = ExcludedColumns(stream.config.get("excluded_columns") or (), stream.name)
        self._excluded_names: set[str] = set()
        self._told: set[str] = set()

    @property
    def _known(self) -> Mapping[str, Any]:
        properties: Mapping[str, Any] = self._stream.effective_schema.get("properties", {})
        return properties

    @property
    def has_deselected(self) -> bool:
        """Whether the catalog names a property that is not selected."""
        mask = self._stream.mask
        names = self._known.keys() - self._excluded_names
        return not all(mask["properties", name] for name in names)

    @property
    def hides_cells(self) -> bool:
        """Whether a row as it stands in its file may hold what must not go out."""
        return bool(self.excluded) or self.has_deselected

    def apply_exclusions(self) -> None:
        """Deselect the properties that are excluded, before anything reads the selection.

        Raises:
            ConfigurationError: One of them cannot be left out, because it identifies the records.
        """
        if not self.excluded or not self._stream.selected:
            return
        needed = {*self._stream.primary_keys, self._stream.replication_key}
        for name in self._known:
            if not any(map(self.excluded.matches, (name, *self._headers.get(name, ())))):
                continue
            if name in needed:
                raise ConfigurationError(
                    f"excluded_columns matches {self._stream.name}.{name}, without which its "
                    "records cannot be told apart or followed. Deselect the stream, or name the "
                    "columns without it."
                )
            self._excluded_names.add(name)
            self._stream.metadata["properties", name] = Metadata(selected=False)
            self._stream.mask["properties", name] = False

    def withhold(self, columns: Iterable[Column]) -> list[Column]:
        """Deselect the columns that do not go out; return those that are new and do.

        Args:
            columns: Properties of the records to come.
        """
        new = [column for column in columns if column.name not in self._known]
        if not new:
            return []
        has_deselected = self.has_deselected
        kept = []
        for column in new:
            if self.excluded.has(column) or has_deselected:
                self._stream.mask["properties", column.name] = False
            else:
                kept.append(column)
        return kept

    def warn(self, columns: Iterable[Column]) -> None:
        """Say once which new columns do not go out, and how to take them in.

        Args:
            columns: Columns that `withhold` has seen.
        """
        found = {
            column.name: self.excluded.has(column)
            for column in columns
            if column.name not in self._known
            and column.name not in self._told
            and not self._stream.mask["properties", column.name]
        }
        self._told |= found.keys()
        if excluded := [name for name, is_excluded in found.items() if is_excluded]:
            logger.info(
                "Left out of '%s', as excluded_columns says: %s",
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
