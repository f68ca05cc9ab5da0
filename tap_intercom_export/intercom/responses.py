"""Interpretation of API responses: success, transient error, or which refusal."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from tap_intercom_export.config import API_URLS
from tap_intercom_export.errors import (
    ApiError,
    AttributesRefusedError,
    ForbiddenError,
    NotFoundError,
    RangeRefusedError,
    UnauthorizedError,
    VersionError,
)

if TYPE_CHECKING:
    import requests

    from tap_intercom_export.config import Settings

_TRANSIENT_CLIENT_STATUSES = {408, 425, 429}
"""Statuses below 500 after which the same request may succeed."""

_GONE_STATUSES = {http.client.NOT_FOUND, http.client.GONE}
"""Statuses of jobs and archives that do not exist, or no longer."""

JOB_IDENTIFIER_KEYS = ("job_identifier", "job_identfier", "id")
"""Keys of a job's identifier; some versions of Intercom's reference misspell it."""

SLOT_TAKEN_MESSAGE = re.compile(r"pending .*export job", re.IGNORECASE)
_RANGE_MESSAGE = re.compile(
    r"\b(range|period|interval|window|days?|months?|years?)\b", re.IGNORECASE
)
_TOO_LONG_MESSAGE = re.compile(
    r"\b(longer|larger|greater|more|wider) than\b|\btoo (long|large|wide|big|many)\b|exceed|"
    r"\bmax(imum)?\b|\bat most\b|\blimited to\b",
    re.IGNORECASE,
)
"""Matches messages about a range that is too long, if `_RANGE_MESSAGE` matches as well."""

_TOO_OLD_MESSAGE = re.compile(
    r"retention|retained|\b(older|earlier|further back) than\b|\btoo (old|early|far)\b|"
    r"no longer available|within the (last|past)|before the (earliest|oldest|start)",
    re.IGNORECASE,
)

MESSAGE_BYTES = 64 * 1024
"""Maximum bytes read of an error body."""

_ATTRIBUTES_MESSAGE = re.compile(
    r"attribute_ids invalid for .+? dataset: (.+?)(?: \(request [^)]*\))?$"
)

SCOPES_BY_PATH = {
    "/content/": "the scope export_content_data",
    "/reporting_data/": "the scope export_reporting_data",
}
"""Permission that a path needs, where Intercom documents its name."""


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A response of the API: its status and its JSON body."""

    status: int
    body: dict[str, Any]


def parse_response(response: requests.Response) -> ApiResponse | None:
    """Parse the JSON object of a response; None if it has none.

    Of an error response at most `MESSAGE_BYTES` are read, and it is closed.
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
    """Describe an error response, or one that cannot be used although its status is a success."""
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
        start: bytes = response.raw.read(MESSAGE_BYTES, decode_content=True) or b""
    finally:
        response.close()
    return start


def _required_scope(url: str) -> str:
    """Return the permission that an app needs for a URL."""
    return next(
        (scope for part, scope in SCOPES_BY_PATH.items() if part in url), "the permission for it"
    )


def is_transient(status: int) -> bool:
    """Return whether the same request may succeed after a response with this status.

    All statuses from 500 on count: networks in between have their own, such as 520 to 529.
    """
    return status >= 500 or status in _TRANSIENT_CLIENT_STATUSES  # noqa: PLR2004


def is_gone(status: int) -> bool:
    """Return whether a status means that the resource does not exist, or no longer."""
    return status in _GONE_STATUSES


def is_failed_job(parsed: ApiResponse) -> bool:
    """Return whether a 504 is Intercom's for a failed job, which has the job in its body."""
    failed = str(parsed.body.get("status")).lower() == "failed"
    has_job = any(parsed.body.get(key) for key in JOB_IDENTIFIER_KEYS)
    return parsed.status == http.client.GATEWAY_TIMEOUT and failed and has_job


def is_error_list(parsed: ApiResponse) -> bool:
    """Return whether a body is one of errors, whatever the status of the response."""
    return parsed.body.get("type") == "error.list" and bool(parsed.body.get("errors"))


def describe_error(response: requests.Response, parsed: ApiResponse | None) -> str:
    """Format an error body: `401 unauthorized: Access Token Invalid (request …)`."""
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


def raise_refusal(
    response: requests.Response, message: str, request: str, settings: Settings
) -> NoReturn:
    """Raise the error of a response that a retry cannot change.

    Args:
        response: The response.
        message: Description of the response.
        request: What was requested, for the error.
        settings: Settings to name in the error.

    Raises:
        UnauthorizedError: The token is invalid.
        ForbiddenError: The token lacks a permission.
        AttributesRefusedError: The dataset lacks some requested attributes.
        RangeRefusedError: The time range is not accepted.
        NotFoundError: The resource does not exist.
        VersionError: The path does not exist in the configured version of the API.
        ApiError: Any other refusal.
    """
    status = response.status_code
    if response.is_redirect:
        host = urlsplit(response.headers["Location"]).netloc
        raise ApiError(f"{request} was redirected to {host}. Check region and api_url.")
    if status == http.client.UNAUTHORIZED:
        known = settings.api_url in API_URLS.values()
        setting = "region" if known else "region or, as here, api_url"
        raise UnauthorizedError(
            f"Intercom refused the token: {message}. Check access_token, and that {setting} "
            f"(now {settings.api_url}) is the workspace's."
        )
    if status in {http.client.FORBIDDEN, http.client.PAYMENT_REQUIRED}:
        raise ForbiddenError(
            f"Intercom does not allow this ({request}): {message}. The app behind access_token "
            f"needs {_required_scope(response.url)}, and the workspace an active subscription."
        )
    if is_gone(status):
        raise NotFoundError(f"{request}: {message}")
    if "intercom_version_invalid" in message:
        raise VersionError(
            f"{request} does not exist in version {settings.api_version} of Intercom's API "
            f"({message}). Set api_version to a newer one."
        )
    if names := _ATTRIBUTES_MESSAGE.search(message):
        raise AttributesRefusedError(message, names[1])
    if status == http.client.BAD_REQUEST:
        _refuse_range(message, request)
    raise ApiError(f"Intercom refused {request}: {message}.")


def _refuse_range(message: str, request: str) -> None:
    """Raise the error of a 400 that is about the time range.

    Raises:
        RangeRefusedError: The range is too long.
        ApiError: The range begins too early.
    """
    if _TOO_OLD_MESSAGE.search(message):
        also = ", or lower reporting_retention_days" if "reporting" in request else ""
        raise ApiError(
            f"Intercom no longer has data from the beginning of the requested range ({message}). "
            f"Set a later start_date{also}."
        )
    if _RANGE_MESSAGE.search(message) and _TOO_LONG_MESSAGE.search(message):
        raise RangeRefusedError(message)
