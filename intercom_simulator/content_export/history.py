"""Generates a workspace's history: messages, events, survey responses and checkpoints."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from intercom_simulator.arrivals import generate_arrivals
from intercom_simulator.clock import DAY_SECONDS
from intercom_simulator.content_export.content import Content, generate_content
from intercom_simulator.content_export.engagement import EngagementEvent, simulate_engagement
from intercom_simulator.ids import ABOVE_DOUBLE_PRECISION
from intercom_simulator.people import Person, generate_people


@dataclass(frozen=True)
class HistoryConfig:
    """Size and shape of a history.

    Args:
        receipts: Number of messages in the `days` before `end`.
        days: Length of the history, in days.
        seed: Seed; equal configurations give equal histories.
        end: The simulated present, in unix seconds. Later rows are not visible until the clock
            reaches them.
        future_days: For how many days after `end` messages are generated, at the same rate.
        max_delay_days: Time after a message within which people engage with it.
        late_share: Share of messages, from 0 to 1, whose engagement comes after `max_delay_days`.
        late_days: Time after a message within which late engagement comes.
    """

    receipts: int
    days: int
    seed: int
    end: int
    future_days: int
    max_delay_days: float
    late_share: float
    late_days: float


class Receipt(NamedTuple):
    """A message delivered to a person; `received_at` is in unix seconds."""

    received_at: int
    receipt_id: str
    person: Person
    content: Content
    conversation_id: str | None
    device: str | None


class Event(NamedTuple):
    """An event of a message; `receipt` is the index of the message in `History.receipts`."""

    at: int
    receipt: int
    extra_cells: tuple[str | None, ...]


class SurveyAnswer(NamedTuple):
    """The answer to one question of a survey."""

    at: int
    question_id: str
    question: str
    response: str


class SurveyResponse(NamedTuple):
    """The answers of one person to a survey, in order. `completed_at` is None if unfinished."""

    receipt: int
    received_at: int
    completed_at: int | None
    answers: tuple[SurveyAnswer, ...]


class Visit(NamedTuple):
    """One processing of a checkpoint at `at`, in unix seconds, and the resulting status."""

    at: int
    status_code: str
    status_name: str


class Checkpoint(NamedTuple):
    """A person at a block of a series, with the status over time."""

    created_at: int
    person: Person
    series_entry_record_id: str
    ruleset_id: str
    expires_at: int | None
    visits: tuple[Visit, ...]


@dataclass
class History:
    """All rows of a workspace, past and future. Every list is sorted by time."""

    contents: list[Content]
    receipts: list[Receipt] = field(default_factory=list)
    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    responses: list[SurveyResponse] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)


_MESSAGES_PER_PERSON = 8
_CONVERSATION_SHARE = 0.1
_HUGE_ID_EVERY = 97
_FIRST_RECEIPT_ID = 961_758_128
_FIRST_CONVERSATION_ID = 215_000_000_000
_CHECKPOINT_END_SHARE = 0.8
_EXPIRY_DAYS = 14
_EXPIRING_SHARE = 0.7
_FIRST_ENTRY_ID = 610_000_000
# Events that follow each other within seconds may exceed the limit by as many seconds.
_MARGIN_SECONDS = 60


def generate_history(config: HistoryConfig) -> History:
    """Generate a workspace's history, past and future.

    Args:
        config: Size and shape of the history.
    """
    rng = Random(config.seed)
    start = config.end - config.days * DAY_SECONDS
    history = History(generate_content(rng, start))
    people = generate_people(rng, max(24, config.receipts // _MESSAGES_PER_PERSON))
    # The past is generated first, so that it does not depend on `future_days`.
    late_rng = Random(config.seed + 2)
    for first, days, number in (
        (start, config.days, config.receipts),
        (
            config.end,
            config.future_days,
            config.receipts * config.future_days // max(1, config.days),
        ),
    ):
        existing = len(history.receipts)
        for received_at in generate_arrivals(rng, first, first + days * DAY_SECONDS, number):
            _add_receipt(rng, history, people, received_at)
        _add_engagement(rng, late_rng, history, config, existing)
    for events in history.events.values():
        events.sort(key=lambda event: event[:2])
    _add_checkpoints(Random(config.seed + 1), history, config)
    return history


def _add_receipt(rng: Random, history: History, people: list[Person], received_at: int) -> None:
    index = len(history.receipts)
    contents = history.contents
    content = contents[index // 2 % len(contents)] if index % 2 else rng.choice(contents)
    in_conversation = content.content_type in {"Chat", "Workflow"}
    number = _FIRST_RECEIPT_ID + 7 * index
    history.receipts.append(
        Receipt(
            received_at,
            str(number + ABOVE_DOUBLE_PRECISION if index % _HUGE_ID_EVERY == 0 else number),
            rng.choice(people),
            content,
            str(_FIRST_CONVERSATION_ID + index)
            if in_conversation and rng.random() < _CONVERSATION_SHARE
            else None,
            rng.choice(content.devices),
        )
    )


def _add_engagement(
    rng: Random, late_rng: Random, history: History, config: HistoryConfig, first: int
) -> None:
    """Generate the events and survey responses of the messages from index `first` on."""
    ordinals = Counter(receipt.content.content_type for receipt in history.receipts[:first])
    usual_delay_seconds = int(config.max_delay_days * DAY_SECONDS) - _MARGIN_SECONDS
    for index, receipt in enumerate(history.receipts[first:], first):
        content = receipt.content
        start, end = receipt.received_at, receipt.received_at + usual_delay_seconds
        if config.late_share and late_rng.random() < config.late_share:
            start, end = end + _MARGIN_SECONDS, start + int(config.late_days * DAY_SECONDS)
        engagement_events = list(
            simulate_engagement(rng, content, start, end, ordinals[content.content_type])
        )
        ordinals[content.content_type] += 1
        for statistic, at, extra_cells in engagement_events:
            history.events[statistic].append(Event(at, index, extra_cells))
        if content.questions:
            _add_response(history, index, engagement_events)


def _add_response(history: History, index: int, engagement_events: list[EngagementEvent]) -> None:
    answers: list[SurveyAnswer] = []
    completed_at = None
    for statistic, at, extra_cells in engagement_events:
        if statistic == "answer":
            question_id, question, _, response = extra_cells
            answers.append(SurveyAnswer(at, str(question_id), str(question), str(response)))
        elif statistic == "completion":
            completed_at = at
    if answers:
        received_at = history.receipts[index].received_at
        history.responses.append(SurveyResponse(index, received_at, completed_at, tuple(answers)))


def _add_checkpoints(rng: Random, history: History, config: HistoryConfig) -> None:
    entries: dict[tuple[str, str], str] = {}
    visited: set[tuple[str, str]] = set()
    usual_delay_seconds = int(config.max_delay_days * DAY_SECONDS) - _MARGIN_SECONDS
    for receipt in history.receipts:
        content = receipt.content
        if content.series is None:
            continue
        person_in_series = (receipt.person.user_id, content.series.series_id)
        entry = entries.get(person_in_series)
        if entry is None or (entry, content.ruleset_id) in visited:
            number = _FIRST_ENTRY_ID + len(visited)
            entry = entries[person_in_series] = str(
                number + ABOVE_DOUBLE_PRECISION * (number % 5 == 0)
            )
        visited.add((entry, content.ruleset_id))
        at = receipt.received_at
        visits = [Visit(at, "1", "waiting")]
        if rng.random() < _CHECKPOINT_END_SHARE:
            later = at + 1 + int(rng.random() * (usual_delay_seconds - 1))
            visits.append(Visit(later, *rng.choice((("2", "completed"), ("3", "exited")))))
        expires_at = at + _EXPIRY_DAYS * DAY_SECONDS if rng.random() < _EXPIRING_SHARE else None
        history.checkpoints.append(
            Checkpoint(at, receipt.person, entry, content.ruleset_id, expires_at, tuple(visits))
        )
