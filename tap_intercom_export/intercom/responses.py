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

TRANSIENT_STATUSES = {408, 425, 429, 500, 502, 503, 504}
"""Statuses after which the same request may succeed."""

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
        body = response.json() if response.status_code < 300 else json.loads(_read_start(response))  # noqa: PLR2004
    except (ValueError, RecursionError):  # the latter if it is nested thousands of levels deep
        return None
    return ApiResponse(response.status_code, body) if isinstance(body, dict) else None


def read_error(response: requests.Response) -> str:
    """Describe an error response, or one that cannot be used although its status is a success."""
    try:
        body = json.loads(_read_start(response))
    except ValueError:
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


def is_failed_job(parsed: ApiResponse) -> bool:
    """Return whether a 504 is Intercom's for a failed job, which has the job in its body."""
    failed = str(parsed.body.get("status")).lower() == "failed"
    return parsed.status == http.client.GATEWAY_TIMEOUT and failed


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
    if status == http.client.NOT_FOUND:
        raise NotFoundError(f"{request}: {message}")
    if "intercom_version_invalid" in message:
        raise VersionError(
            f"{request} does not exist in version {settings.api_version} of Intercom's API "
            f"({message}). Set api_version to a newer one."
        )
    if names := _ATTRIBUTES_MESSAGE.search(message):
        raise AttributesRefusedError(message, names[1].split(", "))
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
