"""Whether one reading of a list was whole: only then what is missing from it is really gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_intercom_export.wording import counted

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tap_intercom_export.intercom import ListPage


class ListReading:
    """Counts what comes of a list from its first page to its last.

    The list counts as whole if as many different entries came as it says there are; where it does
    not say, if a page came that says it is the last. Entries that move up while others are deleted
    are skipped by whoever reads page by page, which only the count shows.

    Attributes:
        totals: Each number of entries that a page named.
        count: Entries that came, those that cannot be read included.
        rejected: How many of them cannot be read.
    """

    def __init__(self) -> None:
        self.totals: set[int] = set()
        self.count = 0
        self.rejected = 0
        self._keys: set[Hashable] = set()
        self._is_last: bool | None = None
        self._different_before_page = 0

    def begin_page(self, page: ListPage) -> None:
        """Note what a page says, before its entries."""
        if page.total is not None:
            self.totals.add(page.total)
        self._is_last = page.is_last
        self._different_before_page = self._different

    def add(self, key: Hashable) -> None:
        """Note an entry by what identifies it."""
        self.count += 1
        self._keys.add(key)

    def reject(self) -> None:
        """Note an entry that cannot be read."""
        self.count += 1
        self.rejected += 1

    @property
    def has_more(self) -> bool:
        """Whether to ask for another page: not after one with nothing new, which could go on."""
        if self._is_last or self._different == self._different_before_page:
            return False
        return self._is_last is not None or self.totals != {self._different}

    @property
    def _different(self) -> int:
        return len(self._keys) + self.rejected

    def shortfall(self) -> str:
        """Return why the list does not count as whole, or "" if it does."""
        if len(self.totals) > 1:
            low, high = min(self.totals), max(self.totals)
            return f"the number of its entries changed between {low:,} and {high:,}"
        total = next(iter(self.totals), None)
        if total is not None and self._different < total:
            return f"{counted(self._different, 'different entry')} came of {total:,}"
        if total != self._different and not self._is_last:
            return f"no page said that it is the last, after {counted(self._different, 'entry')}"
        return ""


def changed_meanwhile(readings: list[ListReading]) -> bool:
    """Tell whether a list changed while it was read, which is no fault of anybody.

    Args:
        readings: All readings of the list in this run.
    """
    totals: set[Any] = set().union(*(reading.totals for reading in readings))
    return len(totals) > 1
