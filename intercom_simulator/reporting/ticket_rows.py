"""The rows of the datasets about tickets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from intercom_simulator.reporting.conversation_snapshot import name_of, person_values
from intercom_simulator.reporting.lazy_row import LazyRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from intercom_simulator.reporting.history import ReportingHistory
    from intercom_simulator.reporting.tickets import Ticket, TicketStatePeriod
    from intercom_simulator.reporting.values import Raw, Row

_VIA = ("api", "inbox", None)


def tickets(history: ReportingHistory, until: int) -> Iterator[LazyRow]:
    """Yield a row for each ticket.

    Args:
        history: The history, past and future.
        until: The simulated present, in unix seconds; later rows are not visible.
    """
    for ticket in history.tickets:
        if ticket.created_at <= until:
            yield LazyRow(ticket.created_at, partial(_ticket, ticket, until))


def ticket_states(history: ReportingHistory, until: int) -> Iterator[LazyRow]:
    """Yield a row for each ticket and state that it has been in.

    Args:
        history: The history, past and future.
        until: The simulated present, in unix seconds; later rows are not visible.
    """
    for ticket in history.tickets:
        for period in ticket.state_periods:
            if period.started_at <= until:
                yield LazyRow(ticket.created_at, partial(_state_period, ticket, period, until))


def _common(ticket: Ticket, until: int) -> dict[str, Raw]:
    now = [period for period in ticket.state_periods if period.started_at <= until][-1]
    return {
        "ticket_id": ticket.ticket_id,
        "ticket_created_at": ticket.created_at,
        "ticket_type_id": ticket.type.name,
        "current_ticket_custom_state_id": now.state,
        "current_ticket_state_category": now.category,
        **person_values(ticket.person),
        **{
            custom.attribute.qualified_id: custom.value(ticket.ticket_id)
            for custom in ticket.type.attributes
        },
    }


def _ticket(ticket: Ticket, until: int) -> Row:
    entered = [period for period in ticket.state_periods if period.started_at <= until]
    resolved_at = entered[-1].started_at if entered[-1].category == "Resolved" else None
    made_by, done_by = ticket.created_by, ticket.resolved_by if resolved_at else None
    title, description = (custom.value(ticket.ticket_id) for custom in ticket.type.attributes[:2])
    person, origin = ticket.person, ticket.conversation
    return {
        **_common(ticket, until),
        "ticket_last_resolved_at": resolved_at,
        "ticket_time_to_resolve": float(resolved_at - ticket.created_at) if resolved_at else None,
        "ticket_title": title,
        "ticket_description": description,
        "ticket_shared_with_customer": ticket.created_by is not None,
        "ticket_created_via": _VIA[int(ticket.ticket_id) % len(_VIA)],
        "ticket_created_by_teammate_id": name_of(made_by),
        "ticket_created_by_teammate_raw_id": made_by.raw_id if made_by else None,
        "ticket_resolved_by_teammate_id": name_of(done_by),
        "ticket_resolved_by_teammate_raw_id": done_by.raw_id if done_by else None,
        "ticket_url": f"https://app.intercom.example/inbox/tickets/{ticket.ticket_id}",
        "user_participant_names": (person.name,) if person.name else (),
        "user_participant_ids": (person.user_id,),
        "user_participant_emails": (person.email,) if person.email else (),
        "conversation_id": origin.conversation_id if origin else None,
        "conversation_created_at": origin.started_at if origin else None,
        "conversation_updated_at": entered[-1].started_at if origin else None,
    }


def _state_period(ticket: Ticket, period: TicketStatePeriod, until: int) -> Row:
    over = period.ended_at is not None and period.ended_at <= until
    return {
        **_common(ticket, until),
        "ticket_time_in_custom_state": period.state,
        "ticket_time_in_state_category": period.category,
        "ticket_time_in_state": (
            period.ended_at - period.started_at + 0.5
            if period.ended_at is not None and over
            else None
        ),
    }
