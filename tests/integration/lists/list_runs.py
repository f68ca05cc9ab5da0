"""Runs of list streams, expected records, and hand-written pages of a list."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from tests.harness.singer import discover_in_process, run_in_process, select

if TYPE_CHECKING:
    from collections.abc import Iterable

    from intercom_simulator import Simulator
    from tests.harness.singer import Output

AI = ("content_import_source", "external_page")
OBJECTS = "custom_object_instance"

TIMES = {
    "created_at",
    "updated_at",
    "last_synced_at",
    "last_ingested_at",
    "external_created_at",
    "external_updated_at",
}


def run(
    config: dict[str, Any], *streams: str, state: dict[str, Any] | None = None, check: bool = True
) -> Output:
    """Run the tap with some streams selected; in this process if it must succeed."""
    catalog = select(discover_in_process(config), *streams)
    if check:
        return run_in_process(config, state=state, catalog=catalog)
    return run_in_process(config, state=state, catalog=catalog, check=False)


def record_of(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the expected record of an entry of the API."""
    record: dict[str, Any] = {}
    for name, value in entry.items():
        if name in TIMES and value is not None:
            at = datetime.fromtimestamp(value, timezone.utc)
            record[name] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        elif name in {"id", "source_id"}:
            record[name] = str(value)
        elif name == "audience_ids" and value is not None:
            record[name] = [str(one) for one in value]
        else:
            record[name] = value
    if "custom_attributes" not in record:
        del record["type"]  # always the name of the stream
    return record


def records_of(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(map(record_of, entries), key=lambda record: str(record["id"]))


def loaded(output: Output, stream: str) -> list[dict[str, Any]]:
    return sorted(output.loaded(stream), key=lambda record: str(record["id"]))


def pages_of(simulator: Simulator, path: str) -> list[tuple[int, int]]:
    """Return number and size of the requested pages."""
    queries = [parse_qs(r.query) for r in simulator.requests if r.path == path]
    return [(int(query["page"][0]), int(query["per_page"][0])) for query in queries]


def page_of(*entries: Any, **envelope: Any) -> dict[str, Any]:
    """Return a hand-written page; None removes a key of the envelope."""
    pages = {"type": "pages", "page": 1, "per_page": 150, "total_pages": 1}
    body = {"type": "list", "data": list(entries), "total_count": len(entries), "pages": pages}
    return {name: part for name, part in {**body, **envelope}.items() if part is not None}


def entry_of(number: int, **properties: Any) -> dict[str, Any]:
    """Return a hand-written external page."""
    return {"type": "external_page", "id": str(number), "title": f"Page {number}", **properties}


ONE = entry_of(1)


def activated(output: Output) -> list[str]:
    """Return the streams with an ACTIVATE_VERSION message."""
    return [m["stream"] for m in output.messages if m["type"] == "ACTIVATE_VERSION"]
