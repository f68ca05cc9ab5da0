"""Which known file a CSV in an archive is: by its name, in every spelling, or by its columns."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tap_intercom_export.schemas.property_names import spelling
from tap_intercom_export.schemas.statistics import FILES, OTHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_intercom_export.schemas.columns import StatisticFile

_STAMP = re.compile(r"(?:[-_+. (]+(?:part[-_. ]?)?\d[\d:tz]*\)?)+$", re.ASCII)
"""What may follow a statistic: times in any form, numbers of parts and of copies."""

_NO_LETTERS_FIRST = re.compile(r"[\W_]*(?:part[\W_]*)?(?:\d.*)?", re.DOTALL)

_SEPARATORS = re.compile(r"[\s_\-]+")

MIN_SHARE = 0.5
"""Share of a file's columns that tell which file it is."""


def by_file_name(path: str) -> StatisticFile | None:
    """Return the file that a name in an archive stands for.

    It is the longest known statistic that the name begins with, if no letter follows: whatever form
    the time stamp has. Folders, capitals, the number of a part and plurals do not matter.

    Args:
        path: E.g. `receipt_20260101-120000.csv`.

    Returns:
        The known file; `OTHER` for a name nobody knows; None where the name says nothing.
    """
    name = _SEPARATORS.sub("_", _base_name(path))
    for known, file in _SPELLINGS.items():
        if name.startswith(known) and _NO_LETTERS_FIRST.fullmatch(name, len(known)):
            return file
    return OTHER if statistic_name(path) else None


def statistic_name(path: str) -> str:
    """Return a file's name without folder, ending and stamp, in small letters."""
    return _STAMP.sub("", f"_{_base_name(path)}").strip("-_ ")


def _base_name(path: str) -> str:
    base = PurePosixPath(path.replace("\\", "/")).name.lower()
    return base.removesuffix(".gz").removesuffix(".csv")


def _spellings(name: str) -> Iterator[str]:
    """Yield a statistic's name and its plurals."""
    yield name
    yield f"{name}s"
    yield f"{name}es"
    if name.endswith("y"):
        yield f"{name[:-1]}ies"


_SPELLINGS: dict[str, StatisticFile] = dict(
    sorted(
        ((known, file) for name, file in FILES.items() for known in _spellings(name)),
        key=lambda pair: -len(pair[0]),
    )
)
"""Known files by what their names may begin with, the longest first."""

_SAMPLED = [file for file in FILES.values() if file.time is not None]
"""Files whose columns are known."""

_TIMES = Counter(name for file in _SAMPLED if file.hash_name for name in file.time or ())
"""How many kinds of event have each column of time."""


def by_header(header: Sequence[str], *, is_named: bool = False) -> StatisticFile:
    """Return the file that a CSV most likely is, by its columns.

    Args:
        header: The names of its columns, in any writing.
        is_named: Whether it has a name that nobody knows: then it may well be a statistic that is
            new. It is an event only if it has no column that is not one of that event, and its
            columns are those of no other.

    Returns:
        The known file of which most columns are there: those that say when it happened, and half of
        them all or those that tell it from every other. Or `OTHER`.
    """
    present = {spelling(name) for name in header}

    def matched(file: StatisticFile) -> int:
        return len(present & {spelling(column.name) for column in file.columns})

    def is_it(file: StatisticFile) -> bool:
        count = matched(file)
        is_sure = count >= MIN_SHARE * len(file.columns) or (
            bool(file.known_by) and _are_in(file.known_by, present)
        )
        if is_named and file.hash_name:
            is_only = any(_TIMES[name] == 1 for name in file.time or ()) or count > 2  # noqa: PLR2004
            is_sure = is_sure and count == len(present) and is_only
        return is_sure and _are_in(file.time or (), present)

    candidates = [file for file in _SAMPLED if is_it(file)]
    return max(candidates, key=lambda file: (matched(file), -len(file.columns)), default=OTHER)


def _are_in(names: Sequence[str], present: set[str]) -> bool:
    return all(spelling(name) in present for name in names)
