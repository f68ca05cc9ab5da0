"""The rows about phone calls: of calls, of the teams they went to, of the teammates they rang."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from intercom_simulator.reporting.fact import Fact
from intercom_simulator.reporting.labels import Label
from intercom_simulator.reporting.teammates import TEAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from intercom_simulator.reporting.conversations import Call, Conversation
    from intercom_simulator.reporting.moment import Moment
    from intercom_simulator.reporting.teammates import Team, Teammate
    from intercom_simulator.reporting.values import Raw

_TRANSFERRED_EVERY = 3
"""Every third call that is over was transferred to another team."""


def calls(moments: Iterable[Moment]) -> Iterator[Fact]:
    """Give a row for each call.

    Args:
        moments: The conversations that have begun.
    """
    for moment, call in _begun(moments):
        made = moment.conversation
        answered, ended = _answered(call, moment.until), call.ended_at <= moment.until
        values = _values(call, moment.until) | {
            "call_answered_at": call.answered_at if answered else None,
            "call_ended_at": call.ended_at if ended else None,
            "call_terminating_party_type": Label("Customer") if ended else None,
            "call_team_id": made.team.name,
            "call_teammate_id": made.teammate.name if answered else None,
            "customer_name": made.person.name,
            "voice_routing_inbox": made.team.name,
        }
        yield Fact(call.initiated_at, partial(dict, {**moment.block, **values}))


def call_teams(moments: Iterable[Moment]) -> Iterator[Fact]:
    """Give a row for each call and team that it went to, several after a transfer.

    Args:
        moments: The conversations that have begun.
    """
    for moment, call in _begun(moments):
        for team in _teams(moment.conversation, call, moment.until):
            values = _values(call, moment.until) | {"call_team_id": team.name}
            yield Fact(call.initiated_at, partial(dict, values))


def call_teammates(moments: Iterable[Moment]) -> Iterator[Fact]:
    """Give a row for each call and teammate that it was offered to.

    Args:
        moments: The conversations that have begun.
    """
    for moment, call in _begun(moments):
        made = moment.conversation
        ended = call.ended_at <= moment.until
        for mate in _offered(made, call):
            takes = mate is made.teammate and call.answered_at is not None
            declines = not takes and _number(call) % 2 == 0
            values = _values(call, moment.until) | {
                "call_terminating_party_type": Label("Customer") if ended else None,
                "call_team_id": made.team.name,
                "call_teammate_id": mate.name,
                "call_teammate_declined_call_count": int(declines),
                "call_teammate_missed_call_count": int(not takes and not declines),
                "conversation_id": made.conversation_id,
                "customer_name": made.person.name,
                "voice_routing_inbox": made.team.name,
            }
            yield Fact(call.initiated_at, partial(dict, values))


def _begun(moments: Iterable[Moment]) -> Iterator[tuple[Moment, Call]]:
    for moment in moments:
        call = moment.conversation.call
        if call is not None and call.initiated_at <= moment.until:
            yield moment, call


def _number(call: Call) -> int:
    """Give calls small numbers: every sixth conversation is one."""
    return int(call.call_id) // 6


def _answered(call: Call, until: int) -> bool:
    return call.answered_at is not None and call.answered_at <= until


def _values(call: Call, until: int) -> dict[str, Raw]:
    """Give what all datasets say of a call."""
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


def _offered(conversation: Conversation, call: Call) -> Iterable[Teammate]:
    members = conversation.team.members
    first = members[_number(call) % len(members)]
    return dict.fromkeys((first, conversation.teammate))
