"""The rows of each dataset at a point in time, and their values."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from intercom_simulator.reporting.call_rows import call_teammates, call_teams, calls
from intercom_simulator.reporting.conversation_snapshot import ConversationSnapshot, name_of
from intercom_simulator.reporting.conversation_values import (
    conversation_values,
    with_office_hours,
)
from intercom_simulator.reporting.labels import Label
from intercom_simulator.reporting.lazy_row import LazyRow
from intercom_simulator.reporting.ticket_rows import ticket_states, tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from intercom_simulator.reporting.conversations import Conversation, Part
    from intercom_simulator.reporting.history import ReportingHistory
    from intercom_simulator.reporting.values import Raw, Row

_COPILOT_EVERY = 3
"""Every n-th reply was written with Copilot."""


class WorkspaceSnapshot:
    """The state of a workspace at a point in time.

    Args:
        history: The history, past and future.
        until: The point in time, in unix seconds; later rows are not visible.
        replied_only: Whether `conversation` omits conversations without a message of the customer,
            as before version 2.16.
        last_parts_only: Whether `consolidated_conversation_part` has only the last action of each
            conversation.
    """

    def __init__(
        self,
        history: ReportingHistory,
        until: int,
        *,
        replied_only: bool,
        last_parts_only: bool = False,
    ) -> None:
        self.history = history
        self.until = until
        self.replied_only = replied_only
        self.last_parts_only = last_parts_only
        self._snapshot = cache(lambda conversation: ConversationSnapshot(conversation, until))

    def dataset_rows(self, dataset: str) -> list[LazyRow]:
        """Return all rows of a dataset, sorted by time.

        Args:
            dataset: Dataset id.
        """
        return sorted(_DATASET_ROWS[dataset](self), key=lambda row: row.at)

    def conversation_snapshots(self) -> Iterator[ConversationSnapshot]:
        """Yield the conversations that have started."""
        for conversation in self.history.conversations:
            if conversation.started_at <= self.until:
                yield self.snapshot(conversation)

    def snapshot(self, conversation: Conversation) -> ConversationSnapshot:
        """Return the state of a conversation.

        Args:
            conversation: The conversation.
        """
        snapshot: ConversationSnapshot = self._snapshot(conversation)
        return snapshot


def _conversations(workspace: WorkspaceSnapshot) -> Iterator[LazyRow]:
    for snapshot in workspace.conversation_snapshots():
        if snapshot.user_replied or not workspace.replied_only:
            yield LazyRow(snapshot.conversation.started_at, partial(conversation_values, snapshot))


def _parts(workspace: WorkspaceSnapshot) -> Iterator[LazyRow]:
    for snapshot in workspace.conversation_snapshots():
        for part in snapshot.parts[-1:] if workspace.last_parts_only else snapshot.parts:
            yield LazyRow(part.at, partial(_part, snapshot, part))


def _part(snapshot: ConversationSnapshot, part: Part) -> Row:
    conversation = snapshot.conversation
    later = None if part.first else part.response
    first = part.response if part.first else None
    return {
        **snapshot.common_values,
        "action_time": part.at,
        "action_performed_by_teammate_id": name_of(part.by),
        "action_team_assignee_id": conversation.team.name if part.assigned else None,
        "action_teammate_assignee_id": conversation.teammate.name if part.assigned else None,
        "teammate_mentioned_ids": tuple(teammate.name for teammate in part.mentioned),
        "teammate_assignee_at_action_time": conversation.teammate.name,
        "action_id": part.action_id,
        "action_type": part.actions,
        "action_by_automation": part.automated,
        **with_office_hours("response_time", part.response),
        **with_office_hours("response_time_excluding_bot_inbox", part.response),
        **with_office_hours("team_first_response_time", first),
        **with_office_hours("team_subsequent_response_time", later),
        **with_office_hours("team_time_to_close", part.to_close),
        **with_office_hours("teammate_first_response_time", first),
        **with_office_hours("teammate_subsequent_response_time", later),
        **with_office_hours("teammate_time_to_close", part.to_close),
    }


def _ratings(workspace: WorkspaceSnapshot) -> Iterator[LazyRow]:
    for snapshot in workspace.conversation_snapshots():
        for rating_request in snapshot.rating_requests:
            updated_at = rating_request.rated_at or rating_request.sent_at
            agent = Label("Teammate") if rating_request.teammate else "Fin AI Agent"
            values: dict[str, Raw] = {
                "conversation_rating_id": rating_request.rating_id,
                "conversation_rating_updated_at": updated_at,
                "conversation_rating": rating_request.rating,
                "conversation_rating_remark": rating_request.remark,
                "last_survey_sent_action_id": rating_request.action_id,
                "rated_teammate_id": name_of(rating_request.teammate),
                "rated_chatbot_id": None if rating_request.teammate else "Fin",
                "rated_agent_type": agent,
                "rating_participant_teammate_ids": snapshot.participants,
                "rating_participant_chatbot_ids": ("Fin",) if snapshot.conversation.fin else (),
                "rating_participant_fin_ai_agent": snapshot.conversation.fin,
                "rating_participant_agent_group": agent,
            }
            yield LazyRow(updated_at, partial(_with_common_values, snapshot, values))


def _sla_rows(workspace: WorkspaceSnapshot) -> Iterator[LazyRow]:
    for snapshot in workspace.conversation_snapshots():
        for sla in snapshot.conversation.sla_applications:
            until, met_at = workspace.until, sla.met_at
            met = met_at is not None and met_at <= until
            late = met_at is None or met_at > sla.due_at
            missed = late and sla.due_at <= until
            states = {(True, False): "Hit", (True, True): "Fixed", (False, True): "Missed"}
            values: dict[str, Raw] = {
                "sla_attributed_to_teammate_id": snapshot.conversation.teammate.name,
                "sla_id": sla.name,
                "sla_started_at": sla.started_at,
                "sla_hit_at": met_at if met and not missed else None,
                "sla_missed_at": sla.due_at if missed else None,
                "sla_triggering_action_id": sla.action_id,
                "sla_metric_type": sla.metric,
                "sla_time_to_response_after_miss": (
                    float(met_at - sla.due_at) if met_at and met and missed else None
                ),
                "sla_state": Label(states.get((met, missed), "Active")),
            }
            yield LazyRow(sla.started_at, partial(_with_common_values, snapshot, values))


def _states(workspace: WorkspaceSnapshot) -> Iterator[LazyRow]:
    for snapshot in workspace.conversation_snapshots():
        for period in snapshot.state_periods:
            values: dict[str, Raw] = {
                "conversation_state": period.state,
                "previous_conversation_state": period.previous,
                "conversation_state_started_at": period.started_at,
                "conversation_state_ended_at": period.ended_at,
            }
            yield LazyRow(period.started_at, partial(_with_common_values, snapshot, values))


def _handling(workspace: WorkspaceSnapshot) -> Iterator[LazyRow]:
    for snapshot in workspace.conversation_snapshots():
        spans: dict[str, float] = {}
        for part in snapshot.replies:
            if part.by:
                spans[part.by.name] = spans.get(part.by.name, 0.0) + (part.response or 0.0) / 10
        for name, seconds in spans.items():
            values: dict[str, Raw] = {
                "handling_teammate_id": name,
                **with_office_hours("teammate_handling_time", round(seconds, 2)),
            }
            yield LazyRow(
                snapshot.conversation.started_at, partial(_with_common_values, snapshot, values)
            )


def _copilot(workspace: WorkspaceSnapshot) -> Iterator[LazyRow]:
    """Yield the prompts of teammates to Copilot. Of the columns, only `replied_at` is published."""
    for snapshot in workspace.conversation_snapshots():
        for part in snapshot.replies:
            if part.by is None or int(part.action_id) % _COPILOT_EVERY:
                continue
            values: dict[str, Raw] = {
                "replied_at": part.at,
                "conversation_id": snapshot.conversation.conversation_id,
                "copilot_teammate_id": part.by.name,
                "copilot_prompt": 'How do I word "no", politely?',
                "copilot_response": "Thanks for asking,\nbut it is not possible.",
            }
            yield LazyRow(part.at, partial(dict, values))


def _periods(workspace: WorkspaceSnapshot) -> Iterator[LazyRow]:
    for period in workspace.history.periods:
        if period.started_at <= workspace.until:
            values: dict[str, Raw] = {
                "teammate_status_period_started_at": period.started_at,
                "teammate_status_period_ended_at": (
                    period.ended_at if period.ended_at <= workspace.until else None
                ),
                "teammate_away_reason": period.reason,
                "teammate_status_id": period.status_id,
                "teammate_status": period.status,
            }
            yield LazyRow(period.started_at, partial(dict, values))


def _with_common_values(snapshot: ConversationSnapshot, values: dict[str, Raw]) -> Row:
    return {**snapshot.common_values, **values}


_DATASET_ROWS: dict[str, Callable[[WorkspaceSnapshot], Iterator[LazyRow]]] = {
    "conversation": _conversations,
    "consolidated_conversation_part": _parts,
    "conversation_rating_sent": _ratings,
    "conversation_sla_status_log": _sla_rows,
    "conversation_state": _states,
    "teammate_handling_conversation": _handling,
    "tickets": lambda workspace: tickets(workspace.history, workspace.until),
    "ticket_time_in_state": lambda workspace: ticket_states(workspace.history, workspace.until),
    "admin_status_change": _periods,
    "call": lambda workspace: calls(workspace.conversation_snapshots()),
    "call_team_stats": lambda workspace: call_teams(workspace.conversation_snapshots()),
    "call_teammate_stats": lambda workspace: call_teammates(workspace.conversation_snapshots()),
    "copilot_prompt_response_pair": _copilot,
}
