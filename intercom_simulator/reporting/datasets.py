"""The reporting datasets and their attributes, as far as they are published."""

from __future__ import annotations

from intercom_simulator.reporting.attributes import Attribute, Dataset, standard_attribute
from intercom_simulator.reporting.custom_attributes import CONVERSATION, PEOPLE, TICKET_TYPES

_CONVERSATION = """
conversation_id conversation_started_at conversation_first_closed_at conversation_last_closed_at
conversation_first_teammate_reply_at last_conversation_rating_updated_at
fin_ai_agent_rating_updated_at channel last_teammate_rating last_teammate_rating_remark
fin_ai_agent_rating fin_ai_agent_rating_remark current_conversation_state conversation_tag_ids
fin_ai_agent_participated agent_type conversation_first_response_time
first_response_time_excluding_bot_inbox
first_response_time_excluding_bot_inbox_in_office_hours first_response_time_in_office_hours
conversation_started_by currently_assigned_team_id currently_assigned_team_raw_id
currently_assigned_teammate_id currently_assigned_teammate_raw_id reply_participant_teammate_ids
last_rated_teammate_id last_rated_teammate_raw_id fin_ai_agent_last_sent_answer_type
fin_ai_agent_resolution_state fin_ai_agent_deflected fin_ai_agent_content_references
first_closing_teammate_id first_replying_teammate_id last_closing_teammate_id ticket_type_id topics
conversation_call_types call_participant_teammate_ids conversation_has_calls
conversation_handling_time time_from_first_assignment_to_close
time_from_first_assignment_to_close_in_office_hours reassignments_count teammate_replies_count
time_to_close_excluding_bot_inbox time_to_close_excluding_bot_inbox_in_office_hours
time_to_close_in_office_hours conversation_time_to_close time_to_first_close
time_to_first_close_in_office_hours time_to_first_close_excluding_bot_inbox
time_to_first_close_excluding_bot_inbox_in_office_hours teammate_replies_to_close
last_chatbot_rating_updated_at last_chatbot_rating last_chatbot_rating_remark last_rated_chatbot_id
is_resolved_on_first_contact language
"""

_COMMON = """
conversation_id channel conversation_started_by conversation_tag_ids conversation_started_at
currently_assigned_team_id currently_assigned_team_raw_id currently_assigned_teammate_id
currently_assigned_teammate_raw_id reply_participant_teammate_ids topics last_teammate_rating
fin_ai_agent_rating last_rated_teammate_id ticket_type_id
"""

_USER = """
user_location_continent_code user_location_country_code user_manual_tag_ids user_role user_name
user_email user_pseudonym user_id company_id company_name company_plan_id company_size
company_manual_tag_ids language
"""

_PART = """
action_time action_performed_by_teammate_id action_team_assignee_id action_teammate_assignee_id
teammate_mentioned_ids teammate_assignee_at_action_time action_id action_type response_time
response_time_in_office_hours response_time_excluding_bot_inbox
response_time_excluding_bot_inbox_in_office_hours team_first_response_time
team_first_response_time_in_office_hours team_subsequent_response_time
team_subsequent_response_time_in_office_hours team_time_to_close team_time_to_close_in_office_hours
teammate_first_response_time teammate_first_response_time_in_office_hours
teammate_subsequent_response_time teammate_subsequent_response_time_in_office_hours
teammate_time_to_close teammate_time_to_close_in_office_hours action_by_automation
"""

_RATING = """
conversation_rating_id conversation_rating_updated_at conversation_rating
conversation_rating_remark last_survey_sent_action_id rated_teammate_id rated_chatbot_id
rated_agent_type rating_participant_teammate_ids rating_participant_chatbot_ids
rating_participant_fin_ai_agent rating_participant_agent_group
"""

_SLA = """
sla_attributed_to_teammate_id sla_id sla_started_at sla_hit_at sla_missed_at
sla_triggering_action_id sla_metric_type sla_time_to_response_after_miss sla_state
"""

_STATE = """
conversation_state previous_conversation_state conversation_state_started_at
conversation_state_ended_at
"""

_HANDLING = "handling_teammate_id teammate_handling_time teammate_handling_time_in_office_hours"

_TICKET = """
ticket_created_at ticket_last_resolved_at ticket_time_to_resolve current_ticket_custom_state_id
current_ticket_state_category ticket_title ticket_shared_with_customer ticket_created_via
ticket_created_by_teammate_id ticket_created_by_teammate_raw_id ticket_resolved_by_teammate_id
ticket_resolved_by_teammate_raw_id ticket_url ticket_description ticket_id ticket_type_id
user_participant_names user_participant_ids user_participant_emails conversation_id
conversation_created_at conversation_updated_at
"""

_TICKET_STATE = """
ticket_time_in_state ticket_time_in_custom_state ticket_time_in_state_category ticket_created_at
current_ticket_custom_state_id current_ticket_state_category ticket_id ticket_type_id
"""

_STATUS = """
teammate_status_period_started_at teammate_status_period_ended_at teammate_away_reason
teammate_status_id teammate_status
"""

_CALL = """
call_id call_initiated_at call_answered_at call_ended_at call_direction call_state call_queue_time
call_answer_time call_talk_time call_terminating_party_type call_team_id call_teammate_id
customer_name voice_routing_inbox
"""

_CALL_TEAM = """
call_id call_initiated_at call_direction call_state call_queue_time call_answer_time call_talk_time
call_team_id
"""

_CALL_TEAMMATE = (
    _CALL_TEAM
    + """
call_teammate_id call_terminating_party_type call_teammate_declined_call_count
call_teammate_missed_call_count conversation_id customer_name voice_routing_inbox
"""
)

# only `replied_at` has been published; the other columns are assumptions
_COPILOT = "replied_at conversation_id copilot_teammate_id copilot_prompt copilot_response"

_PEOPLE = [custom.attribute for custom in PEOPLE]
_ABOUT_CONVERSATION = [*_PEOPLE, *(custom.attribute for custom in CONVERSATION)]
_ABOUT_TICKET = [
    *_PEOPLE,
    *(custom.attribute for kind in TICKET_TYPES for custom in kind.attributes),
]


def _dataset(
    names: tuple[str, str, str], time: str, key: str, standards: str, custom: list[Attribute]
) -> Dataset:
    attributes = [standard_attribute(name) for name in dict.fromkeys(standards.split())]
    qualified = {attribute.id: attribute.qualified_id for attribute in attributes}
    keys = tuple(qualified[name] for name in key.split())
    return Dataset(*names, time, keys, (*attributes, *custom))


_ALL = (
    _dataset(
        ("conversation", "Conversation", "One row per conversation."),
        "conversation_started_at",
        "conversation_id",
        _CONVERSATION + _USER,
        _ABOUT_CONVERSATION,
    ),
    _dataset(
        ("consolidated_conversation_part", "Conversation actions", "One row per action."),
        "action_time",
        "action_id",
        _PART + _COMMON + _USER,
        _ABOUT_CONVERSATION,
    ),
    _dataset(
        ("conversation_rating_sent", "Conversation rating", "One row per rating request."),
        "conversation_rating_updated_at",
        "conversation_rating_id",
        _RATING + _COMMON + _USER,
        _ABOUT_CONVERSATION,
    ),
    _dataset(
        ("conversation_sla_status_log", "SLA status", "One row per application of an SLA."),
        "sla_started_at",
        "conversation_id sla_id sla_metric_type sla_started_at",
        _SLA + _COMMON + _USER,
        _ABOUT_CONVERSATION,
    ),
    _dataset(
        ("conversation_state", "Conversation state", "One row per period in a state."),
        "conversation_state_started_at",
        "conversation_id conversation_state_started_at",
        _STATE + _COMMON + _USER,
        _ABOUT_CONVERSATION,
    ),
    _dataset(
        (
            "teammate_handling_conversation",
            "Teammate handling conversation",
            "One row per teammate and conversation.",
        ),
        "conversation_started_at",
        "handling_teammate_id conversation_id",
        _HANDLING + " " + _COMMON + _USER,
        _ABOUT_CONVERSATION,
    ),
    _dataset(
        ("tickets", "Tickets", "One row per ticket."),
        "ticket_created_at",
        "ticket_id",
        _TICKET,
        _ABOUT_TICKET,
    ),
    _dataset(
        ("ticket_time_in_state", "Ticket time in state", "One row per ticket and state."),
        "ticket_created_at",
        "ticket_id ticket_time_in_custom_state",
        _TICKET_STATE,
        _ABOUT_TICKET,
    ),
    _dataset(
        ("admin_status_change", "Teammate status period", "One row per period."),
        "teammate_status_period_started_at",
        "",
        _STATUS,
        [],
    ),
    _dataset(
        ("call", "Calls", "One row per call."),
        "call_initiated_at",
        "call_id",
        _CALL + _COMMON + _USER,
        _ABOUT_CONVERSATION,
    ),
    _dataset(
        ("call_team_stats", "Calls team stats", "One row per call and team."),
        "call_initiated_at",
        "call_id call_team_id",
        _CALL_TEAM,
        [],
    ),
    _dataset(
        ("call_teammate_stats", "Calls teammate stats", "One row per call and teammate."),
        "call_initiated_at",
        "call_id call_teammate_id",
        _CALL_TEAMMATE,
        [],
    ),
    _dataset(
        ("copilot_prompt_response_pair", "Copilot", "One row per prompt and response."),
        "replied_at",
        "conversation_id replied_at",
        _COPILOT,
        [],
    ),
)

DATASETS = {dataset.id: dataset for dataset in _ALL}
"""All datasets of the simulator, by id."""
