"""Lists by page and `per_page`, in the envelope that AI content and custom objects share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from intercom_simulator.messages import Answer, Request, error_answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

NEXT_HOST = "https://api.intercom.invalid"
"""The host in `pages.next`: not the one that was asked, and one that no resolver knows."""

MOST = 150
"""The largest page."""


def page_answer(request: Request, items: Sequence[Any], default: int) -> Answer:
    """Answer with the page of a list that a request asks for.

    Args:
        request: The request, perhaps with `page` and `per_page`.
        items: The whole list.
        default: The size of a page when the request names none.
    """
    asked = parse_qs(request.query)
    try:
        page, size = (
            int(asked.get(name, [str(usual)])[-1])
            for name, usual in (("page", 1), ("per_page", default))
        )
    except ValueError:
        return error_answer(400, "parameter_invalid", "page and per_page must be integers")
    if page < 1 or size < 1:
        return error_answer(400, "parameter_invalid", "page and per_page must be positive")
    if size > MOST:
        return error_answer(400, "parameter_invalid", f"per_page must not exceed {MOST}")
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
    return json_answer(200, content)
