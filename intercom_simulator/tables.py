"""Selects the rows that an export job over a range contains, as tables of raw values."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from intercom_simulator.columns import (
    ANSWER_COMBINED,
    CHECKPOINT,
    EVENT_FILES,
    FILES,
    FIRST_STATISTICS,
    OVERVIEW,
    OVERVIEW_COUNTERS,
    RECEIPT,
    column_kind,
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
    from intercom_simulator.history import Event, History, SurveyResponse

Cell: TypeAlias = "str | int | float | None"
"""A raw value: text, a time in unix seconds, a count, or None."""

EARLIEST_SECONDS = -(2**62)
"""A time before all rows, in unix seconds."""


@dataclass(frozen=True)
class Selection:
    """The part of a history that a job exports. All times are in unix seconds.

    Args:
        after: First second of the range.
        before: Last second of the range.
        until: The simulated present; later rows are not visible.
        events_by: Whether events are in range by their own time only (`event`), or by the time of
            their message as well (`receipt`).
        overview_of_all_time: Whether `overview` counts all time, for content that has rows in the
            range.
    """

    after: int
    before: int
    until: int
    events_by: Literal["event", "receipt"] = "event"
    overview_of_all_time: bool = False

    @property
    def last(self) -> int:
        """The last second of the range that is not in the future."""
        return min(self.before, self.until)


class Table(NamedTuple):
    """The rows of one file. Survey questions are column headers, so headers may repeat."""

    statistic: str
    header: tuple[str, ...]
    kinds: tuple[Kind, ...]
    rows: Iterable[tuple[Cell, ...]]


def select_tables(
    history: History, selection: Selection, *, empty: bool = False
) -> Iterator[Table]:
    """Yield the table of every file that has rows in the selection.

    Args:
        history: The workspace's history.
        selection: Range and simulated present of the job.
        empty: Whether to yield tables without rows, too.
    """
    for statistic in FILES:
        found = select_table(history, statistic, selection)
        rows = iter(found.rows)
        first = next(rows, None)
        if first is not None:
            yield found._replace(rows=chain([first], rows))
        elif empty:
            yield found


def select_table(history: History, statistic: str, selection: Selection) -> Table:
    """Return the table of one file.

    Args:
        history: The workspace's history.
        statistic: Name of the file, one of `FILES`.
        selection: Range and simulated present of the job.
    """
    file = FILES[statistic]
    if statistic == ANSWER_COMBINED.name:
        return _answer_combined(history, selection)
    kinds = tuple(column_kind(column) for column in file.columns)
    rows: Iterable[tuple[Cell, ...]]
    if statistic in EVENT_FILES:
        rows = _event_rows(history, statistic, selection)
    else:
        rows = _SPECIAL[statistic](history, selection)
    return Table(statistic, file.columns, kinds, rows)


def select_responses(history: History, selection: Selection) -> list[SurveyResponse]:
    """Select survey responses, with the answers given by the end of the selection.

    A completed response is in range by its completion, others by the arrival of the survey.
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
        # in reverse order, so that the earliest event wins
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
    file = EVENT_FILES[statistic]
    place = file.columns.index(file.time) - 1
    receipts = history.receipts
    for at, receipt, extra_cells in _events(history, statistic, selection):
        yield (receipts[receipt].receipt_id, *extra_cells[:place], at, *extra_cells[place:])


def _answer_combined(history: History, selection: Selection) -> Table:
    found = select_responses(history, selection)
    surveys = dict.fromkeys(history.receipts[response.receipt].content for response in found)
    questions = {
        question.question_id: question.text
        for survey in sorted(surveys, key=lambda survey: survey.content_id)
        for question in survey.questions
    }
    header = (*ANSWER_COMBINED.columns, *questions.values())
    kinds: list[Kind] = [column_kind(column) for column in ANSWER_COMBINED.columns]
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


def response_cells(history: History, response: SurveyResponse) -> tuple[Cell, ...]:
    """Return the cells of a survey response that precede those of its answers.

    Args:
        history: The workspace's history.
        response: A survey response of that history.
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


def _responses_to(questions: Iterable[str], response: SurveyResponse) -> list[str | None]:
    given = {answer.question_id: answer.response for answer in response.answers}
    return [given.get(question_id) for question_id in questions]


def _checkpoint_rows(history: History, selection: Selection) -> Iterator[tuple[Cell, ...]]:
    """Yield the checkpoints created in the range, with their current status, even if later."""
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
    """Yield totals of the range, or of all time, for content that has rows in the range."""
    if selection.overview_of_all_time:
        in_range = replace(selection, overview_of_all_time=False)
        shown = {row[:5] for row in _overview_rows(history, in_range)}
        ever = replace(in_range, after=EARLIEST_SECONDS, before=selection.until)
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
    for statistic in EVENT_FILES:
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


_SPECIAL: dict[str, Callable[[History, Selection], Iterator[tuple[Cell, ...]]]] = {
    RECEIPT.name: _receipt_rows,
    CHECKPOINT.name: _checkpoint_rows,
    OVERVIEW.name: _overview_rows,
}
