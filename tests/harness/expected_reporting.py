"""Compares records of reporting streams with the rows of the simulator."""

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
    """Map the properties of a stream to attributes, by the order and descriptions in the catalog.

    Args:
        simulator: The simulator.
        dataset: Dataset id.
        properties: Properties of the stream's schema.
        qualified: Whether the API version has qualified ids.

    Returns:
        The qualified id by property.
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
    """Convert records, or rows of a database, to the format of the simulator's rows.

    Args:
        loaded: The records.
        properties: Result of `reporting_properties`.
        zone: Time zone of times that are text in old API versions.
    """
    return [
        {one: _convert(one, record.get(name), zone) for name, one in properties.items()}
        for record in loaded
    ]


def _convert(qualified_id: str, value: Any, zone: tzinfo) -> Any:
    if value in {"", "-"}:  # an empty key; a missing duration, which is text in old API versions
        return None
    if qualified_id.startswith("timestamp."):
        if isinstance(value, str) and not value.endswith("Z"):
            return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        return instant(value)
    if qualified_id.startswith("duration.") and value is not None:
        return float(value)
    return value
