"""The endpoints of AI content: import sources and external pages, and the truth about them."""

from __future__ import annotations

import threading
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from intercom_simulator.api import Route, supports
from intercom_simulator.lists.pages import page_answer
from intercom_simulator.lists.web_pages import make_pages, make_sources
from intercom_simulator.messages import Answer, Request, error_answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from intercom_simulator.clock import Clock
    from intercom_simulator.workspace import Workspace

_SINCE = "2.12"
_AUDIENCES_SINCE = "2.15"
_PER_PAGE = 50


@dataclass
class AiContent:
    """What a workspace's AI agent reads. It is made up when somebody first looks at it.

    Args:
        workspace: Gives seed and time.
        clock: The simulator's clock, for deletions.
        number_of_sources: How many import sources.
        number_of_pages: How many external pages.
        version: Tells the API version of a request.
    """

    workspace: Workspace
    clock: Clock
    number_of_sources: int
    number_of_pages: int
    version: Callable[[Request], str]

    def __post_init__(self) -> None:
        """Start untouched."""
        self._lock = threading.RLock()

    def routes(self) -> list[Route]:
        """Give the endpoints."""
        return [
            Route(name, "GET", path, None, _SINCE, handle)
            for name, path, handle in (
                ("ai_sources", "/ai/content_import_sources", self._list_sources),
                ("ai_source", "/ai/content_import_sources/([^/]+)", self._one_source),
                ("ai_pages", "/ai/external_pages", self._list_pages),
                ("ai_page", "/ai/external_pages/([^/]+)", self._one_page),
            )
        ]

    def sources(self) -> list[dict[str, Any]]:
        """Give all import sources as the newest API shows them, the newest first."""
        with self._lock:
            return deepcopy(self._sources)

    def pages(self) -> list[dict[str, Any]]:
        """Give all external pages as the API shows them, deleted ones too, the newest first."""
        with self._lock:
            return deepcopy(self._pages)

    def delete_page(self, identifier: str) -> None:
        """Delete a page as Intercom does: it stays in the list, without its text.

        Args:
            identifier: The page's id.

        Raises:
            KeyError: There is no such page.
        """
        with self._lock:
            page = _find(self._pages, identifier)
            page["html"] = ""
            page["updated_at"] = self.clock.timestamp()

    def remove_page(self, identifier: str) -> None:
        """Take a page out of the list, so that those behind it move up.

        Args:
            identifier: The page's id.

        Raises:
            KeyError: There is no such page.
        """
        with self._lock:
            self._pages.remove(_find(self._pages, identifier))

    @cached_property
    def _sources(self) -> list[dict[str, Any]]:
        return make_sources(self.workspace, self.number_of_sources)

    @cached_property
    def _pages(self) -> list[dict[str, Any]]:
        return make_pages(self.workspace, self._sources, self.number_of_pages)

    def _list_sources(self, request: Request, _: tuple[str, ...]) -> Answer:
        found = [self._seen(source, request) for source in self.sources()]
        return page_answer(request, found, _PER_PAGE)

    def _one_source(self, request: Request, parts: tuple[str, ...]) -> Answer:
        try:
            source = _find(self.sources(), parts[0])
        except KeyError:
            return _not_found("Content Import Source")
        return json_answer(200, self._seen(source, request))

    def _list_pages(self, request: Request, _: tuple[str, ...]) -> Answer:
        return page_answer(request, self.pages(), _PER_PAGE)

    def _one_page(self, _: Request, parts: tuple[str, ...]) -> Answer:
        try:
            page = _find(self.pages(), parts[0])
        except KeyError:
            return _not_found("External Page")
        return json_answer(200, page)

    def _seen(self, source: dict[str, Any], request: Request) -> dict[str, Any]:
        if not supports(self.version(request), _AUDIENCES_SINCE):
            del source["audience_ids"]
        return source


def _find(items: list[dict[str, Any]], identifier: str) -> dict[str, Any]:
    for item in items:
        if str(item["id"]) == identifier:
            return item
    raise KeyError(identifier)


def _not_found(what: str) -> Answer:
    return error_answer(404, "not_found", f"{what} not found")
