"""Generates tickets: customer, type and states over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.clock import DAY_SECONDS, HOUR_SECONDS
from intercom_simulator.reporting.custom_attributes import TICKET_TYPES, TicketType
from intercom_simulator.reporting.labels import Label
from intercom_simulator.reporting.teammates import TEAMS, Teammate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from intercom_simulator.people import Person
    from intercom_simulator.reporting.conversations import Conversation


class TicketStatePeriod(NamedTuple):
    """A period of a ticket in one state. `ended_at` is None if the ticket never leaves it."""

    started_at: int
    ended_at: int | None
    state: str
    category: Label


class Ticket(NamedTuple):
    """A ticket with all its states, past and future, sorted by time; no state occurs twice."""

    ticket_id: str
    type: TicketType
    created_at: int
    person: Person
    created_by: Teammate | None
    resolved_by: Teammate
    conversation: Conversation | None
    state_periods: tuple[TicketStatePeriod, ...]


_STATES = (
    ("Submitted", Label("Submitted")),
    ("In progress, tier 2", Label("In progress")),
    ("Waiting on customer", Label("Waiting on customer")),
    ("Done 🎉", Label("Resolved")),
)
_FIRST_ID = 1_201


def generate_ticket(
    rng: Random,
    number: int,
    created_at: int,
    people: Sequence[Person],
    conversations: Sequence[Conversation],
) -> Ticket:
    """Generate a ticket.

    Args:
        rng: The random number generator.
        number: Unique number of the ticket.
        created_at: Creation time, in unix seconds.
        people: Possible customers, if the ticket does not come from a conversation.
        conversations: Earlier conversations from which it may come.
    """
    conversation = rng.choice(conversations) if conversations and rng.randrange(3) else None
    members = rng.choice(TEAMS).members
    reached = rng.randrange(1, len(_STATES) + 1)
    starts = [created_at]
    for _ in range(reached - 1):
        starts.append(starts[-1] + rng.randrange(HOUR_SECONDS, 4 * DAY_SECONDS))
    ends: list[int | None] = [*starts[1:], None]
    return Ticket(
        ticket_id=str(_FIRST_ID + number),
        type=TICKET_TYPES[number % len(TICKET_TYPES)],
        created_at=created_at,
        person=rng.choice(people) if conversation is None else conversation.person,
        created_by=rng.choice(members) if rng.randrange(2) else None,
        resolved_by=rng.choice(members),
        conversation=conversation,
        state_periods=tuple(
            TicketStatePeriod(start, end, *state)
            for start, end, state in zip(starts, ends, _STATES[:reached], strict=True)
        ),
    )
