"""Recognition of the CSV files in an archive, by name in any spelling or by columns."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE
from tap_intercom_export.schemas.property_names import normalized_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_intercom_export.schemas.columns import FileSchema

_SUFFIX = re.compile(r"(?:[-_+. (]+(?:part[-_. ]?)?\d[\d:tz]*\)?)+$", re.ASCII)
"""Matches the end of a file's name: time stamps in any format, numbers of parts and copies."""

_NO_LETTERS_FIRST = re.compile(r"[\W_]*(?:part[\W_]*)?(?:\d.*)?", re.DOTALL)

_SEPARATORS = re.compile(r"[\s_\-]+")

MIN_MATCHED_SHARE = 0.5
"""Minimum share of a file's columns by which the file is recognized."""


def schema_by_file_name(path: str) -> FileSchema | None:
    """Return the schema of a file, by its name in an archive.

    The name must begin with a known statistic that no letter follows; the longest one wins. The
    format of the time stamp, folders, case, part numbers and plurals do not matter.

    Args:
        path: Path in the archive, e.g. `receipt_20260101-120000.csv`.

    Returns:
        The known file; `UNKNOWN_FILE` for an unknown name; None for a name without a statistic,
        such as a time stamp alone.
    """
    name = _SEPARATORS.sub("_", _base_name(path))
    for known, file in _SPELLINGS.items():
        if name.startswith(known) and _NO_LETTERS_FIRST.fullmatch(name, len(known)):
            return file
    return UNKNOWN_FILE if statistic_name(path) else None


def statistic_name(path: str) -> str:
    """Return a file's name without folder, extension and time stamp, in lower case.

    Args:
        path: Path in the archive.
    """
    return _SUFFIX.sub("", f"_{_base_name(path)}").strip("-_ ")


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


_SPELLINGS: dict[str, FileSchema] = dict(
    sorted(
        ((known, file) for name, file in MESSAGE_FILES.items() for known in _spellings(name)),
        key=lambda pair: -len(pair[0]),
    )
)
"""Known files by the spellings that their names may begin with, longest first."""

_SAMPLED = [file for file in MESSAGE_FILES.values() if file.time is not None]
"""Files whose columns are known."""

_TIMES = Counter(name for file in _SAMPLED if file.hash_name for name in file.time or ())
"""Number of event files that have each time column."""


def schema_by_header(header: Sequence[str], *, is_named: bool = False) -> FileSchema:
    """Return the schema that a CSV file most likely has, by its columns.

    Args:
        header: Names of its columns, in any spelling.
        is_named: Whether the file has an unknown name. It may then be a new statistic, so it counts
            as an event file only if it has no other columns and no other event file has the same
            ones.

    Returns:
        The known file with the most matching columns. It must have its time columns, and either
        half of its columns or those that distinguish it from all other files. `UNKNOWN_FILE` if
        there is none.
    """
    present = {normalized_name(name) for name in header}

    def matched(file: FileSchema) -> int:
        return len(present & {normalized_name(column.name) for column in file.columns})

    def is_match(file: FileSchema) -> bool:
        count = matched(file)
        is_sure = count >= MIN_MATCHED_SHARE * len(file.columns) or (
            bool(file.distinctive_columns) and _contains_all(file.distinctive_columns, present)
        )
        if is_named and file.hash_name:
            is_only = any(_TIMES[name] == 1 for name in file.time or ()) or count > 2  # noqa: PLR2004
            is_sure = is_sure and count == len(present) and is_only
        return is_sure and _contains_all(file.time or (), present)

    candidates = [file for file in _SAMPLED if is_match(file)]
    return max(
        candidates, key=lambda file: (matched(file), -len(file.columns)), default=UNKNOWN_FILE
    )


def _contains_all(names: Sequence[str], present: set[str]) -> bool:
    return all(normalized_name(name) in present for name in names)
