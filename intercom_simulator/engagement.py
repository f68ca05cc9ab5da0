"""What people do with a message after they got it: the model behind every event file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from intercom_simulator.content import Content, Question

_HOUR = 3_600


class Happening(NamedTuple):
    """Something that happened to a message.

    `at` is in unix seconds; `extras` are the file's other columns, in order, without `receipt_id`
    and time.
    """

    statistic: str
    at: int
    extras: tuple[str | None, ...]


@dataclass(frozen=True)
class Step:
    """One thing people may do with a type of content.

    Args:
        statistic: The file it shows up in.
        share: How many of those who could do it, from 0 to 1.
        hours: The mean time from the message, or from what it follows, to it.
        follows: What must have happened before; the message itself when empty.
        most: How often it may happen at most.
        burst: Whether several may fall into the same second, as a mail scanner's clicks on every
            link.
        ends: Whether nothing else happens after it.
    """

    statistic: str
    share: float
    hours: float
    follows: str = ""
    most: int = 1
    burst: bool = False
    ends: bool = False


BEHAVIOUR: dict[str, tuple[Step, ...]] = {
    "Email": (
        Step("hard_bounce", 0.03, 0.02, ends=True),
        Step("email_failure", 0.02, 0.02, ends=True),
        Step("soft_bounce", 0.03, 0.1),
        Step("open", 0.5, 14.0, most=3),
        Step("click", 0.35, 1.0, follows="open", most=4, burst=True),
        Step("reply", 0.05, 20.0, follows="open"),
        Step("goal_success", 0.1, 40.0, follows="click"),
        Step("unsubscribe", 0.03, 2.0, follows="open"),
        Step("spam_complaint", 0.01, 2.0, follows="open"),
    ),
    "Chat": (
        Step("open", 0.6, 6.0),
        Step("click", 0.2, 0.5, follows="open", most=2),
        Step("reply", 0.3, 3.0, follows="open", most=2),
        Step("collected_email", 0.1, 0.3, follows="reply"),
        Step("reaction", 0.1, 0.5, follows="open"),
        Step("dismissal", 0.1, 1.0),
        Step("goal_success", 0.05, 30.0, follows="reply"),
    ),
    "Post": (
        Step("open", 0.5, 10.0, most=2),
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
        Step("screen_view", 0.9, 0.1, most=4),
        Step("button_tap", 0.4, 0.1, follows="screen_view", most=2),
        Step("permission_grant", 0.2, 0.1, follows="button_tap"),
        Step("completion", 0.3, 0.2, follows="screen_view"),
        Step("dismissal", 0.2, 0.2),
    ),
    "Survey": (
        Step("open", 0.8, 4.0),
        Step("dismissal", 0.1, 4.0),
    ),
    "Push": (
        Step("push_failure", 0.1, 0.01, ends=True),
        Step("open", 0.3, 2.0),
        Step("goal_success", 0.1, 10.0, follows="open"),
    ),
    "SMS": (
        Step("sms_failure", 0.08, 0.01, ends=True),
        Step("click", 0.2, 3.0),
        Step("keyword_reply", 0.2, 1.0, most=2),
        Step("reply", 0.1, 1.0),
        Step("unsubscribe", 0.03, 1.0),
    ),
    "WhatsApp": (
        Step("whatsapp_failure", 0.08, 0.01, ends=True),
        Step("people_reached_receipt", 0.9, 0.05),
        Step("open", 0.7, 2.0, follows="people_reached_receipt"),
        Step("reply", 0.2, 2.0, follows="open"),
    ),
    "Checklist": (
        Step("checklist_step_receipt", 0.9, 1.0, most=4),
        Step("checklist_step_open", 0.6, 10.0, follows="checklist_step_receipt", most=4),
        Step("checklist_step_click", 0.5, 1.0, follows="checklist_step_open", most=3),
        Step("checklist_step_completion", 0.5, 10.0, follows="checklist_step_open", most=3),
        Step("completion", 0.2, 20.0, follows="checklist_step_completion"),
        Step("dismissal", 0.1, 5.0),
    ),
    "Tour": (
        Step("tour_step_view", 0.8, 0.3, most=5),
        Step("tour_step_failure", 0.2, 0.1, follows="tour_step_view"),
        Step("completion", 0.4, 0.3, follows="tour_step_view"),
        Step("dismissal", 0.2, 0.2),
        Step("goal_success", 0.1, 24.0, follows="completion"),
    ),
    "Webhook": (Step("webhook_failure", 0.1, 0.01, most=3),),
    "Workflow": (
        Step("fin_step_reached", 0.7, 0.1),
        Step("fin_helpful_answer", 0.5, 0.2, follows="fin_step_reached"),
        Step("reply", 0.5, 0.2),
        Step("keyword_reply", 0.1, 0.2),
        Step("goal_success", 0.05, 5.0, follows="fin_helpful_answer"),
    ),
}
"""What people do, by content type. A statistic that is not listed does not apply to the type."""

SERIES_BEHAVIOUR = (
    Step("series_completion", 0.15, 30.0),
    Step("series_disengagement", 0.1, 40.0),
    Step("series_exit", 0.1, 30.0),
    Step("goal_success", 0.05, 40.0),
)
"""What can happen besides, when the message belongs to a series."""

SURVEY_STATISTICS = ("answer", "completion")
"""What a survey has besides `BEHAVIOUR`: its answers, and its completion if all are given."""

_URLS = (
    "https://example.com/",
    "https://example.com/pricing?plan=pro&utm_source=intercom",
    'https://example.com/search?q="a,b"',
    "https://example.com/été/日本",
    "https://example.com/unsubscribe",
)
_ANSWERS = {
    "scale": tuple(str(score) for score in range(11)),
    "text": (
        "Simple, fast, and reliable",
        'It is "fine"',
        "First line\nsecond line",
        "😀",
        "Très bien",
        "0",
        "n/a",
        "carriage\r\nreturn",
        "'quoted'",
    ),
    "multiple_choice": ("Support", "Marketing, sales", "Support; Marketing", "None of these"),
}
_FIN_CONTENT_TYPE = "31"

_EXTRAS: dict[str, Callable[[Random, Content, int], tuple[str | None, ...]]] = {
    "click": lambda _, __, turn: ("link" if turn % 3 else "button", _URLS[turn % len(_URLS)]),
    "series_completion": lambda _, content, __: (
        content.series.last_ruleset_id if content.series else None,
    ),
    "series_disengagement": lambda _, content, __: (content.ruleset_id,),
    "reaction": lambda rng, _, __: (rng.choice(("👍", "👎", "😍", "thumbs_up")),),
    "tour_step_view": lambda _, content, turn: (f"{content.content_id}{turn:02d}",),
    "tour_step_failure": lambda _, content, turn: (
        f"{content.content_id}{turn:02d}",
        '#menu > a[href="/x,y"]',
        "https://example.com/app",
    ),
    "fin_step_reached": lambda rng, content, _: (
        content.content_id,
        _FIN_CONTENT_TYPE,
        content.ruleset_id,
        str(215_000_000_000 + rng.randrange(10**9)),
    ),
    "collected_email": lambda rng, _, __: (f"lead{rng.randrange(10**6)}@example.com",),
    "permission_grant": lambda rng, _, __: (rng.choice(("push", "camera", "location")),),
    "button_tap": lambda _, __, turn: (("Next", "Done, thanks")[turn % 2], _URLS[turn % 2]),
    "screen_view": lambda _, content, turn: (f"{content.content_id}{turn:02d}",),
    "webhook_failure": lambda rng, _, __: (rng.choice(("500", "502", "404")),),
    "sms_failure": lambda _, __, ___: ("Unreachable destination handset",),
    "whatsapp_failure": lambda _, __, ___: ("Message undeliverable",),
    "push_failure": lambda rng, _, __: ("Unregistered", f"{rng.getrandbits(64):016x}"),
    "email_failure": lambda _, __, ___: ("Suppressed, earlier bounce",),
    "keyword_reply": lambda rng, _, __: (rng.choice(("YES", "STOP", "oui, merci")),),
    "checklist_step_receipt": lambda _, content, turn: (f"{content.content_id}{turn:02d}",),
    "checklist_step_open": lambda _, content, turn: (f"{content.content_id}{turn:02d}",),
    "checklist_step_click": lambda _, content, turn: (
        f"{content.content_id}{turn:02d}",
        _URLS[turn % len(_URLS)],
    ),
    "checklist_step_completion": lambda _, content, turn: (f"{content.content_id}{turn:02d}",),
}
_ANSWERING = 0.7
_DROPPING_OUT = 0.15
_INTERRUPTED = 0.15
_BURST = 0.15


def follow(
    rng: Random, content: Content, start: int, end: int, ordinal: int
) -> Iterator[Happening]:
    """Play what one person does with one message.

    Args:
        rng: The source of chance.
        content: The message.
        start: When the message arrived, in unix seconds.
        end: The unix second by which everything has happened.
        ordinal: How many messages of this content type came before. The first few are made to show
            each thing that can happen once, so that small workspaces have every file.
    """
    steps = BEHAVIOUR[content.content_type]
    if content.series is not None:
        steps += SERIES_BEHAVIOUR
    done: dict[str, int] = {}
    for position, step in enumerate(steps):
        if step.statistic in done:
            continue
        shown_off = ordinal == position
        base = done.get(step.follows, start) if step.follows and not shown_off else start
        if not shown_off and (
            (step.follows and step.follows not in done) or rng.random() >= step.share
        ):
            continue
        for turn, at in enumerate(_times(rng, step, base, end)):
            done.setdefault(step.statistic, at)
            extras = _EXTRAS.get(step.statistic)
            yield Happening(step.statistic, at, extras(rng, content, turn) if extras else ())
        if step.ends:
            return
    if content.questions:
        yield from _answers(rng, content.questions, start, end, ordinal)


def _times(rng: Random, step: Step, base: int, end: int) -> list[int]:
    number = 1 if step.most == 1 else rng.randint(1, step.most)
    at = _later(rng, base, end, step.hours)
    if step.burst and rng.random() < _BURST:
        return [at] * step.most
    times = [at]
    for _ in range(number - 1):
        at = max(at + 1, _later(rng, at, end, step.hours / 2))
        times.append(at)
    return times


def _later(rng: Random, base: int, end: int, hours: float) -> int:
    at = base + 1 + int(rng.expovariate(1 / (hours * _HOUR)))
    return at if at < end else base + 1 + int(rng.random() * max(0, end - base - 1))


def _answers(
    rng: Random, questions: tuple[Question, ...], start: int, end: int, ordinal: int
) -> Iterator[Happening]:
    complete, partial = ordinal == 0, ordinal == 1
    if not complete and not partial and rng.random() >= _ANSWERING:
        return
    at = start
    for position, question in enumerate(questions):
        hours = 30.0 if position and rng.random() < _INTERRUPTED else 0.05
        at = _later(rng, at, end, hours)
        response = rng.choice(_ANSWERS[question.response_type])
        yield Happening("answer", at, (*question, response))
        if not complete and (partial or rng.random() < _DROPPING_OUT):
            return
    yield Happening("completion", at, ())
