"""The model of engagement: which events follow a message, for every event file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from intercom_simulator.content import Content, Question

_HOUR_SECONDS = 3_600


class EngagementEvent(NamedTuple):
    """An event of a message.

    `at` is in unix seconds; `extra_cells` are the other columns of the file, in order, without
    `receipt_id` and the time.
    """

    statistic: str
    at: int
    extra_cells: tuple[str | None, ...]


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

_EXTRA_CELLS: dict[str, Callable[[Random, Content, int], tuple[str | None, ...]]] = {
    "click": lambda _, __, index: ("link" if index % 3 else "button", _URLS[index % len(_URLS)]),
    "series_completion": lambda _, content, __: (
        content.series.last_ruleset_id if content.series else None,
    ),
    "series_disengagement": lambda _, content, __: (content.ruleset_id,),
    "reaction": lambda rng, _, __: (rng.choice(("👍", "👎", "😍", "thumbs_up")),),
    "tour_step_view": lambda _, content, index: (f"{content.content_id}{index:02d}",),
    "tour_step_failure": lambda _, content, index: (
        f"{content.content_id}{index:02d}",
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
    "button_tap": lambda _, __, index: (("Next", "Done, thanks")[index % 2], _URLS[index % 2]),
    "screen_view": lambda _, content, index: (f"{content.content_id}{index:02d}",),
    "webhook_failure": lambda rng, _, __: (rng.choice(("500", "502", "404")),),
    "sms_failure": lambda _, __, ___: ("Unreachable destination handset",),
    "whatsapp_failure": lambda _, __, ___: ("Message undeliverable",),
    "push_failure": lambda rng, _, __: ("Unregistered", f"{rng.getrandbits(64):016x}"),
    "email_failure": lambda _, __, ___: ("Suppressed, earlier bounce",),
    "keyword_reply": lambda rng, _, __: (rng.choice(("YES", "STOP", "oui, merci")),),
    "checklist_step_receipt": lambda _, content, index: (f"{content.content_id}{index:02d}",),
    "checklist_step_open": lambda _, content, index: (f"{content.content_id}{index:02d}",),
    "checklist_step_click": lambda _, content, index: (
        f"{content.content_id}{index:02d}",
        _URLS[index % len(_URLS)],
    ),
    "checklist_step_completion": lambda _, content, index: (f"{content.content_id}{index:02d}",),
}
_ANSWER_PROBABILITY = 0.7
_DROP_OUT_PROBABILITY = 0.15
_INTERRUPTION_PROBABILITY = 0.15
_BURST_PROBABILITY = 0.15


def simulate_engagement(
    rng: Random, content: Content, start: int, end: int, ordinal: int
) -> Iterator[EngagementEvent]:
    """Generate the events of one message.

    Args:
        rng: The random number generator.
        content: The content of the message.
        start: Arrival of the message, in unix seconds.
        end: Time by which all events have happened, in unix seconds.
        ordinal: Number of earlier messages of this content type. The first few messages have each
            possible event once, so that small workspaces have every file.

    Yields:
        The events, grouped by kind.
    """
    steps = BEHAVIOUR[content.content_type]
    if content.series is not None:
        steps += SERIES_BEHAVIOUR
    done: dict[str, int] = {}
    for position, step in enumerate(steps):
        if step.statistic in done:
            continue
        is_forced = ordinal == position
        base = done.get(step.follows, start) if step.follows and not is_forced else start
        if not is_forced and (
            (step.follows and step.follows not in done) or rng.random() >= step.probability
        ):
            continue
        for index, at in enumerate(_times(rng, step, base, end)):
            done.setdefault(step.statistic, at)
            extra_cells = _EXTRA_CELLS.get(step.statistic)
            yield EngagementEvent(
                step.statistic, at, extra_cells(rng, content, index) if extra_cells else ()
            )
        if step.is_last:
            return
    if content.questions:
        yield from _answers(rng, content.questions, start, end, ordinal)


def _times(rng: Random, step: Step, base: int, end: int) -> list[int]:
    number = 1 if step.max_count == 1 else rng.randint(1, step.max_count)
    at = _delayed(rng, base, end, step.mean_delay_hours)
    if step.burst and rng.random() < _BURST_PROBABILITY:
        return [at] * step.max_count
    times = [at]
    for _ in range(number - 1):
        at = max(at + 1, _delayed(rng, at, end, step.mean_delay_hours / 2))
        times.append(at)
    return times


def _delayed(rng: Random, base: int, end: int, mean_delay_hours: float) -> int:
    at = base + 1 + int(rng.expovariate(1 / (mean_delay_hours * _HOUR_SECONDS)))
    return at if at < end else base + 1 + int(rng.random() * max(0, end - base - 1))


def _answers(
    rng: Random, questions: tuple[Question, ...], start: int, end: int, ordinal: int
) -> Iterator[EngagementEvent]:
    complete, partial = ordinal == 0, ordinal == 1
    if not complete and not partial and rng.random() >= _ANSWER_PROBABILITY:
        return
    at = start
    for position, question in enumerate(questions):
        mean_delay_hours = 30.0 if position and rng.random() < _INTERRUPTION_PROBABILITY else 0.05
        at = _delayed(rng, at, end, mean_delay_hours)
        response = rng.choice(_ANSWERS[question.response_type])
        yield EngagementEvent("answer", at, (*question, response))
        if not complete and (partial or rng.random() < _DROP_OUT_PROBABILITY):
            return
    yield EngagementEvent("completion", at, ())
