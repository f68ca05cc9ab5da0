"""Generates conversations: actions over time, ratings, SLAs and phone calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.clock import DAY_SECONDS, HOUR_SECONDS
from intercom_simulator.ids import ABOVE_DOUBLE_PRECISION
from intercom_simulator.reporting.labels import Label
from intercom_simulator.reporting.teammates import TEAMS, Team, Teammate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from intercom_simulator.people import Person


class Part(NamedTuple):
    """An action in a conversation. Durations are in seconds.

    Args:
        at: Time of the action, in unix seconds.
        action_id: Id of the action.
        actions: Types of the action; a reply can also close the conversation.
        by: The acting teammate; None for the customer or a workflow.
        assigned: Whether the action assigned the conversation to the team and the teammate.
        automated: Whether a workflow performed the action.
        response: Response time of a reply.
        first: Whether it is the first reply.
        to_close: Time since the start of the conversation, if the action closed it.
        mentioned: Mentioned teammates.
    """

    at: int
    action_id: str
    actions: tuple[Label, ...]
    by: Teammate | None = None
    assigned: bool = False
    automated: bool = False
    response: float | None = None
    first: bool = False
    to_close: float | None = None
    mentioned: tuple[Teammate, ...] = ()


class RatingRequest(NamedTuple):
    """A request to rate a conversation. `rated_at` and `rating` are None if never answered.

    The rating is about the teammate, or about Fin if there is none.
    """

    rating_id: str
    action_id: str
    sent_at: int
    rated_at: int | None
    rating: str | None
    remark: str | None
    teammate: Teammate | None


class SlaApplication(NamedTuple):
    """An SLA applied to a conversation. `met_at` is None if the SLA is never met."""

    name: str
    metric: Label
    started_at: int
    due_at: int
    met_at: int | None
    action_id: str


class Call(NamedTuple):
    """A phone call. `answered_at` is None for a missed call."""

    call_id: str
    direction: Label
    initiated_at: int
    answered_at: int | None
    ended_at: int
    queue: float


@dataclass(eq=False)
class Conversation:
    """A conversation with all its actions, past and future, sorted by time."""

    conversation_id: str
    started_at: int
    started_by: Label
    channel: Label
    person: Person
    team: Team
    teammate: Teammate
    topics: tuple[str, ...]
    tags: tuple[tuple[int, str], ...]
    language: str
    fin: bool
    parts: list[Part] = field(default_factory=list)
    rating_requests: list[RatingRequest] = field(default_factory=list)
    sla_applications: list[SlaApplication] = field(default_factory=list)
    call: Call | None = None


_CHANNELS = tuple(map(Label, ("Chat", "Email", "Chat", "WhatsApp", "Phone call", "SMS")))
_STARTERS = (Label("Customer"),) * 7 + (Label("Teammate"), Label("Workflow"))
_TOPICS = ("Billing", "Refunds, returns", "Bugs", "Getting started")
_TAGS = ("vip", "needs info", "bug, confirmed", "été")
_LANGUAGES = ("en", "pt-BR", "fr", "")
_REMARKS = ('Great, thanks "Ana"!', "Slow,\nbut correct", "👍", None, None)
_RATINGS = ("1", "2", "3", "4", "5", "5")

_ASSIGN, _REPLY, _CLOSE = Label("Assign"), Label("Reply"), Label("Close")
_CUSTOMER_REPLY, _REOPEN, _SNOOZE = Label("Customer reply"), Label("Reopen"), Label("Snooze")
_FIRST_RESPONSE, _TO_CLOSE = Label("First response time"), Label("Time to close")

_MINUTE_SECONDS = 60
_FIRST_ID = 215_000_700_000
_FIRST_ACTION_ID = 28_000_000_000
_FIRST_RATING_ID = 9_100_000
_HUGE_ID_EVERY = 97


def generate_conversation(
    rng: Random, number: int, started_at: int, people: Sequence[Person]
) -> Conversation:
    """Generate a conversation, which is closed within two weeks or stays open.

    Args:
        rng: The random number generator.
        number: Unique number of the conversation.
        started_at: Start, in unix seconds.
        people: People who may have started it.
    """
    team = rng.choice(TEAMS)
    topics = tuple(topic for topic in _TOPICS if rng.random() < 1 / len(_TOPICS))
    conversation = Conversation(
        conversation_id=str(
            _FIRST_ID + number + (ABOVE_DOUBLE_PRECISION if number % _HUGE_ID_EVERY == 1 else 0)
        ),
        started_at=started_at,
        started_by=rng.choice(_STARTERS),
        channel=_CHANNELS[number % len(_CHANNELS)],
        person=rng.choice(people),
        team=team,
        teammate=rng.choice(team.members),
        topics=topics,
        tags=tuple(
            (started_at + rng.randrange(5 * DAY_SECONDS), tag)
            for tag in _TAGS
            if not rng.randrange(5)
        ),
        language=rng.choice(_LANGUAGES),
        fin=not rng.randrange(3),
    )
    _ConversationGenerator(rng, number, conversation).generate()
    return conversation


class _ConversationGenerator:
    """Generates the actions of a conversation, one after the other."""

    def __init__(self, rng: Random, number: int, conversation: Conversation) -> None:
        self.rng = rng
        self.number = number
        self.conversation = conversation
        self.at = conversation.started_at
        self.waiting_since = conversation.started_at

    def generate(self) -> None:
        conversation, rng = self.conversation, self.rng
        if conversation.started_by == "Customer":
            self._part(_CUSTOMER_REPLY)
        if not rng.randrange(12):
            return  # no teammate responds
        self._advance(10, 5 * _MINUTE_SECONDS)
        self._part(_ASSIGN, assigned=True, automated=True)
        if conversation.channel == "Phone call":
            self._call()
        for turn in range(rng.randrange(1, 4)):
            self._advance(_MINUTE_SECONDS, 10 * HOUR_SECONDS)
            self._reply(_REPLY, first=turn == 0)
            if rng.randrange(4):
                self._advance(_MINUTE_SECONDS, 8 * HOUR_SECONDS)
                self.waiting_since = self.at
                self._part(_CUSTOMER_REPLY)
            elif not rng.randrange(3):
                self._advance(_MINUTE_SECONDS, HOUR_SECONDS)
                self._part(_SNOOZE, by=conversation.teammate)
        if rng.randrange(8):
            self._close()
        if not rng.randrange(5) and conversation.rating_requests:
            self._advance(HOUR_SECONDS, 4 * DAY_SECONDS)
            self.waiting_since = self.at
            self._part(_CUSTOMER_REPLY, _REOPEN)
            self._advance(_MINUTE_SECONDS, 5 * HOUR_SECONDS)
            self._reply(_REPLY)
            self._close()
        self._apply_slas()

    def _advance(self, minimum: int, maximum: int) -> None:
        self.at += self.rng.randrange(minimum, maximum)

    def _part(
        self,
        *actions: Label,
        by: Teammate | None = None,
        assigned: bool = False,
        automated: bool = False,
        response: float | None = None,
        first: bool = False,
        to_close: float | None = None,
    ) -> None:
        action_id = str(_FIRST_ACTION_ID + 100 * self.number + len(self.conversation.parts))
        others = self.conversation.team.members
        mentioned = tuple(others[:2]) if by and not self.rng.randrange(6) else ()
        self.conversation.parts.append(
            Part(
                self.at,
                action_id,
                actions,
                by=by,
                assigned=assigned,
                automated=automated,
                response=response,
                first=first,
                to_close=to_close,
                mentioned=mentioned,
            )
        )

    def _reply(self, *actions: Label, first: bool = False, to_close: float | None = None) -> None:
        conversation, rng = self.conversation, self.rng
        by = conversation.teammate if rng.randrange(5) else rng.choice(conversation.team.members)
        response = self._since(self.waiting_since)
        self._part(*actions, by=by, response=response, first=first, to_close=to_close)

    def _since(self, instant: int) -> float:
        """Return the duration since an instant; like Intercom's, not always in whole seconds."""
        whole = self.at - instant
        return round(whole - self.rng.random() / 2, 3) if self.rng.randrange(3) else float(whole)

    def _close(self) -> None:
        conversation, rng = self.conversation, self.rng
        self._advance(_MINUTE_SECONDS, 2 * DAY_SECONDS)
        to_close = self._since(conversation.started_at)
        if rng.randrange(3):
            self._part(_CLOSE, by=conversation.teammate, to_close=to_close)
        else:
            self._reply(_REPLY, _CLOSE, to_close=to_close)
        rated_at = (
            self.at + rng.randrange(_MINUTE_SECONDS, 3 * DAY_SECONDS)
            if rng.randrange(5) > 1
            else None
        )
        conversation.rating_requests.append(
            RatingRequest(
                rating_id=str(
                    _FIRST_RATING_ID + 10 * self.number + len(conversation.rating_requests)
                ),
                action_id=conversation.parts[-1].action_id,
                sent_at=self.at,
                rated_at=rated_at,
                rating=None if rated_at is None else rng.choice(_RATINGS),
                remark=None if rated_at is None else rng.choice(_REMARKS),
                teammate=None if conversation.fin and rng.randrange(2) else conversation.teammate,
            )
        )

    def _apply_slas(self) -> None:
        conversation = self.conversation
        replies = [part for part in conversation.parts if part.first]
        closings = [part for part in conversation.parts if part.to_close is not None]
        for name, metric, span, meeting, every in (
            ("VIP, 1 h", _FIRST_RESPONSE, 4 * HOUR_SECONDS, replies, 2),
            ("Standard", _TO_CLOSE, DAY_SECONDS, closings, 3),
        ):
            if self.number % every == 0:
                met_at = meeting[0].at if meeting else None
                start = conversation.started_at
                sla = SlaApplication(
                    name, metric, start, start + span, met_at, conversation.parts[0].action_id
                )
                conversation.sla_applications.append(sla)

    def _call(self) -> None:
        rng = self.rng
        queue = round(rng.random() * 100, 2)
        answered_at = self.at + int(queue) if rng.randrange(4) else None
        ended_at = (answered_at or self.at) + rng.randrange(20, HOUR_SECONDS)
        direction = Label(rng.choice(("Inbound", "Outbound")))
        self.conversation.call = Call(
            str(_FIRST_RATING_ID + self.number), direction, self.at, answered_at, ended_at, queue
        )
