"""Formatting of numbers in the log, in errors and in plans: durations, counts, a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MINUTE, _HOUR, _HOURS_OF_A_DAY = 60, 3600, 24
_MILLION = 1_000_000


def duration(seconds: float) -> str:
    """Format a duration with its two largest units: `45 s`, `12 min`, `2 h 10 min`, `3 d 4 h`.

    Args:
        seconds: The duration. Less than ten seconds have a decimal, unless whole.
    """
    whole = round(seconds)
    if whole < 10 and whole != seconds:  # noqa: PLR2004 - one digit
        return f"{max(0.0, seconds):.1f} s"
    if whole < _MINUTE:
        return f"{max(0, whole)} s"
    minutes, rest = divmod(whole, _MINUTE)
    if minutes < 10:  # noqa: PLR2004 - one digit
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    # Rounded before it is divided, so that a second less than a day is a day and not 24 hours
    hours, minutes = divmod(round(seconds / _MINUTE), _MINUTE)
    if not hours:
        return f"{minutes} min"
    if hours < _HOURS_OF_A_DAY:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(seconds / _HOUR), _HOURS_OF_A_DAY)
    return f"{days:,} d {hours} h" if hours else f"{days:,} d"


def counted(number: int, noun: str = "", *, rounded: bool = False) -> str:
    """Format a number with its noun: `1 row`, `2 entries`, `1,234 rows`, `3.1 million rows`.

    Args:
        number: The number.
        noun: In the singular. Its plural ends in s, or in ies after a consonant and y; "" for the
            number alone.
        rounded: Whether to round millions to one decimal.
    """
    is_large = rounded and number >= _MILLION
    text = f"{number / _MILLION:,.1f} million" if is_large else f"{number:,}"
    if not noun:
        return text
    if number == 1:
        return f"{text} {noun}"
    is_like_entry = noun.endswith("y") and noun[-2:-1] not in "aeiou"
    return f"{text} {noun[:-1]}ies" if is_like_entry else f"{text} {noun}s"


def table(rows: Mapping[str, int]) -> Iterator[str]:
    """Yield a line for each name whose number is not zero, in columns.

    Args:
        rows: Numbers by name.
    """
    filled = {name: number for name, number in sorted(rows.items()) if number}
    names = max(map(len, filled), default=0)
    numbers = max((len(f"{number:,}") for number in filled.values()), default=0)
    for name, number in filled.items():
        yield f"  {name:<{names}}  {number:>{numbers},}"
