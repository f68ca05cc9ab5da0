"""Generates AI content: import sources and the external pages that came from them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from intercom_simulator.clock import DAY_SECONDS
from intercom_simulator.ids import ABOVE_DOUBLE_PRECISION
from intercom_simulator.workspace import unix_seconds

if TYPE_CHECKING:
    from intercom_simulator.workspace import Workspace

_FIRST_SOURCE_ID = 33_100_000
_FIRST_PAGE_ID = 48_200_000
_HUGE_ID_EVERY = 89
_LARGE_TEXT_EVERY = 40
_LARGE_TEXT_CHARACTERS = 200_000
_DELETED_EVERY = 61
_CRAWLED_EVERY = 4
_NO_URL_EVERY = 7
_NO_INGESTION_EVERY = 29

_BEHAVIOURS = ("api", "automatic", "manual", "automatic")
_STATUSES = ("active", "active", "active", "deactivated")
_TITLES = (
    "Getting started",
    "Billing, refunds & VAT",
    'The "advanced" filter',
    "Überweisung nach Zürich 💶",
    "日本語のヘルプ",
    "كيف أبدأ؟",
    "Release notes\n2026",
    "",
)
_TEXTS = (
    "Open the settings and choose <b>Billing</b>.",
    "Wie überweise ich „sicher“?",
    "設定を開きます。",
    "Line one\nline two\r\nline three",
    "&lt;script&gt; is shown, not run; 1 &lt; 2 &amp; so on.",
    "A flag 🇨🇦, a family 👩\u200d👩\u200d👧 and e\u0301.",
)


def generate_sources(workspace: Workspace, number: int) -> list[dict[str, Any]]:
    """Generate content import sources, newest first.

    Args:
        workspace: Provides the seed and the time.
        number: Number of sources.
    """
    rng = Random(f"sources {workspace.seed}")
    end = _end(workspace)
    sources = []
    for index in range(number):
        created_at = end - (number - index) * DAY_SECONDS
        synced_at = min(end, created_at + rng.randrange(3 * DAY_SECONDS))
        sources.append(
            {
                "id": _FIRST_SOURCE_ID + index,
                "type": "content_import_source",
                "last_synced_at": synced_at,
                "sync_behavior": _BEHAVIOURS[index % len(_BEHAVIOURS)],
                "status": _STATUSES[index % len(_STATUSES)],
                "url": f"https://help{index}.example.com/été?page=1",
                "audience_ids": (None, [], [5_001], [5_001, 5_002 + index])[index % 4],
                "created_at": created_at,
                "updated_at": synced_at,
            }
        )
    return sources[::-1]


def generate_pages(
    workspace: Workspace, sources: list[dict[str, Any]], number: int
) -> list[dict[str, Any]]:
    """Generate external pages, newest first. Some are already deleted.

    Args:
        workspace: Provides the seed and the time.
        sources: The sources of the pages.
        number: Number of pages.
    """
    rng = Random(f"pages {workspace.seed}")
    end = _end(workspace)
    pages = [_page(rng, index, end - (number - index) * 900, sources) for index in range(number)]
    return pages[::-1]


def _page(
    rng: Random, index: int, created_at: int, sources: list[dict[str, Any]]
) -> dict[str, Any]:
    source = (
        rng.choice(sources) if sources else {"id": _FIRST_SOURCE_ID, "url": "https://x.example"}
    )
    crawled = index % _CRAWLED_EVERY == 0
    updated_at = created_at + rng.randrange(900)
    number = _FIRST_PAGE_ID + index
    return {
        "id": str(number + ABOVE_DOUBLE_PRECISION if index % _HUGE_ID_EVERY == 1 else number),
        "type": "external_page",
        "title": _TITLES[index % len(_TITLES)],
        "html": _html(rng, index),
        "url": None if index % _NO_URL_EVERY == 1 else f"{source['url']}#{index}",
        "ai_agent_availability": bool(rng.randrange(5)),
        "ai_copilot_availability": bool(rng.randrange(2)),
        "ai_sales_agent_availability": bool(rng.randrange(4)),
        "fin_availability": bool(rng.randrange(5)),
        "locale": "en",
        "source_id": source["id"],
        "external_id": None if crawled else f"{index:05d}",
        "created_at": created_at,
        "updated_at": updated_at,
        "last_ingested_at": None if index % _NO_INGESTION_EVERY == 1 else updated_at,
    }


def _html(rng: Random, index: int) -> str:
    if index % _DELETED_EVERY == 1:
        return ""
    size = _LARGE_TEXT_CHARACTERS if index % _LARGE_TEXT_EVERY == 0 else rng.randrange(40, 3_000)
    parts: list[str] = []
    length = 0
    while length < size:
        parts.append(f"<p>{rng.choice(_TEXTS)}</p>\n")
        length += len(parts[-1])
    return "".join(parts)


def _end(workspace: Workspace) -> int:
    assert workspace.end is not None  # noqa: S101  - set by Workspace.__post_init__
    return unix_seconds(workspace.end)
