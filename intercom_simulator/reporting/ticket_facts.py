"""The rows of the datasets about tickets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from intercom_simulator.reporting.fact import Fact
from intercom_simulator.reporting.moment import name_of, person_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from intercom_simulator.reporting.past import Past
    from intercom_simulator.reporting.tickets import Stay, Ticket
    from intercom_simulator.reporting.values import Raw, Row

_VIA = ("api", "inbox", None)


def tickets(past: Past, until: int) -> Iterator[Fact]:
    """Give a row for each ticket.

    Args:
        past: What happened and will.
        until: Unix seconds; what is later has not happened yet.
    """
    for ticket in past.tickets:
        if ticket.created_at <= until:
            yield Fact(ticket.created_at, partial(_ticket, ticket, until))


def ticket_states(past: Past, until: int) -> Iterator[Fact]:
    """Give a row for each state a ticket has been in.

    Args:
        past: What happened and will.
        until: Unix seconds; what is later has not happened yet.
    """
    for ticket in past.tickets:
        for stay in ticket.stays:
            if stay.started_at <= until:
                yield Fact(ticket.created_at, partial(_stay, ticket, stay, until))


def _common(ticket: Ticket, until: int) -> dict[str, Raw]:
    now = [stay for stay in ticket.stays if stay.started_at <= until][-1]
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
    entered = [stay for stay in ticket.stays if stay.started_at <= until]
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


def _stay(ticket: Ticket, stay: Stay, until: int) -> Row:
    over = stay.ended_at is not None and stay.ended_at <= until
    return {
        **_common(ticket, until),
        "ticket_time_in_custom_state": stay.state,
        "ticket_time_in_state_category": stay.category,
        "ticket_time_in_state": (
            stay.ended_at - stay.started_at + 0.5 if stay.ended_at is not None and over else None
        ),
    }
