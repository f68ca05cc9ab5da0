"""The model of engagement: which events may follow a message, and how often, by content type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A kind of event that may follow a message of a content type.

    Args:
        statistic: The file of the event.
        probability: Probability of the event, from 0 to 1, given what it follows.
        mean_delay_hours: Mean time from the message, or from the event it follows.
        follows: The statistic that must have happened before; empty for the message itself.
        max_count: Largest number of such events for one message.
        burst: Whether several events may be in the same second, as when a mail scanner clicks on
            every link.
        is_last: Whether no other event comes after it.
    """

    statistic: str
    probability: float
    mean_delay_hours: float
    follows: str = ""
    max_count: int = 1
    burst: bool = False
    is_last: bool = False


BEHAVIOUR: dict[str, tuple[Step, ...]] = {
    "Email": (
        Step("hard_bounce", 0.03, 0.02, is_last=True),
        Step("email_failure", 0.02, 0.02, is_last=True),
        Step("soft_bounce", 0.03, 0.1),
        Step("open", 0.5, 14.0, max_count=3),
        Step("click", 0.35, 1.0, follows="open", max_count=4, burst=True),
        Step("reply", 0.05, 20.0, follows="open"),
        Step("goal_success", 0.1, 40.0, follows="click"),
        Step("unsubscribe", 0.03, 2.0, follows="open"),
        Step("spam_complaint", 0.01, 2.0, follows="open"),
    ),
    "Chat": (
        Step("open", 0.6, 6.0),
        Step("click", 0.2, 0.5, follows="open", max_count=2),
        Step("reply", 0.3, 3.0, follows="open", max_count=2),
        Step("collected_email", 0.1, 0.3, follows="reply"),
        Step("reaction", 0.1, 0.5, follows="open"),
        Step("dismissal", 0.1, 1.0),
        Step("goal_success", 0.05, 30.0, follows="reply"),
    ),
    "Post": (
        Step("open", 0.5, 10.0, max_count=2),
        Step("reaction", 0.3, 0.3, follows="open"),
        Step("click", 0.2, 0.3, follows="open"),
        Step("reply", 0.05, 1.0, follows="open"),
        Step("goal_success", 0.05, 20.0, follows="click"),
    ),
    "Banner": (
        Step("click", 0.2, 2.0),
        Step("dismissal", 0.4, 1.0),
        Step("reaction", 0.05, 1.0),
    ),
    "Carousel": (
        Step("screen_view", 0.9, 0.1, max_count=4),
        Step("button_tap", 0.4, 0.1, follows="screen_view", max_count=2),
        Step("permission_grant", 0.2, 0.1, follows="button_tap"),
        Step("completion", 0.3, 0.2, follows="screen_view"),
        Step("dismissal", 0.2, 0.2),
    ),
    "Survey": (
        Step("open", 0.8, 4.0),
        Step("dismissal", 0.1, 4.0),
    ),
    "Push": (
        Step("push_failure", 0.1, 0.01, is_last=True),
        Step("open", 0.3, 2.0),
        Step("goal_success", 0.1, 10.0, follows="open"),
    ),
    "SMS": (
        Step("sms_failure", 0.08, 0.01, is_last=True),
        Step("click", 0.2, 3.0),
        Step("keyword_reply", 0.2, 1.0, max_count=2),
        Step("reply", 0.1, 1.0),
        Step("unsubscribe", 0.03, 1.0),
    ),
    "WhatsApp": (
        Step("whatsapp_failure", 0.08, 0.01, is_last=True),
        Step("people_reached_receipt", 0.9, 0.05),
        Step("open", 0.7, 2.0, follows="people_reached_receipt"),
        Step("reply", 0.2, 2.0, follows="open"),
    ),
    "Checklist": (
        Step("checklist_step_receipt", 0.9, 1.0, max_count=4),
        Step("checklist_step_open", 0.6, 10.0, follows="checklist_step_receipt", max_count=4),
        Step("checklist_step_click", 0.5, 1.0, follows="checklist_step_open", max_count=3),
        Step("checklist_step_completion", 0.5, 10.0, follows="checklist_step_open", max_count=3),
        Step("completion", 0.2, 20.0, follows="checklist_step_completion"),
        Step("dismissal", 0.1, 5.0),
    ),
    "Tour": (
        Step("tour_step_view", 0.8, 0.3, max_count=5),
        Step("tour_step_failure", 0.2, 0.1, follows="tour_step_view"),
        Step("completion", 0.4, 0.3, follows="tour_step_view"),
        Step("dismissal", 0.2, 0.2),
        Step("goal_success", 0.1, 24.0, follows="completion"),
    ),
    "Webhook": (Step("webhook_failure", 0.1, 0.01, max_count=3),),
    "Workflow": (
        Step("fin_step_reached", 0.7, 0.1),
        Step("fin_helpful_answer", 0.5, 0.2, follows="fin_step_reached"),
        Step("reply", 0.5, 0.2),
        Step("keyword_reply", 0.1, 0.2),
        Step("goal_success", 0.05, 5.0, follows="fin_helpful_answer"),
    ),
}
"""Possible events by content type. Statistics that are not listed do not apply to the type."""

SERIES_BEHAVIOUR = (
    Step("series_completion", 0.15, 30.0),
    Step("series_disengagement", 0.1, 40.0),
    Step("series_exit", 0.1, 30.0),
    Step("goal_success", 0.05, 40.0),
)
"""Additional events of messages that belong to a series."""

SURVEY_STATISTICS = ("answer", "completion")
"""Additional events of surveys: the answers, and the completion once all are given."""
