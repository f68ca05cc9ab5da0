"""HTTP range requests, to continue a download where it stopped (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from intercom_simulator.http_messages import Body, Response

if TYPE_CHECKING:
    from intercom_simulator.http_messages import Request

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def apply_range(response: Response, request: Request, etag: str) -> Response:
    """Reduce a response to the requested range, if the request has one.

    Args:
        response: The full response.
        request: The request, with or without `Range` and `If-Range`.
        etag: Entity tag of the body, without quotes.

    Returns:
        A 206 or 416 response, or the full response.
    """
    quoted = f'"{etag}"'
    headers = {**response.headers, "ETag": quoted, "Accept-Ranges": "bytes"}
    full_response = replace(response, headers=headers)
    match = _RANGE.fullmatch(request.header("Range") or "")
    if match is None or request.header("If-Range") not in {None, quoted}:
        return full_response
    size = response.body.size
    first = int(match[1])
    last = min(int(match[2]) if match[2] else size - 1, size - 1)
    if first > last:
        return Response(416, {"Content-Range": f"bytes */{size}"})
    return replace(
        full_response,
        status=206,
        headers={**headers, "Content-Range": f"bytes {first}-{last}/{size}"},
        body=Body(response.body.source, first, last - first + 1),
    )
