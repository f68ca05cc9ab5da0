"""The endpoints of custom object instances."""

from __future__ import annotations

import threading
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from intercom_simulator.api import Route, supports
from intercom_simulator.http_messages import Request, Response, error_response, json_response
from intercom_simulator.lists.custom_object_data import generate_instances
from intercom_simulator.lists.pagination import find_entry, page_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from intercom_simulator.workspace import Workspace

TYPES: Mapping[str, int] = {"Order": 320, "Subscription plan": 24, "Wishlist": 0}
"""Default types of custom objects, and the number of instances of each."""

_SINCE = "2.13"
_LISTED_SINCE = "2.16"
_PER_PAGE = 20


@dataclass
class CustomObjects:
    """A workspace's custom objects, generated on first use.

    Args:
        workspace: Provides the seed and the time.
        types: Number of instances by type.
        version: Returns the API version of a request.
    """

    workspace: Workspace
    types: Mapping[str, int]
    version: Callable[[Request], str]

    def __post_init__(self) -> None:
        """Create the lock that guards the instances."""
        self._lock = threading.RLock()

    def routes(self) -> list[Route]:
        """Return the routes of the endpoints."""
        path = "/custom_object_instances/([^/]+)"
        return [
            Route("custom_objects", "GET", path, None, _SINCE, self._list),
            Route("custom_object", "GET", f"{path}/([^/]+)", None, _SINCE, self._get),
        ]

    def instances(self, type_name: str) -> list[dict[str, Any]]:
        """Return all instances of a type, newest first.

        Args:
            type_name: One of the types.

        Raises:
            KeyError: There is no such type.
        """
        with self._lock:
            return deepcopy(self._instances[type_name])

    def remove(self, type_name: str, identifier: str) -> None:
        """Remove an instance from its list, so that later instances move up.

        Args:
            type_name: Type of the instance.
            identifier: Id of the instance.

        Raises:
            KeyError: There is no such type or instance.
        """
        with self._lock:
            instances = self._instances[type_name]
            instances.remove(find_entry(instances, identifier))

    @cached_property
    def _instances(self) -> dict[str, list[dict[str, Any]]]:
        return {
            name: generate_instances(self.workspace, name, number)
            for name, number in self.types.items()
        }

    def _list(self, request: Request, parts: tuple[str, ...]) -> Response:
        type_name = unquote(parts[0])
        external_id = parse_qs(request.query).get("external_id")
        listed = supports(self.version(request), _LISTED_SINCE)
        if external_id is None and not listed:
            message = "Requested resource is not available in current API version."
            return error_response(400, "intercom_version_invalid", message)
        if type_name not in self.types:
            return _unknown_type(type_name)
        if external_id is None:
            return page_response(request, self.instances(type_name), _PER_PAGE)
        return self._find_by(type_name, "external_id", external_id[-1])

    def _get(self, _: Request, parts: tuple[str, ...]) -> Response:
        type_name, identifier = (unquote(part) for part in parts)
        if type_name not in self.types:
            return _unknown_type(type_name)
        return self._find_by(type_name, "id", identifier)

    def _find_by(self, type_name: str, field: str, value: str) -> Response:
        for instance in self.instances(type_name):
            if instance[field] == value:
                return json_response(200, instance)
        return error_response(404, "not_found", "Custom object instance not found")


def _unknown_type(type_name: str) -> Response:
    return error_response(404, "not_found", f"Custom object type `{type_name}` not found")
