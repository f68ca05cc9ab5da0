"""The CSV files of a content export and their columns.

This table is independent of the tap, so that the tap is tested against other data than its own.
Order and spelling are those of real archives. For the files in `ASSUMED_FILES` no public sample
exists: their columns other than `receipt_id` and the time are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "time", "number"]
"""Type of a column: text (including ids and codes), a time, or a count."""


@dataclass(frozen=True)
class FileSchema:
    """A CSV file of an archive.

    Args:
        name: The statistic: the file name without timestamp and extension.
        columns: Column names, in order.
        time: The column by which a job's range selects rows.
    """

    name: str
    columns: tuple[str, ...]
    time: str


def _event_file(name: str, columns: str, time: str) -> FileSchema:
    return FileSchema(name, tuple(columns.split()), time)


FIRST_STATISTICS = (
    "reply",
    "completion",
    "series_completion",
    "series_disengagement",
    "series_exit",
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
    "soft_bounce",
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
)
"""Statistics with a `first_*` column in `receipt`, in the order of these columns."""

RECEIPT = FileSchema(
    "receipt",
    (
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
        *(f"first_{statistic}" for statistic in FIRST_STATISTICS),
    ),
    "received_at",
)

PUBLISHED_FILES = (
    _event_file("open", "receipt_id opened_at", "opened_at"),
    _event_file("click", "receipt_id clicked_at link_type url", "clicked_at"),
    _event_file("reply", "receipt_id replied_at", "replied_at"),
    _event_file("completion", "receipt_id completed_at", "completed_at"),
    _event_file("dismissal", "receipt_id dismissed_at", "dismissed_at"),
    _event_file("goal_success", "receipt_id goal_hit_at", "goal_hit_at"),
    _event_file(
        "series_completion",
        "receipt_id completed_at completion_node_ruleset_id",
        "completed_at",
    ),
    _event_file(
        "series_disengagement",
        "receipt_id disengaged_at disengaged_node_ruleset_id",
        "disengaged_at",
    ),
    _event_file("series_exit", "receipt_id exited_at", "exited_at"),
    _event_file(
        "answer",
        "receipt_id answered_at question_id question response_type response",
        "answered_at",
    ),
    _event_file("reaction", "receipt_id reacted_at reaction", "reacted_at"),
    _event_file("unsubscribe", "receipt_id unsubscribed_at", "unsubscribed_at"),
    _event_file("hard_bounce", "receipt_id hard_bounced_at", "hard_bounced_at"),
    _event_file("soft_bounce", "receipt_id soft_bounced_at", "soft_bounced_at"),
    _event_file("tour_step_view", "receipt_id step_id viewed_at", "viewed_at"),
    _event_file(
        "tour_step_failure",
        "receipt_id step_id failed_selector failure_url failed_at",
        "failed_at",
    ),
    _event_file(
        "fin_step_reached",
        "receipt_id involved_at content_id content_type ruleset_id conversation_id",
        "involved_at",
    ),
)
"""Event files whose columns have been published."""

ASSUMED_FILES = (
    _event_file("collected_email", "receipt_id collected_at email", "collected_at"),
    _event_file("spam_complaint", "receipt_id complained_at", "complained_at"),
    _event_file("permission_grant", "receipt_id granted_at permission", "granted_at"),
    _event_file("button_tap", "receipt_id tapped_at button_label button_url", "tapped_at"),
    _event_file("screen_view", "receipt_id viewed_at screen_id", "viewed_at"),
    _event_file("webhook_failure", "receipt_id failed_at response_code", "failed_at"),
    _event_file("sms_failure", "receipt_id failed_at failure_reason", "failed_at"),
    _event_file("whatsapp_failure", "receipt_id failed_at failure_reason", "failed_at"),
    _event_file("push_failure", "receipt_id failed_at failure_reason device_token", "failed_at"),
    _event_file("email_failure", "receipt_id failed_at failure_reason", "failed_at"),
    _event_file("keyword_reply", "receipt_id replied_at keyword", "replied_at"),
    _event_file("people_reached_receipt", "receipt_id reached_at", "reached_at"),
    _event_file("checklist_step_receipt", "receipt_id step_id received_at", "received_at"),
    _event_file("checklist_step_open", "receipt_id step_id opened_at", "opened_at"),
    _event_file("checklist_step_click", "receipt_id step_id clicked_at url", "clicked_at"),
    _event_file("checklist_step_completion", "receipt_id step_id completed_at", "completed_at"),
    _event_file("fin_helpful_answer", "receipt_id answered_at", "answered_at"),
)
"""Event files that are known to exist, but whose columns have not been published."""

ANSWER_COMBINED = _event_file(
    "answer_combined",
    "receipt_id user_id user_external_id name email company_id company_external_id created_via "
    "received_at completed_at",
    "completed_at",
)
"""The fixed columns; those of the survey questions follow and differ between archives."""

CHECKPOINT = _event_file(
    "checkpoint",
    "user_id company_id series_entry_record_id ruleset_id status_code status_name created_at "
    "last_processed_at expires_at times_processed",
    "created_at",
)

OVERVIEW_COUNTERS = (
    ("receipt", False),
    ("reply", True),
    ("completion", True),
    ("goal_success", True),
    ("tour_step_failure", True),
    ("tour_step_view", False),
    ("reaction", True),
    ("open", True),
    ("click", True),
    ("dismissal", True),
    ("collected_email", True),
    ("unsubscribe", True),
    ("hard_bounce", True),
    ("spam_complaint", True),
    ("permission_grant", True),
    ("button_tap", True),
    ("screen_view", True),
    ("webhook_failure", True),
    ("sms_failure", True),
    ("whatsapp_failure", True),
    ("push_failure", True),
    ("answer", True),
    ("keyword_reply", False),
    ("people_reached_receipt", True),
    ("checklist_step_receipt", True),
    ("checklist_step_open", True),
    ("checklist_step_click", True),
    ("checklist_step_completion", True),
    ("fin_helpful_answer", True),
    ("fin_step_reached", True),
    ("email_failure", True),
)
"""Statistics counted in `overview`, in order, and whether they have a rate column."""

OVERVIEW = FileSchema(
    "overview",
    (
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
        *(
            f"{statistic}_{suffix}"
            for statistic, has_rate in OVERVIEW_COUNTERS
            for suffix in ("total", "unique", "rate")[: 3 if has_rate else 2]
        ),
    ),
    "created_at",
)

EVENT_FILES = {file.name: file for file in (*PUBLISHED_FILES, *ASSUMED_FILES)}
FILES = {
    file.name: file
    for file in (RECEIPT, *EVENT_FILES.values(), ANSWER_COMBINED, CHECKPOINT, OVERVIEW)
}
"""Every CSV file that the simulator can send, by name."""

NULL_SENTINELS = {
    ("receipt", "company_id"): "-1",
    ("receipt", "series_id"): "-1",
    ("checkpoint", "company_id"): "-1",
    ("answer_combined", "company_id"): "'-1",
}
"""Cell contents for missing values, by (file, column). In other columns the cell is empty.

The apostrophe was seen in a real `answer_combined`; it probably protects against spreadsheet
formulas.
"""


def column_kind(column: str) -> Kind:
    """Return the type of a column, which follows from its name.

    Args:
        column: A column of one of `FILES`, not the text of a survey question.
    """
    if column.startswith("first_") or column.endswith("_at"):
        return "time"
    if column.endswith(("_total", "_unique", "_rate")) or column == "times_processed":
        return "number"
    return "text"
