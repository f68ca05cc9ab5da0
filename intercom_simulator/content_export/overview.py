"""The rows of `overview`: totals by content."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from intercom_simulator.content_export.columns import EVENT_FILES, OVERVIEW_COUNTERS
from intercom_simulator.content_export.engagement_model import (
    BEHAVIOUR,
    SERIES_BEHAVIOUR,
    SURVEY_STATISTICS,
)
from intercom_simulator.content_export.selection import (
    EARLIEST_SECONDS,
    receipt_span,
    select_events,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from intercom_simulator.content_export.content import Content
    from intercom_simulator.content_export.history import History
    from intercom_simulator.content_export.selection import Selection
    from intercom_simulator.table import Cell


def overview_rows(history: History, selection: Selection) -> Iterator[tuple[Cell, ...]]:
    """Yield totals of the range, or of all time, for content that has rows in the range."""
    if selection.overview_of_all_time:
        in_range = replace(selection, overview_of_all_time=False)
        shown = {row[:5] for row in overview_rows(history, in_range)}
        ever = replace(in_range, after=EARLIEST_SECONDS, before=selection.until)
        yield from (row for row in overview_rows(history, ever) if row[:5] in shown)
        return
    totals: dict[Content, Counter[str]] = defaultdict(Counter)
    uniques: dict[Content, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    last_sent: dict[Content, int] = {}
    for index in receipt_span(history, selection):
        receipt = history.receipts[index]
        totals[receipt.content]["receipt"] += 1
        uniques[receipt.content]["receipt"].add(index)
        last_sent[receipt.content] = receipt.received_at
    for statistic in EVENT_FILES:
        for _, index, _ in select_events(history, statistic, selection):
            content = history.receipts[index].content
            totals[content][statistic] += 1
            uniques[content][statistic].add(index)
    for number, content in enumerate(history.contents):
        if content not in totals:
            continue
        unique = {statistic: len(seen) for statistic, seen in uniques[content].items()}
        yield (
            content.ruleset_id,
            content.created_at,
            "users" if number % 3 else "leads, visitors",
            content.title,
            content.content_id,
            content.content_type,
            content.series and content.series.series_id,
            content.series and content.series.title,
            "live" if number % 4 else "paused",
            last_sent.get(content),
            "Ana Admin" if number % 4 == 0 else None,
            content.edited_at if number % 4 == 0 else None,
            'Bo "B" Editor',
            content.edited_at,
            f"https://app.intercom.com/a/apps/sim/outbound/{content.ruleset_id}",
            *_counters(content, totals[content], unique),
        )


def _counters(content: Content, totals: Counter[str], unique: dict[str, int]) -> Iterator[Cell]:
    applicable = _applicable(content)
    reached = unique.get("receipt", 0)
    for statistic, has_rate in OVERVIEW_COUNTERS:
        applies = statistic in applicable
        yield totals[statistic] if applies else None
        yield unique.get(statistic, 0) if applies else None
        if has_rate:
            rate = round(100 * unique.get(statistic, 0) / reached, 2) if reached else 0.0
            yield rate if applies else None


def _applicable(content: Content) -> set[str]:
    steps = BEHAVIOUR[content.content_type]
    if content.series is not None:
        steps += SERIES_BEHAVIOUR
    surveys = SURVEY_STATISTICS if content.questions else ()
    return {"receipt", *(step.statistic for step in steps), *surveys}
