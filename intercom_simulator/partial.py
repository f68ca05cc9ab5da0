"""HTTP range requests: a download that goes on where it stopped (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from intercom_simulator.messages import Answer, Body

if TYPE_CHECKING:
    from intercom_simulator.messages import Request

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def partial(answer: Answer, request: Request, etag: str) -> Answer:
    """Give the part of an answer a request asks for, or all of it.

    Args:
        answer: The whole answer.
        request: The request, perhaps with `Range` and `If-Range`.
        etag: The name of these very bytes.
    """
    quoted = f'"{etag}"'
    headers = {**answer.headers, "ETag": quoted, "Accept-Ranges": "bytes"}
    whole = replace(answer, headers=headers)
    match = _RANGE.fullmatch(request.header("Range") or "")
    if match is None or request.header("If-Range") not in {None, quoted}:
        return whole
    size = answer.body.size
    first = int(match[1])
    last = min(int(match[2]) if match[2] else size - 1, size - 1)
    if first > last:
        return Answer(416, {"Content-Range": f"bytes */{size}"})
    return replace(
        whole,
        status=206,
        headers={**headers, "Content-Range": f"bytes {first}-{last}/{size}"},
        body=Body(answer.body.source, first, last - first + 1),
    )
