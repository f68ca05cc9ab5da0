"""The values of the dataset `conversation`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from intercom_simulator.reporting.conversation_snapshot import (
    ConversationSnapshot,
    in_office_hours,
    name_of,
)
from intercom_simulator.reporting.labels import Label

if TYPE_CHECKING:
    from intercom_simulator.reporting.values import Raw, Row


def conversation_values(snapshot: ConversationSnapshot) -> Row:
    """Return the values of a conversation.

    Args:
        snapshot: The conversation at a point in time.
    """
    return {
        **snapshot.common_values,
        **_progress(snapshot),
        **_people(snapshot),
        **_ratings(snapshot),
        **_fin(snapshot),
        **_durations(snapshot),
    }


def with_office_hours(name: str, seconds: float | None) -> dict[str, Raw]:
    """Return a duration and its part within office hours.

    Args:
        name: Plain id of the total duration.
        seconds: The total duration.
    """
    return {name: seconds, f"{name}_in_office_hours": in_office_hours(seconds)}


def _progress(snapshot: ConversationSnapshot) -> dict[str, Raw]:
    closings, replies = snapshot.closings, snapshot.replies
    return {
        "conversation_first_closed_at": closings[0].at if closings else None,
        "conversation_last_closed_at": closings[-1].at if closings else None,
        "conversation_first_teammate_reply_at": replies[0].at if replies else None,
        "current_conversation_state": snapshot.state_periods[-1].state,
        "reassignments_count": sum(part.assigned for part in snapshot.parts),
        "teammate_replies_count": len(replies),
        "teammate_replies_to_close": (
            sum(part.at <= closings[0].at for part in replies) if closings else None
        ),
        "is_resolved_on_first_contact": len(replies) == 1 if closings else None,
    }


def _people(snapshot: ConversationSnapshot) -> dict[str, Raw]:
    closings, replies = snapshot.closings, snapshot.replies
    call = snapshot.conversation.call
    called = call is not None and call.initiated_at <= snapshot.until
    return {
        "first_closing_teammate_id": name_of(closings[0].by) if closings else None,
        "last_closing_teammate_id": name_of(closings[-1].by) if closings else None,
        "first_replying_teammate_id": name_of(replies[0].by) if replies else None,
        "conversation_call_types": (Label("Phone call"),) if called else (),
        "call_participant_teammate_ids": (snapshot.conversation.teammate.name,) if called else (),
        "conversation_has_calls": called,
    }


def _ratings(snapshot: ConversationSnapshot) -> dict[str, Raw]:
    rated, fin = snapshot.rated_teammate, snapshot.rated_fin
    teammate = rated.teammate if rated else None
    return {
        "last_conversation_rating_updated_at": rated.rated_at if rated else None,
        "last_teammate_rating_remark": rated.remark if rated else None,
        "last_rated_teammate_raw_id": teammate.raw_id if teammate else None,
        "fin_ai_agent_rating_updated_at": fin.rated_at if fin else None,
        "fin_ai_agent_rating_remark": fin.remark if fin else None,
        "last_chatbot_rating_updated_at": fin.rated_at if fin else None,
        "last_chatbot_rating": fin.rating if fin else None,
        "last_chatbot_rating_remark": fin.remark if fin else None,
        "last_rated_chatbot_id": "Fin" if fin else None,
    }


def _fin(snapshot: ConversationSnapshot) -> dict[str, Raw]:
    fin = snapshot.conversation.fin
    resolved = fin and bool(snapshot.closings)
    return {
        "fin_ai_agent_participated": fin,
        "agent_type": Label("Agent") if fin else Label("Teammate"),
        "fin_ai_agent_last_sent_answer_type": "ai_answer" if fin else None,
        "fin_ai_agent_resolution_state": Label("Resolved") if resolved else None,
        "fin_ai_agent_deflected": resolved if fin else None,
        "fin_ai_agent_content_references": ("Billing, refunds & VAT", "FAQ") if fin else (),
    }


def _durations(snapshot: ConversationSnapshot) -> dict[str, Raw]:
    closings, replies = snapshot.closings, snapshot.replies
    response = replies[0].response if replies else None
    first = closings[0].to_close if closings else None
    last = closings[-1].to_close if closings else None
    assigned = next((part.at for part in snapshot.parts if part.assigned), None)
    handling = float(closings[0].at - assigned) if closings and assigned is not None else None
    return {
        "conversation_first_response_time": response,
        "first_response_time_in_office_hours": in_office_hours(response),
        **with_office_hours("first_response_time_excluding_bot_inbox", response),
        "conversation_handling_time": handling,
        **with_office_hours("time_from_first_assignment_to_close", handling),
        "conversation_time_to_close": last,
        "time_to_close_in_office_hours": in_office_hours(last),
        **with_office_hours("time_to_close_excluding_bot_inbox", last),
        **with_office_hours("time_to_first_close", first),
        **with_office_hours("time_to_first_close_excluding_bot_inbox", first),
    }
