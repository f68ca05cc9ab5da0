"""Expected rows of every mart, computed in Python from the simulator's data, without SQL."""

from tests.dbt.expected_marts.conversation_marts import ConversationMarts
from tests.dbt.expected_marts.engagement_marts import EngagementMarts
from tests.dbt.expected_marts.message_marts import ENGAGEMENT, STATISTICS

__all__ = ["ENGAGEMENT", "MARTS", "STATISTICS", "ExpectedMarts"]


class ExpectedMarts(EngagementMarts, ConversationMarts):
    """Expected rows of all marts; each mart is a property."""


MARTS: dict[str, tuple[str, ...]] = {
    "messages": ("receipt_id",),
    "content_daily": ("ruleset_id", "content_id", "sent_on"),
    "clicks_by_url": ("ruleset_id", "content_id", "url"),
    "deliverability_daily": ("email_domain", "sent_on"),
    "series_funnel": ("series_id", "ruleset_id"),
    "survey_answers": ("receipt_id", "question_id"),
    "survey_summary": ("question_id", "choice"),
    "contact_engagement": ("user_id",),
    "conversation_daily": ("started_on", "channel", "team"),
    "teammate_performance": ("teammate", "worked_on"),
    "csat": ("rated_on", "agent_type", "teammate"),
}
"""Key of each mart, without `source_relation`; each mart is a property of `ExpectedMarts`."""
