"""What reports say about a simulated workspace, and the truth an export is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from intercom_simulator.api import supports
from intercom_simulator.reporting.datasets import DATASETS
from intercom_simulator.reporting.facts import View
from intercom_simulator.reporting.past import Past, make_past
from intercom_simulator.reporting.values import Locale, cell, raw_value, value, zone_of
from intercom_simulator.tables import BEGINNING
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
    """A workspace's reports. What they are about is made up when somebody first asks.

    Args:
        workspace: Gives seed, end and length.
        conversations: How many conversations were started in the days before the end.
        timezone: The workspace's time zone, such as `America/Sao_Paulo`.
        language: The workspace's language.
    """

    workspace: Workspace
    conversations: int = 300
    timezone: str = "UTC"
    language: Language = "en"

    def __post_init__(self) -> None:
        """Find the time zone.

        Raises:
            ZoneInfoNotFoundError: There is no such zone.
        """
        self._locale = Locale(self.language, zone_of(self.timezone))

    @property
    def datasets(self) -> dict[str, Dataset]:
        """All datasets, by id, with their attributes and keys."""
        return DATASETS

    def truth(self, dataset: str, until: Instant, version: str = "2.16") -> list[dict[str, Any]]:
        """Give the rows a user should finally have of a dataset.

        Args:
            dataset: Its id, such as `conversation`.
            until: What happens later has not happened yet.
            version: The API version used; before 2.16 `conversation` has fewer rows.

        Returns:
            Rows as `rows` gives them.
        """
        return self.rows(dataset, BEGINNING, until, until, version)

    def rows(
        self, dataset: str, after: Instant, before: Instant, until: Instant, version: str = "2.16"
    ) -> list[dict[str, Any]]:
        """Give the rows that one job over a range contains of a dataset.

        Args:
            dataset: Its id, such as `conversation`.
            after: The range's first second.
            before: The range's last second, which belongs to it.
            until: When the job is created; what happens later has not happened yet.
            version: The API version used; before 2.16 `conversation` has fewer rows.

        Returns:
            Rows in order of the dataset's time, by qualified id: instants (`timestamp.`) as UTC
            date-times, durations (`duration.`) as floats, everything else as the text in the
            workspace's language; None where there is no value.
        """
        attributes = DATASETS[dataset].attributes
        found = self._selected(dataset, after, before, self._view(until, version))
        return [
            {one.qualified_id: value(raw_value(row, one), one, self._locale) for one in attributes}
            for row in found
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
        """Give the rows of a file.

        Args:
            dataset: The dataset's id.
            attributes: The columns, in order.
            span: The range's first and last second.
            until: When the job was created.
            version: The API version it was created in.
            last_parts_only: Whether the dataset of actions has only the last one of each
                conversation.
        """
        view = self._view(until, version, last_parts_only=last_parts_only)
        for row in self._selected(dataset, *span, view):
            yield tuple(cell(raw_value(row, one), one, self._locale) for one in attributes)

    def counts(self, until: Instant, version: str = "2.16") -> dict[str, int]:
        """Count the rows of every dataset up to an instant.

        Args:
            until: What happens later has not happened yet.
            version: The API version used.
        """
        view = self._view(until, version)
        return {dataset: len(view.facts(dataset)) for dataset in DATASETS}

    @cached_property
    def _past(self) -> Past:
        return make_past(self.workspace, self.conversations)

    def _view(self, until: Instant, version: str, *, last_parts_only: bool = False) -> View:
        return View(
            self._past,
            unix_seconds(until),
            replied_only=not supports(version, _EVERY_CONVERSATION_SINCE),
            last_parts_only=last_parts_only,
        )

    def _selected(self, dataset: str, after: Instant, before: Instant, view: View) -> Iterator[Row]:
        first, last = unix_seconds(after), unix_seconds(before)
        for fact in view.facts(dataset):
            if first <= fact.at <= last:
                yield fact.row()
