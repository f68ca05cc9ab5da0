"""Generates the history behind the reports: conversations, tickets and status periods."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from intercom_simulator.arrivals import generate_arrivals
from intercom_simulator.clock import DAY_SECONDS
from intercom_simulator.people import generate_people
from intercom_simulator.reporting.conversations import Conversation, generate_conversation
from intercom_simulator.reporting.teammates import StatusPeriod, generate_status_periods
from intercom_simulator.reporting.tickets import Ticket, generate_ticket
from intercom_simulator.workspace import unix_seconds

if TYPE_CHECKING:
    from intercom_simulator.workspace import Workspace


@dataclass
class ReportingHistory:
    """The data of all reports, past and future. Every list is sorted by time."""

    conversations: list[Conversation] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    periods: list[StatusPeriod] = field(default_factory=list)


_CONVERSATIONS_PER_PERSON = 3
_CONVERSATIONS_PER_TICKET = 3


def generate_reporting_history(workspace: Workspace, conversations: int) -> ReportingHistory:
    """Generate the history behind the reports.

    Args:
        workspace: Provides seed, end, length of the history and of the future.
        conversations: Number of conversations before the end; after it, the daily rate is the same.
    """
    assert workspace.end is not None  # noqa: S101  - set by Workspace.__post_init__
    end = unix_seconds(workspace.end)
    start = end - workspace.days * DAY_SECONDS
    future = conversations * workspace.future_days // max(1, workspace.days)
    last = end + workspace.future_days * DAY_SECONDS
    history = ReportingHistory()
    # the past is generated first, so that it does not depend on `future_days`
    for begin, stop, number in ((start, end, conversations), (end, last, future)):
        rng = Random(f"reports {workspace.seed} {begin < end}")
        people = generate_people(
            Random(f"customers {workspace.seed}"),
            max(12, conversations // _CONVERSATIONS_PER_PERSON),
        )
        for started_at in generate_arrivals(rng, begin, stop, number):
            index = len(history.conversations)
            history.conversations.append(generate_conversation(rng, index, started_at, people))
        for created_at in generate_arrivals(rng, begin, stop, number // _CONVERSATIONS_PER_TICKET):
            count = bisect_left(
                history.conversations, created_at, key=lambda conversation: conversation.started_at
            )
            index, earlier = len(history.tickets), history.conversations[max(0, count - 20) : count]
            history.tickets.append(generate_ticket(rng, index, created_at, people, earlier))
    history.periods = generate_status_periods(workspace.seed, start, last)
    return history
