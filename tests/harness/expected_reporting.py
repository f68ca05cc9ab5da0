"""Rows of reporting datasets, from the simulator's own data, in the form of the tap's records."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tests.harness.expected_rows import Row, instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from intercom_simulator import Simulator


def reporting_properties(
    simulator: Simulator, dataset: str, properties: Mapping[str, Any], *, qualified: bool = True
) -> dict[str, str]:
    """Which property holds which attribute, by the descriptions and the order of the catalog.

    Args:
        simulator: The simulator.
        dataset: Id of the dataset.
        properties: Those of the stream's schema.
        qualified: Whether the API gives qualified ids.

    Returns:
        The qualified id of each property.
    """
    attributes = simulator.reporting.datasets[dataset].attributes
    names = [name for name in properties if name != "row_id"]
    assert len(names) == len(attributes), dataset
    for name, attribute in zip(names, attributes, strict=True):
        shown = attribute.qualified_id if qualified else attribute.id
        text = properties[name]["description"]
        assert attribute.name in text, name
        assert shown in text, name
    return {name: one.qualified_id for name, one in zip(names, attributes, strict=True)}


def reporting_rows(
    loaded: Iterable[Mapping[str, Any]], properties: Mapping[str, str], zone: tzinfo = timezone.utc
) -> list[Row]:
    """Records of a reporting stream, or rows of a database, in the form of the simulator's truth.

    Args:
        loaded: The records.
        properties: What `reporting_properties` gave.
        zone: Of times that an old API version leaves as texts.
    """
    return [
        {one: _reported(one, record.get(name), zone) for name, one in properties.items()}
        for record in loaded
    ]


def _reported(qualified_id: str, value: Any, zone: tzinfo) -> Any:
    if value in {"", "-"}:  # an empty key; a duration that an old API version leaves as text
        return None
    if qualified_id.startswith("timestamp."):
        if isinstance(value, str) and not value.endswith("Z"):
            return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        return instant(value)
    if qualified_id.startswith("duration.") and value is not None:
        return float(value)
    return value
