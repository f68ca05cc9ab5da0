"""What an answer of Intercom's API means: a reply, a transient trouble, or which refusal."""

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
"""Statuses after which the same request may go well."""

SLOT_TAKEN_MESSAGE = re.compile(r"pending .*export job", re.IGNORECASE)
_RANGE_MESSAGE = re.compile(
    r"\b(range|period|interval|window|days?|months?|years?)\b", re.IGNORECASE
)
_TOO_LONG_MESSAGE = re.compile(
    r"\b(longer|larger|greater|more|wider) than\b|\btoo (long|large|wide|big|many)\b|exceed|"
    r"\bmax(imum)?\b|\bat most\b|\blimited to\b",
    re.IGNORECASE,
)
"""What is said of a range that is too long, in a message that matches `_RANGE_MESSAGE` as well."""

_TOO_OLD_MESSAGE = re.compile(
    r"retention|retained|\b(older|earlier|further back) than\b|\btoo (old|early|far)\b|"
    r"no longer available|within the (last|past)|before the (earliest|oldest|start)",
    re.IGNORECASE,
)

MESSAGE_BYTES = 64 * 1024
"""Most bytes read of a body that is only read for the message in it."""

_ATTRIBUTES_MESSAGE = re.compile(
    r"attribute_ids invalid for .+? dataset: (.+?)(?: \(request [^)]*\))?$"
)

SCOPES_BY_PATH = {
    "/content/": "the scope export_content_data",
    "/reporting_data/": "the scope export_reporting_data",
}
"""The permission that a path needs, as far as Intercom names it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API: its status and its JSON body."""

    status: int
    body: dict[str, Any]


def reply_of(response: requests.Response) -> Reply | None:
    """Return the JSON object of an answer, or None where it has none.

    Of an answer that is no success at most `MESSAGE_BYTES` are read, and it is closed.
    """
    try:
        body = response.json() if response.status_code < 300 else json.loads(_start_of(response))  # noqa: PLR2004
    except (ValueError, RecursionError):  # the latter where it is nested thousands of levels deep
        return None
    return Reply(response.status_code, body) if isinstance(body, dict) else None


def message_of(response: requests.Response) -> str:
    """Put the body of an answer into words that is no success, or whose status says too little."""
    try:
        body = json.loads(_start_of(response))
    except ValueError:
        body = None
    return describe(response, Reply(response.status_code, body) if isinstance(body, dict) else None)


def _start_of(response: requests.Response) -> bytes:
    """Return the first bytes of a body, and close the answer."""
    try:
        start: bytes = response.raw.read(MESSAGE_BYTES, decode_content=True) or b""
    finally:
        response.close()
    return start


def _scope_of(url: str) -> str:
    """Return what an app must be allowed for an address."""
    return next(
        (scope for part, scope in SCOPES_BY_PATH.items() if part in url), "the permission for it"
    )


def is_failed_job(reply: Reply) -> bool:
    """Tell Intercom's 504 for a job that failed, which carries the job, from a gateway's."""
    failed = str(reply.body.get("status")).lower() == "failed"
    return reply.status == http.client.GATEWAY_TIMEOUT and failed


def describe(response: requests.Response, reply: Reply | None) -> str:
    """Put an error body into words: `401 unauthorized: Access Token Invalid (request …)`."""
    if reply is None:
        return f"HTTP {response.status_code} without a JSON body"
    errors = reply.body.get("errors")
    texts = [
        ": ".join(str(error[key]).rstrip(". ") for key in ("code", "message") if error.get(key))
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    request = f" (request {reply.body['request_id']})" if reply.body.get("request_id") else ""
    return f"HTTP {response.status_code} {'; '.join(texts)}{request}".strip()


def refuse(response: requests.Response, trouble: str, what: str, settings: Settings) -> NoReturn:
    """Raise the error that a final refusal means.

    Args:
        response: The answer.
        trouble: It in words.
        what: What was asked.
        settings: Named in the error.

    Raises:
        UnauthorizedError: The token is not good.
        ForbiddenError: The token is not allowed to.
        AttributesRefusedError: A dataset does not have what was asked for.
        RangeRefusedError: The range of time is not accepted.
        NotFoundError: It is not there.
        VersionError: It does not exist in the configured version of the API.
        ApiError: Anything else.
    """
    status = response.status_code
    if response.is_redirect:
        host = urlsplit(response.headers["Location"]).netloc
        raise ApiError(f"{what} was redirected to {host}. Check region and api_url.")
    if status == http.client.UNAUTHORIZED:
        known = settings.api_url in API_URLS.values()
        setting = "region" if known else "region or, as here, api_url"
        raise UnauthorizedError(
            f"Intercom refused the token: {trouble}. Check access_token, and that {setting} "
            f"(now {settings.api_url}) is the workspace's."
        )
    if status in {http.client.FORBIDDEN, http.client.PAYMENT_REQUIRED}:
        raise ForbiddenError(
            f"Intercom does not allow this ({what}): {trouble}. The app behind access_token "
            f"needs {_scope_of(response.url)}, and the workspace an active subscription."
        )
    if status == http.client.NOT_FOUND:
        raise NotFoundError(f"{what}: {trouble}")
    if "intercom_version_invalid" in trouble:
        raise VersionError(
            f"{what} does not exist in version {settings.api_version} of Intercom's API "
            f"({trouble}). Set api_version to a newer one."
        )
    if names := _ATTRIBUTES_MESSAGE.search(trouble):
        raise AttributesRefusedError(trouble, names[1].split(", "))
    if status == http.client.BAD_REQUEST:
        _refuse_range(trouble, what)
    raise ApiError(f"Intercom refused {what}: {trouble}.")


def _refuse_range(trouble: str, what: str) -> None:
    """Raise the error of a 400 that is about the range of time.

    Raises:
        RangeRefusedError: It is too long.
        ApiError: It begins too early.
    """
    if _TOO_OLD_MESSAGE.search(trouble):
        also = ", or lower reporting_retention_days" if "reporting" in what else ""
        raise ApiError(
            f"Intercom has no data as old as what was asked for ({trouble}). Move start_date "
            f"on{also}."
        )
    if _RANGE_MESSAGE.search(trouble) and _TOO_LONG_MESSAGE.search(trouble):
        raise RangeRefusedError(trouble)
