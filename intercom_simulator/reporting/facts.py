"""Which rows each dataset has at an instant, and the values in them."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from intercom_simulator.reporting.call_facts import call_teammates, call_teams, calls
from intercom_simulator.reporting.conversation_values import (
    conversation_values,
    spread,
)
from intercom_simulator.reporting.fact import Fact
from intercom_simulator.reporting.labels import Label
from intercom_simulator.reporting.moment import Moment, name_of
from intercom_simulator.reporting.ticket_facts import ticket_states, tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from intercom_simulator.reporting.conversations import Conversation, Part
    from intercom_simulator.reporting.past import Past
    from intercom_simulator.reporting.values import Raw, Row

_COPILOT_EVERY = 3
"""One in so many replies was written with Copilot."""


class View:
    """Everything as it stands at an instant.

    Args:
        past: What happened and will.
        until: Unix seconds; what is later has not happened yet.
        replied_only: Whether the dataset of conversations leaves out those in which the customer
            has said nothing, as it does before version 2.16.
        last_parts_only: Whether the dataset of actions has a row for each conversation, its last
            action, in place of one for each action.
    """

    def __init__(
        self, past: Past, until: int, *, replied_only: bool, last_parts_only: bool = False
    ) -> None:
        self.past = past
        self.until = until
        self.replied_only = replied_only
        self.last_parts_only = last_parts_only
        self._moment = cache(lambda conversation: Moment(conversation, until))

    def facts(self, dataset: str) -> list[Fact]:
        """Give all rows of a dataset, sorted by time.

        Args:
            dataset: Its id.
        """
        return sorted(_FACTS[dataset](self), key=lambda fact: fact.at)

    def moments(self) -> Iterator[Moment]:
        """Give the conversations that have begun."""
        for conversation in self.past.conversations:
            if conversation.started_at <= self.until:
                yield self.moment(conversation)

    def moment(self, conversation: Conversation) -> Moment:
        """Give a conversation as it stands.

        Args:
            conversation: The conversation.
        """
        made: Moment = self._moment(conversation)
        return made


def _conversations(view: View) -> Iterator[Fact]:
    for moment in view.moments():
        if moment.user_replied or not view.replied_only:
            yield Fact(moment.conversation.started_at, partial(conversation_values, moment))


def _parts(view: View) -> Iterator[Fact]:
    for moment in view.moments():
        for part in moment.parts[-1:] if view.last_parts_only else moment.parts:
            yield Fact(part.at, partial(_part, moment, part))


def _part(moment: Moment, part: Part) -> Row:
    made = moment.conversation
    later = None if part.first else part.response
    first = part.response if part.first else None
    return {
        **moment.block,
        "action_time": part.at,
        "action_performed_by_teammate_id": name_of(part.by),
        "action_team_assignee_id": made.team.name if part.assigned else None,
        "action_teammate_assignee_id": made.teammate.name if part.assigned else None,
        "teammate_mentioned_ids": tuple(mate.name for mate in part.mentioned),
        "teammate_assignee_at_action_time": made.teammate.name,
        "action_id": part.action_id,
        "action_type": part.actions,
        "action_by_automation": part.automated,
        **spread("response_time", part.response),
        **spread("response_time_excluding_bot_inbox", part.response),
        **spread("team_first_response_time", first),
        **spread("team_subsequent_response_time", later),
        **spread("team_time_to_close", part.to_close),
        **spread("teammate_first_response_time", first),
        **spread("teammate_subsequent_response_time", later),
        **spread("teammate_time_to_close", part.to_close),
    }


def _ratings(view: View) -> Iterator[Fact]:
    for moment in view.moments():
        for survey in moment.surveys:
            updated_at = survey.rated_at or survey.sent_at
            agent = Label("Teammate") if survey.teammate else "Fin AI Agent"
            values: dict[str, Raw] = {
                "conversation_rating_id": survey.rating_id,
                "conversation_rating_updated_at": updated_at,
                "conversation_rating": survey.rating,
                "conversation_rating_remark": survey.remark,
                "last_survey_sent_action_id": survey.action_id,
                "rated_teammate_id": name_of(survey.teammate),
                "rated_chatbot_id": None if survey.teammate else "Fin",
                "rated_agent_type": agent,
                "rating_participant_teammate_ids": moment.participants,
                "rating_participant_chatbot_ids": ("Fin",) if moment.conversation.fin else (),
                "rating_participant_fin_ai_agent": moment.conversation.fin,
                "rating_participant_agent_group": agent,
            }
            yield Fact(updated_at, partial(_with_block, moment, values))


def _promises(view: View) -> Iterator[Fact]:
    for moment in view.moments():
        for promise in moment.conversation.promises:
            until, kept_at = view.until, promise.kept_at
            kept = kept_at is not None and kept_at <= until
            late = kept_at is None or kept_at > promise.due_at
            missed = late and promise.due_at <= until
            states = {(True, False): "Hit", (True, True): "Fixed", (False, True): "Missed"}
            values: dict[str, Raw] = {
                "sla_attributed_to_teammate_id": moment.conversation.teammate.name,
                "sla_id": promise.name,
                "sla_started_at": promise.started_at,
                "sla_hit_at": kept_at if kept and not missed else None,
                "sla_missed_at": promise.due_at if missed else None,
                "sla_triggering_action_id": promise.action_id,
                "sla_metric_type": promise.metric,
                "sla_time_to_response_after_miss": (
                    float(kept_at - promise.due_at) if kept_at and kept and missed else None
                ),
                "sla_state": Label(states.get((kept, missed), "Active")),
            }
            yield Fact(promise.started_at, partial(_with_block, moment, values))


def _states(view: View) -> Iterator[Fact]:
    for moment in view.moments():
        for stretch in moment.stretches:
            values: dict[str, Raw] = {
                "conversation_state": stretch.state,
                "previous_conversation_state": stretch.previous,
                "conversation_state_started_at": stretch.started_at,
                "conversation_state_ended_at": stretch.ended_at,
            }
            yield Fact(stretch.started_at, partial(_with_block, moment, values))


def _handling(view: View) -> Iterator[Fact]:
    for moment in view.moments():
        spans: dict[str, float] = {}
        for part in moment.replies:
            if part.by:
                spans[part.by.name] = spans.get(part.by.name, 0.0) + (part.response or 0.0) / 10
        for name, seconds in spans.items():
            values: dict[str, Raw] = {
                "handling_teammate_id": name,
                **spread("teammate_handling_time", round(seconds, 2)),
            }
            yield Fact(moment.conversation.started_at, partial(_with_block, moment, values))


def _copilot(view: View) -> Iterator[Fact]:
    """Give what teammates asked Copilot. But for `replied_at`, no column is known in public."""
    for moment in view.moments():
        for part in moment.replies:
            if part.by is None or int(part.action_id) % _COPILOT_EVERY:
                continue
            values: dict[str, Raw] = {
                "replied_at": part.at,
                "conversation_id": moment.conversation.conversation_id,
                "copilot_teammate_id": part.by.name,
                "copilot_prompt": 'How do I word "no", politely?',
                "copilot_response": "Thanks for asking,\nbut it is not possible.",
            }
            yield Fact(part.at, partial(dict, values))


def _periods(view: View) -> Iterator[Fact]:
    for period in view.past.periods:
        if period.started_at <= view.until:
            values: dict[str, Raw] = {
                "teammate_status_period_started_at": period.started_at,
                "teammate_status_period_ended_at": (
                    period.ended_at if period.ended_at <= view.until else None
                ),
                "teammate_away_reason": period.reason,
                "teammate_status_id": period.status_id,
                "teammate_status": period.status,
            }
            yield Fact(period.started_at, partial(dict, values))


def _with_block(moment: Moment, values: dict[str, Raw]) -> Row:
    return {**moment.block, **values}


_FACTS: dict[str, Callable[[View], Iterator[Fact]]] = {
    "conversation": _conversations,
    "consolidated_conversation_part": _parts,
    "conversation_rating_sent": _ratings,
    "conversation_sla_status_log": _promises,
    "conversation_state": _states,
    "teammate_handling_conversation": _handling,
    "tickets": lambda view: tickets(view.past, view.until),
    "ticket_time_in_state": lambda view: ticket_states(view.past, view.until),
    "admin_status_change": _periods,
    "call": lambda view: calls(view.moments()),
    "call_team_stats": lambda view: call_teams(view.moments()),
    "call_teammate_stats": lambda view: call_teammates(view.moments()),
    "copilot_prompt_response_pair": _copilot,
}
