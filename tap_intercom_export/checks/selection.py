"""The parts of Intercom that a run needs, derived from the selected streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_intercom_export.list_endpoints import LIST_PATHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CUSTOM_OBJECTS_STREAM = "custom_object_instance"
"""Stream of all custom object types."""

REPORTING_PREFIX = "reporting_"
"""Beginning of the names of streams of reporting datasets."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The parts of Intercom that a run needs.

    Attributes:
        messages: Whether jobs of the message export are needed.
        datasets: Ids of reporting datasets; `*` for all.
        lists: Selected streams of AI content.
        object_types: Types of custom objects.
        is_from_settings: Whether it is derived from the settings, without a catalog.
    """

    messages: bool
    datasets: tuple[str, ...]
    lists: tuple[str, ...]
    object_types: tuple[str, ...]
    is_from_settings: bool = False

    @property
    def runs_jobs(self) -> bool:
        """Whether the run creates export jobs."""
        return self.messages or bool(self.datasets)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Selection:
        """Return the parts that the settings select, if there is no catalog.

        Args:
            config: The tap's configuration.
        """
        return cls(
            messages=True,
            datasets=tuple(config.get("reporting_datasets") or ()),
            lists=(),
            object_types=tuple(dict.fromkeys(config.get("custom_object_types") or ())),
            is_from_settings=True,
        )

    @classmethod
    def from_streams(
        cls, names: Iterable[str], export_streams: Iterable[str], config: Mapping[str, Any]
    ) -> Selection:
        """Return the parts that the selected streams need.

        Args:
            names: Names of the selected streams.
            export_streams: Names of the streams that are filled by jobs of the message export.
            config: The tap's configuration.
        """
        selected = set(names)
        types = tuple(dict.fromkeys(config.get("custom_object_types") or ()))
        return cls(
            messages=not selected.isdisjoint(export_streams),
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
