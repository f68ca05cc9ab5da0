"""The lists that Intercom returns page by page: their paths.

A new list needs its path here, a `ListStream` in `streams`, and a place in `discovery.py`.
"""

from __future__ import annotations

from urllib.parse import quote

LIST_PATHS = {
    "content_import_source": "/ai/content_import_sources",
    "external_page": "/ai/external_pages",
}
"""Paths of the lists of AI content, by stream."""

CUSTOM_OBJECTS_PATH = "/custom_object_instances/{type}"
"""Path of the instances of a type of custom objects."""

FIRST_ENTRY_QUERY = "?page=1&per_page=1"
"""Query for the smallest possible page of a list."""


def custom_objects_path(name: str) -> str:
    """Return the path of the instances of a custom object type.

    Args:
        name: The type. Characters that a path cannot have are escaped.

    Returns:
        A path that begins with a slash, without a query.
    """
    return CUSTOM_OBJECTS_PATH.format(type=quote(name, safe=""))
