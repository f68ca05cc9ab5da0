"""A workspace's past and near future: messages, events, survey responses and checkpoints."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from intercom_simulator.content import Content, make_content
from intercom_simulator.engagement import Happening, follow
from intercom_simulator.people import Person, make_people

DAY = 86_400
"""Seconds in a day."""


@dataclass(frozen=True)
class Plan:
    """How much to make up.

    Args:
        receipts: How many messages the days before `end` hold.
        days: How many days the history goes back.
        seed: Equal plans with equal seeds give equal histories.
        end: Unix seconds. What is later is the future, which shows when the clock has moved on.
        future_days: How many days the messages go on after `end`, as many a day as before.
        max_delay_days: The time within which people do something with a message.
        late_share: How many messages, from 0 to 1, are taken notice of only after `max_delay_days`.
        late_days: The time within which those are.
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
    """A message delivered to a person; `received_at` in unix seconds."""

    received_at: int
    receipt_id: str
    person: Person
    content: Content
    conversation_id: str | None
    device: str | None


class Event(NamedTuple):
    """Something done with a message; `receipt` is its position in `History.receipts`."""

    at: int
    receipt: int
    extras: tuple[str | None, ...]


class Answer(NamedTuple):
    """One answer to one question of a survey."""

    at: int
    question_id: str
    question: str
    response: str


class Response(NamedTuple):
    """Somebody's answers to a survey, in order. `completed_at` is None if they never finished."""

    receipt: int
    received_at: int
    completed_at: int | None
    answers: tuple[Answer, ...]


class Visit(NamedTuple):
    """One processing of a checkpoint, from `at` on, with the status it led to."""

    at: int
    status_code: str
    status_name: str


class Checkpoint(NamedTuple):
    """A person at a block of a series, with everything that became of it in time."""

    created_at: int
    person: Person
    series_entry_record_id: str
    ruleset_id: str
    expires_at: int | None
    visits: tuple[Visit, ...]


@dataclass
class History:
    """All that ever happens in a workspace. Every list is sorted by time."""

    contents: list[Content]
    receipts: list[Receipt] = field(default_factory=list)
    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    responses: list[Response] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)


_MESSAGE_SHARE_OF_PEOPLE = 8
_SAME_SECOND_EVERY = 23
_MIDNIGHT_EVERY = 41
_LAST_SECOND_EVERY = 53
_CONVERSATION_SHARE = 0.1
_HUGE_EVERY = 97
_BEYOND_DOUBLE = 2**53 + 1
_FIRST_RECEIPT_ID = 961_758_128
_FIRST_CONVERSATION_ID = 215_000_000_000
_CHECKPOINT_END_SHARE = 0.8
_EXPIRY_DAYS = 14
_EXPIRING_SHARE = 0.7
_FIRST_ENTRY_ID = 610_000_000
# A chain of things done within seconds of each other may run over the limit by as many seconds.
_MARGIN = 60


def make_history(plan: Plan) -> History:
    """Make up a workspace's history, past and future.

    Args:
        plan: How much of it.
    """
    rng = Random(plan.seed)
    start = plan.end - plan.days * DAY
    history = History(make_content(rng, start))
    people = make_people(rng, max(24, plan.receipts // _MESSAGE_SHARE_OF_PEOPLE))
    # The past is drawn before the future, so that the length of the future does not change it.
    late = Random(plan.seed + 2)
    for first, days, number in (
        (start, plan.days, plan.receipts),
        (plan.end, plan.future_days, plan.receipts * plan.future_days // max(1, plan.days)),
    ):
        done = len(history.receipts)
        for received_at in arrivals(rng, first, first + days * DAY, number):
            _add_receipt(rng, history, people, received_at)
        _add_engagement(rng, late, history, plan, done)
    for events in history.events.values():
        events.sort(key=lambda event: event[:2])
    _add_checkpoints(Random(plan.seed + 1), history, plan)
    return history


def arrivals(rng: Random, start: int, end: int, number: int) -> list[int]:
    """Spread instants over days, more by day than by night, some equal, some at midnight.

    Args:
        rng: The source of chance.
        start: Unix seconds; all are later.
        end: Unix seconds; none is later.
        number: How many.
    """
    times: list[int] = []
    previous = end
    for index in range(number):
        at = start + int(rng.random() * (end - start))
        midnight = at - at % DAY
        if index % _SAME_SECOND_EVERY == 1:
            at = previous
        elif index % _MIDNIGHT_EVERY == 0:
            at = midnight
        elif index % _LAST_SECOND_EVERY == 0:
            at = midnight - 1
        else:
            at = midnight + int(rng.triangular(0, DAY, DAY * 0.6))
        if not start < at <= end:
            at = start + 1 + int(rng.random() * (end - start - 1))
        times.append(at)
        previous = at
    times.sort()
    return times


def _add_receipt(rng: Random, history: History, people: list[Person], received_at: int) -> None:
    index = len(history.receipts)
    contents = history.contents
    content = contents[index // 2 % len(contents)] if index % 2 else rng.choice(contents)
    in_conversation = content.content_type in {"Chat", "Workflow"}
    number = _FIRST_RECEIPT_ID + 7 * index
    history.receipts.append(
        Receipt(
            received_at,
            str(number + _BEYOND_DOUBLE if index % _HUGE_EVERY == 0 else number),
            rng.choice(people),
            content,
            str(_FIRST_CONVERSATION_ID + index)
            if in_conversation and rng.random() < _CONVERSATION_SHARE
            else None,
            rng.choice(content.devices),
        )
    )


def _add_engagement(rng: Random, late: Random, history: History, plan: Plan, first: int) -> None:
    """Let people act on the messages from position `first` on."""
    ordinals = Counter(receipt.content.content_type for receipt in history.receipts[:first])
    usual = int(plan.max_delay_days * DAY) - _MARGIN
    for index, receipt in enumerate(history.receipts[first:], first):
        content = receipt.content
        start, end = receipt.received_at, receipt.received_at + usual
        if plan.late_share and late.random() < plan.late_share:
            start, end = end + _MARGIN, start + int(plan.late_days * DAY)
        happenings = list(follow(rng, content, start, end, ordinals[content.content_type]))
        ordinals[content.content_type] += 1
        for statistic, at, extras in happenings:
            history.events[statistic].append(Event(at, index, extras))
        if content.questions:
            _add_response(history, index, happenings)


def _add_response(history: History, index: int, happenings: list[Happening]) -> None:
    answers: list[Answer] = []
    completed_at = None
    for statistic, at, extras in happenings:
        if statistic == "answer":
            question_id, question, _, response = extras
            answers.append(Answer(at, str(question_id), str(question), str(response)))
        elif statistic == "completion":
            completed_at = at
    if answers:
        received_at = history.receipts[index].received_at
        history.responses.append(Response(index, received_at, completed_at, tuple(answers)))


def _add_checkpoints(rng: Random, history: History, plan: Plan) -> None:
    entries: dict[tuple[str, str], str] = {}
    visited: set[tuple[str, str]] = set()
    usual = int(plan.max_delay_days * DAY) - _MARGIN
    for receipt in history.receipts:
        content = receipt.content
        if content.series is None:
            continue
        traveller = (receipt.person.user_id, content.series.series_id)
        entry = entries.get(traveller)
        if entry is None or (entry, content.ruleset_id) in visited:
            number = _FIRST_ENTRY_ID + len(visited)
            entry = entries[traveller] = str(number + _BEYOND_DOUBLE * (number % 5 == 0))
        visited.add((entry, content.ruleset_id))
        at = receipt.received_at
        visits = [Visit(at, "1", "waiting")]
        if rng.random() < _CHECKPOINT_END_SHARE:
            later = at + 1 + int(rng.random() * (usual - 1))
            visits.append(Visit(later, *rng.choice((("2", "completed"), ("3", "exited")))))
        expires_at = at + _EXPIRY_DAYS * DAY if rng.random() < _EXPIRING_SHARE else None
        history.checkpoints.append(
            Checkpoint(at, receipt.person, entry, content.ruleset_id, expires_at, tuple(visits))
        )
