"""Parses responses of the API: JSON bodies, jobs, and lists of errors.

`error_responses` has what each error means.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests


JOB_IDENTIFIER_KEYS = ("job_identifier", "job_identfier", "id")
"""Keys of a job's identifier; some versions of Intercom's reference misspell it."""

MAX_ERROR_BODY_BYTES = 64 * 1024
"""Maximum bytes read of an error body."""


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A response of the API.

    Attributes:
        status: HTTP status.
        body: JSON body.
    """

    status: int
    body: dict[str, Any]


def parse_response(response: requests.Response) -> ApiResponse | None:
    """Parse the JSON object of a response; None if it has none.

    Of an error response at most `MAX_ERROR_BODY_BYTES` are read, and it is closed.

    Args:
        response: A response whose body is not read yet.
    """
    try:
        is_success = response.status_code < 300  # noqa: PLR2004
        body = parse_json(response.content if is_success else _read_start(response))
    except (ValueError, RecursionError):  # the latter if it is nested thousands of levels deep
        return None
    return ApiResponse(response.status_code, body) if isinstance(body, dict) else None


def parse_json(content: bytes) -> Any:
    """Parse a JSON document by its bytes, whatever encoding the header `Content-Type` names.

    `Response.json()` of requests decodes UTF-8 as Latin-1 if a proxy has changed the header to
    `text/plain`, and guesses another encoding if one byte is wrong: texts and ids would be wrong.

    Args:
        content: UTF-8, UTF-16 or UTF-32. Bytes that are not UTF-8 become half surrogate pairs,
            which `rows.EntryReader` replaces in texts and refuses in ids.

    Raises:
        ValueError: It is not JSON.
        RecursionError: It is nested thousands of levels deep.
    """
    return json.loads(content.decode(json.detect_encoding(content), "surrogateescape"))


def read_error(response: requests.Response) -> str:
    """Describe an error response, or one that cannot be used although its status is a success.

    Args:
        response: A response whose body is not read yet. It is closed.
    """
    try:
        body = parse_json(_read_start(response))
    except (ValueError, RecursionError):
        body = None
    return describe_error(
        response, ApiResponse(response.status_code, body) if isinstance(body, dict) else None
    )


def _read_start(response: requests.Response) -> bytes:
    """Return the first bytes of a body, and close the response."""
    try:
        start: bytes = response.raw.read(MAX_ERROR_BODY_BYTES, decode_content=True) or b""
    finally:
        response.close()
    return start


def is_failed_job(parsed: ApiResponse) -> bool:
    """Return whether a 504 is Intercom's for a failed job, which has the job in its body.

    Args:
        parsed: A response.
    """
    failed = str(parsed.body.get("status")).lower() == "failed"
    has_job = any(parsed.body.get(key) for key in JOB_IDENTIFIER_KEYS)
    return parsed.status == http.client.GATEWAY_TIMEOUT and failed and has_job


def is_error_list(parsed: ApiResponse) -> bool:
    """Return whether a body is one of errors, whatever the status of the response.

    Args:
        parsed: A response.
    """
    return parsed.body.get("type") == "error.list" and bool(parsed.body.get("errors"))


def describe_error(response: requests.Response, parsed: ApiResponse | None) -> str:
    """Format an error body: `401 unauthorized: Access Token Invalid (request …)`.

    Args:
        response: The response.
        parsed: The same with its JSON body; None if it has none.
    """
    if parsed is None:
        return f"HTTP {response.status_code} without a JSON body"
    errors = parsed.body.get("errors")
    texts = [
        ": ".join(str(error[key]).rstrip(". ") for key in ("code", "message") if error.get(key))
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    request = f" (request {parsed.body['request_id']})" if parsed.body.get("request_id") else ""
    return f"HTTP {response.status_code} {'; '.join(texts)}{request}".strip()
