"""The rows of every file that an export job over a range contains."""

from __future__ import annotations

from bisect import bisect_left
from itertools import chain
from typing import TYPE_CHECKING

from intercom_simulator.content_export.columns import (
    ANSWER_COMBINED,
    CHECKPOINT,
    EVENT_FILES,
    FILES,
    FIRST_STATISTICS,
    OVERVIEW,
    RECEIPT,
    column_kind,
)
from intercom_simulator.content_export.overview import overview_rows
from intercom_simulator.content_export.selection import (
    receipt_span,
    select_events,
    select_responses,
)
from intercom_simulator.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from intercom_simulator.content_export.columns import Kind
    from intercom_simulator.content_export.history import History, SurveyResponse
    from intercom_simulator.content_export.selection import Selection
    from intercom_simulator.table import Cell


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
        table = select_table(history, statistic, selection)
        rows = iter(table.rows)
        first = next(rows, None)
        if first is not None:
            yield table._replace(rows=chain([first], rows))
        elif empty:
            yield table


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


def _receipt_rows(history: History, selection: Selection) -> Iterator[tuple[Cell, ...]]:
    firsts: list[dict[int, int]] = []
    for statistic in FIRST_STATISTICS:
        events = select_events(history, statistic, selection)
        # in reverse order, so that the earliest event wins
        firsts.append({event.receipt: event.at for event in reversed(events)})
    for index in receipt_span(history, selection):
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
    time_position = file.columns.index(file.time) - 1
    receipts = history.receipts
    for at, receipt, extra_cells in select_events(history, statistic, selection):
        yield (
            receipts[receipt].receipt_id,
            *extra_cells[:time_position],
            at,
            *extra_cells[time_position:],
        )


def _answer_combined(history: History, selection: Selection) -> Table:
    responses = select_responses(history, selection)
    surveys = dict.fromkeys(history.receipts[response.receipt].content for response in responses)
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
            for response in responses
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


_SPECIAL: dict[str, Callable[[History, Selection], Iterator[tuple[Cell, ...]]]] = {
    RECEIPT.name: _receipt_rows,
    CHECKPOINT.name: _checkpoint_rows,
    OVERVIEW.name: overview_rows,
}
