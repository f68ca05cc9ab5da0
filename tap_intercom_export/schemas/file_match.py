"""Which known file a CSV in an archive is: by its name, in every spelling, or by its columns."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tap_intercom_export.schemas.statistics import FILES, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_intercom_export.schemas.columns import StatisticFile

_STAMP = re.compile(r"[-_]\d{8}(?:[-_t]?\d{4,6})?(?:[-_]\d+)?$", re.ASCII)
_PART = re.compile(r"[-_]\d{1,4}$", re.ASCII)


def by_file_name(path: str) -> StatisticFile | None:
    """Return the file that a name in an archive stands for.

    Args:
        path: E.g. `receipt_20260101-120000.csv`; folders, capitals, a stamp in any of its forms, a
            part's number and the documented plural `receipts` are seen through.

    Returns:
        The known file; `OTHER` for a name nobody knows; None where the name says nothing.
    """
    whole = statistic_name(path)
    for name in (whole, _PART.sub("", whole)):
        for spelling in (name, name.removesuffix("s")):
            if spelling in FILES:
                return FILES[spelling]
    return OTHER if whole else None


def statistic_name(path: str) -> str:
    """Return a file's name without folder, ending and stamp, in small letters."""
    base = PurePosixPath(path.replace("\\", "/")).name.lower()
    base = base.removesuffix(".gz").removesuffix(".csv")
    return _STAMP.sub("", base).strip("-_")


def by_header(header: Sequence[str]) -> StatisticFile:
    """Return the file that a CSV without a name most likely is, by its columns.

    Args:
        header: The names of its columns.

    Returns:
        The known file of which most columns are there, at least half of them and all that say
        when it happened; or `OTHER`.
    """
    present = set(header)

    def fit(file: StatisticFile) -> tuple[int, float]:
        names = {column.name for column in file.columns}
        return len(names & present), len(names & present) / len(names)

    candidates = [
        file for file in FILES.values() if file.columns[1:] and set(file.time or ()) <= present
    ]
    best = max(candidates, key=fit)
    return best if fit(best)[1] >= 0.5 else OTHER  # noqa: PLR2004 - half of its columns
