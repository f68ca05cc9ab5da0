"""What an error response of the API means: a transient error, a taken job slot, or which refusal.

A new error, such as another 429, has its status or message here. Its exception is in `errors.py`,
one for each way to recover; `retry.py` decides how long to wait before the next attempt.
"""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from tap_intercom_export.config import API_URLS
from tap_intercom_export.errors import (
    ApiError,
    AttributesRefusedError,
    ForbiddenError,
    NotFoundError,
    RangeRefusedError,
    SlotTakenError,
    TransientError,
    UnauthorizedError,
    VersionError,
)
from tap_intercom_export.intercom.responses import describe_error, is_error_list, is_failed_job

if TYPE_CHECKING:
    import requests

    from tap_intercom_export.config import Settings
    from tap_intercom_export.intercom.responses import ApiResponse

_TRANSIENT_CLIENT_STATUSES = {408, 425, 429}
"""Statuses below 500 after which the same request may succeed."""

_GONE_STATUSES = {http.client.NOT_FOUND, http.client.GONE}
"""Statuses of jobs and archives that do not exist, or no longer."""

SLOT_TAKEN_MESSAGE = re.compile(r"pending .*export job", re.IGNORECASE)
"""Matches the message of a 429 that is not about too many requests, but about a pending job."""

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

_ATTRIBUTES_MESSAGE = re.compile(
    r"attribute_ids invalid for .+? dataset: (.+?)(?: \(request [^)]*\))?$"
)

SCOPES_BY_PATH = {
    "/content/": "the scope export_content_data",
    "/reporting_data/": "the scope export_reporting_data",
}
"""Permission that a path needs, where Intercom documents its name."""


def is_transient(status: int) -> bool:
    """Return whether the same request may succeed after a response with this status.

    All statuses from 500 on count: networks in between have their own, such as 520 to 529.

    Args:
        status: HTTP status.
    """
    return status >= 500 or status in _TRANSIENT_CLIENT_STATUSES  # noqa: PLR2004


def is_gone(status: int) -> bool:
    """Return whether a status means that the resource does not exist, or no longer.

    Args:
        status: HTTP status.
    """
    return status in _GONE_STATUSES


def check_response(
    response: requests.Response, parsed: ApiResponse | None, request: str, settings: Settings
) -> ApiResponse:
    """Return the body of a successful response, or raise the error that the response stands for.

    A 504 with a job in its body is returned: that is how Intercom reports a failed job. A 429 is
    either the rate limit, which is transient, or a taken job slot.

    Args:
        response: The response.
        parsed: The same with its JSON body; None if it has none.
        request: What was requested, for the error.
        settings: Settings to name in the error.

    Raises:
        SlotTakenError: The workspace has as many pending jobs as it may have.
        TransientError: The same request may succeed later.
        ApiError: A refusal; see `raise_refusal`.
    """
    status = response.status_code
    succeeded = status < 300  # noqa: PLR2004
    if parsed is not None and (is_failed_job(parsed) or (succeeded and not is_error_list(parsed))):
        return parsed
    message = describe_error(response, parsed)
    # a list of errors in a success may come from a proxy that changes the status
    may_be_429 = succeeded or status == http.client.TOO_MANY_REQUESTS
    if may_be_429 and SLOT_TAKEN_MESSAGE.search(message):
        raise SlotTakenError(message)
    if not succeeded and not is_transient(status):
        raise_refusal(response, message, request, settings)
    raise TransientError(message, response.headers)


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


def _required_scope(url: str) -> str:
    """Return the permission that an app needs for a URL."""
    return next(
        (scope for part, scope in SCOPES_BY_PATH.items() if part in url), "the permission for it"
    )
