"""Makes up conversations: what was said and done when, ratings, promises kept and missed, calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.reporting.labels import Label
from intercom_simulator.reporting.teammates import TEAMS, Team, Teammate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from intercom_simulator.people import Person


class Part(NamedTuple):
    """Something done in a conversation, at a time in unix seconds; durations in seconds.

    Args:
        at: When.
        action_id: Its id.
        actions: What; a reply can close the conversation at once.
        by: Who; None for the customer or a workflow.
        assigned: Whether the team and the teammate got the conversation by it.
        automated: Whether a workflow did it.
        response: How long the customer had waited for this reply.
        first: Whether it is the first reply.
        to_close: How long the conversation had been open, if this closed it.
        mentioned: Who is mentioned.
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


class Survey(NamedTuple):
    """A request to rate. `rated_at` and `rating` are None if nobody ever answers.

    Without a teammate, Fin is rated.
    """

    rating_id: str
    action_id: str
    sent_at: int
    rated_at: int | None
    rating: str | None
    remark: str | None
    teammate: Teammate | None


class Promise(NamedTuple):
    """An SLA applied to a conversation: due at a time, kept at another or (None) never."""

    name: str
    metric: Label
    started_at: int
    due_at: int
    kept_at: int | None
    action_id: str


class Call(NamedTuple):
    """A phone call. Nobody answered it if `answered_at` is None."""

    call_id: str
    direction: Label
    initiated_at: int
    answered_at: int | None
    ended_at: int
    queue: float


@dataclass(eq=False)
class Conversation:
    """A conversation with all that ever happens in it, in order of time."""

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
    surveys: list[Survey] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
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

_MINUTE = 60
_HOUR = 3_600
_DAY = 86_400
_FIRST_ID = 215_000_700_000
_FIRST_ACTION_ID = 28_000_000_000
_FIRST_RATING_ID = 9_100_000
_BEYOND_DOUBLE = 2**53 + 1
_HUGE_EVERY = 97


def make_conversation(
    rng: Random, number: int, started_at: int, people: Sequence[Person]
) -> Conversation:
    """Make up a conversation, which is over within two weeks, or for ever open.

    Args:
        rng: The source of chance.
        number: Its number; no two may have the same.
        started_at: Unix seconds.
        people: Who may have started it.
    """
    team = rng.choice(TEAMS)
    topics = tuple(each for each in _TOPICS if rng.random() < 1 / len(_TOPICS))
    made = Conversation(
        conversation_id=str(
            _FIRST_ID + number + (_BEYOND_DOUBLE if number % _HUGE_EVERY == 1 else 0)
        ),
        started_at=started_at,
        started_by=rng.choice(_STARTERS),
        channel=_CHANNELS[number % len(_CHANNELS)],
        person=rng.choice(people),
        team=team,
        teammate=rng.choice(team.members),
        topics=topics,
        tags=tuple(
            (started_at + rng.randrange(5 * _DAY), tag) for tag in _TAGS if not rng.randrange(5)
        ),
        language=rng.choice(_LANGUAGES),
        fin=not rng.randrange(3),
    )
    _Story(rng, number, made).tell()
    return made


class _Story:
    """Lets things happen in a conversation, one after the other."""

    def __init__(self, rng: Random, number: int, conversation: Conversation) -> None:
        self.rng = rng
        self.number = number
        self.made = conversation
        self.at = conversation.started_at
        self.waiting_since = conversation.started_at

    def tell(self) -> None:
        made, rng = self.made, self.rng
        if made.started_by == "Customer":
            self._part(_CUSTOMER_REPLY)
        if not rng.randrange(12):
            return  # nobody ever cares
        self._pass(10, 5 * _MINUTE)
        self._part(_ASSIGN, assigned=True, automated=True)
        if made.channel == "Phone call":
            self._call()
        for turn in range(rng.randrange(1, 4)):
            self._pass(_MINUTE, 10 * _HOUR)
            self._reply(_REPLY, first=turn == 0)
            if rng.randrange(4):
                self._pass(_MINUTE, 8 * _HOUR)
                self.waiting_since = self.at
                self._part(_CUSTOMER_REPLY)
            elif not rng.randrange(3):
                self._pass(_MINUTE, _HOUR)
                self._part(_SNOOZE, by=made.teammate)
        if rng.randrange(8):
            self._close()
        if not rng.randrange(5) and made.surveys:
            self._pass(_HOUR, 4 * _DAY)
            self.waiting_since = self.at
            self._part(_CUSTOMER_REPLY, _REOPEN)
            self._pass(_MINUTE, 5 * _HOUR)
            self._reply(_REPLY)
            self._close()
        self._promise()

    def _pass(self, least: int, most: int) -> None:
        self.at += self.rng.randrange(least, most)

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
        action_id = str(_FIRST_ACTION_ID + 100 * self.number + len(self.made.parts))
        others = self.made.team.members
        mentioned = tuple(others[:2]) if by and not self.rng.randrange(6) else ()
        self.made.parts.append(
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
        made, rng = self.made, self.rng
        by = made.teammate if rng.randrange(5) else rng.choice(made.team.members)
        response = self._since(self.waiting_since)
        self._part(*actions, by=by, response=response, first=first, to_close=to_close)

    def _since(self, instant: int) -> float:
        """Give a time span as Intercom does, which is not always in whole seconds."""
        whole = self.at - instant
        return round(whole - self.rng.random() / 2, 3) if self.rng.randrange(3) else float(whole)

    def _close(self) -> None:
        made, rng = self.made, self.rng
        self._pass(_MINUTE, 2 * _DAY)
        to_close = self._since(made.started_at)
        if rng.randrange(3):
            self._part(_CLOSE, by=made.teammate, to_close=to_close)
        else:
            self._reply(_REPLY, _CLOSE, to_close=to_close)
        rated_at = self.at + rng.randrange(_MINUTE, 3 * _DAY) if rng.randrange(5) > 1 else None
        made.surveys.append(
            Survey(
                rating_id=str(_FIRST_RATING_ID + 10 * self.number + len(made.surveys)),
                action_id=made.parts[-1].action_id,
                sent_at=self.at,
                rated_at=rated_at,
                rating=None if rated_at is None else rng.choice(_RATINGS),
                remark=None if rated_at is None else rng.choice(_REMARKS),
                teammate=None if made.fin and rng.randrange(2) else made.teammate,
            )
        )

    def _promise(self) -> None:
        made = self.made
        replies = [part for part in made.parts if part.first]
        closings = [part for part in made.parts if part.to_close is not None]
        for name, metric, span, keeping, every in (
            ("VIP, 1 h", _FIRST_RESPONSE, 4 * _HOUR, replies, 2),
            ("Standard", _TO_CLOSE, _DAY, closings, 3),
        ):
            if self.number % every == 0:
                kept_at = keeping[0].at if keeping else None
                start = made.started_at
                promise = Promise(
                    name, metric, start, start + span, kept_at, made.parts[0].action_id
                )
                made.promises.append(promise)

    def _call(self) -> None:
        rng = self.rng
        queue = round(rng.random() * 100, 2)
        answered_at = self.at + int(queue) if rng.randrange(4) else None
        ended_at = (answered_at or self.at) + rng.randrange(20, _HOUR)
        direction = Label(rng.choice(("Inbound", "Outbound")))
        self.made.call = Call(
            str(_FIRST_RATING_ID + self.number), direction, self.at, answered_at, ended_at, queue
        )
