"""The rows of the datasets about phone calls, by call, by team and by teammate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from intercom_simulator.reporting.labels import Label
from intercom_simulator.reporting.lazy_row import LazyRow
from intercom_simulator.reporting.teammates import TEAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from intercom_simulator.reporting.conversation_snapshot import ConversationSnapshot
    from intercom_simulator.reporting.conversations import Call, Conversation
    from intercom_simulator.reporting.teammates import Team, Teammate
    from intercom_simulator.reporting.values import Raw

_TRANSFERRED_EVERY = 3
"""Every third ended call was transferred to another team."""


def calls(snapshots: Iterable[ConversationSnapshot]) -> Iterator[LazyRow]:
    """Yield a row for each call.

    Args:
        snapshots: The conversations that have started.
    """
    for snapshot, call in _started_calls(snapshots):
        conversation = snapshot.conversation
        answered, ended = _answered(call, snapshot.until), call.ended_at <= snapshot.until
        values = _values(call, snapshot.until) | {
            "call_answered_at": call.answered_at if answered else None,
            "call_ended_at": call.ended_at if ended else None,
            "call_terminating_party_type": Label("Customer") if ended else None,
            "call_team_id": conversation.team.name,
            "call_teammate_id": conversation.teammate.name if answered else None,
            "customer_name": conversation.person.name,
            "voice_routing_inbox": conversation.team.name,
        }
        yield LazyRow(call.initiated_at, partial(dict, {**snapshot.common_values, **values}))


def call_teams(snapshots: Iterable[ConversationSnapshot]) -> Iterator[LazyRow]:
    """Yield a row for each call and team; a transferred call has several.

    Args:
        snapshots: The conversations that have started.
    """
    for snapshot, call in _started_calls(snapshots):
        for team in _teams(snapshot.conversation, call, snapshot.until):
            values = _values(call, snapshot.until) | {"call_team_id": team.name}
            yield LazyRow(call.initiated_at, partial(dict, values))


def call_teammates(snapshots: Iterable[ConversationSnapshot]) -> Iterator[LazyRow]:
    """Yield a row for each call and teammate to whom it was offered.

    Args:
        snapshots: The conversations that have started.
    """
    for snapshot, call in _started_calls(snapshots):
        conversation = snapshot.conversation
        ended = call.ended_at <= snapshot.until
        for teammate in _teammates_offered(conversation, call):
            answers = teammate is conversation.teammate and call.answered_at is not None
            declines = not answers and _number(call) % 2 == 0
            values = _values(call, snapshot.until) | {
                "call_terminating_party_type": Label("Customer") if ended else None,
                "call_team_id": conversation.team.name,
                "call_teammate_id": teammate.name,
                "call_teammate_declined_call_count": int(declines),
                "call_teammate_missed_call_count": int(not answers and not declines),
                "conversation_id": conversation.conversation_id,
                "customer_name": conversation.person.name,
                "voice_routing_inbox": conversation.team.name,
            }
            yield LazyRow(call.initiated_at, partial(dict, values))


def _started_calls(
    snapshots: Iterable[ConversationSnapshot],
) -> Iterator[tuple[ConversationSnapshot, Call]]:
    for snapshot in snapshots:
        call = snapshot.conversation.call
        if call is not None and call.initiated_at <= snapshot.until:
            yield snapshot, call


def _number(call: Call) -> int:
    """Return a small sequence number of a call; every sixth conversation is a call."""
    return int(call.call_id) // 6


def _answered(call: Call, until: int) -> bool:
    return call.answered_at is not None and call.answered_at <= until


def _values(call: Call, until: int) -> dict[str, Raw]:
    """Return the values that all datasets have about a call."""
    answered, ended = _answered(call, until), call.ended_at <= until
    state = ("Completed" if call.answered_at else "Missed call") if ended else "In progress"
    talk = float(call.ended_at - call.answered_at) if ended and call.answered_at else None
    return {
        "call_id": call.call_id,
        "call_initiated_at": call.initiated_at,
        "call_direction": call.direction,
        "call_state": Label(state),
        "call_queue_time": call.queue if answered or ended else None,
        "call_answer_time": round(call.queue / 2, 3) if answered else None,
        "call_talk_time": talk,
    }


def _teams(conversation: Conversation, call: Call, until: int) -> tuple[Team, ...]:
    team = conversation.team
    if call.ended_at > until or _number(call) % _TRANSFERRED_EVERY:
        return (team,)
    return (team, TEAMS[(TEAMS.index(team) + 1) % len(TEAMS)])


def _teammates_offered(conversation: Conversation, call: Call) -> Iterable[Teammate]:
    members = conversation.team.members
    first = members[_number(call) % len(members)]
    return dict.fromkeys((first, conversation.teammate))
