"""What of the workspace a run needs, by the streams that are selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CUSTOM_OBJECTS_STREAM = "custom_object_instance"
LIST_PATHS = {
    "content_import_source": "/ai/content_import_sources",
    "external_page": "/ai/external_pages",
}
"""Paths of the AI content, by stream."""

REPORTING_PREFIX = "reporting_"


@dataclass(frozen=True, slots=True)
class Selection:
    """What a run needs.

    Attributes:
        messages: Whether jobs of the message export are made.
        datasets: Ids of the reporting datasets; `*` for all.
        lists: Streams of AI content.
        object_types: Types of custom objects.
        by_settings: Whether it is what the settings ask for, as there is no catalog.
    """

    messages: bool
    datasets: tuple[str, ...]
    lists: tuple[str, ...]
    object_types: tuple[str, ...]
    by_settings: bool = False

    @property
    def runs_jobs(self) -> bool:
        """Whether an export job is made."""
        return self.messages or bool(self.datasets)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Selection:
        """Return what is needed without a catalog: what the settings ask for.

        Args:
            config: The tap's configuration.
        """
        return cls(
            messages=True,
            datasets=tuple(config.get("reporting_datasets") or ()),
            lists=(),
            object_types=tuple(dict.fromkeys(config.get("custom_object_types") or ())),
            by_settings=True,
        )

    @classmethod
    def from_streams(
        cls, names: Iterable[str], driving: Iterable[str], config: Mapping[str, Any]
    ) -> Selection:
        """Return what selected streams need.

        Args:
            names: Names of the selected streams.
            driving: Names of the streams for which jobs of the message export are made.
            config: The tap's configuration.
        """
        selected = set(names)
        types = tuple(dict.fromkeys(config.get("custom_object_types") or ()))
        return cls(
            messages=not selected.isdisjoint(driving),
            datasets=tuple(
                sorted(
                    name.removeprefix(REPORTING_PREFIX)
                    for name in selected
                    if name.startswith(REPORTING_PREFIX)
                )
            ),
            lists=tuple(name for name in LIST_PATHS if name in selected),
            object_types=types if CUSTOM_OBJECTS_STREAM in selected else (),
        )
