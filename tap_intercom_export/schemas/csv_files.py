"""The CSV files of a message export as data: columns, types, key and time of each.

To add a file or a column, add a row here; a file of which no sample is public, in
`assumed_csv_files`. Names and order are those of real archives, from two
production workspaces that publish their column lists, from Intercom's reference, and from the
schema that Fivetran publishes; the descriptions are ours.
"""

from __future__ import annotations

from tap_intercom_export.schemas.assumed_csv_files import ASSUMED_FILES
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.shared_columns import COMPANY, PERSON, RECEIPT_ID, USER

RECEIPT_STATISTICS: dict[str, str] = {
    "reply": "replied",
    "completion": "completed the content",
    "series_completion": "reached the end of the series",
    "series_disengagement": "disengaged from the series",
    "series_exit": "left the series by its exit rules",
    "goal_success": "hit the message's goal",
    "tour_step_failure": "got a tour step that could not be shown",
    "tour_step_view": "saw a step of the tour",
    "reaction": "reacted",
    "open": "opened the message",
    "click": "clicked a link",
    "dismissal": "dismissed the message",
    "collected_email": "gave an e-mail address",
    "unsubscribe": "unsubscribed",
    "hard_bounce": "had a hard bounce",
    "soft_bounce": "had a soft bounce",
    "spam_complaint": "marked the message as spam",
    "permission_grant": "granted a permission",
    "button_tap": "tapped a button",
    "screen_view": "saw a screen of the carousel",
    "webhook_failure": "was not reached because the webhook failed",
    "sms_failure": "was not reached because the SMS failed",
    "whatsapp_failure": "was not reached because the WhatsApp message failed",
    "push_failure": "was not reached because the push notification failed",
    "answer": "answered a survey question",
    "keyword_reply": "replied with a keyword",
    "people_reached_receipt": "was counted as reached",
    "checklist_step_receipt": "received a step of the checklist",
    "checklist_step_open": "opened a step of the checklist",
    "checklist_step_click": "clicked in a step of the checklist",
    "checklist_step_completion": "completed a step of the checklist",
    "fin_helpful_answer": "got a helpful answer from Fin",
    "fin_step_reached": "reached a step with Fin",
}
"""Verbs by statistic, in the order of the `first_*` columns of `receipt`."""

_RECEIPT = FileSchema(
    name="receipt",
    description="One message delivered to one person, with the first time each thing happened.",
    columns=(
        *USER,
        *COMPANY,
        *PERSON,
        Column("ruleset_id", Kind.ID, "The message, over all its versions and variants."),
        Column("content_id", Kind.ID, "The content sent; variants of an A/B test differ in it."),
        Column("content_type", Kind.TEXT, "Email, Chat, Post, Banner, Survey, …"),
        Column("content_title", Kind.TEXT, "Title of the content."),
        Column("created_via", Kind.TEXT, "What caused the delivery, e.g. shown_automatically."),
        Column("device", Kind.TEXT, "Device on which it was delivered."),
        Column("ruleset_version_id", Kind.ID, "The version of the message."),
        RECEIPT_ID,
        Column("received_at", Kind.TIME, "When the person received the message."),
        Column("conversation_id", Kind.ID, "The conversation it started, if it did."),
        Column("series_id", Kind.OPTIONAL_ID, "The series it belongs to; null for none."),
        Column("series_title", Kind.TEXT, "Title of the series."),
        Column("node_id", Kind.OPTIONAL_ID, "The block of the series; null for none."),
        *(
            Column(
                f"first_{statistic}",
                Kind.TIME,
                f"First time the person {verb}; null when not within the job's range.",
            )
            for statistic, verb in RECEIPT_STATISTICS.items()
        ),
    ),
    key=("receipt_id",),
    time=("received_at",),
    distinctive_columns=("receipt_id", "received_at"),
    aliases={"first_dismisall": "first_dismissal"},
)


def _event(name: str, description: str, time: str, *columns: Column) -> FileSchema:
    """Return the schema of an event. Events have no id, so their key is a hash of the row."""
    return FileSchema(
        name=name,
        description=description,
        columns=columns,
        key=("event_id",),
        time=(time,),
        required=("receipt_id",),
        hash_name="event_id",
    )


def _plain_event(name: str, description: str, time: str) -> FileSchema:
    """Return the schema of an event that has only a receipt and a time."""
    return _event(
        name, description, time, RECEIPT_ID, Column(time, Kind.TIME, "Time of the event.")
    )


_EVENTS = (
    _plain_event("open", "A person opened a message.", "opened_at"),
    _event(
        "click",
        "A person, or a mail scanner, followed a link.",
        "clicked_at",
        RECEIPT_ID,
        Column("clicked_at", Kind.TIME, "When the link was followed."),
        Column("link_type", Kind.TEXT, "Kind of link."),
        Column("url", Kind.TEXT, "URL of the link."),
    ),
    _plain_event("reply", "A person replied to a message.", "replied_at"),
    _plain_event("completion", "A person completed the content.", "completed_at"),
    _plain_event("dismissal", "A person dismissed a message.", "dismissed_at"),
    _plain_event("goal_success", "A person hit a message's goal.", "goal_hit_at"),
    _event(
        "series_completion",
        "A person reached the end of a series.",
        "completed_at",
        RECEIPT_ID,
        Column("completed_at", Kind.TIME, "When the series was completed."),
        Column("completion_node_ruleset_id", Kind.ID, "The block that completed it."),
    ),
    _event(
        "series_disengagement",
        "A person disengaged from a series.",
        "disengaged_at",
        RECEIPT_ID,
        Column("disengaged_at", Kind.TIME, "When the person disengaged."),
        Column("disengaged_node_ruleset_id", Kind.ID, "The block at which the person disengaged."),
    ),
    _plain_event("series_exit", "A person left a series by its exit rules.", "exited_at"),
    _event(
        "answer",
        "One answer to one survey question.",
        "answered_at",
        RECEIPT_ID,
        Column("answered_at", Kind.TIME, "When the question was answered."),
        Column("question_id", Kind.ID, "The question."),
        Column("question", Kind.TEXT, "Text of the question."),
        Column("response_type", Kind.TEXT, "Kind of answer, e.g. text or a choice."),
        Column("response", Kind.TEXT, "The answer."),
    ),
    _event(
        "reaction",
        "A person reacted to a message.",
        "reacted_at",
        RECEIPT_ID,
        Column("reacted_at", Kind.TIME, "When the person reacted."),
        Column("reaction", Kind.TEXT, "The reaction."),
    ),
    _plain_event("unsubscribe", "A person unsubscribed.", "unsubscribed_at"),
    _plain_event("hard_bounce", "An e-mail had a hard (permanent) bounce.", "hard_bounced_at"),
    _plain_event("soft_bounce", "An e-mail had a soft (temporary) bounce.", "soft_bounced_at"),
    _event(
        "tour_step_view",
        "A person saw a step of a tour.",
        "viewed_at",
        RECEIPT_ID,
        Column("step_id", Kind.ID, "The step."),
        Column("viewed_at", Kind.TIME, "When it was shown."),
    ),
    _event(
        "tour_step_failure",
        "A step of a tour could not be shown.",
        "failed_at",
        RECEIPT_ID,
        Column("step_id", Kind.ID, "The step."),
        Column("failed_selector", Kind.TEXT, "CSS selector that was not found."),
        Column("failure_url", Kind.TEXT, "URL of the page."),
        Column("failed_at", Kind.TIME, "When it failed."),
    ),
    _event(
        "fin_step_reached",
        "A person reached a step with Fin, Intercom's AI agent.",
        "involved_at",
        RECEIPT_ID,
        Column("involved_at", Kind.TIME, "When Fin was involved."),
        Column("content_id", Kind.ID, "The content that involved Fin."),
        Column("content_type", Kind.ID, "Intercom's code for the type of content."),
        Column("ruleset_id", Kind.ID, "The message."),
        Column("conversation_id", Kind.ID, "The conversation."),
    ),
)

_ANSWER_COMBINED = FileSchema(
    name="answer_combined",
    description="One survey response of one person; the answers are one object.",
    columns=(
        RECEIPT_ID,
        *USER,
        *reversed(PERSON),
        *COMPANY,
        Column("created_via", Kind.TEXT, "What caused the delivery."),
        Column("received_at", Kind.TIME, "When the person received the survey."),
        Column("completed_at", Kind.TIME, "When it was completed; null for a partial response."),
    ),
    key=("receipt_id",),
    time=("completed_at", "received_at"),
    fold_into="answers",
)

_CHECKPOINT = FileSchema(
    name="checkpoint",
    description="A person at a block of a series.",
    columns=(
        Column("user_id", Kind.ID, "Intercom's id of the contact."),
        Column("company_id", Kind.OPTIONAL_ID, "Intercom's id of the company; null for none."),
        Column("series_entry_record_id", Kind.ID, "The person's entry into the series."),
        Column("ruleset_id", Kind.ID, "The block of the series."),
        Column("status_code", Kind.ID, "Intercom's code for the status."),
        Column("status_name", Kind.TEXT, "Name of the status."),
        Column("created_at", Kind.TIME, "When the person arrived at the block."),
        Column("last_processed_at", Kind.TIME, "When Intercom last processed it."),
        Column("expires_at", Kind.TIME, "When the waiting time ends."),
        Column("times_processed", Kind.INTEGER, "How often Intercom processed it."),
    ),
    key=("series_entry_record_id", "ruleset_id", "user_id"),
    time=(),
    distinctive_columns=("series_entry_record_id", "ruleset_id", "user_id"),
)

_OVERVIEW_STATISTICS: tuple[tuple[str, bool], ...] = (
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
"""Statistics that `overview` counts, in its order, and whether it has their rate."""

_OVERVIEW = FileSchema(
    name="overview",
    description="Totals of one message in one window.",
    columns=(
        Column("ruleset_id", Kind.ID, "The message."),
        Column("created_at", Kind.TIME, "When the content was created."),
        Column("audience_type", Kind.TEXT, "Who it is for."),
        Column("content_title", Kind.TEXT, "Title of the content."),
        Column("content_id", Kind.ID, "The content."),
        Column("content_type", Kind.TEXT, "Email, Chat, Post, Banner, Survey, …"),
        Column("series_id", Kind.OPTIONAL_ID, "The series it belongs to; null for none."),
        Column("series_title", Kind.TEXT, "Title of the series."),
        Column("state", Kind.TEXT, "State of the message, e.g. live or paused."),
        Column("last_sent_at", Kind.TIME, "When it was last sent."),
        Column("last_state_change_by", Kind.TEXT, "Who last changed its state."),
        Column("last_state_change_at", Kind.TIME, "When its state last changed."),
        Column("last_edited_by", Kind.TEXT, "Who last edited it."),
        Column("last_edited_at", Kind.TIME, "When it was last edited."),
        Column("url", Kind.TEXT, "Its URL in Intercom."),
        *(
            Column(f"{statistic}_{measure}", Kind.NUMBER, text.format(statistic.replace("_", " ")))
            for statistic, has_rate in _OVERVIEW_STATISTICS
            for measure, text in (
                ("total", "Number of events: {}; null where it does not apply."),
                ("unique", "Number of people: {}; null where it does not apply."),
                ("rate", "Share of receipts: {}; null where it does not apply."),
            )
            if has_rate or measure != "rate"
        ),
    ),
    key=("ruleset_id", "content_id", "created_at_after", "created_at_before"),
    time=(),
    has_window=True,
)

UNKNOWN_FILE = FileSchema(
    name="other_statistic",
    description="A row of a CSV file that this tap does not know.",
    columns=(),
    key=("row_id",),
    time=None,
    hash_name="row_id",
    fold_into="row",
    has_file_name=True,
)
"""Schema for the rows of files that the tap does not know."""

MESSAGE_FILES: dict[str, FileSchema] = {
    file.name: file
    for file in (
        _RECEIPT,
        *_EVENTS,
        _ANSWER_COMBINED,
        _CHECKPOINT,
        _OVERVIEW,
        *ASSUMED_FILES,
    )
}
"""All known files of the message export, by statistic."""
