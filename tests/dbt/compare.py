"""Compares rows of a mart with the expected rows, in all columns."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Row = Mapping[str, Any]

_TOLERANCE = 1e-9
"""Relative tolerance, because sums depend on the order of addition."""


def differences(
    expected: Iterable[Row],
    found: Iterable[Row],
    key: Sequence[str],
    *,
    ignored: Iterable[str] = (),
) -> list[str]:
    """Return the differences, one line each.

    Args:
        expected: The expected rows.
        found: The rows of the mart.
        key: Columns that identify a row.
        ignored: Columns to ignore.
    """
    wanted, there = _by_key(expected, key), _by_key(found, key)
    lines = [f"missing: {name}" for name in wanted.keys() - there.keys()]
    lines += [f"too much: {name}" for name in there.keys() - wanted.keys()]
    for name in wanted.keys() & there.keys():
        one, other = wanted[name], there[name]
        lines += [
            f"{name}: {column} should be {one.get(column, 'absent')!r}, "
            f"is {other.get(column, 'absent')!r}"
            for column in sorted({*one, *other} - set(ignored))
            if column not in one or column not in other or not _equal(one[column], other[column])
        ]
    return lines


def _by_key(rows: Iterable[Row], key: Sequence[str]) -> dict[tuple[Any, ...], Row]:
    made: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        name = tuple(row[column] for column in key)
        assert name not in made, f"{name} is there twice"
        made[name] = row
    return made


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float, Decimal)):
        return math.isclose(one, float(other), rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    if isinstance(one, datetime) and isinstance(other, datetime) and other.tzinfo is None:
        return one == other.replace(tzinfo=timezone.utc)
    return bool(one == other)
