"""Queries on the marts, and their results."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from intercom_report.database import Database, Row

MAX_DELAY_HOURS = 72
"""Delay from which all opens are counted together; `_DELAYS` contains the same number."""

_Z = 1.959964
"""Two-sided 95% quantile of the normal distribution, in standard deviations."""

_OVERVIEW = """
    SELECT count(*) AS sent,
           count(DISTINCT user_id) AS people,
           count(DISTINCT content_id) AS contents,
           count(CASE WHEN is_delivered THEN 1 END) AS delivered,
           count(CASE WHEN is_opened THEN 1 END) AS opened,
           count(CASE WHEN is_delivered THEN is_opened END) AS open_base,
           count(CASE WHEN is_clicked THEN 1 END) AS clicked,
           count(CASE WHEN is_delivered THEN is_clicked END) AS click_base,
           count(CASE WHEN is_replied THEN 1 END) AS replied,
           count(CASE WHEN is_delivered THEN is_replied END) AS reply_base,
           count(CASE WHEN is_bounced THEN 1 END) AS bounced,
           count(is_bounced) AS bounce_base,
           count(CASE WHEN is_unsubscribed THEN 1 END) AS unsubscribed,
           count(CASE WHEN is_delivered THEN is_unsubscribed END) AS unsubscribe_base,
           count(CASE WHEN is_goal_hit THEN 1 END) AS goals,
           sum(automated_clicks) AS automated_clicks,
           min(sent_on) AS first_day,
           max(sent_on) AS last_day
      FROM messages"""

_AS_OF = "SELECT max(as_of) AS as_of FROM contact_engagement"

_WORKSPACES = "SELECT DISTINCT source_relation FROM messages ORDER BY 1"

_DAYS = """
    SELECT sent_on AS day,
           sum(sent) AS sent,
           sum(delivered) AS delivered,
           sum(opened) AS opened,
           sum(CASE WHEN open_rate IS NOT NULL THEN delivered ELSE 0 END) AS open_base,
           sum(clicked) AS clicked,
           sum(CASE WHEN click_rate IS NOT NULL THEN delivered ELSE 0 END) AS click_base
      FROM content_daily GROUP BY sent_on ORDER BY sent_on"""

_CHANNELS = """
    SELECT sent_on AS day, channel, sum(sent) AS sent
      FROM content_daily GROUP BY sent_on, channel ORDER BY sent_on, channel"""

_CONTENTS = """
    SELECT ruleset_id, content_id, max(content_type) AS content_type,
           max(content_title) AS content_title, max(variant) AS variant,
           sum(sent) AS sent, sum(delivered) AS delivered,
           sum(opened) AS opened,
           sum(CASE WHEN open_rate IS NOT NULL THEN delivered ELSE 0 END) AS open_base,
           sum(clicked) AS clicked,
           sum(CASE WHEN click_rate IS NOT NULL THEN delivered ELSE 0 END) AS click_base,
           sum(replied) AS replied,
           sum(CASE WHEN reply_rate IS NOT NULL THEN delivered ELSE 0 END) AS reply_base,
           sum(goals) AS goals, sum(unsubscribed) AS unsubscribed,
           sum(bounced) AS bounced, sum(complaints) AS complaints
      FROM content_daily GROUP BY source_relation, ruleset_id, content_id
     ORDER BY sent DESC, ruleset_id, content_id"""

_DELAYS = """
    SELECT least(cast(floor(hours_to_open) AS integer), 72) AS hours, count(*) AS messages
      FROM messages WHERE hours_to_open >= 0 GROUP BY 1 ORDER BY 1"""

_FUNNEL = """
    SELECT source_relation, series_id, coalesce(series_title, series_id) AS series, position,
           ruleset_id, content_title, content_type, entered, completed, exited, waiting,
           other_status, disengaged, series_completions, sent, opened, clicked, goals,
           hours_since_entry, hours_from_previous, hours_in_block
      FROM series_funnel ORDER BY series, series_id, position"""

_LINKS = """
    SELECT url, max(content_title) AS content_title, max(content_type) AS content_type,
           max(variant) AS variant, sum(clicks) AS clicks,
           sum(automated_clicks) AS automated_clicks, sum(messages_clicked) AS messages_clicked
      FROM clicks_by_url GROUP BY source_relation, ruleset_id, content_id, url
     ORDER BY clicks DESC, url, content_title"""

_DOMAINS = """
    SELECT email_domain, sum(sent) AS sent, sum(delivered) AS delivered, sum(bounced) AS bounced,
           sum(soft_bounced) AS soft_bounced, sum(failed) AS failed, sum(opened) AS opened,
           sum(complaints) AS complaints, sum(unsubscribed) AS unsubscribed
      FROM deliverability_daily GROUP BY email_domain ORDER BY sent DESC, email_domain"""

_ANSWERS = """
    SELECT question_id, content_title, question, question_kind, choice, answers, share_of_answers,
           question_answers, average_rating, nps
      FROM survey_summary ORDER BY content_title, question_id, answers DESC, choice"""

_NPS = """
    SELECT question_id, nps_group, count(*) AS answers
      FROM survey_answers WHERE is_latest AND nps_group IS NOT NULL
     GROUP BY question_id, nps_group ORDER BY question_id, nps_group"""


@dataclass(frozen=True)
class Marts:
    """All data of the report, as rows.

    Attributes:
        overview: Totals of all messages.
        as_of: Time up to which data is exported.
        workspaces: Names of the workspaces.
        days: Totals by the day on which messages were sent.
        channels: Messages by day and channel.
        contents: Totals by content, with rates, and the 95% confidence interval of the open rate.
        delays: Opened messages by delay in whole hours; the last entry includes all longer delays.
        funnel: Totals by block of a series.
        links: Clicks by content and link.
        domains: E-mails by domain.
        answers: Answers by question and choice.
        nps: Answers to NPS questions by group.
    """

    overview: Row
    as_of: Any
    workspaces: list[str]
    days: list[Row]
    channels: list[Row]
    contents: list[Row]
    delays: list[Row]
    funnel: list[Row]
    links: list[Row]
    domains: list[Row]
    answers: list[Row]
    nps: list[Row]


def read_marts(database: Database) -> Marts:
    """Read the data of the report.

    Args:
        database: Database with the marts.
    """
    return Marts(
        overview=database.rows(_OVERVIEW)[0],
        as_of=database.rows(_AS_OF)[0]["as_of"],
        workspaces=[row["source_relation"] for row in database.rows(_WORKSPACES)],
        days=database.rows(_DAYS),
        channels=database.rows(_CHANNELS),
        contents=[_with_rates(row) for row in database.rows(_CONTENTS)],
        delays=database.rows(_DELAYS),
        funnel=database.rows(_FUNNEL),
        links=database.rows(_LINKS),
        domains=database.rows(_DOMAINS),
        answers=database.rows(_ANSWERS),
        nps=database.rows(_NPS),
    )


def rate(part: float | None, whole: float | None) -> float | None:
    """Return a share between 0 and 1, or None if the whole is zero."""
    return None if part is None or not whole else part / whole


def wilson_interval(successes: int, trials: int) -> tuple[float, float] | None:
    """Return the Wilson score interval (95%) of a share.

    Unlike the normal approximation, it stays between 0 and 1 and is valid for few trials.

    Args:
        successes: Number of successes.
        trials: Number of trials.
    """
    if not trials:
        return None
    share = successes / trials
    divisor = 1 + _Z**2 / trials
    centre = (share + _Z**2 / (2 * trials)) / divisor
    half = _Z / divisor * math.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _with_rates(row: Row) -> Row:
    interval = wilson_interval(row["opened"], row["open_base"])
    return {
        **row,
        "open_rate": rate(row["opened"], row["open_base"]),
        "open_low": interval and interval[0],
        "open_high": interval and interval[1],
        "click_rate": rate(row["clicked"], row["click_base"]),
        "reply_rate": rate(row["replied"], row["reply_base"]),
    }
