"""The past and near future that reports are about, made up when somebody first asks."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from intercom_simulator.history import DAY, arrivals
from intercom_simulator.people import make_people
from intercom_simulator.reporting.conversations import Conversation, make_conversation
from intercom_simulator.reporting.teammates import Period, make_periods
from intercom_simulator.reporting.tickets import Ticket, make_ticket
from intercom_simulator.workspace import unix_seconds

if TYPE_CHECKING:
    from intercom_simulator.workspace import Workspace


@dataclass
class Past:
    """All that reports can be about. Every list is sorted by time."""

    conversations: list[Conversation] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)


_CONVERSATIONS_A_PERSON = 3
_CONVERSATIONS_A_TICKET = 3


def make_past(workspace: Workspace, conversations: int) -> Past:
    """Make up what happened and what will.

    Args:
        workspace: Gives seed, end, length, and how far the future goes.
        conversations: How many were started before the end; the future has as many a day.
    """
    assert workspace.end is not None  # noqa: S101  - a workspace always has one
    end = unix_seconds(workspace.end)
    start = end - workspace.days * DAY
    future = conversations * workspace.future_days // max(1, workspace.days)
    last = end + workspace.future_days * DAY
    past = Past()
    # the past is drawn before the future, so that the length of the future does not change it
    for begin, stop, number in ((start, end, conversations), (end, last, future)):
        rng = Random(f"reports {workspace.seed} {begin < end}")
        people = make_people(
            Random(f"customers {workspace.seed}"), max(12, conversations // _CONVERSATIONS_A_PERSON)
        )
        for started_at in arrivals(rng, begin, stop, number):
            index = len(past.conversations)
            past.conversations.append(make_conversation(rng, index, started_at, people))
        for created_at in arrivals(rng, begin, stop, number // _CONVERSATIONS_A_TICKET):
            count = bisect_left(past.conversations, created_at, key=lambda one: one.started_at)
            index, earlier = len(past.tickets), past.conversations[max(0, count - 20) : count]
            past.tickets.append(make_ticket(rng, index, created_at, people, earlier))
    past.periods = make_periods(workspace.seed, start, last)
    return past
