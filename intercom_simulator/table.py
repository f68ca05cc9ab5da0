"""The rows of a CSV file as raw values, before they are rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from intercom_simulator.content_export.columns import Kind

Cell: TypeAlias = "str | int | float | None"
"""A raw value: text, a time in unix seconds, a count, or None."""


class Table(NamedTuple):
    """The rows of one file. Survey questions are column headers, so headers may repeat."""

    statistic: str
    header: tuple[str, ...]
    kinds: tuple[Kind, ...]
    rows: Iterable[tuple[Cell, ...]]
