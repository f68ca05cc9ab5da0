"""The state of a conversation at a point in time: assignment, ratings, durations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.reporting.custom_attributes import CONVERSATION, PEOPLE, TICKET_TYPES
from intercom_simulator.reporting.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from intercom_simulator.people import Person
    from intercom_simulator.reporting.conversations import (
        Conversation,
        Part,
        RatingRequest,
    )
    from intercom_simulator.reporting.teammates import Teammate
    from intercom_simulator.reporting.values import Raw

UNASSIGNED = Label("Unassigned")
"""Value of team and teammate columns of an unassigned conversation."""

_CLOSED, _OPEN, _SNOOZED = Label("Closed"), Label("Open"), Label("Snoozed")
_OFFICE_HOURS_SHARE = 0.375


class StatePeriod(NamedTuple):
    """A period in one state, with the previous state. `ended_at` is None if it has not ended."""

    started_at: int
    ended_at: int | None
    state: Label
    previous: Label | None


@dataclass(frozen=True, eq=False)
class ConversationSnapshot:
    """A conversation at a point in time, in unix seconds. Later actions are not visible."""

    conversation: Conversation
    until: int

    @cached_property
    def parts(self) -> list[Part]:
        """The actions so far."""
        return [part for part in self.conversation.parts if part.at <= self.until]

    @cached_property
    def replies(self) -> list[Part]:
        """The teammates' replies so far."""
        return [part for part in self.parts if "Reply" in part.actions]

    @cached_property
    def closings(self) -> list[Part]:
        """The actions so far that closed the conversation."""
        return [part for part in self.parts if part.to_close is not None]

    @cached_property
    def state_periods(self) -> list[StatePeriod]:
        """The periods in each state so far."""
        periods = [StatePeriod(self.conversation.started_at, None, _OPEN, None)]
        for part in self.parts:
            state = _state_after(part, periods[-1].state)
            if state != periods[-1].state:
                periods[-1] = periods[-1]._replace(ended_at=part.at)
                periods.append(StatePeriod(part.at, None, state, periods[-1].state))
        return periods

    @cached_property
    def rating_requests(self) -> list[RatingRequest]:
        """The rating requests so far; those answered later appear as unanswered."""
        return [
            rating_request
            if rating_request.rated_at is not None and rating_request.rated_at <= self.until
            else rating_request._replace(rated_at=None, rating=None, remark=None)
            for rating_request in self.conversation.rating_requests
            if rating_request.sent_at <= self.until
        ]

    @property
    def user_replied(self) -> bool:
        """Whether the customer has written a message."""
        return any("Customer reply" in part.actions for part in self.parts)

    @cached_property
    def common_values(self) -> dict[str, Raw]:
        """The values that all datasets about conversations have."""
        conversation = self.conversation
        assigned = any(part.assigned for part in self.parts)
        rated = self.rated_teammate
        fin = self.rated_fin
        return {
            "conversation_id": conversation.conversation_id,
            "channel": conversation.channel,
            "conversation_started_by": conversation.started_by,
            "conversation_tag_ids": tuple(tag for at, tag in conversation.tags if at <= self.until),
            "conversation_started_at": conversation.started_at,
            "currently_assigned_team_id": conversation.team.name if assigned else UNASSIGNED,
            "currently_assigned_team_raw_id": conversation.team.raw_id if assigned else None,
            "currently_assigned_teammate_id": conversation.teammate.name
            if assigned
            else UNASSIGNED,
            "currently_assigned_teammate_raw_id": conversation.teammate.raw_id
            if assigned
            else None,
            "reply_participant_teammate_ids": self.participants,
            "topics": conversation.topics,
            "last_teammate_rating": rated.rating if rated else None,
            "fin_ai_agent_rating": fin.rating if fin else None,
            "last_rated_teammate_id": rated.teammate.name if rated and rated.teammate else None,
            "ticket_type_id": TICKET_TYPES[0].name if conversation.tags else None,
            "language": conversation.language,
            **person_values(conversation.person),
            **self._custom(),
        }

    @property
    def rated_teammate(self) -> RatingRequest | None:
        """The last rating of a teammate."""
        return _last(sent for sent in self.rating_requests if sent.rating and sent.teammate)

    @property
    def rated_fin(self) -> RatingRequest | None:
        """The last rating of Fin."""
        return _last(sent for sent in self.rating_requests if sent.rating and not sent.teammate)

    @property
    def participants(self) -> tuple[str, ...]:
        """Names of the teammates who replied."""
        return tuple(dict.fromkeys(part.by.name for part in self.replies if part.by))

    def _custom(self) -> dict[str, Raw]:
        owner = self.conversation.conversation_id
        return {
            custom.attribute.qualified_id: custom.value(owner)
            for custom in CONVERSATION
            if self.closings or not custom.at_close
        }


def person_values(person: Person) -> dict[str, Raw]:
    """Return the values about a person and their company.

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
        **{custom.attribute.qualified_id: custom.value(person.user_id) for custom in PEOPLE},
    }


def in_office_hours(seconds: float | None) -> float | None:
    """Return the part of a duration that falls into office hours.

    Args:
        seconds: The duration.
    """
    return None if seconds is None else round(seconds * _OFFICE_HOURS_SHARE, 3)


def name_of(teammate: Teammate | None) -> str | None:
    """Return the name of a teammate, or None.

    Args:
        teammate: The teammate, or None.
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


def _last(rating_requests: Iterable[RatingRequest]) -> RatingRequest | None:
    return next(iter(list(rating_requests)[::-1]), None)
