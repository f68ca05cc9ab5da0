"""Makes up tickets: whose they are, of which type, and the states they went through."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.reporting.custom import TICKET_TYPES, TicketType
from intercom_simulator.reporting.labels import Label
from intercom_simulator.reporting.teammates import TEAMS, Teammate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from intercom_simulator.people import Person
    from intercom_simulator.reporting.conversations import Conversation


class Stay(NamedTuple):
    """A ticket's time in a state: from when, and until when if it ever left it."""

    started_at: int
    ended_at: int | None
    state: str
    category: Label


class Ticket(NamedTuple):
    """A ticket with all states it ever goes through, in order of time, no state twice."""

    ticket_id: str
    type: TicketType
    created_at: int
    person: Person
    created_by: Teammate | None
    resolved_by: Teammate
    conversation: Conversation | None
    stays: tuple[Stay, ...]


_STATES = (
    ("Submitted", Label("Submitted")),
    ("In progress, tier 2", Label("In progress")),
    ("Waiting on customer", Label("Waiting on customer")),
    ("Done 🎉", Label("Resolved")),
)
_FIRST_ID = 1_201
_HOUR = 3_600
_DAY = 86_400


def make_ticket(
    rng: Random,
    number: int,
    created_at: int,
    people: Sequence[Person],
    conversations: Sequence[Conversation],
) -> Ticket:
    """Make up a ticket.

    Args:
        rng: The source of chance.
        number: Its number; no two may have the same.
        created_at: Unix seconds.
        people: Who may have asked for it, if it does not come from a conversation.
        conversations: Those it may come from, all earlier.
    """
    conversation = rng.choice(conversations) if conversations and rng.randrange(3) else None
    members = rng.choice(TEAMS).members
    reached = rng.randrange(1, len(_STATES) + 1)
    starts = [created_at]
    for _ in range(reached - 1):
        starts.append(starts[-1] + rng.randrange(_HOUR, 4 * _DAY))
    ends: list[int | None] = [*starts[1:], None]
    return Ticket(
        ticket_id=str(_FIRST_ID + number),
        type=TICKET_TYPES[number % len(TICKET_TYPES)],
        created_at=created_at,
        person=rng.choice(people) if conversation is None else conversation.person,
        created_by=rng.choice(members) if rng.randrange(2) else None,
        resolved_by=rng.choice(members),
        conversation=conversation,
        stays=tuple(
            Stay(start, end, *state)
            for start, end, state in zip(starts, ends, _STATES[:reached], strict=True)
        ),
    )
