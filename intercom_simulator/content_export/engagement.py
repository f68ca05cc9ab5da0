"""Generates the events that follow a message, by the model of engagement."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.clock import HOUR_SECONDS
from intercom_simulator.content_export.engagement_model import BEHAVIOUR, SERIES_BEHAVIOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from intercom_simulator.content_export.content import Content, Question
    from intercom_simulator.content_export.engagement_model import Step


class EngagementEvent(NamedTuple):
    """An event of a message.

    `at` is in unix seconds; `extra_cells` are the other columns of the file, in order, without
    `receipt_id` and the time.
    """

    statistic: str
    at: int
    extra_cells: tuple[str | None, ...]


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
    at = base + 1 + int(rng.expovariate(1 / (mean_delay_hours * HOUR_SECONDS)))
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
