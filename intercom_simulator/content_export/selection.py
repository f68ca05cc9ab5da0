"""The part of a history that an export job contains."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from intercom_simulator.content_export.history import Event, History, SurveyResponse

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


def select_responses(history: History, selection: Selection) -> list[SurveyResponse]:
    """Select survey responses, with the answers given by the end of the selection.

    A completed response is in range by its completion, others by the arrival of the survey.

    Args:
        history: The workspace's history.
        selection: Range and simulated present of the job.
    """
    selected = []
    for response in history.responses:
        answers = tuple(a for a in response.answers if a.at <= selection.last)
        completed_at = response.completed_at
        if completed_at is not None and completed_at > selection.last:
            completed_at = None
        at = response.received_at if completed_at is None else completed_at
        if answers and selection.after <= at <= selection.last:
            selected.append(response._replace(completed_at=completed_at, answers=answers))
    return selected


def receipt_span(history: History, selection: Selection) -> range:
    """Return the indexes of the messages in the range.

    Args:
        history: The workspace's history.
        selection: Range and simulated present of the job.
    """
    receipts = history.receipts
    return range(
        bisect_left(receipts, (selection.after,)), bisect_left(receipts, (selection.last + 1,))
    )


def select_events(history: History, statistic: str, selection: Selection) -> list[Event]:
    """Return the events of a statistic in the range.

    Args:
        history: The workspace's history.
        statistic: Name of the event file.
        selection: Range and simulated present of the job.
    """
    events = history.events.get(statistic, [])
    found = events[
        bisect_left(events, (selection.after,)) : bisect_left(events, (selection.last + 1,))
    ]
    if selection.events_by == "receipt":
        span = receipt_span(history, selection)
        return [event for event in found if event.receipt in span]
    return found
