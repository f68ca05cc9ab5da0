"""A conversation as it stands at an instant: state, ratings, who has it, how long things took."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.reporting.custom import CONVERSATION, PEOPLE, TICKET_TYPES
from intercom_simulator.reporting.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from intercom_simulator.people import Person
    from intercom_simulator.reporting.conversations import (
        Conversation,
        Part,
        Survey,
    )
    from intercom_simulator.reporting.teammates import Teammate
    from intercom_simulator.reporting.values import Raw

UNASSIGNED = Label("Unassigned")
"""What a column with a team's or teammate's name holds when there is none."""

_CLOSED, _OPEN, _SNOOZED = Label("Closed"), Label("Open"), Label("Snoozed")
_OFFICE_HOURS_SHARE = 0.375


class Stretch(NamedTuple):
    """A time in one state: from when, until when if it is over, and the state before."""

    started_at: int
    ended_at: int | None
    state: Label
    previous: Label | None


@dataclass(frozen=True, eq=False)
class Moment:
    """A conversation at an instant, in unix seconds. What is later has not happened yet."""

    conversation: Conversation
    until: int

    @cached_property
    def parts(self) -> list[Part]:
        """What has been done so far."""
        return [part for part in self.conversation.parts if part.at <= self.until]

    @cached_property
    def replies(self) -> list[Part]:
        """The teammates' replies so far."""
        return [part for part in self.parts if "Reply" in part.actions]

    @cached_property
    def closings(self) -> list[Part]:
        """What closed it so far."""
        return [part for part in self.parts if part.to_close is not None]

    @cached_property
    def stretches(self) -> list[Stretch]:
        """The states it has been in."""
        made = [Stretch(self.conversation.started_at, None, _OPEN, None)]
        for part in self.parts:
            state = _state_after(part, made[-1].state)
            if state != made[-1].state:
                made[-1] = made[-1]._replace(ended_at=part.at)
                made.append(Stretch(part.at, None, state, made[-1].state))
        return made

    @cached_property
    def surveys(self) -> list[Survey]:
        """The requests to rate so far, answered only if they are by now."""
        return [
            survey
            if survey.rated_at is not None and survey.rated_at <= self.until
            else survey._replace(rated_at=None, rating=None, remark=None)
            for survey in self.conversation.surveys
            if survey.sent_at <= self.until
        ]

    @property
    def user_replied(self) -> bool:
        """Whether the customer has said anything."""
        return any("Customer reply" in part.actions for part in self.parts)

    @cached_property
    def block(self) -> dict[str, Raw]:
        """The values that every dataset about conversations has."""
        made = self.conversation
        assigned = any(part.assigned for part in self.parts)
        rated = self.rated_teammate
        fin = self.rated_fin
        return {
            "conversation_id": made.conversation_id,
            "channel": made.channel,
            "conversation_started_by": made.started_by,
            "conversation_tag_ids": tuple(tag for at, tag in made.tags if at <= self.until),
            "conversation_started_at": made.started_at,
            "currently_assigned_team_id": made.team.name if assigned else UNASSIGNED,
            "currently_assigned_team_raw_id": made.team.raw_id if assigned else None,
            "currently_assigned_teammate_id": made.teammate.name if assigned else UNASSIGNED,
            "currently_assigned_teammate_raw_id": made.teammate.raw_id if assigned else None,
            "reply_participant_teammate_ids": self.participants,
            "topics": made.topics,
            "last_teammate_rating": rated.rating if rated else None,
            "fin_ai_agent_rating": fin.rating if fin else None,
            "last_rated_teammate_id": rated.teammate.name if rated and rated.teammate else None,
            "ticket_type_id": TICKET_TYPES[0].name if made.tags else None,
            "language": made.language,
            **person_values(made.person),
            **self._custom(),
        }

    @property
    def rated_teammate(self) -> Survey | None:
        """The last rating of a teammate."""
        return _last(each for each in self.surveys if each.rating and each.teammate)

    @property
    def rated_fin(self) -> Survey | None:
        """The last rating of Fin."""
        return _last(each for each in self.surveys if each.rating and not each.teammate)

    @property
    def participants(self) -> tuple[str, ...]:
        """The names of those who replied."""
        return tuple(dict.fromkeys(part.by.name for part in self.replies if part.by))

    def _custom(self) -> dict[str, Raw]:
        owner = self.conversation.conversation_id
        return {
            custom.attribute.qualified_id: custom.value(owner)
            for custom in CONVERSATION
            if self.closings or not custom.at_close
        }


def person_values(person: Person) -> dict[str, Raw]:
    """Give the values about a person and their company.

    Args:
        person: The person.
    """
    company = person.company
    return {
        "user_location_continent_code": "EU" if person.name else None,
        "user_location_country_code": "PT" if person.name else None,
        "user_manual_tag_ids": ("beta", "big, spender") if person.user_external_id else (),
        "user_role": "lead" if person.user_external_id is None else "user",
        "user_name": person.name,
        "user_email": person.email,
        "user_pseudonym": None if person.name else "Teal Umbrella from Lisbon",
        "user_id": person.user_external_id or person.user_id,
        "company_id": company.company_external_id if company else None,
        "company_name": f"Company {company.company_external_id}" if company else None,
        "company_plan_id": "Pro" if company else None,
        "company_size": "120" if company else None,
        "company_manual_tag_ids": (),
        **{each.attribute.qualified_id: each.value(person.user_id) for each in PEOPLE},
    }


def in_office_hours(seconds: float | None) -> float | None:
    """Give the part of a time span that Intercom counts as office hours.

    Args:
        seconds: The span.
    """
    return None if seconds is None else round(seconds * _OFFICE_HOURS_SHARE, 3)


def name_of(teammate: Teammate | None) -> str | None:
    """Give a teammate's name.

    Args:
        teammate: The teammate, if any.
    """
    return teammate.name if teammate else None


def _state_after(part: Part, before: Label) -> Label:
    if "Close" in part.actions:
        return _CLOSED
    if "Snooze" in part.actions:
        return _SNOOZED
    if "Reopen" in part.actions or (before == _SNOOZED and not part.automated):
        return _OPEN
    return before


def _last(surveys: Iterable[Survey]) -> Survey | None:
    return next(iter(list(surveys)[::-1]), None)
