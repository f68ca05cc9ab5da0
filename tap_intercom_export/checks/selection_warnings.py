"""Warnings about the selection and the state: probable mistakes that are not errors."""

from __future__ import annotations

import contextlib
import json
import os
from difflib import get_close_matches
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_seconds, to_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from singer_sdk.singerlib import Catalog

SELECT_RULES_VARIABLE = "TAP_INTERCOM_EXPORT__SELECT"
"""Environment variable in which Meltano passes the `select` rules of meltano.yml, as JSON."""


def find_selection_warnings(
    selected: Collection[str],
    streams: Mapping[str, Collection[str]],
    catalog: Catalog | None,
    config: Mapping[str, Any],
    state: Mapping[str, Any],
    now: float,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[str]:
    """Yield all warnings about the selection and the state.

    Args:
        selected: Names of the selected streams.
        streams: The properties of each stream, by name.
        catalog: The catalog given by the user; None without one.
        config: The tap's configuration.
        state: The tap's state.
        now: The current time in unix seconds.
        environment: The environment variables.
    """
    yield from nothing_selected(selected)
    yield from unknown_in_catalog(catalog, streams)
    yield from rules_without_match(environment.get(SELECT_RULES_VARIABLE), streams)
    yield from exclusions_without_stream(config.get("excluded_columns") or (), streams)
    yield from state_of_other_streams(state, streams)
    yield from bookmarks_in_the_future(state, selected, now)


def nothing_selected(selected: Collection[str]) -> Iterator[str]:
    """Warn if no stream is selected.

    Args:
        selected: Names of the selected streams.
    """
    if not selected:
        yield (
            "No stream is selected: nothing is exported. Select streams in the catalog, or with "
            "`select` in meltano.yml."
        )


def unknown_in_catalog(
    catalog: Catalog | None, streams: Mapping[str, Collection[str]]
) -> Iterator[str]:
    """Warn about selected streams and properties in the catalog that do not exist.

    Args:
        catalog: The catalog given by the user; None without one.
        streams: The properties of each stream, by name.
    """
    for entry in catalog.streams if catalog else ():
        name = entry.tap_stream_id
        selected = [
            breadcrumb for breadcrumb, metadata in entry.metadata.items() if metadata.selected
        ]
        if name not in streams:
            if () in selected:
                yield (
                    f"The catalog selects the stream {name!r}, which does not exist"
                    f"{_nearest(name, streams)}"
                )
            continue
        known = {*streams[name], *entry.schema.to_dict().get("properties", {})}
        for breadcrumb in selected:
            if len(breadcrumb) > 1 and breadcrumb[1] not in known:
                yield (
                    f"The catalog selects {breadcrumb[1]!r} of the stream {name!r}, which does "
                    f"not exist{_nearest(breadcrumb[1], known)}"
                )


def rules_without_match(rules: str | None, streams: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Warn about `select` rules of meltano.yml that match nothing.

    Args:
        rules: The rules, from `SELECT_RULES_VARIABLE`; None without Meltano.
        streams: The properties of each stream, by name.
    """
    try:
        patterns = json.loads(rules or "[]")
    except ValueError:
        return
    for pattern in patterns if isinstance(patterns, list) else ():
        stream_pattern, _, path = str(pattern).removeprefix("!").partition(".")
        property_pattern = path.partition(".")[0] or "*"
        matching = [name for name in streams if fnmatch(name, stream_pattern)]
        properties = {name for stream in matching for name in streams[stream]}
        if not matching:
            hint = _nearest(stream_pattern, streams)
        elif not any(fnmatch(name, property_pattern) for name in properties):
            hint = _nearest(property_pattern, properties)
        else:
            continue
        yield f"The select rule {pattern!r} matches nothing{hint}"


def exclusions_without_stream(patterns: Iterable[str], streams: Collection[str]) -> Iterator[str]:
    """Warn about patterns of `excluded_columns` that match no stream, so that they exclude nothing.

    A pattern that matches a stream is never reported: it may be for columns that come later.

    Args:
        patterns: The setting.
        streams: Names of all streams.
    """
    for pattern in patterns:
        stream_pattern = pattern.partition(".")[0].casefold()
        if not any(fnmatch(name, stream_pattern) for name in streams):
            yield (
                f"excluded_columns: {pattern!r} matches no stream"
                f"{_nearest(stream_pattern, streams)}"
            )


def state_of_other_streams(state: Mapping[str, Any], streams: Collection[str]) -> Iterator[str]:
    """Warn about a state without any stream of this tap, as that of another tap.

    Args:
        state: The tap's state.
        streams: Names of all streams.
    """
    names = sorted(state.get("bookmarks") or {})
    if names and not any(name in streams for name in names):
        yield (
            f"The state has bookmarks of other streams only ({', '.join(names[:5])}), so all is "
            "exported from start_date on. It may be the state of another tap."
        )


def bookmarks_in_the_future(
    state: Mapping[str, Any], selected: Iterable[str], now: float
) -> Iterator[str]:
    """Warn about streams whose bookmark is in the future.

    Args:
        state: The tap's state.
        selected: Names of the selected streams.
        now: The current time in unix seconds.
    """
    bookmarks = state.get("bookmarks") or {}
    for name in sorted(selected):
        entry = bookmarks.get(name)
        value = entry.get("replication_key_value") if isinstance(entry, dict) else None
        with contextlib.suppress(TypeError, ValueError):  # reported where it is used
            if value and to_seconds(value) > now:
                yield (
                    f"The bookmark of {name}, {value}, is later than now "
                    f"({to_text(now)}): nothing of it is exported until then. Correct the state, "
                    "or this machine's clock."
                )


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return similar known names, as the end of a sentence."""
    found = get_close_matches(name, sorted(known), n=3)
    return f"; did you mean {' or '.join(found)}?" if found else ""
