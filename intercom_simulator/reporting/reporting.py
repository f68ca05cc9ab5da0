"""The reports of a simulated workspace and the rows that an export is expected to contain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from intercom_simulator.api import supports
from intercom_simulator.content_export.selection import EARLIEST_SECONDS
from intercom_simulator.reporting.dataset_rows import WorkspaceSnapshot
from intercom_simulator.reporting.datasets import DATASETS
from intercom_simulator.reporting.history import ReportingHistory, generate_reporting_history
from intercom_simulator.reporting.values import Locale, cell, raw_value, value, zone_of
from intercom_simulator.workspace import unix_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from intercom_simulator.reporting.attributes import Attribute, Dataset
    from intercom_simulator.reporting.labels import Language
    from intercom_simulator.reporting.values import Row
    from intercom_simulator.workspace import Instant, Workspace

_EVERY_CONVERSATION_SINCE = "2.16"


@dataclass
class Reporting:
    """A workspace's reports. Their data is generated on first use.

    Args:
        workspace: Provides seed, end and length of the history.
        conversations: Number of conversations started before the end.
        timezone: Time zone of the workspace, such as `America/Sao_Paulo`.
        language: Language of the workspace.
    """

    workspace: Workspace
    conversations: int = 300
    timezone: str = "UTC"
    language: Language = "en"

    def __post_init__(self) -> None:
        """Look up the time zone.

        Raises:
            ZoneInfoNotFoundError: The time zone does not exist.
        """
        self._locale = Locale(self.language, zone_of(self.timezone))

    @property
    def datasets(self) -> dict[str, Dataset]:
        """All datasets by id, with their attributes and keys."""
        return DATASETS

    def expected_rows(
        self, dataset: str, until: Instant, version: str = "2.16"
    ) -> list[dict[str, Any]]:
        """Return the rows of a dataset that a complete sync is expected to load.

        Args:
            dataset: Dataset id, such as `conversation`.
            until: The simulated present; later rows are not visible.
            version: API version; before 2.16 `conversation` has fewer rows.

        Returns:
            Rows in the format of `rows`.
        """
        return self.rows(dataset, EARLIEST_SECONDS, until, until, version)

    def rows(
        self, dataset: str, after: Instant, before: Instant, until: Instant, version: str = "2.16"
    ) -> list[dict[str, Any]]:
        """Return the rows of a dataset in a job over a range.

        Args:
            dataset: Dataset id, such as `conversation`.
            after: First second of the range.
            before: Last second of the range, inclusive.
            until: Creation time of the job; later rows are not visible.
            version: API version; before 2.16 `conversation` has fewer rows.

        Returns:
            Rows sorted by time, with qualified ids as keys: times (`timestamp.`) as UTC date-times,
            durations (`duration.`) as floats, other values as text in the workspace's language;
            None for missing values.
        """
        attributes = DATASETS[dataset].attributes
        rows = self._selected(dataset, after, before, self._snapshot(until, version))
        return [
            {
                attribute.qualified_id: value(raw_value(row, attribute), attribute, self._locale)
                for attribute in attributes
            }
            for row in rows
        ]

    def cells(
        self,
        dataset: str,
        attributes: Sequence[Attribute],
        span: tuple[Instant, Instant],
        until: Instant,
        version: str,
        *,
        last_parts_only: bool = False,
    ) -> Iterator[tuple[str, ...]]:
        """Yield the cells of a report, row by row.

        Args:
            dataset: Dataset id.
            attributes: The columns, in order.
            span: First and last second of the range.
            until: Creation time of the job.
            version: API version of the job.
            last_parts_only: Whether `consolidated_conversation_part` has only the last action of
                each conversation.
        """
        snapshot = self._snapshot(until, version, last_parts_only=last_parts_only)
        for row in self._selected(dataset, *span, snapshot):
            yield tuple(
                cell(raw_value(row, attribute), attribute, self._locale) for attribute in attributes
            )

    def counts(self, until: Instant, version: str = "2.16") -> dict[str, int]:
        """Return the number of rows by dataset.

        Args:
            until: The simulated present; later rows are not visible.
            version: API version.
        """
        snapshot = self._snapshot(until, version)
        return {dataset: len(snapshot.dataset_rows(dataset)) for dataset in DATASETS}

    @cached_property
    def _history(self) -> ReportingHistory:
        return generate_reporting_history(self.workspace, self.conversations)

    def _snapshot(
        self, until: Instant, version: str, *, last_parts_only: bool = False
    ) -> WorkspaceSnapshot:
        return WorkspaceSnapshot(
            self._history,
            unix_seconds(until),
            replied_only=not supports(version, _EVERY_CONVERSATION_SINCE),
            last_parts_only=last_parts_only,
        )

    def _selected(
        self, dataset: str, after: Instant, before: Instant, snapshot: WorkspaceSnapshot
    ) -> Iterator[Row]:
        first, last = unix_seconds(after), unix_seconds(before)
        for row in snapshot.dataset_rows(dataset):
            if first <= row.at <= last:
                yield row.compute()
