"""The endpoints of AI content: content import sources and external pages."""

from __future__ import annotations

import threading
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from intercom_simulator.api import Route, supports
from intercom_simulator.http_messages import Request, Response, error_response, json_response
from intercom_simulator.lists.ai_content_data import generate_pages, generate_sources
from intercom_simulator.lists.pagination import find_entry, page_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from intercom_simulator.clock import Clock
    from intercom_simulator.workspace import Workspace

_SINCE = "2.12"
_AUDIENCES_SINCE = "2.15"
_PER_PAGE = 50


@dataclass
class AiContent:
    """The content of a workspace's AI agent, generated on first use.

    Args:
        workspace: Provides the seed and the time.
        clock: The simulator's clock, for deletions.
        number_of_sources: Number of content import sources.
        number_of_pages: Number of external pages.
        version: Returns the API version of a request.
    """

    workspace: Workspace
    clock: Clock
    number_of_sources: int
    number_of_pages: int
    version: Callable[[Request], str]

    def __post_init__(self) -> None:
        """Create the lock that guards the lists."""
        self._lock = threading.RLock()

    def routes(self) -> list[Route]:
        """Return the routes of the endpoints."""
        return [
            Route(name, "GET", path, None, _SINCE, handle)
            for name, path, handle in (
                ("ai_sources", "/ai/content_import_sources", self._list_sources),
                ("ai_source", "/ai/content_import_sources/([^/]+)", self._get_source),
                ("ai_pages", "/ai/external_pages", self._list_pages),
                ("ai_page", "/ai/external_pages/([^/]+)", self._get_page),
            )
        ]

    def sources(self) -> list[dict[str, Any]]:
        """Return all content import sources as in the newest API version, newest first."""
        with self._lock:
            return deepcopy(self._sources)

    def pages(self) -> list[dict[str, Any]]:
        """Return all external pages, including deleted ones, newest first."""
        with self._lock:
            return deepcopy(self._pages)

    def delete_page(self, identifier: str) -> None:
        """Delete a page as Intercom does: it stays in the list without its text.

        Args:
            identifier: Id of the page.

        Raises:
            KeyError: There is no such page.
        """
        with self._lock:
            page = find_entry(self._pages, identifier)
            page["html"] = ""
            page["updated_at"] = self.clock.timestamp()

    def remove_page(self, identifier: str) -> None:
        """Remove a page from the list, so that later pages move up.

        Args:
            identifier: Id of the page.

        Raises:
            KeyError: There is no such page.
        """
        with self._lock:
            self._pages.remove(find_entry(self._pages, identifier))

    @cached_property
    def _sources(self) -> list[dict[str, Any]]:
        return generate_sources(self.workspace, self.number_of_sources)

    @cached_property
    def _pages(self) -> list[dict[str, Any]]:
        return generate_pages(self.workspace, self._sources, self.number_of_pages)

    def _list_sources(self, request: Request, _: tuple[str, ...]) -> Response:
        sources = [self._source_json(source, request) for source in self.sources()]
        return page_response(request, sources, _PER_PAGE)

    def _get_source(self, request: Request, parts: tuple[str, ...]) -> Response:
        try:
            source = find_entry(self.sources(), parts[0])
        except KeyError:
            return _not_found("Content Import Source")
        return json_response(200, self._source_json(source, request))

    def _list_pages(self, request: Request, _: tuple[str, ...]) -> Response:
        return page_response(request, self.pages(), _PER_PAGE)

    def _get_page(self, _: Request, parts: tuple[str, ...]) -> Response:
        try:
            page = find_entry(self.pages(), parts[0])
        except KeyError:
            return _not_found("External Page")
        return json_response(200, page)

    def _source_json(self, source: dict[str, Any], request: Request) -> dict[str, Any]:
        if not supports(self.version(request), _AUDIENCES_SINCE):
            del source["audience_ids"]
        return source


def _not_found(what: str) -> Response:
    return error_response(404, "not_found", f"{what} not found")
