"""A page of one of Intercom's lists: its entries, and what it says of the length of the list."""

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
        entries: Its entries, as they stand.
        total: How many entries the whole list has, as the page says; None where it says nothing.
        is_last: Whether it is the last page, as it says; None where it says nothing.
    """

    entries: list[Any]
    total: int | None
    is_last: bool | None

    @classmethod
    def from_body(cls, body: Mapping[str, Any], number: int) -> ListPage:
        """Return the page in the body of an answer.

        `pages.next` is an address here, missing or null on the last page (Intercom's OpenAPI
        description, 2.12 to 2.16).

        Args:
            body: `{"type": "list", "data": […], "total_count": …, "pages": {…}}`.
            number: The page that was asked for, counting from 1.

        Raises:
            MalformedListError: It is no such object.
        """
        if body.get("type", "list") != "list":
            raise MalformedListError(f'has the type {body["type"]!r}, not "list"')
        entries, pages = body.get("data"), body.get("pages")
        if not isinstance(entries, list):
            raise MalformedListError("has no list of entries in 'data'")
        if pages is not None and not isinstance(pages, dict):
            raise MalformedListError("has something else than an object in 'pages'")
        total = _whole_number(body, "total_count")
        last_number = _whole_number(pages or {}, "total_pages")
        if pages is None:
            is_last = None
        elif last_number is None:
            is_last = not pages.get("next")
        else:
            is_last = number >= last_number and not pages.get("next")
        if is_last and not entries and number > 1:
            is_last = None  # a last page has entries: the list has become shorter
        return cls(entries, total, is_last)


def _whole_number(body: Mapping[str, Any], name: str) -> int | None:
    """Return a number of the envelope, or None where it is not there.

    Raises:
        MalformedListError: It is there and no number.
    """
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise MalformedListError(f"has no number in '{name}'")
    return value
