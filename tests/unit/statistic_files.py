"""Files and columns of the message export, as the reference of Intercom's API lists them."""

from __future__ import annotations

OBSERVED_FILES = [
    "receipt",
    "open",
    "click",
    "reply",
    "completion",
    "dismissal",
    "goal_success",
    "series_completion",
    "series_disengagement",
    "series_exit",
    "answer",
    "answer_combined",
    "reaction",
    "unsubscribe",
    "hard_bounce",
    "soft_bounce",
    "tour_step_view",
    "tour_step_failure",
    "fin_step_reached",
    "checkpoint",
    "overview",
]
"""Files in real archives (reference, section 4.2)."""

ASSUMED_FILES = [
    "collected_email",
    "spam_complaint",
    "permission_grant",
    "button_tap",
    "screen_view",
    "webhook_failure",
    "sms_failure",
    "whatsapp_failure",
    "push_failure",
    "email_failure",
    "keyword_reply",
    "people_reached_receipt",
    "checklist_step_receipt",
    "checklist_step_open",
    "checklist_step_click",
    "checklist_step_completion",
    "fin_helpful_answer",
]
"""Files without a public sample (reference, section 4.2)."""


# From the reference, 4.3
RECEIPT_COLUMNS = [
    "user_id",
    "user_external_id",
    "company_id",
    "company_external_id",
    "email",
    "name",
    "ruleset_id",
    "content_id",
    "content_type",
    "content_title",
    "created_via",
    "device",
    "ruleset_version_id",
    "receipt_id",
    "received_at",
    "conversation_id",
    "series_id",
    "series_title",
    "node_id",
    "first_reply",
    "first_completion",
    "first_series_completion",
    "first_series_disengagement",
    "first_series_exit",
    "first_goal_success",
    "first_tour_step_failure",
    "first_tour_step_view",
    "first_reaction",
    "first_open",
    "first_click",
    "first_dismissal",
    "first_collected_email",
    "first_unsubscribe",
    "first_hard_bounce",
    "first_soft_bounce",
    "first_spam_complaint",
    "first_permission_grant",
    "first_button_tap",
    "first_screen_view",
    "first_webhook_failure",
    "first_sms_failure",
    "first_whatsapp_failure",
    "first_push_failure",
    "first_answer",
    "first_keyword_reply",
    "first_people_reached_receipt",
    "first_checklist_step_receipt",
    "first_checklist_step_open",
    "first_checklist_step_click",
    "first_checklist_step_completion",
    "first_fin_helpful_answer",
    "first_fin_step_reached",
]


# From the reference, 4.2
COLUMNS = {
    "open": "receipt_id opened_at",
    "click": "receipt_id clicked_at link_type url",
    "reply": "receipt_id replied_at",
    "completion": "receipt_id completed_at",
    "dismissal": "receipt_id dismissed_at",
    "goal_success": "receipt_id goal_hit_at",
    "series_completion": "receipt_id completed_at completion_node_ruleset_id",
    "series_disengagement": "receipt_id disengaged_at disengaged_node_ruleset_id",
    "series_exit": "receipt_id exited_at",
    "answer": "receipt_id answered_at question_id question response_type response",
    "answer_combined": (
        "receipt_id user_id user_external_id name email company_id company_external_id "
        "created_via received_at completed_at"
    ),
    "reaction": "receipt_id reacted_at reaction",
    "unsubscribe": "receipt_id unsubscribed_at",
    "hard_bounce": "receipt_id hard_bounced_at",
    "soft_bounce": "receipt_id soft_bounced_at",
    "tour_step_view": "receipt_id step_id viewed_at",
    "tour_step_failure": "receipt_id step_id failed_selector failure_url failed_at",
    "fin_step_reached": (
        "receipt_id involved_at content_id content_type ruleset_id conversation_id"
    ),
    "checkpoint": (
        "user_id company_id series_entry_record_id ruleset_id status_code status_name created_at "
        "last_processed_at expires_at times_processed"
    ),
}


# From the reference, 4.4
OVERVIEW_TEXTS = [
    "ruleset_id",
    "created_at",
    "audience_type",
    "content_title",
    "content_id",
    "content_type",
    "series_id",
    "series_title",
    "state",
    "last_sent_at",
    "last_state_change_by",
    "last_state_change_at",
    "last_edited_by",
    "last_edited_at",
    "url",
]

OVERVIEW_COUNTED = [
    "receipt",
    "reply",
    "completion",
    "goal_success",
    "tour_step_failure",
    "tour_step_view",
    "reaction",
    "open",
    "click",
    "dismissal",
    "collected_email",
    "unsubscribe",
    "hard_bounce",
    "spam_complaint",
    "permission_grant",
    "button_tap",
    "screen_view",
    "webhook_failure",
    "sms_failure",
    "whatsapp_failure",
    "push_failure",
    "answer",
    "keyword_reply",
    "people_reached_receipt",
    "checklist_step_receipt",
    "checklist_step_open",
    "checklist_step_click",
    "checklist_step_completion",
    "fin_helpful_answer",
    "fin_step_reached",
    "email_failure",
]

OVERVIEW_WITHOUT_RATE = {"receipt", "tour_step_view", "keyword_reply"}
