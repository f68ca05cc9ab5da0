"""Checks that a list was read completely: only then are missing entries deleted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_intercom_export.formatting import counted

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tap_intercom_export.intercom import ListPage


class ListPass:
    """One pass over a list, from the first page to the last: counts its entries.

    The list counts as complete if the number of different entries equals its total; if it has no
    total, if a page says that it is the last. When entries are deleted during the pass, others
    move to earlier pages and are skipped, which only the count shows.

    Attributes:
        totals: All totals that pages reported.
        pages: Number of pages.
        count: Number of entries, including unreadable ones.
        rejected: Number of unreadable entries.
    """

    def __init__(self) -> None:
        self.totals: set[int] = set()
        self.pages = 0
        self.count = 0
        self.rejected = 0
        self._keys: set[Hashable] = set()
        self._unreadable: set[Hashable] = set()
        self._is_last: bool | None = None
        self._seen_before_page = 0

    def begin_page(self, page: ListPage) -> None:
        """Register a page before its entries.

        Args:
            page: The page.
        """
        self.pages += 1
        if page.total is not None:
            self.totals.add(page.total)
        self._is_last = page.is_last
        self._seen_before_page = self._seen

    def add(self, key: Hashable) -> None:
        """Register an entry by its key.

        Args:
            key: Values of its key properties.
        """
        self.count += 1
        self._keys.add(key)

    def reject(self, content: Hashable) -> None:
        """Register an unreadable entry by its content; it may have no key.

        Args:
            content: The entry, or a hash of it.
        """
        self.count += 1
        self.rejected += 1
        self._unreadable.add(content)

    @property
    def has_more(self) -> bool:
        """Whether to request another page: not after a page without new entries."""
        if self._is_last or self._seen == self._seen_before_page:
            return False
        return self._is_last is not None or self.totals != {self._different}

    @property
    def _seen(self) -> int:
        """Number of different entries; equal unreadable ones count once.

        Otherwise a server that repeats a page with one of them would be asked for ever.
        """
        return len(self._keys) + len(self._unreadable)

    @property
    def _different(self) -> int:
        return len(self._keys) + self.rejected

    def shortfall(self) -> str:
        """Return why the list is not complete, or "" if it is."""
        if len(self.totals) > 1:
            low, high = min(self.totals), max(self.totals)
            return f"the number of its entries changed between {low:,} and {high:,}"
        total = next(iter(self.totals), None)
        if total is not None and self._different < total:
            return f"received {counted(self._different, 'different entry')} of {total:,}"
        if total != self._different and not self._is_last:
            return f"no page said that it is the last, after {counted(self._different, 'entry')}"
        return ""


def changed_meanwhile(passes: list[ListPass]) -> bool:
    """Return whether a list changed while it was read.

    Args:
        passes: All passes over the list in this run.
    """
    totals: set[Any] = set().union(*(one.totals for one in passes))
    return len(totals) > 1
