"""The endpoints of custom objects: instances of the workspace's own types, and their truth."""

from __future__ import annotations

import threading
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from intercom_simulator.api import Route, supports
from intercom_simulator.lists.instances import make_instances
from intercom_simulator.lists.pages import page_answer
from intercom_simulator.messages import Answer, Request, error_answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from intercom_simulator.workspace import Workspace

TYPES: Mapping[str, int] = {"Order": 320, "Subscription plan": 24, "Wishlist": 0}
"""The types a workspace has unless told otherwise, and how many instances of each."""

_SINCE = "2.13"
_LISTED_SINCE = "2.16"
_PER_PAGE = 20


@dataclass
class CustomObjects:
    """A workspace's custom objects. They are made up when somebody first looks at them.

    Args:
        workspace: Gives seed and time.
        types: The types, and how many instances of each.
        version: Tells the API version of a request.
    """

    workspace: Workspace
    types: Mapping[str, int]
    version: Callable[[Request], str]

    def __post_init__(self) -> None:
        """Start untouched."""
        self._lock = threading.RLock()

    def routes(self) -> list[Route]:
        """Give the endpoints."""
        path = "/custom_object_instances/([^/]+)"
        return [
            Route("custom_objects", "GET", path, None, _SINCE, self._list),
            Route("custom_object", "GET", f"{path}/([^/]+)", None, _SINCE, self._one),
        ]

    def instances(self, type_name: str) -> list[dict[str, Any]]:
        """Give all instances of a type as the API shows them, the newest first.

        Args:
            type_name: One of the types.

        Raises:
            KeyError: There is no such type.
        """
        with self._lock:
            return deepcopy(self._instances[type_name])

    def remove(self, type_name: str, identifier: str) -> None:
        """Take an instance out of its list, so that those behind it move up.

        Args:
            type_name: Its type.
            identifier: Its id.

        Raises:
            KeyError: There is no such type or instance.
        """
        with self._lock:
            found = [one for one in self._instances[type_name] if one["id"] == identifier]
            if not found:
                raise KeyError(identifier)
            self._instances[type_name].remove(found[0])

    @cached_property
    def _instances(self) -> dict[str, list[dict[str, Any]]]:
        return {
            name: make_instances(self.workspace, name, number)
            for name, number in self.types.items()
        }

    def _list(self, request: Request, parts: tuple[str, ...]) -> Answer:
        type_name = unquote(parts[0])
        external_id = parse_qs(request.query).get("external_id")
        listed = supports(self.version(request), _LISTED_SINCE)
        if external_id is None and not listed:
            message = "Requested resource is not available in current API version."
            return error_answer(400, "intercom_version_invalid", message)
        if type_name not in self.types:
            return _no_type(type_name)
        if external_id is None:
            return page_answer(request, self.instances(type_name), _PER_PAGE)
        return self._single(type_name, "external_id", external_id[-1])

    def _one(self, _: Request, parts: tuple[str, ...]) -> Answer:
        type_name, identifier = (unquote(part) for part in parts)
        if type_name not in self.types:
            return _no_type(type_name)
        return self._single(type_name, "id", identifier)

    def _single(self, type_name: str, field: str, value: str) -> Answer:
        for instance in self.instances(type_name):
            if instance[field] == value:
                return json_answer(200, instance)
        return error_answer(404, "not_found", "Custom object instance not found")


def _no_type(type_name: str) -> Answer:
    return error_answer(404, "not_found", f"Custom object type `{type_name}` not found")
