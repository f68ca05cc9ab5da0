"""Parses one page of a list: its entries, the length of the list, and whether it is the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_intercom_export.errors import MalformedListError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list.

    Attributes:
        entries: The entries as received.
        total: Number of entries in the whole list according to the page; None if it does not say.
        is_last: Whether the page says that it is the last one; None if it does not say.
    """

    entries: list[Any]
    total: int | None
    is_last: bool | None

    @classmethod
    def from_body(cls, body: Mapping[str, Any], number: int) -> ListPage:
        """Parse the body of a response.

        `pages.next` is a URL in these lists, missing or null on the last page (Intercom's OpenAPI
        description, 2.12 to 2.16).

        Args:
            body: `{"type": "list", "data": […], "total_count": …, "pages": {…}}`.
            number: The requested page, counting from 1.

        Raises:
            MalformedListError: The body has another structure.
        """
        if body.get("type", "list") != "list":
            raise MalformedListError(f'has the type {body["type"]!r}, not "list"')
        entries, pages = body.get("data"), body.get("pages")
        if not isinstance(entries, list):
            raise MalformedListError("has no list of entries in 'data'")
        if pages is not None and not isinstance(pages, dict):
            raise MalformedListError("has something other than an object in 'pages'")
        total = _whole_number(body, "total_count")
        last_number = _whole_number(pages or {}, "total_pages")
        if pages is None:
            is_last = None
        elif last_number is None:
            is_last = not pages.get("next")
        else:
            is_last = number >= last_number and not pages.get("next")
        if is_last and not entries and number > 1:
            is_last = None  # a last page has entries, so the list became shorter meanwhile
        return cls(entries, total, is_last)


def _whole_number(body: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number from the body, or None if it is missing.

    Raises:
        MalformedListError: The value is not a whole number.
    """
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise MalformedListError(f"has no number in '{name}'")
    return value
