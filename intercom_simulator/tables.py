"""What one export job over a range contains, as raw tables: pure selections from a history."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from intercom_simulator.columns import (
    ANSWER_COMBINED,
    CHECKPOINT,
    COUNTERS,
    EVENTS,
    FILES,
    FIRST_STATISTICS,
    OVERVIEW,
    RECEIPT,
    kind,
)
from intercom_simulator.engagement import (
    BEHAVIOUR,
    SERIES_BEHAVIOUR,
    SURVEY_STATISTICS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from intercom_simulator.columns import Kind
    from intercom_simulator.content import Content
    from intercom_simulator.history import Event, History, Response

Cell: TypeAlias = "str | int | float | None"
"""A raw value: a text, an instant in unix seconds, a count, or nothing."""

BEGINNING = -(2**62)
"""An instant before everything, in unix seconds."""


@dataclass(frozen=True)
class Selection:
    """Which part of a history a job may see. All instants are unix seconds.

    Args:
        after: The range's first second.
        before: The range's last second.
        until: What happens later has not happened yet.
        events_by: Whether events are in range by their own time alone, or by their message's time
            as well.
        overview_of_all_time: Whether `overview` counts all time, of the content that has something
            in range.
    """

    after: int
    before: int
    until: int
    events_by: Literal["event", "receipt"] = "event"
    overview_of_all_time: bool = False

    @property
    def last(self) -> int:
        """The last second in range that is past."""
        return min(self.before, self.until)


class Table(NamedTuple):
    """The rows of one file. A survey's questions head columns, so headers may repeat."""

    statistic: str
    header: tuple[str, ...]
    kinds: tuple[Kind, ...]
    rows: Iterable[tuple[Cell, ...]]


def tables(history: History, selection: Selection, *, empty: bool = False) -> Iterator[Table]:
    """Give a table for every file that has a row in the selection.

    Args:
        history: The workspace's history.
        selection: The job's range and its present.
        empty: Whether to give one for the others, too.
    """
    for statistic in FILES:
        found = table(history, statistic, selection)
        rows = iter(found.rows)
        first = next(rows, None)
        if first is not None:
            yield found._replace(rows=chain([first], rows))
        elif empty:
            yield found


def table(history: History, statistic: str, selection: Selection) -> Table:
    """Give the rows of one file.

    Args:
        history: The workspace's history.
        statistic: The file's name, one of `FILES`.
        selection: The job's range and its present.
    """
    file = FILES[statistic]
    if statistic == ANSWER_COMBINED.name:
        return _answer_combined(history, selection)
    kinds = tuple(kind(column) for column in file.columns)
    rows: Iterable[tuple[Cell, ...]]
    if statistic in EVENTS:
        rows = _event_rows(history, statistic, selection)
    else:
        rows = _SPECIAL[statistic](history, selection)
    return Table(statistic, file.columns, kinds, rows)


def responses(history: History, selection: Selection) -> list[Response]:
    """Select survey responses, each as far as it had come by the end of the selection.

    A response is in range by its completion, or if not complete by the arrival of its survey.
    """
    found = []
    for response in history.responses:
        answers = tuple(a for a in response.answers if a.at <= selection.last)
        completed_at = response.completed_at
        if completed_at is not None and completed_at > selection.last:
            completed_at = None
        at = response.received_at if completed_at is None else completed_at
        if answers and selection.after <= at <= selection.last:
            found.append(response._replace(completed_at=completed_at, answers=answers))
    return found


def _receipt_span(history: History, selection: Selection) -> range:
    receipts = history.receipts
    return range(
        bisect_left(receipts, (selection.after,)), bisect_left(receipts, (selection.last + 1,))
    )


def _events(history: History, statistic: str, selection: Selection) -> list[Event]:
    events = history.events.get(statistic, [])
    found = events[
        bisect_left(events, (selection.after,)) : bisect_left(events, (selection.last + 1,))
    ]
    if selection.events_by == "receipt":
        span = _receipt_span(history, selection)
        return [event for event in found if event.receipt in span]
    return found


def _receipt_rows(history: History, selection: Selection) -> Iterator[tuple[Cell, ...]]:
    firsts: list[dict[int, int]] = []
    for statistic in FIRST_STATISTICS:
        found = _events(history, statistic, selection)
        # the earliest comes last and wins
        firsts.append({event.receipt: event.at for event in reversed(found)})
    for index in _receipt_span(history, selection):
        receipt = history.receipts[index]
        person, content = receipt.person, receipt.content
        company, series = person.company, content.series
        yield (
            person.user_id,
            person.user_external_id,
            company and company.company_id,
            company and company.company_external_id,
            person.email,
            person.name,
            content.ruleset_id,
            content.content_id,
            content.content_type,
            content.title,
            content.created_via,
            receipt.device,
            content.ruleset_version_id,
            receipt.receipt_id,
            receipt.received_at,
            receipt.conversation_id,
            series and series.series_id,
            series and series.title,
            content.node_id,
            *[first.get(index) for first in firsts],
        )


def _event_rows(
    history: History, statistic: str, selection: Selection
) -> Iterator[tuple[Cell, ...]]:
    file = EVENTS[statistic]
    place = file.columns.index(file.time) - 1
    receipts = history.receipts
    for at, receipt, extras in _events(history, statistic, selection):
        yield (receipts[receipt].receipt_id, *extras[:place], at, *extras[place:])


def _answer_combined(history: History, selection: Selection) -> Table:
    found = responses(history, selection)
    surveys = dict.fromkeys(history.receipts[response.receipt].content for response in found)
    questions = {
        question.question_id: question.text
        for survey in sorted(surveys, key=lambda survey: survey.content_id)
        for question in survey.questions
    }
    header = (*ANSWER_COMBINED.columns, *questions.values())
    kinds: list[Kind] = [kind(column) for column in ANSWER_COMBINED.columns]
    kinds += ["text"] * len(questions)
    return Table(
        ANSWER_COMBINED.name,
        header,
        tuple(kinds),
        (
            (*response_cells(history, response), *_responses_to(questions, response))
            for response in found
        ),
    )


def response_cells(history: History, response: Response) -> tuple[Cell, ...]:
    """Give the cells of a survey response before those of its answers.

    Args:
        history: The workspace's history.
        response: One of its `responses`.
    """
    receipt = history.receipts[response.receipt]
    person = receipt.person
    company = person.company
    return (
        receipt.receipt_id,
        person.user_id,
        person.user_external_id,
        person.name,
        person.email,
        company and company.company_id,
        company and company.company_external_id,
        receipt.content.created_via,
        receipt.received_at,
        response.completed_at,
    )


def _responses_to(questions: Iterable[str], response: Response) -> list[str | None]:
    given = {answer.question_id: answer.response for answer in response.answers}
    return [given.get(question_id) for question_id in questions]


def _checkpoint_rows(history: History, selection: Selection) -> Iterator[tuple[Cell, ...]]:
    """Give the checkpoints created in range, in their present state, even if it is later."""
    checkpoints = history.checkpoints
    for point in checkpoints[
        bisect_left(checkpoints, (selection.after,)) : bisect_left(
            checkpoints, (selection.last + 1,)
        )
    ]:
        visits = [visit for visit in point.visits if visit.at <= selection.until]
        company = point.person.company
        yield (
            point.person.user_id,
            company and company.company_id,
            point.series_entry_record_id,
            point.ruleset_id,
            visits[-1].status_code,
            visits[-1].status_name,
            point.created_at,
            visits[-1].at,
            point.expires_at,
            len(visits),
        )


def _overview_rows(history: History, selection: Selection) -> Iterator[tuple[Cell, ...]]:
    """Give the totals in range, or of all time, of the content that has any in range."""
    if selection.overview_of_all_time:
        in_range = replace(selection, overview_of_all_time=False)
        shown = {row[:5] for row in _overview_rows(history, in_range)}
        ever = replace(in_range, after=BEGINNING, before=selection.until)
        yield from (row for row in _overview_rows(history, ever) if row[:5] in shown)
        return
    totals: dict[Content, Counter[str]] = defaultdict(Counter)
    uniques: dict[Content, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    last_sent: dict[Content, int] = {}
    for index in _receipt_span(history, selection):
        receipt = history.receipts[index]
        totals[receipt.content]["receipt"] += 1
        uniques[receipt.content]["receipt"].add(index)
        last_sent[receipt.content] = receipt.received_at
    for statistic in EVENTS:
        for _, index, _ in _events(history, statistic, selection):
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
    for statistic, has_rate in COUNTERS:
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


_SPECIAL: dict[str, Callable[[History, Selection], Iterator[tuple[Cell, ...]]]] = {
    RECEIPT.name: _receipt_rows,
    CHECKPOINT.name: _checkpoint_rows,
    OVERVIEW.name: _overview_rows,
}
