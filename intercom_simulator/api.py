"""The parts common to all API endpoints: routing, token, API version, scopes and rate limit."""

from __future__ import annotations

import re
import secrets
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from intercom_simulator.http_messages import Request, Response, error_response

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VERSIONS = (
    *(f"1.{minor}" for minor in range(5)),
    *(f"2.{minor}" for minor in range(18)),
    "Preview",
    "Unstable",
)
"""The API versions that Intercom knows, oldest first."""

_RATE_LIMIT_WINDOW_SECONDS = 10


@dataclass(frozen=True)
class Route:
    """An endpoint.

    Args:
        name: Name of the route, which `Fault.route` refers to.
        method: HTTP method.
        pattern: Regular expression for the whole path; its groups are passed to the handler.
        scope: Required OAuth scope; None if none is required.
        since_version: First API version that has the endpoint.
        handle: Returns the response to a request.
    """

    name: str
    method: str
    pattern: str
    scope: str | None
    since_version: str
    handle: Callable[[Request, tuple[str, ...]], Response]


@dataclass(frozen=True)
class AccessRules:
    """Access rules of the API.

    Args:
        token: The only valid access token.
        scopes: OAuth scopes of the token.
        region: Region that this host serves.
        token_region: Region of the token; in other regions the token is invalid.
        app_version: API version of requests that do not name one.
        rate_limit: Number of requests allowed in ten seconds.
    """

    token: str
    scopes: tuple[str, ...]
    region: str
    token_region: str
    app_version: str
    rate_limit: int


class Api:
    """Checks the access rules and passes requests to their routes.

    Args:
        routes: All endpoints.
        access: The access rules.
    """

    def __init__(self, routes: Sequence[Route], access: AccessRules) -> None:
        self._routes = [(route, re.compile(route.pattern)) for route in routes]
        self._access = access
        self._lock = threading.Lock()
        self._window = 0
        self._used = 0

    def find_route(self, request: Request) -> tuple[Route, tuple[str, ...]] | None:
        """Find the route of a request.

        Args:
            request: The request.
        """
        for route, pattern in self._routes:
            match = pattern.fullmatch(request.path)
            if match and route.method == request.method:
                return route, match.groups()
        return None

    def respond(self, request: Request) -> Response:
        """Respond to a request.

        Args:
            request: The request.
        """
        headers, remaining = self._count_request()
        response = self._rate_limit_error() if remaining < 0 else self._dispatch(request)
        return replace(response, headers={**headers, **response.headers})

    def _dispatch(self, request: Request) -> Response:
        found = self.find_route(request)
        error = self._access_error(request, found[0] if found else None)
        if error is not None:
            return error
        if found is None:
            return error_response(404, "not_found", "The requested resource does not exist.")
        route, parts = found
        return route.handle(request, parts)

    def _access_error(self, request: Request, route: Route | None) -> Response | None:
        access = self._access
        is_authorized = (
            access.region == access.token_region
            and request.header("Authorization") == f"Bearer {access.token}"
        )
        if not is_authorized:
            return error_response(401, "unauthorized", "Access Token Invalid", _request_id())
        version = api_version_of(request, access.app_version)
        if version not in VERSIONS:
            message = "The requested version could not be found"
            return error_response(400, "intercom_version_invalid", message, _request_id())
        if route is None:
            return None
        if not supports(version, route.since_version):
            message = "Requested resource is not available in current API version."
            return error_response(400, "intercom_version_invalid", message, _request_id())
        if route.scope is not None and route.scope not in access.scopes:
            message = f"This action needs the scope {route.scope}."
            return error_response(403, "action_forbidden", message, _request_id())
        return None

    def _rate_limit_error(self) -> Response:
        message = f"More than {self._access.rate_limit * 6} requests received in 1 minute"
        return error_response(429, "rate_limit_exceeded", message, _request_id())

    def _count_request(self) -> tuple[dict[str, str], int]:
        now = int(time.time())
        with self._lock:
            window = now // _RATE_LIMIT_WINDOW_SECONDS
            if window != self._window:
                self._window, self._used = window, 0
            self._used += 1
            remaining = self._access.rate_limit - self._used
        return {
            "X-RateLimit-Limit": str(self._access.rate_limit),
            "X-RateLimit-Remaining": str(max(0, remaining)),
            "X-RateLimit-Reset": str((window + 1) * _RATE_LIMIT_WINDOW_SECONDS),
        }, remaining


def api_version_of(request: Request, app_version: str) -> str:
    """Return the API version of a request.

    Args:
        request: The request.
        app_version: API version of requests that do not name one.
    """
    return request.header("Intercom-Version") or app_version


def supports(version: str, since_version: str) -> bool:
    """Return whether an API version includes a feature.

    Args:
        version: One of `VERSIONS`.
        since_version: The first version that has the feature.
    """
    return VERSIONS.index(version) >= VERSIONS.index(since_version)


def _request_id() -> str:
    return secrets.token_hex(10)
