"""Numbers as people read them: durations, counts, a table of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_MILLION = 1_000_000


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: `45 s`, `12 min`, `2 h 10 min`, `3 d 4 h`.

    Args:
        seconds: The duration; less than ten seconds are told with a decimal.
    """
    if seconds < 10:  # noqa: PLR2004 - one digit
        return f"{max(0.0, seconds):.1f} s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        minutes, rest = divmod(round(seconds), _MINUTE)
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"  # noqa: PLR2004
    if seconds < _DAY:
        hours, minutes = divmod(round(seconds / _MINUTE), _MINUTE)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(seconds / _HOUR), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def count(number: int, what: str = "") -> str:
    """Return a count and what is counted: `1 row`, `1,234 rows`, `3.1 million rows`.

    Args:
        number: How many.
        what: Singular of what they are, whose plural ends in s.
    """
    large = f"{number / _MILLION:.1f} million"
    text = large if number >= _MILLION else f"{number:,}"
    return f"{text} {what}{'' if number == 1 else 's'}" if what else text


def table(rows: Mapping[str, int]) -> Iterator[str]:
    """Yield a line for each name with a number that is not zero, in columns.

    Args:
        rows: Numbers by name.
    """
    filled = {name: number for name, number in sorted(rows.items()) if number}
    names = max(map(len, filled), default=0)
    numbers = max((len(f"{number:,}") for number in filled.values()), default=0)
    for name, number in filled.items():
        yield f"  {name:<{names}}  {number:>{numbers},}"
