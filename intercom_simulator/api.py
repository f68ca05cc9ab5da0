"""What all of Intercom's endpoints share: routing, token, version, scopes and rate limit."""

from __future__ import annotations

import re
import secrets
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from intercom_simulator.messages import Answer, Request, error_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VERSIONS = (
    *(f"1.{minor}" for minor in range(5)),
    *(f"2.{minor}" for minor in range(18)),
    "Preview",
    "Unstable",
)
"""The API versions Intercom knows, from the oldest."""

_WINDOW_SECONDS = 10


@dataclass(frozen=True)
class Route:
    """An endpoint.

    Args:
        name: What faults call it.
        method: Its HTTP method.
        pattern: A regular expression for the whole path; its groups go to the handler.
        scope: The OAuth scope it needs; None for none.
        since: The first API version that has it.
        handle: Answers a request.
    """

    name: str
    method: str
    pattern: str
    scope: str | None
    since: str
    handle: Callable[[Request, tuple[str, ...]], Answer]


@dataclass(frozen=True)
class Access:
    """Who is let in.

    Args:
        token: The only good access token.
        scopes: The scopes it has.
        region: The region this host serves.
        token_region: The region the token belongs to; elsewhere it is as good as none.
        app_version: The API version of requests that name none.
        rate_limit: How many requests are answered in ten seconds.
    """

    token: str
    scopes: tuple[str, ...]
    region: str
    token_region: str
    app_version: str
    rate_limit: int


class Api:
    """Finds the route of a request and answers it, or tells why not.

    Args:
        routes: All endpoints.
        access: Who is let in.
    """

    def __init__(self, routes: Sequence[Route], access: Access) -> None:
        self._routes = [(route, re.compile(route.pattern)) for route in routes]
        self._access = access
        self._lock = threading.Lock()
        self._window = 0
        self._used = 0

    def route(self, request: Request) -> tuple[Route, tuple[str, ...]] | None:
        """Find the endpoint of a request and the variable parts of its path.

        Args:
            request: The request.
        """
        for route, pattern in self._routes:
            match = pattern.fullmatch(request.path)
            if match and route.method == request.method:
                return route, match.groups()
        return None

    def answer(self, request: Request) -> Answer:
        """Answer a request.

        Args:
            request: The request.
        """
        headers, left = self._rate()
        answer = self._limited() if left < 0 else self._checked(request)
        return replace(answer, headers={**headers, **answer.headers})

    def _checked(self, request: Request) -> Answer:
        found = self.route(request)
        refusal = self._refusal(request, found[0] if found else None)
        if refusal is not None:
            return refusal
        if found is None:
            return error_answer(404, "not_found", "The requested resource does not exist.")
        route, parts = found
        return route.handle(request, parts)

    def _refusal(self, request: Request, route: Route | None) -> Answer | None:
        access = self._access
        known = (
            access.region == access.token_region
            and request.header("Authorization") == f"Bearer {access.token}"
        )
        if not known:
            return error_answer(401, "unauthorized", "Access Token Invalid", _request_id())
        version = version_of(request, access.app_version)
        if version not in VERSIONS:
            message = "The requested version could not be found"
            return error_answer(400, "intercom_version_invalid", message, _request_id())
        if route is None:
            return None
        if not supports(version, route.since):
            message = "Requested resource is not available in current API version."
            return error_answer(400, "intercom_version_invalid", message, _request_id())
        if route.scope is not None and route.scope not in access.scopes:
            message = f"This action needs the scope {route.scope}."
            return error_answer(403, "action_forbidden", message, _request_id())
        return None

    def _limited(self) -> Answer:
        message = f"More than {self._access.rate_limit * 6} requests received in 1 minute"
        return error_answer(429, "rate_limit_exceeded", message, _request_id())

    def _rate(self) -> tuple[dict[str, str], int]:
        now = int(time.time())
        with self._lock:
            window = now // _WINDOW_SECONDS
            if window != self._window:
                self._window, self._used = window, 0
            self._used += 1
            left = self._access.rate_limit - self._used
        return {
            "X-RateLimit-Limit": str(self._access.rate_limit),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": str((window + 1) * _WINDOW_SECONDS),
        }, left


def version_of(request: Request, app_version: str) -> str:
    """Tell the API version a request is answered in.

    Args:
        request: The request.
        app_version: The version of requests that name none.
    """
    return request.header("Intercom-Version") or app_version


def supports(version: str, since: str) -> bool:
    """Tell whether an API version has what came with another.

    Args:
        version: One of `VERSIONS`.
        since: The first version that has it.
    """
    return VERSIONS.index(version) >= VERSIONS.index(since)


def _request_id() -> str:
    return secrets.token_hex(10)
