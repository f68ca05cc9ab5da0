"""Results of the connection test: their table, and the exit status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tap_intercom_export.errors import exit_status_of

if TYPE_CHECKING:
    from tap_intercom_export.errors import TapError


class Outcome(str, Enum):
    """Result of a check."""

    WORKS = "\u2713"
    FAILS = "\u2717"
    WARNING = "!"
    NOT_NEEDED = "\u2013"


PLAIN_OUTCOMES = {
    Outcome.WORKS: "ok",
    Outcome.FAILS: "FAILS",
    Outcome.WARNING: "!",
    Outcome.NOT_NEEDED: "-",
}
"""Replacements for terminals without these characters."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A line of the table.

    Attributes:
        name: What was checked.
        outcome: The result.
        text: Details, and what to do.
        error: The error, if it concerns selected streams.
    """

    name: str
    outcome: Outcome
    text: str
    error: TapError | None = None


def format_table(results: list[CheckResult], encoding: str) -> str:
    """Format the results as a table.

    Args:
        results: The results.
        encoding: Encoding of the output. Marks that it lacks are replaced.
    """
    try:
        "".join(Outcome).encode(encoding)
    except (LookupError, UnicodeError):
        marks = PLAIN_OUTCOMES
    else:
        marks = {outcome: outcome.value for outcome in Outcome}
    width = max(len(result.name) for result in results)
    sign = max(len(marks[result.outcome]) for result in results)
    return "\n".join(
        f"{marks[result.outcome]:<{sign}} {result.name:<{width}}  {result.text}"
        for result in results
    )


def exit_status(results: list[CheckResult]) -> int:
    """Return the exit status of the first error that concerns selected streams, or 0.

    Args:
        results: The results of all checks.
    """
    error = next((result.error for result in results if result.error), None)
    return int(exit_status_of(error)) if error else 0
