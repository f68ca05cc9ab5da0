"""CSV files that a message export probably has, although no sample of them is public.

Intercom names these statistics in other places, e.g. as `first_*` columns of receipts. Their other
columns are taken from the file when it first comes.
"""

from __future__ import annotations

from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column, FileSchema
from tap_intercom_export.schemas.shared_columns import PERSON, RECEIPT_ID, USER

_DESCRIPTIONS: dict[str, str] = {
    "collected_email": "A person gave an e-mail address.",
    "spam_complaint": "A person marked a message as spam.",
    "permission_grant": "A person granted a permission.",
    "button_tap": "A person tapped a button.",
    "screen_view": "A person saw a screen of a carousel.",
    "webhook_failure": "A webhook failed.",
    "sms_failure": "An SMS could not be delivered.",
    "whatsapp_failure": "A WhatsApp message could not be delivered.",
    "push_failure": "A push notification could not be delivered.",
    "email_failure": "An e-mail could not be delivered.",
    "keyword_reply": "A person replied with a keyword.",
    "people_reached_receipt": "A person was counted as reached.",
    "checklist_step_receipt": "A person received a step of a checklist.",
    "checklist_step_open": "A person opened a step of a checklist.",
    "checklist_step_click": "A person clicked in a step of a checklist.",
    "checklist_step_completion": "A person completed a step of a checklist.",
    "fin_helpful_answer": "A person got a helpful answer from Fin, Intercom's AI agent.",
}
"""Descriptions of the files, by statistic."""

_LIKELY_COLUMNS = (
    *USER,
    Column("company_id", Kind.OPTIONAL_ID, "Intercom's id of the company; null for none."),
    *PERSON,
    Column("phone", Kind.TEXT, "A phone number of the person."),
    Column("phone_number", Kind.TEXT, "A phone number of the person."),
    Column("device_token", Kind.TEXT, "Token of the device for push notifications."),
    Column("device", Kind.TEXT, "The device."),
    Column("ip_address", Kind.TEXT, "IP address of the person's device."),
    Column("url", Kind.TEXT, "URL of a page, a link or a webhook."),
)
"""Personal data that these files may have. The columns are in the catalog so that they can be
deselected before they first arrive."""

_EXTRA_COLUMNS: dict[str, tuple[Column, ...]] = {
    "collected_email": (Column("collected_email", Kind.TEXT, "The e-mail address given."),),
    "keyword_reply": (
        Column("keyword", Kind.TEXT, "The keyword."),
        Column("body", Kind.TEXT, "Text of the reply."),
        Column("reply", Kind.TEXT, "Text of the reply."),
    ),
}
"""Further columns of some of the files, by statistic."""

ASSUMED_FILES = tuple(
    FileSchema(
        name=name,
        description=description,
        columns=(RECEIPT_ID, *_LIKELY_COLUMNS, *_EXTRA_COLUMNS.get(name, ())),
        key=("event_id",),
        time=None,
        hash_name="event_id",
    )
    for name, description in _DESCRIPTIONS.items()
)
"""The files, in the order of their streams."""
