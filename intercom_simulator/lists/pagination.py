"""Pages by `page` and `per_page`, and single entries, for AI content and custom objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from intercom_simulator.http_messages import Request, Response, error_response, json_response

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NEXT_HOST = "https://api.intercom.invalid"
"""Host in `pages.next`: differs from the requested host and cannot be resolved."""

MAX_PER_PAGE = 150
"""Largest value of `per_page`."""


def page_response(request: Request, items: Sequence[Any], default: int) -> Response:
    """Return the requested page of a list.

    Args:
        request: The request, with or without `page` and `per_page`.
        items: The whole list.
        default: Page size if the request does not name one.
    """
    parameters = parse_qs(request.query)
    try:
        page, size = (
            int(parameters.get(name, [str(default_value)])[-1])
            for name, default_value in (("page", 1), ("per_page", default))
        )
    except ValueError:
        return error_response(400, "parameter_invalid", "page and per_page must be integers")
    if page < 1 or size < 1:
        return error_response(400, "parameter_invalid", "page and per_page must be positive")
    if size > MAX_PER_PAGE:
        return error_response(400, "parameter_invalid", f"per_page must not exceed {MAX_PER_PAGE}")
    pages: dict[str, Any] = {
        "type": "pages",
        "page": page,
        "per_page": size,
        "total_pages": -(-len(items) // size),
    }
    if page < pages["total_pages"]:
        pages["next"] = f"{NEXT_HOST}{request.path}?page={page + 1}&per_page={size}"
    start = (page - 1) * size
    content = {
        "type": "list",
        "data": items[start : start + size],
        "total_count": len(items),
        "pages": pages,
    }
    return json_response(200, content)


def find_entry(entries: Iterable[dict[str, Any]], identifier: str) -> dict[str, Any]:
    """Return the entry of a list with an id.

    Args:
        entries: The list.
        identifier: The id, as text.

    Raises:
        KeyError: There is no such entry.
    """
    for entry in entries:
        if str(entry["id"]) == identifier:
            return entry
    raise KeyError(identifier)
